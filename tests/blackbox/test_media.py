"""Files: uploaded, processed, attached, and fetched by those whom the gate lets have them."""

import pathlib

import pytest
import requests
from harness.client import Client, sign_up
from harness.folders import files_below
from harness.pictures import png
from harness.server import command, command_json
from harness.wait import wait_until

WAIT_S = 50
# How long the answer to a picture waits until it is processed.
PICTURE_WAIT_S = 4
# Nothing follows the first bytes of a QuickTime film.
BROKEN_FILM = b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + bytes(64)
VISIBILITIES = ("public", "unlisted", "private", "direct")


def upload(client: Client, data: bytes | None = None, **fields) -> dict:
    """Uploads a picture and waits until it is processed."""
    files = {"file": ("cat.png", data or png(), "image/png")}
    answer = client.call("POST", "/api/v2/media", files=files, data=fields)
    assert answer.status_code in (200, 202), answer.text
    assert bool(answer.json()["url"]) == (answer.status_code == 200)

    def ready():
        answer = client.call("GET", f"/api/v1/media/{answer_id}")
        assert answer.status_code in (200, 206), answer.text
        return answer.status_code == 200 and answer.json()

    answer_id = answer.json()["id"]
    return wait_until(ready, WAIT_S, "the file is processed")


def fetch(url: str, client: Client | None = None) -> int:
    """Without a token unless somebody's is given."""
    headers = {"Authorization": f"Bearer {client.token}"} if client and client.token else {}
    return requests.get(url, headers=headers, timeout=20).status_code


def files_of(server, media: str) -> list[pathlib.Path]:
    return [path for path in files_below(server.data) if media in str(path)]


def refusal(client: Client, answer: requests.Response) -> str:
    """Why a file cannot be used: told at once, or to who asks for a file that was taken in."""
    if answer.status_code == 202:
        path = f"/api/v1/media/{answer.json()['id']}"
        assert answer.json()["url"] is None

        def processed() -> list[requests.Response]:
            answer = client.call("GET", path)
            return [answer] if answer.status_code != 206 else []

        [answer] = wait_until(processed, WAIT_S, "the file is looked at")
    assert answer.status_code == 422 and answer.json()["error"], answer.text
    return answer.json()["error"]


def test_upload_poll_attach_fetch(server):
    ann = sign_up(server.url, "ann")
    media = upload(ann, description="A cat", focus="0.5,-0.5")
    assert media["description"] == "A cat" and media["meta"]["focus"] == {"x": 0.5, "y": -0.5}
    assert media["meta"]["original"]["size"] == "32x24" and media["blurhash"]
    status = ann.say("", media_ids=[media["id"]])
    attached = status["media_attachments"][0]
    for name in ("url", "preview_url"):
        answer = requests.get(attached[name], timeout=20)
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("image/")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        part = requests.get(attached[name], headers={"Range": "bytes=0-7"}, timeout=20)
        assert part.status_code == 206 and part.content == answer.content[:8]
    page = requests.get(status["url"], timeout=20).text
    assert 'alt="A cat"' in page and f'/media/{media["id"]}/' in page
    # The gate of the API's lists, too.
    only = ann.get(f"/api/v1/accounts/{ann.id}/statuses", only_media="true")
    assert [found["id"] for found in only] == [status["id"]]


def test_a_deleted_status_takes_its_files_with_it(server):
    ann = sign_up(server.url, "ann")
    media = upload(ann)
    status = ann.say("soon gone", media_ids=[media["id"]])
    url = status["media_attachments"][0]["url"]
    assert fetch(url) == 200 and files_of(server, media["id"])
    ann.delete(f"/api/v1/statuses/{status['id']}?delete_media=true")
    assert fetch(url) == 404, "at once"
    wait_until(lambda: not files_of(server, media["id"]), WAIT_S, "the files are gone from the disk")


def test_a_status_is_deleted_and_redrafted_with_its_files(server):
    ann, bob = sign_up(server.url, "ann"), sign_up(server.url, "bob")
    media = upload(ann, description="A cat")
    status = ann.say("with a tpyo", media_ids=[media["id"]])
    url = status["media_attachments"][0]["url"]
    deleted = ann.delete(f"/api/v1/statuses/{status['id']}")
    assert fetch(url) == fetch(url, bob) == 404, "at once, for all others"
    source = deleted["media_attachments"][0]
    assert fetch(source["url"]) == 200 and source["description"] == "A cat"
    again = ann.say("without a typo", media_ids=[source["id"]])
    assert fetch(again["media_attachments"][0]["url"]) == 200
    ann.delete(f"/api/v1/statuses/{again['id']}?delete_media=true")
    wait_until(lambda: not files_of(server, media["id"]), WAIT_S, "the files are gone from the disk")


