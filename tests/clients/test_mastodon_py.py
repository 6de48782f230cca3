"""A day of two people with Mastodon.py: every endpoint of priority P0, and what goes with it.

They log in as people do, by a browser and the authorization code flow. Every answer that the
library gets is held against the table of entities (harness.recording).
"""

import contextlib
import datetime
import queue
import threading
import time

import pytest
import requests
from harness.client import PASSWORD, Client, authorize, sign_up, submit
from harness.pictures import png
from harness.recording import RECORD
from harness.routes_p0 import p0_routes
from harness.server import command
from mastodon import Mastodon, StreamListener
from mastodon.errors import MastodonAPIError, MastodonNotFoundError

WAIT_S = 20
REDIRECT = "https://client.example.com/callback"
SCOPES = ["read", "write", "follow", "push"]


class Person:
    """Somebody with a client, and with a plain connection for what the library does not offer."""

    def __init__(self, url: str, name: str):
        sign_up(url, name)
        key, secret = Mastodon.create_app(
            "A day", scopes=SCOPES, redirect_uris=REDIRECT, website="https://client.example.com", api_base_url=url, to_file=None
        )
        self.api = Mastodon(client_id=key, client_secret=secret, api_base_url=url)
        token = self.api.log_in(code=self.code(f"{name}@example.com"), redirect_uri=REDIRECT, scopes=SCOPES, allow_http=True)
        self.plain = Client(url, token, name)
        self.name = name
        self.me = self.api.account_verify_credentials()
        self.id = self.me.id

    def code(self, email: str) -> str:
        """Goes where the client sends its user: the page to log in, then the one to agree."""
        browser = requests.Session()
        page = browser.get(self.api.auth_request_url(redirect_uris=REDIRECT, scopes=SCOPES, allow_http=True), timeout=WAIT_S)
        page.raise_for_status()
        code, _ = authorize(browser, submit(browser, page, email, PASSWORD), REDIRECT)
        return code


@pytest.fixture(scope="module")
def ada(server) -> Person:
    return Person(server.url, "ada")


@pytest.fixture(scope="module")
def bob(server) -> Person:
    return Person(server.url, "bob")


def until(what, is_so=bool):
    """Asks again until it is so."""
    end = time.monotonic() + WAIT_S
    while not is_so(found := what()):
        assert time.monotonic() < end, f"never came true; last: {found}"
        time.sleep(0.05)
    return found


def upload(person: Person, description="A gradient", **more):
    media = person.api.media_post(png(320, 200), mime_type="image/png", description=description, **more)
    return until(lambda: person.api.media(media.id), lambda media: media.url)


class Listener(StreamListener):
    """Keeps what a stream brings."""

    def __init__(self):
        self.events = queue.Queue()

    def on_update(self, status):
        self.events.put(("update", status))

    def on_notification(self, notification):
        self.events.put(("notification", notification))

    def on_delete(self, status_id):
        self.events.put(("delete", status_id))

    def on_status_update(self, status):
        self.events.put(("status.update", status))

    def on_conversation(self, conversation):
        self.events.put(("conversation", conversation))

    def on_filters_changed(self):
        self.events.put(("filters_changed", None))

    def wait_for(self, name: str, is_it=lambda _: True):
        end = time.monotonic() + WAIT_S
        while True:
            found, value = self.events.get(timeout=max(0.01, end - time.monotonic()))
            if found == name and is_it(value):
                return value


@contextlib.contextmanager
def listening(open_stream, *arguments, **options):
    listener = Listener()
    handle = open_stream(*arguments, listener, run_async=True, **options)
    try:
        until(lambda: handle.connection is not None and handle.is_receiving())
        yield listener
    finally:
        # The library waits for the stream's next beat before it hangs up.
        threading.Thread(target=handle.close, daemon=True).start()


def test_what_this_place_is(server, ada):
    instance = ada.api.instance_v2()
    assert instance.configuration.statuses.max_media_attachments == 4
    assert instance.configuration.polls.max_options >= 4
    assert instance.configuration.media_attachments.supported_mime_types
    assert ada.api.instance_v1().uri
    assert ada.api.instance_nodeinfo().version == "2.0"
    assert ada.api.custom_emojis() == []
    assert ada.api.instance_rules() is not None
    assert ada.api.instance_health()
    finger = Client(server.url).get("/.well-known/webfinger", resource=f"acct:ada@localhost:{server.port}")
    assert finger["subject"].startswith("acct:ada@")
    assert ada.api.app_verify_credentials().name == "A day"
    assert ada.plain.get("/oauth/userinfo")["preferred_username"] == "ada"
    assert ada.plain.get("/.well-known/oauth-authorization-server")["issuer"].startswith(server.url)


