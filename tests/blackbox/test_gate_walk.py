"""No route gives a stranger, a blocked account or an anonymous caller a hidden status."""

import json

import pytest
from harness.client import Client
from harness.routes import differences, requests_of, row_of, served
from harness.streams import Sse, Socket
from harness.world import VIEWERS, World, leaks, statuses_by


def test_every_route_has_a_row():
    different = differences()
    assert not different, "\n".join(different)


def ask(client: Client, request) -> tuple[int, str, object]:
    """Status, text and JSON of the answer; None where it is not JSON."""
    answer = client.call(request.method, request.path, params=request.query, json=request.body or None)
    try:
        return answer.status_code, answer.text, answer.json()
    except json.JSONDecodeError:
        return answer.status_code, answer.text, None


def rows(reading: bool):
    """Rows that can show something, those that read or those that write."""
    for method, path in served():
        row = row_of(method, path)
        if row and row.shows != "nothing" and not row.endless and (method == "GET") is reading:
            yield method, path, row


def walk(world: World, reading: bool) -> tuple[list[str], int]:
    found, asked = [], 0
    for method, path, row in rows(reading):
        for request in requests_of(method, path, row, world):
            for viewer in VIEWERS:
                status, text, document = ask(world.client(viewer), request)
                asked += 1
                what = leaks(world, text, document)
                if viewer == "blocked":
                    # Whom the author blocks sees nothing of theirs, were it public.
                    what += [f"a status of the author: {id}" for id in statuses_by(world, "author", document)]
                if status >= 500:
                    what.append(f"status {status}")
                # Who may not see a status learns nothing of it either: not who likes it, not that it is there.
                hidden = any(f"/statuses/{id}" in request.path for id in world.hidden_ids)
                if hidden and reading and status not in (401, 403, 404):
                    what.append(f"status {status} for a hidden status")
                found += [f"{viewer}: {method} {request.path} {request.query}: {one}" for one in what]
    return found, asked


def test_the_walk_can_find_a_leak(world: World):
    """Those who may see hidden statuses do see them, by the same requests."""
    blind = [
        f"{method} {path} as {row.control}"
        for method, path, row in rows(reading=True)
        if row.control
        and not any(
            leaks(world, *ask(world.client(row.control), request)[1:])
            for request in requests_of(method, path, row, world)
        )
    ]
    assert not blind, "\n".join(blind)


def test_no_reading_route_leaks(world: World):
    found, asked = walk(world, reading=True)
    assert not found, "\n".join(found[:40])
    assert asked > 300, f"only {asked} requests"


def test_no_stream_leaks(world: World):
    """What is posted while they listen does not reach them; what is public does."""
    author, passer = world.people["author"], world.people["passer"]
    world.people["stranger"].post(f"/api/v1/accounts/{passer.id}/follow")
    world.people["blocked"].post(f"/api/v1/accounts/{passer.id}/follow")
    listeners = {}
    for viewer in ("stranger", "blocked"):
        client = world.client(viewer)
        listeners[f"{viewer}: user by SSE"] = Sse(client, "/api/v1/streaming/user")
        listeners[f"{viewer}: public by SSE"] = Sse(client, "/api/v1/streaming/public")
        listeners[f"{viewer}: WebSocket"] = Socket(client, "user", "public")
    follower = Sse(world.client("follower"), "/api/v1/streaming/user")
    try:
        for number, visibility in enumerate(("private", "direct")):
            mention = f"@{world.people['mentioned'].name} " if visibility == "direct" else ""
            world.hide(f"streamed{number}", "author", mention + "while they listen", visibility=visibility)
        edited = world.statuses["private"]["id"]
        world.words["streamed_edit"] = "sesamestreamededit"
        author.put(f"/api/v1/statuses/{edited}", status="Edited while they listen sesamestreamededit")
        marker = passer.say("Everyone hears this one")
        for name, listener in listeners.items():
            heard = listener.until(marker["id"])
            assert not leaks(world, heard, None), f"{name}: {heard}"
        assert world.words["streamed0"] in follower.until(world.words["streamed_edit"])
    finally:
        for listener in (*listeners.values(), follower):
            listener.close()


def test_no_writing_route_leaks(world: World):
    """Last, because it changes the world: a stranger's verbs on hidden statuses come back empty-handed."""
    found, asked = walk(world, reading=False)
    assert not found, "\n".join(found[:40])
    assert asked > 100, f"only {asked} requests"


@pytest.mark.parametrize("viewer", VIEWERS)
def test_pages_do_not_leak(world: World, viewer):
    """Pages for people know no session yet: to them everyone is anonymous."""
    name = world.people["author"].name
    paths = [f"/@{name}", "/", "/tags/secrettag", "/tags/opentag"]
    paths += [f"/@{name}/{status['id']}" for status in world.statuses.values()]
    for path in paths:
        answer = world.client(viewer).call("GET", path)
        assert not leaks(world, answer.text, None), path
        assert answer.status_code < 500, path
