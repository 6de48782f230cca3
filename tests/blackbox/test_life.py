"""The life of a user: sign up, log in as a browser does, post, follow, read, listen."""

import re

import pytest
import requests
from harness.client import (
    OUT_OF_BAND, PASSWORD, Client, Refused, app_client, log_in_by_browser, register_app, sign_up,
)
from harness.streams import Socket, Sse
from mastodon import Mastodon


@pytest.mark.parametrize("redirect_uri", ["http://localhost:9/callback?from=petrel", OUT_OF_BAND])
def test_log_in_by_code_and_pkce(server, redirect_uri):
    sign_up(server.url, "walker")
    app = register_app(server.url, redirect_uris=redirect_uri)
    client, state = log_in_by_browser(server.url, app, "walker@example.com", redirect_uri)
    assert client.get("/api/v1/accounts/verify_credentials")["username"] == "walker"
    if redirect_uri != OUT_OF_BAND:
        assert state == "a state / with ünusual characters"
    # A revoked token opens nothing.
    client.post(
        "/oauth/revoke", client_id=app["client_id"], client_secret=app["client_secret"], token=client.token
    )
    assert client.call("GET", "/api/v1/accounts/verify_credentials").status_code == 401


def test_a_wrong_password_does_not_log_in(server):
    sign_up(server.url, "walker")
    app = register_app(server.url)
    with pytest.raises((AssertionError, StopIteration, requests.RequestException)):
        log_in_by_browser(server.url, app, "walker@example.com", OUT_OF_BAND, password="not this one")


def test_a_code_is_good_once_and_only_with_its_verifier(server):
    sign_up(server.url, "walker")
    app = register_app(server.url)
    answer = Client(server.url).call(
        "POST",
        "/oauth/token",
        json={
            "grant_type": "authorization_code", "client_id": app["client_id"], "client_secret": app["client_secret"],
            "redirect_uri": OUT_OF_BAND, "code": "not-a-code", "code_verifier": "x" * 43,
        },
    )
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_grant"


def test_scopes_bound_what_a_token_does(server):
    app = app_client(server.url)
    reader_app = register_app(server.url, scopes="read")
    sign_up(server.url, "walker", app)
    reader, _ = log_in_by_browser(server.url, reader_app, "walker@example.com", OUT_OF_BAND, scopes="read")
    assert reader.get("/api/v1/timelines/home") == []
    answer = reader.call("POST", "/api/v1/statuses", json={"status": "no"})
    assert answer.status_code == 403
    assert "scope" in answer.json()["error"]


def test_a_day_with_mastodon_py(server):
    """An unmodified client library, with its own idea of every answer."""
    key, secret = Mastodon.create_app("A day", api_base_url=server.url, to_file=None)
    ada = Mastodon(client_id=key, client_secret=secret, api_base_url=server.url)
    ada.create_account("ada", PASSWORD, "ada@example.com", agreement=True)
    bob = Mastodon(client_id=key, client_secret=secret, api_base_url=server.url)
    bob.create_account("bob", PASSWORD, "bob@example.com", agreement=True)

    ada_id = ada.me().id
    bob.account_follow(ada_id)
    assert bob.account_relationships(ada_id)[0].following
    first = ada.status_post("First light @bob #petrel", language="en")
    reply = bob.status_reply(first, "Seen from here", untag=True)
    bob.status_favourite(first)
    boost = bob.status_reblog(first)
    assert boost.reblog.id == first.id

    assert [status.id for status in bob.timeline_home()][:2] == [boost.id, reply.id] or reply.id in {
        status.id for status in bob.timeline_home()
    }
    assert first.id in {status.id for status in bob.timeline_hashtag("petrel")}
    context = ada.status_context(first)
    assert [status.id for status in context.descendants] == [reply.id]
    kinds = {notification.type for notification in ada.notifications()}
    assert {"follow", "mention", "favourite", "reblog"} <= kinds
    assert [account.username for account in ada.status_favourited_by(first)] == ["bob"]

    edited = ada.status_update(first, "First light, corrected @bob #petrel")
    assert edited.edited_at is not None
    assert len(ada.status_history(first)) == 2
    ada.status_delete(first)
    assert first.id not in {status.id for status in bob.timeline_home()}
    assert ada.search_v2("bob").accounts[0].username == "bob"


def test_streams(server):
    app = app_client(server.url)
    ada, bob = sign_up(server.url, "ada", app), sign_up(server.url, "bob", app)
    bob.post(f"/api/v1/accounts/{ada.id}/follow")
    sse = Sse(bob, "/api/v1/streaming/user")
    sockets = [Socket(bob, "user", token_in=way) for way in ("query", "header", "protocol")]
    assert sse.content_type.startswith("text/event-stream")
    status = ada.say("Live @bob")
    # What is deleted before a session takes it out of its queue is not told at all.
    for kind in ("update", "notification"):
        sse.until(f"event: {kind}\n")
        for socket in sockets:
            socket.until(f'"event":"{kind}"')
    ada.delete(f"/api/v1/statuses/{status['id']}")
    sse.until(f"event: delete\ndata: {status['id']}")
    for socket in sockets:
        socket.until('"delete"')
        events = socket.events()
        assert {event["event"] for event in events} >= {"update", "notification", "delete"}
        assert all(event["stream"] == ["user"] for event in events)
        assert all(isinstance(event["payload"], str) for event in events)
        socket.close()
    sse.close()


def test_a_stream_needs_a_token(server):
    for path in ("/api/v1/streaming/user", "/api/v1/streaming?stream=user"):
        assert requests.get(server.url + path, timeout=5, stream=True).status_code in (400, 401)