def test_custom_emojis(server, ada, bob, tmp_path):
    picture = tmp_path / "gull.png"
    picture.write_bytes(png(32, 32))
    command("emoji", "add", "gull", picture, "--category", "Birds", data=server.data)
    [emoji] = ada.api.custom_emojis()
    assert (emoji.shortcode, emoji.category) == ("gull", "Birds")
    assert requests.get(emoji.url, timeout=WAIT_S).headers["Content-Type"] == "image/png"
    status = ada.api.status_post("Look, a :gull:", spoiler_text=":gull:")
    seen = bob.api.status(status.id)
    assert [one.shortcode for one in seen.emojis] == ["gull"] and seen.emojis[0].url == emoji.url
    command("emoji", "remove", "gull", data=server.data)
    assert ada.api.custom_emojis() == [] and bob.api.status(status.id).emojis == []
    ada.api.status_delete(status.id)


def test_a_profile(ada, bob):
    me = ada.api.account_update_credentials(
        display_name="Ada",
        note="Writes about #petrel.",
        avatar=png(64, 64), avatar_mime_type="image/png",
        header=png(150, 50), header_mime_type="image/png",
        fields=[("Web", "http://ada.example.com"), ("Where", "London")],
        discoverable=True, indexable=True, bot=False, locked=False,
    )
    assert me.display_name == "Ada" and [field.name for field in me.fields] == ["Web", "Where"]
    seen = until(lambda: bob.api.account(ada.id), lambda seen: "missing" not in seen.avatar and "missing" not in seen.header)
    for address in (seen.avatar, seen.avatar_static, seen.header, seen.header_static):
        answer = requests.get(address, timeout=WAIT_S)
        assert answer.ok and answer.headers["Content-Type"].startswith("image/"), address
    assert ada.api.preferences()["posting:default:visibility"] == "public"
    ada.api.account_update_credentials(default_privacy="public", default_language="en", default_sensitive=False)
    assert ada.api.account_delete_avatar().avatar != seen.avatar
    assert ada.api.account_delete_header().header != seen.header


def test_finding_and_following(ada, bob):
    assert bob.api.account_lookup("ada").id == ada.id
    assert ada.id in {account.id for account in until(lambda: bob.api.account_search("ada"))}
    assert bob.api.account_follow(ada.id, reblogs=True, notify=True).following
    assert [account.id for account in ada.api.account_followers(ada.id)] == [bob.id]
    assert [account.id for account in bob.api.account_following(bob.id)] == [ada.id]
    assert ada.api.account_relationships([bob.id])[0].followed_by
    note = bob.api.account_note_set(ada.id, "The first one")
    assert note.note == "The first one"
    assert {account.id for account in bob.api.accounts([ada.id, bob.id])} == {ada.id, bob.id}
    assert bob.api.account_familiar_followers(ada.id)[0].accounts == []

    bob.api.account_update_credentials(locked=True)
    assert ada.api.account_follow(bob.id).requested
    assert [account.id for account in bob.api.follow_requests()] == [ada.id]
    assert bob.api.follow_request_reject(ada.id).requested_by is False
    ada.api.account_follow(bob.id)
    assert bob.api.follow_request_authorize(ada.id).followed_by
    bob.api.account_update_credentials(locked=False)
    # Bob again as he was.
    assert ada.api.account_relationships(bob.id)[0].following


def test_a_status_and_all_that_is_done_to_it(ada, bob):
    status = ada.api.status_post("A *first* word @bob #petrel", language="en", spoiler_text="", idempotency_key="first")
    assert ada.api.status_post("A *first* word @bob #petrel", language="en", spoiler_text="", idempotency_key="first").id == status.id
    assert bob.api.status(status.id).mentions[0].username == "bob"
    reply = bob.api.status_reply(status, "An answer")
    for done, undone, field in [
        (bob.api.status_favourite, bob.api.status_unfavourite, "favourited"),
        (bob.api.status_bookmark, bob.api.status_unbookmark, "bookmarked"),
        (bob.api.status_mute, bob.api.status_unmute, "muted"),
        (ada.api.status_pin, ada.api.status_unpin, "pinned"),
    ]:
        assert done(status.id)[field] is True
        if field == "favourited":
            assert [account.id for account in ada.api.status_favourited_by(status.id)] == [bob.id]
            assert [found.id for found in bob.api.favourites()] == [status.id]
        if field == "bookmarked":
            assert [found.id for found in bob.api.bookmarks()] == [status.id]
        if field == "pinned":
            assert [found.id for found in bob.api.account_statuses(ada.id, pinned=True)] == [status.id]
        assert undone(status.id)[field] is False
    boost = bob.api.status_reblog(status.id)
    assert boost.reblog.id == status.id and boost.reblog.reblogged
    assert [account.id for account in ada.api.status_reblogged_by(status.id)] == [bob.id]
    bob.api.status_unreblog(status.id)

    context = ada.api.status_context(reply.id)
    assert [found.id for found in context.ancestors] == [status.id]
    edited = ada.api.status_update(status.id, "A second word @bob #petrel", spoiler_text="Words", sensitive=True)
    assert edited.edited_at and edited.spoiler_text == "Words"
    assert ada.api.status_source(status.id).text == "A second word @bob #petrel"
    assert len(ada.api.status_history(status.id)) == 2
    assert {found.id for found in bob.api.statuses([status.id, reply.id])} == {status.id, reply.id}
    gone = bob.api.status_delete(reply.id)
    assert gone.text
    with pytest.raises(MastodonNotFoundError):
        ada.api.status(reply.id)