def test_an_avatar_is_in_the_answer_and_the_old_one_goes(server):
    ann = sign_up(server.url, "ann")
    seen = []
    for shade in (0, 90):
        files = {"avatar": ("me.png", png(500, 400, shade), "image/png"), "header": ("h.png", png(600, 200), "image/png")}
        answer = ann.call("PATCH", "/api/v1/accounts/update_credentials", files=files)
        assert answer.status_code == 200, answer.text
        account = answer.json()
        for name in ("avatar", "avatar_static", "header", "header_static"):
            assert "/media/" in account[name] and fetch(account[name]) == 200, name
        seen.append(account["avatar"])
    assert seen[0] != seen[1] and fetch(seen[0]) == 404
    old = seen[0].split("/media/")[1].split("/")[0]
    wait_until(lambda: not files_of(server, old), WAIT_S, "the old avatar is gone from the disk")
    assert f'/media/{seen[1].split("/media/")[1]}' in requests.get(f"{server.url}/@ann", timeout=20).text
    header = account["header"].split("/media/")[1]
    assert f'src="/media/{header}"' in requests.get(f"{server.url}/@ann", timeout=20).text
    gone = ann.delete("/api/v1/profile/avatar")
    assert gone["avatar"].endswith("missing.png") and fetch(seen[1]) == 404


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_the_gate_is_asked_for_each_file(shared_server, world, visibility):
    """Whoever sees the status sees its file, and nobody else, with whatever address they have."""
    author = world.people["author"]
    media = upload(author)
    mention = f"@{world.people['mentioned'].name} " if visibility == "direct" else ""
    status = author.say(f"{mention}a file", visibility=visibility, media_ids=[media["id"]])
    plain = status["media_attachments"][0]["url"].split("?")[0]
    preview = status["media_attachments"][0]["preview_url"].split("?")[0]
    sees = {
        "public": {"author", "follower", "mentioned", "stranger", "anonymous"},
        "unlisted": {"author", "follower", "mentioned", "stranger", "anonymous"},
        "private": {"author", "follower"},
        "direct": {"author", "mentioned"},
    }[visibility]
    for who in ("author", "follower", "mentioned", "stranger", "blocked", "anonymous"):
        client = world.client(who)
        may = 200 if who in sees else 404
        assert fetch(plain, client) == fetch(preview, client) == may, who
        shown = client.call("GET", f"/api/v1/statuses/{status['id']}")
        assert shown.status_code == (200 if may == 200 else 404), who
        if may == 200:
            url = shown.json()["media_attachments"][0]["url"]
            assert fetch(url) == 200, f"{who} by ticket"
            assert ("?t=" in url) == (visibility in ("private", "direct"))


def test_unfollowing_closes_what_was_open(server):
    ann, eve = sign_up(server.url, "ann"), sign_up(server.url, "eve")
    eve.post(f"/api/v1/accounts/{ann.id}/follow")
    media = upload(ann)
    ann.say("for followers", visibility="private", media_ids=[media["id"]])
    url = eve.get("/api/v1/timelines/home")[0]["media_attachments"][0]["url"]
    assert fetch(url) == 200
    eve.post(f"/api/v1/accounts/{ann.id}/unfollow")
    assert fetch(url) == 404
    eve.post(f"/api/v1/accounts/{ann.id}/follow")
    assert fetch(url) == 200
    ann.post(f"/api/v1/accounts/{eve.id}/block")
    assert fetch(url) == 404


def test_what_is_no_picture_is_refused_in_words(server):
    ann = sign_up(server.url, "ann")
    cut = ann.call("POST", "/api/v2/media", files={"file": ("a.png", png()[:60], "image/png")})
    waited_s = cut.elapsed.total_seconds()
    assert cut.status_code == 422 or waited_s >= PICTURE_WAIT_S, "at once: pictures are waited for, for some seconds"
    assert refusal(ann, cut)
    for data in (b"<script>alert(1)</script>", b"GIF", b"%PDF-1.7"):
        answer = ann.call("POST", "/api/v2/media", files={"file": ("a.png", data, "image/png")})
        assert answer.status_code == 422 and answer.json()["error"]
    # A page that begins as a picture is one at most, and never served as what it was.
    polyglot = png() + b"<html><script>alert(1)</script>"
    media = upload(ann, polyglot)
    status = ann.say("both", media_ids=[media["id"]])
    answer = requests.get(status["media_attachments"][0]["url"], timeout=20)
    assert b"<script>" not in answer.content


def test_a_broken_film_is_taken_in_and_refused_to_who_asks_for_it(server):
    ann = sign_up(server.url, "ann")
    taken = ann.call("POST", "/api/v2/media", files={"file": ("a.mov", BROKEN_FILM, "video/quicktime")})
    assert taken.status_code == 202, taken.text
    assert refusal(ann, taken).startswith("Validation failed: ")
    wait_until(lambda: not files_of(server, taken.json()["id"]), WAIT_S, "the file is gone from the disk")


def test_check_names_files_that_are_gone(server):
    ann = sign_up(server.url, "ann")
    media = upload(ann)
    ann.say("a picture", media_ids=[media["id"]])
    ann.call("PATCH", "/api/v1/accounts/update_credentials", files={"avatar": ("a.png", png(), "image/png")})
    assert command_json("check", data=server.data)["differences_count"] == 0
    [preview] = [path for path in files_of(server, media["id"]) if path.name.startswith("small")]
    preview.unlink()
    done = command("check", data=server.data, check=False)
    assert done.returncode != 0 and f"media/{media['id']}/{preview.name} is missing" in done.stdout
    assert "1 difference" in done.stdout