def test_paging_by_link_header(server):
    ada = sign_up(server.url, "ada")
    posted = [ada.say(f"number {number}")["id"] for number in range(7)]
    path, seen = "/api/v1/timelines/home?limit=3", []
    while path:
        answer = ada.call("GET", path)
        seen += [status["id"] for status in answer.json()]
        following = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        path = following.group(1).removeprefix(server.url) if following else None
    assert seen == posted[::-1]


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/api/v1/nothing/of/the/kind", {}, 404),
        ("GET", "/api/v1/statuses/1", {}, 404),
        ("GET", "/api/v1/statuses/99999999999999999999999", {}, 404),
        ("GET", "/api/v1/timelines/home", {"headers": {"Authorization": "Bearer wrong"}}, 401),
        ("POST", "/api/v1/statuses", {"json": {"status": ""}}, 422),
        ("POST", "/api/v1/statuses", {"json": {"status": "a reply", "in_reply_to_id": "1"}}, 404),
        ("POST", "/api/v1/statuses", {"data": b"{broken", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/api/v1/statuses", {"data": b"status=\xff\xfe", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, None),
        ("POST", "/api/v1/statuses", {"json": {"status": "x" * 501}}, 422),
        ("POST", "/api/v1/statuses", {"data": b"x" * 30_000_000}, 413),
        ("POST", "/api/v1/statuses", {"json": {"status": {"a": ["map"]}}}, None),
        ("POST", "/api/v1/statuses", {"json": {"status": "x", "visibility": "secret"}}, None),
        ("GET", "/api/v1/timelines/home?limit=-1", {}, None),
        ("GET", "/api/v1/timelines/home?limit=many", {}, None),
        ("GET", "/api/v1/timelines/home?max_id=first", {}, None),
        ("POST", "/api/v1/apps", {"json": {"client_name": "x", "redirect_uris": "x:y", "scopes": "read everything"}}, None),
        ("POST", "/api/v1/apps", {"json": {"redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}}, 422),
        ("POST", "/api/v1/accounts/99999999999999999999/follow", {}, 404),
        ("DELETE", "/api/v1/statuses/-5", {}, 404),
    ],
)
def test_bad_input_is_refused_in_the_api_s_shape(shared_server, method, path, options, status):
    client = getattr(shared_server, "bad_input_client", None) or sign_up(shared_server.url, "sender")
    shared_server.bad_input_client = client
    answer = client.call(method, path, **options)
    if status is not None:
        assert answer.status_code == status, answer.text[:300]
    assert 400 <= answer.status_code < 500
    assert isinstance(answer.json()["error"], str)
    assert client.get(f"/api/v1/accounts/{client.id}/statuses") == []


def test_no_reply_to_what_is_deleted_or_hidden(server):
    app = app_client(server.url)
    ada, bob = sign_up(server.url, "ada", app), sign_up(server.url, "bob", app)
    deleted, hidden = ada.say("soon gone"), ada.say("for followers", visibility="private")
    ada.delete(f"/api/v1/statuses/{deleted['id']}")
    for status in (deleted, hidden):
        answer = bob.call("POST", "/api/v1/statuses", json={"status": "a reply", "in_reply_to_id": status["id"]})
        assert answer.status_code == 404 and "error" in answer.json()
    assert bob.get(f"/api/v1/accounts/{bob.id}/statuses") == []


def test_a_connection_lasts_or_is_said_to_end(server):
    """A client that keeps its connection never finds it closed in the middle of its next request."""
    ada = sign_up(server.url, "ada")
    for path in ("/api/v1/nothing", f"/api/v1/accounts/{ada.id}/unmute", "/api/v1/instance", "/nothing"):
        for size in (2, 2_000, 200_000):
            for _ in range(20):
                assert ada.call("POST", path, json={"a": "x" * size}).status_code < 500


def test_a_retried_post_is_one_status(server):
    ada = sign_up(server.url, "ada")
    first = ada.post("/api/v1/statuses", headers={"Idempotency-Key": "one"}, status="once")
    again = ada.post("/api/v1/statuses", headers={"Idempotency-Key": "one"}, status="once")
    assert first["id"] == again["id"]
    assert len(ada.get(f"/api/v1/accounts/{ada.id}/statuses")) == 1


def test_outside_dev_a_sign_up_confirms_by_mail(tmp_path):
    """Without SMTP in the configuration the letter lies in the outbox folder, and its link is in the log."""
    from harness.server import Server

    config = tmp_path / "petrel.toml"
    config.write_text("")
    with Server(tmp_path / "data", dev=False) as server:
        app = app_client(server.url)
        answer = app.call(
            "POST", "/api/v1/accounts",
            json={"username": "ada", "email": "ada@example.com", "password": PASSWORD, "agreement": True, "locale": "en"},
        )
        if answer.status_code == 403:
            pytest.skip("sign-up is closed unless the configuration opens it")
        assert answer.ok, answer.text
        ada = Client(server.url, answer.json()["access_token"])
        assert ada.call("GET", "/api/v1/timelines/home").status_code == 403
        letter = wait_for_letter(tmp_path / "data" / "outbox")
        link = re.search(r"http://\S+confirm\S+", letter).group(0)
        assert requests.get(link, timeout=5).ok
        assert ada.get("/api/v1/timelines/home") == []
        with pytest.raises(Refused):
            app.post("/oauth/token", grant_type="password", username="ada@example.com", password=PASSWORD)


def wait_for_letter(outbox):
    """The letter goes out by a job, soon after the sign-up. Until it is whole it bears another ending."""
    import threading

    pause = threading.Event()
    for _ in range(100):
        letters = sorted(outbox.glob("*.eml")) if outbox.exists() else []
        if letters:
            return letters[0].read_text()
        pause.wait(0.1)
    raise AssertionError("no letter in the outbox")