def test_timelines(ada, bob):
    status = ada.api.status_post("For all #petrel #daylight")
    private = ada.api.status_post("For followers", visibility="private")
    ids = lambda page: [found.id for found in page]  # noqa: E731
    assert ids(bob.api.timeline_home())[:2] == [private.id, status.id]
    assert status.id in ids(bob.api.timeline_public()) and private.id not in ids(bob.api.timeline_public())
    assert status.id in ids(bob.api.timeline_local())
    assert ids(bob.api.timeline_hashtag("daylight")) == [status.id]
    assert private.id in ids(bob.api.account_statuses(ada.id))
    page = bob.api.timeline_home(limit=1)
    older = bob.api.fetch_next(page)
    assert ids(older)[0] == status.id
    assert ids(bob.api.fetch_previous(older))[-1] == private.id


def test_media(ada, bob):
    media = upload(ada, focus=(0.5, -0.5))
    assert media.type == "image" and media.meta.original.width == 320 and media.blurhash
    media = ada.api.media_update(media.id, description="Still a gradient", focus=(0.0, 0.25))
    assert media.description == "Still a gradient"
    status = ada.api.status_post("See", media_ids=[media])
    attached = bob.api.status(status.id).media_attachments[0]
    assert attached.description == "Still a gradient"
    for address in (attached.url, attached.preview_url):
        answer = requests.get(address, timeout=WAIT_S)
        assert answer.ok and answer.headers["Content-Type"].startswith("image/")
    # The library itself fails on the attributes of an edit.
    edited = ada.plain.put(
        f"/api/v1/statuses/{status.id}", status="See better", media_ids=[media.id],
        media_attributes=[{"id": media.id, "description": "Seen better"}],
    )
    assert edited["media_attachments"][0]["description"] == "Seen better"
    assert [found.id for found in bob.api.account_statuses(ada.id, only_media=True)] == [status.id]
    # Whom a status is not for does not get its picture either.
    hidden = ada.api.status_post("Not for all", media_ids=[upload(ada)], visibility="private")
    address = bob.api.status(hidden.id).media_attachments[0].url
    assert requests.get(address, timeout=WAIT_S).ok
    assert requests.get(address.split("?")[0], timeout=WAIT_S).status_code == 404
    ada.api.status_delete(hidden.id)
    assert requests.get(address, timeout=WAIT_S).status_code == 404


def test_a_poll(ada, bob):
    poll = ada.api.make_poll(["Tea", "Coffee", "Water"], expires_in=3600, multiple=True, hide_totals=False)
    status = ada.api.status_post("What?", poll=poll)
    assert [option.title for option in status.poll.options] == ["Tea", "Coffee", "Water"]
    voted = bob.api.poll_vote(status.poll.id, [0, 2])
    assert voted.voted and voted.own_votes == [0, 2] and voted.voters_count == 1
    assert [option.votes_count for option in ada.api.poll(status.poll.id).options] == [1, 0, 1]
    with pytest.raises(MastodonAPIError):
        bob.api.poll_vote(status.poll.id, [1])


def test_a_status_for_later(ada):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=30)
    later = ada.api.status_post("Later", scheduled_at=soon)
    assert [found.id for found in ada.api.scheduled_statuses()] == [later.id]
    assert ada.api.scheduled_status(later.id).params.text == "Later"
    moved = ada.api.scheduled_status_update(later.id, soon + datetime.timedelta(hours=1))
    assert moved.scheduled_at > later.scheduled_at
    ada.api.scheduled_status_delete(later.id)
    assert ada.api.scheduled_statuses() == []


