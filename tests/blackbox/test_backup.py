"""A restored node gives the same answers over the API."""

import json

from harness.client import Client
from harness.routes import requests_of, row_of, served
from harness.server import Server, command
from harness.world import World, build

VIEWERS = ("author", "follower", "mentioned", "stranger", "blocked", "anonymous")


def answers(world: World) -> dict[str, tuple[int, object]]:
    """Every reading request to every route by every viewer, and what came back."""
    got = {}
    for method, path in served():
        row = row_of(method, path)
        if method != "GET" or row is None or row.endless or path.startswith(("/auth", "/oauth")):
            continue
        for request in requests_of(method, path, row, world):
            for viewer in VIEWERS:
                client: Client = world.client(viewer)
                answer = client.call("GET", request.path, params=request.query)
                got[f"{viewer} {request.path} {json.dumps(request.query)}"] = (
                    answer.status_code,
                    answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text,
                )
    return got


def test_a_restored_node_gives_the_same_answers(tmp_path):
    dump = tmp_path / "petrel.dump"
    with Server(tmp_path / "data") as server:
        world = build(server.url)
        # Taken while it serves: one moment of all tables.
        command("backup", dump, data=server.data)
        before = answers(world)
    assert len(before) > 500
    # From here on the first folder is not used again.
    restored = tmp_path / "restored"
    command("restore", dump, data=restored)
    command("check", data=restored)
    with Server(restored, server.port):
        after = answers(world)
        different = [key for key in before if before[key] != after.get(key)]
        assert not different, f"{different[0]}: {before[different[0]]} became {after[different[0]]} (and {len(different) - 1} more)"
        # It lives on: ids and stamps stand above those of the dump.
        status = world.people["author"].say("after the restore")
        assert int(status["id"]) > max(int(known["id"]) for known in world.statuses.values())
