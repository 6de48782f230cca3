"""Conversations: what a client shows as private messages."""

import pytest
from harness.client import app_client, register_app, sign_up
from harness.streams import Sse


@pytest.fixture
def two(server):
    app = app_client(server.url, register_app(server.url))
    return sign_up(server.url, "ann", app), sign_up(server.url, "bob", app)


def test_a_conversation_is_read_removed_and_comes_back(two):
    ann, bob = two
    first = ann.say(f"@{bob.name} hello", visibility="direct")
    [seen] = bob.get("/api/v1/conversations")
    assert (seen["unread"], seen["last_status"]["id"]) == (True, first["id"])
    assert [account["id"] for account in seen["accounts"]] == [ann.id]
    assert int(seen["id"]) > 0
    path = f"/api/v1/conversations/{seen['id']}"
    assert bob.post(f"{path}/read")["unread"] is False
    assert bob.post(f"{path}/unread")["unread"] is True
    assert bob.delete(path) == {}
    assert bob.get("/api/v1/conversations") == []
    assert bob.call("POST", f"{path}/read").status_code == 404
    second = ann.say(f"@{bob.name} still there?", visibility="direct", in_reply_to_id=first["id"])
    [seen] = bob.get("/api/v1/conversations")
    assert seen["last_status"]["id"] == second["id"]
    ann.post(f"/api/v1/accounts/{bob.id}/block")
    assert ann.get("/api/v1/conversations") == []


def test_pages_go_by_the_last_status(two):
    ann, bob = two
    said = [ann.say(f"@{bob.name} {number}", visibility="direct")["id"] for number in range(5)]
    answer = bob.call("GET", "/api/v1/conversations?limit=2")
    assert [one["last_status"]["id"] for one in answer.json()] == said[:2:-1]
    assert f"max_id={said[3]}" in answer.headers["Link"] and f"min_id={said[4]}" in answer.headers["Link"]
    rest = bob.get(f"/api/v1/conversations?limit=40&max_id={said[3]}")
    assert [one["last_status"]["id"] for one in rest] == said[2::-1]


def test_the_direct_stream_tells_of_conversations(two):
    ann, bob = two
    stream = Sse(bob, "/api/v1/streaming?stream=direct")
    status = ann.say(f"@{bob.name} psst", visibility="direct")
    heard = stream.until(f'"id":"{status["id"]}"')
    assert "event: conversation" in heard and "event: update" not in heard