def test_lists(ada, bob):
    made = bob.api.list_create("Friends", replies_policy="list", exclusive=False)
    bob.api.list_accounts_add(made.id, [ada.id])
    assert [account.id for account in bob.api.list_accounts(made.id)] == [ada.id]
    assert [found.id for found in bob.api.account_lists(ada.id)] == [made.id]
    status = ada.api.status_post("For lists")
    assert bob.api.timeline_list(made.id)[0].id == status.id
    assert bob.api.timeline_home()[0].id == status.id
    assert bob.api.list_update(made.id, "Closer", replies_policy="none", exclusive=True).exclusive
    assert status.id not in {found.id for found in bob.api.timeline_home()}
    assert bob.api.list(made.id).title == "Closer"
    assert [found.id for found in bob.api.lists()] == [made.id]
    bob.api.list_accounts_delete(made.id, [ada.id])
    assert bob.api.list_accounts(made.id) == []
    bob.api.list_delete(made.id)
    assert bob.api.timeline_home()[0].id == status.id


def test_filters(ada, bob):
    made = bob.api.create_filter_v2(
        "Weather", context=["home", "public"], filter_action="warn", expires_in=3600,
        keywords_attributes=[{"keyword": "rain", "whole_word": True}],
    )
    status = ada.api.status_post("It will rain")
    results = bob.api.status(status.id).filtered
    assert [result.filter.title for result in results] == ["Weather"] and results[0].keyword_matches == ["rain"]
    assert not bob.api.status(ada.api.status_post("A train").id).filtered
    keyword = bob.api.add_filter_keyword_v2(made.id, "snow", whole_word=False)
    assert {found.keyword for found in bob.api.filter_keywords_v2(made.id)} == {"rain", "snow"}
    bob.api.delete_filter_keyword_v2(keyword.id)
    other = ada.api.status_post("Sunshine")
    named = bob.api.add_filter_status_v2(made.id, other.id)
    assert [str(found) for found in bob.api.status(other.id).filtered[0].status_matches] == [str(other.id)]
    assert [found.id for found in bob.api.filter_statuses_v2(made.id)] == [named.id]
    bob.api.delete_filter_status_v2(named.id)
    assert bob.api.update_filter_v2(made.id, title="The weather").title == "The weather"
    assert [found.id for found in bob.api.filters_v2()] == [made.id]
    assert bob.api.filter_v2(made.id).title == "The weather"
    assert [found.phrase for found in bob.api.filters()] == ["rain"]
    bob.api.delete_filter_v2(made.id)
    old = bob.api.filter_create("hail", ["home"], irreversible=False, whole_word=True)
    assert bob.api.filter(old.id).phrase == "hail"
    assert bob.api.filter_update(old.id, phrase="hailstorm", context=["home"]).phrase == "hailstorm"
    bob.api.filter_delete(old.id)
    assert bob.api.filters() == []


def test_conversations(ada, bob):
    status = ada.api.status_post("@bob between us", visibility="direct")
    found = until(bob.api.conversations)[0]
    assert found.unread and found.last_status.id == status.id and [account.id for account in found.accounts] == [ada.id]
    assert bob.api.conversations_read(found.id).unread is False
    answer = bob.api.status_reply(status, "And so it stays", visibility="direct")
    assert until(ada.api.conversations)[0].last_status.id == answer.id
    bob.plain.delete(f"/api/v1/conversations/{found.id}")
    assert bob.api.conversations() == []


def test_notifications(ada, bob):
    ada.api.notifications_clear()
    status = ada.api.status_post("Tell me")
    bob.api.status_favourite(status.id)
    bob.api.status_reblog(status.id)
    kinds = lambda: {found.type for found in ada.api.notifications()}  # noqa: E731
    until(kinds, lambda found: found >= {"favourite", "reblog"})
    first = ada.api.notifications(limit=1)[0]
    assert ada.api.notifications(id=first.id).id == first.id
    ada.api.notifications_dismiss(first.id)
    assert first.id not in {found.id for found in ada.api.notifications()}
    assert ada.api.notifications(types=["reblog"]) or ada.api.notifications(types=["favourite"])
    assert ada.api.notifications_unread_count().count >= 0


def test_markers(ada):
    status = ada.api.status_post("Read up to here")
    marker = ada.api.markers_set("home", status.id)["home"]
    assert str(marker.last_read_id) == str(status.id)
    assert str(ada.api.markers_get(["home"])["home"].last_read_id) == str(status.id)


def test_tags(ada, bob):
    status = ada.api.status_post("A word on #gardens")
    bob.api.account_unfollow(ada.id)
    assert status.id not in {found.id for found in bob.api.timeline_home()}
    assert bob.api.tag_follow("gardens").following
    assert [tag.name for tag in bob.api.followed_tags()] == ["gardens"]
    assert status.id in {found.id for found in bob.api.timeline_home()}
    assert bob.api.tag("gardens").following
    assert bob.api.tag_unfollow("gardens").following is False
    bob.api.account_follow(ada.id)
    featured = ada.api.featured_tag_create("gardens")
    assert [tag.name for tag in ada.api.featured_tags()] == ["gardens"]
    assert [tag.name for tag in bob.api.account_featured_tags(ada.id)] == ["gardens"]
    ada.api.featured_tag_suggestions()
    ada.api.featured_tag_delete(featured.id)
    assert ada.api.featured_tags() == []


def test_who_is_not_to_be_met(ada, bob):
    status = ada.api.status_post("Heard or not")
    assert bob.api.account_mute(ada.id, notifications=True, duration=3600).muting
    assert [account.id for account in bob.api.mutes()] == [ada.id]
    assert status.id not in {found.id for found in bob.api.timeline_home()}
    assert bob.api.account_unmute(ada.id).muting is False
    assert bob.api.account_block(ada.id).blocking
    assert [account.id for account in bob.api.blocks()] == [ada.id]
    assert bob.api.account_unblock(ada.id).blocking is False
    bob.api.domain_block("spam.example.com")
    assert bob.api.domain_blocks() == ["spam.example.com"]
    bob.api.domain_unblock("spam.example.com")
    assert bob.api.domain_blocks() == []
    report = bob.api.report(ada.id, [status.id], comment="Too loud", category="other")
    assert report.target_account.id == ada.id and report.category == "other"
    bob.api.account_follow(ada.id)
    assert ada.api.account_remove_from_followers(bob.id).followed_by is False
    bob.api.account_follow(ada.id)


def test_search(ada, bob):
    status = ada.api.status_post("Words to be found by #searchword")
    found = until(lambda: bob.api.search_v2("searchword"), lambda found: found.hashtags)
    assert found.hashtags[0].name == "searchword"
    assert bob.api.search_v2("ada", result_type="accounts").accounts[0].id == ada.id
    assert bob.api.search_v2(status.url, resolve=True).statuses[0].id == status.id


def test_streams(ada, bob):
    assert ada.api.stream_healthy()
    bob.api.account_follow(ada.id)
    is_it = lambda status: lambda got: got.id == status.id  # noqa: E731
    with listening(bob.api.stream_user) as heard:
        status = ada.api.status_post("Heard at once")
        heard.wait_for("update", is_it(status))
        ada.api.status_update(status.id, "Heard twice")
        heard.wait_for("status.update", is_it(status))
        ada.api.status_favourite(bob.api.status_post("Told").id)
        heard.wait_for("notification", lambda notification: notification.type == "favourite")
        bob.api.delete_filter_v2(bob.api.create_filter_v2("One", ["home"], "warn").id)
        heard.wait_for("filters_changed")
        ada.api.status_delete(status.id)
        heard.wait_for("delete", lambda id: str(id) == str(status.id))
    with listening(bob.api.stream_user_notifications) as heard:
        ada.api.status_post("@bob again")
        heard.wait_for("notification", lambda notification: notification.type == "mention")
    with listening(bob.api.stream_public) as heard:
        heard.wait_for("update", is_it(ada.api.status_post("For everybody")))
    with listening(bob.api.stream_local) as heard:
        heard.wait_for("update", is_it(ada.api.status_post("For everybody here")))
    with listening(bob.api.stream_hashtag, "streamed") as heard:
        heard.wait_for("update", is_it(ada.api.status_post("About #streamed")))
    made = bob.api.list_create("Streamed")
    bob.api.list_accounts_add(made.id, [ada.id])
    with listening(bob.api.stream_list, made.id) as heard:
        heard.wait_for("update", is_it(ada.api.status_post("For the list")))
    with listening(bob.api.stream_direct) as heard:
        status = ada.api.status_post("@bob in private", visibility="direct")
        heard.wait_for("conversation", lambda conversation: conversation.last_status.id == status.id)


def test_zz_nothing_of_p0_was_left_out(ada):
    """And a token that is revoked opens nothing."""
    ada.api.revoke_access_token(allow_http=True)
    assert ada.plain.call("GET", "/api/v1/accounts/verify_credentials").status_code == 401
    missing = p0_routes() - RECORD.routes
    assert not missing, f"no request of this file was to {sorted(missing)}"
