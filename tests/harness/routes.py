"""The API's route table, and for each route what a valid request to it looks like.

`petrel routes --json` lists what the binary serves. A route without a row here makes the gate
walk and the mutation test fail, and so does a row without a route.
"""

import functools
import json
import re
import subprocess
from dataclasses import dataclass, field

from harness.pictures import png
from harness.server import binary


@dataclass(frozen=True)
class Row:
    """Requests to one route. Texts name things of the world in braces."""

    # What its path parameter is: "status", "account", "tag", "notification", or a literal template.
    id: str = ""
    # What of others' doings it can return: "statuses", "accounts", or "nothing".
    shows: str = "nothing"
    queries: tuple[dict, ...] = ({},)
    bodies: tuple[dict, ...] = ({},)
    # Who surely sees hidden statuses here: the proof that the walk can find one.
    control: str | None = None
    # Whose token makes the request valid: a person's name, "app", or "anonymous".
    caller: str = "author"
    # A stream never ends: only its beginning is read.
    endless: bool = False
    # Made only on purpose: these change what all others depend on.
    once: bool = False
    # Valid only with what a page gave out before (a session, a letter's link): no request here is.
    closed: bool = False


@functools.cache
def table() -> dict[str, str]:
    """What the binary says of itself: "METHOD /path" → what the route returns of others' doings."""
    done = subprocess.run([binary(), "routes", "--json"], check=True, capture_output=True, text=True)
    return {f"{route['method']} {normal(route['path'])}": route["returns"] for route in json.loads(done.stdout)}


def served() -> list[tuple[str, str]]:
    """(method, path) of every route, path parameters as `{}`."""
    return sorted(tuple(route.split(" ", 1)) for route in table())


def normal(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def row_of(method: str, path: str) -> Row | None:
    return ROWS.get(f"{method} {path}")


def differences() -> list[str]:
    """Routes without a row, rows without a route, and rows that say less than the route table does."""
    routes = table()
    wrong = [f"has no row in tests/harness/routes.py: {route}" for route in sorted(routes.keys() - ROWS.keys())]
    wrong += [f"is not a route of the binary: {route}" for route in sorted(ROWS.keys() - routes.keys())]
    wrong += [
        f"returns {routes[route]}, and its row shows {row.shows}: {route}"
        for route, row in ROWS.items()
        if route in routes and SHOWS.index(row.shows) < SHOWS.index(routes[route])
    ]
    return wrong


STATUSES, ACCOUNTS = "statuses", "accounts"
# From harmless to telling.
SHOWS = ("nothing", ACCOUNTS, STATUSES)
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
PAGES = ({}, {"limit": "40"}, {"limit": "2"}, {"min_id": "0"}, {"since_id": "0"}, {"max_id": "999999999999999999"})
HIDDEN = ("private", "direct", "to_blocked", "private_reply", "edited", "warned")
ADDRESSES = tuple(
    {"q": f"{{{what}_status_{kind}}}", "resolve": "true", "type": "statuses"} for what in HIDDEN for kind in ("url", "uri")
)
WORDS = tuple({"q": f"{{{what}_word}}"} for what in ("private", "direct", "edited", "edit"))


def verb(shows: str = STATUSES) -> Row:
    """Something that one does to a status, answered with it."""
    return Row(id="status", shows=shows, control="author")


def relation() -> Row:
    return Row(id="account")


def stream(**options) -> Row:
    return Row(shows=STATUSES, endless=True, **options)


PROFILE = Row(
    shows=ACCOUNTS,
    bodies=(
        {"display_name": "Author", "note": "Writes."},
        {"source": {"privacy": "public", "language": "en"}, "bot": False},
        {"fields_attributes": {"0": {"name": "home", "value": "here"}}},
    ),
)
LIST = Row(id="list", caller="follower", bodies=({"title": "A new title", "replies_policy": "list"},))
MEMBERS = Row(id="list", caller="follower", bodies=({"account_ids": ["{follower_id}"]},))
EDIT = Row(id="status", shows=STATUSES, bodies=({"status": "An edit"},))

FILTER = Row(
    id="filter",
    bodies=({"title": "Fowl", "context": ["home"]}, {"keywords_attributes": [{"keyword": "sesame", "whole_word": False}]}),
)
FILTER_V1 = Row(id="filter_keyword", bodies=({"phrase": "sesame", "whole_word": False}, {"irreversible": True}))
KEYWORD = Row(id="filter_keyword", bodies=({"keyword": "sesame"}, {"whole_word": False}))

ROWS: dict[str, Row] = {
    # What the instance says of itself.
    "GET /api/v1/instance": Row(caller="anonymous"),
    "GET /api/v2/instance": Row(caller="anonymous"),
    "GET /api/v1/instance/rules": Row(caller="anonymous"),
    "GET /api/v1/instance/peers": Row(caller="anonymous"),
    "GET /api/v1/instance/extended_description": Row(caller="anonymous"),
    "GET /api/v1/instance/privacy_policy": Row(caller="anonymous"),
    "GET /api/v1/instance/terms_of_service": Row(caller="anonymous", closed=True),
    "GET /api/v1/custom_emojis": Row(caller="anonymous"),
    # Files of emojis are asked for in test_emojis.py: only an operator makes some.
    "GET /emojis/{}/{}": Row(id="emoji", caller="anonymous", closed=True),
    "GET /api/v1/instance/domain_blocks": Row(caller="anonymous"),
    "GET /api/v1/instance/languages": Row(caller="anonymous"),
    "GET /api/v1/instance/translation_languages": Row(caller="anonymous"),
    "GET /api/v1/trends": Row(caller="anonymous"),
    "GET /api/v1/trends/tags": Row(caller="anonymous"),
    "GET /api/v1/trends/statuses": Row(caller="anonymous"),
    "GET /api/v1/trends/links": Row(caller="anonymous"),
    "GET /api/openapi.json": Row(caller="anonymous"),
    "GET /health": Row(caller="anonymous"),
    "GET /.well-known/host-meta": Row(caller="anonymous"),
    "GET /.well-known/host-meta.json": Row(caller="anonymous"),
    "GET /.well-known/oauth-authorization-server": Row(caller="anonymous"),
    "GET /.well-known/nodeinfo": Row(caller="anonymous"),
    "GET /nodeinfo/2.0": Row(caller="anonymous"),
    "GET /.well-known/webfinger": Row(
        caller="anonymous", shows=ACCOUNTS, queries=({"resource": "acct:{author}@{domain}"}, {"resource": "{url}/@{author}"})
    ),
    # Access.
    "POST /api/v1/apps": Row(
        caller="anonymous",
        bodies=({"client_name": "An app", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"},),
    ),
    "GET /api/v1/apps/verify_credentials": Row(caller="app"),
    "POST /api/v1/accounts": Row(
        caller="app",
        bodies=(
            {
                "username": "{fresh}", "email": "{fresh}@example.com", "password": "a long password",
                "agreement": True, "locale": "en",
            },
        ),
    ),
    "POST /oauth/token": Row(
        caller="anonymous",
        bodies=(
            {
                "grant_type": "client_credentials", "client_id": "{client_id}", "client_secret": "{client_secret}",
                "scope": "read", "redirect_uri": OUT_OF_BAND,
            },
        ),
    ),
    "POST /oauth/revoke": Row(
        caller="anonymous",
        bodies=({"client_id": "{client_id}", "client_secret": "{client_secret}", "token": "{fresh}"},),
    ),
    "GET /oauth/userinfo": Row(shows=ACCOUNTS),
    "POST /oauth/userinfo": Row(shows=ACCOUNTS),
    # Pages of access.
    "GET /oauth/authorize": Row(
        caller="anonymous",
        queries=(
            {"response_type": "code", "client_id": "{client_id}", "redirect_uri": OUT_OF_BAND, "scope": "read write"},
        ),
    ),
    "POST /oauth/authorize": Row(caller="anonymous", closed=True, bodies=({"client_id": "{client_id}", "decision": "allow"},)),
    "DELETE /oauth/authorize": Row(caller="anonymous", closed=True),
    "GET /auth/sign_in": Row(caller="anonymous"),
    "POST /auth/sign_in": Row(caller="anonymous", closed=True, bodies=({"email": "{author}@example.com", "password": "wrong"},)),
    "POST /auth/sign_out": Row(caller="anonymous", closed=True),
    "GET /auth/sign_up": Row(caller="anonymous"),
    "POST /auth/sign_up": Row(
        caller="anonymous", closed=True,
        bodies=({"username": "{fresh}", "email": "{fresh}@example.com", "password": "a long password"},),
    ),
    "GET /auth/confirmation": Row(caller="anonymous", closed=True, queries=({"token": "{fresh}"},)),
    "GET /auth/style.css": Row(caller="anonymous"),
    # Accounts.
    "GET /api/v1/accounts/verify_credentials": Row(shows=ACCOUNTS),
    "PATCH /api/v1/accounts/update_credentials": PROFILE,
    "PUT /api/v1/accounts/update_credentials": PROFILE,
    "GET /api/v1/accounts": Row(shows=ACCOUNTS, queries=({"id[]": ["{author_id}", "{follower_id}"]},)),
    "GET /api/v1/accounts/{}": Row(id="account", shows=ACCOUNTS),
    "GET /api/v1/accounts/lookup": Row(shows=ACCOUNTS, queries=({"acct": "{author}"}, {"acct": "{author}@{domain}"})),
    "GET /api/v1/accounts/search": Row(shows=ACCOUNTS, queries=({"q": "{author}"}, *WORDS)),
    "GET /api/v1/accounts/familiar_followers": Row(shows=ACCOUNTS, queries=({"id[]": ["{author_id}", "{follower_id}"]},)),
    "GET /api/v1/accounts/{}/endorsements": relation(),
    "GET /api/v1/accounts/{}/identity_proofs": relation(),
    "GET /api/v1/accounts/relationships": Row(queries=({"id[]": ["{author_id}", "{follower_id}"]},)),
    "GET /api/v1/accounts/{}/statuses": Row(
        id="account", shows=STATUSES, control="follower",
        queries=(
            *PAGES, {"pinned": "true"}, {"tagged": "secrettag"}, {"exclude_replies": "true"}, {"exclude_reblogs": "1"},
            {"only_media": "true"},
        ),
    ),
    "GET /api/v1/accounts/{}/followers": Row(id="account", shows=ACCOUNTS, queries=PAGES),
    "GET /api/v1/accounts/{}/following": Row(id="account", shows=ACCOUNTS, queries=PAGES),
    "POST /api/v1/accounts/{}/follow": Row(id="account", bodies=({}, {"reblogs": True, "notify": False})),
    "POST /api/v1/accounts/{}/unfollow": relation(),
    "POST /api/v1/accounts/{}/block": relation(),
    "POST /api/v1/accounts/{}/unblock": relation(),
    "POST /api/v1/accounts/{}/mute": Row(id="account", bodies=({}, {"notifications": False, "duration": 60})),
    "POST /api/v1/accounts/{}/unmute": relation(),
    "POST /api/v1/accounts/{}/note": Row(id="account", bodies=({"comment": "A note to myself"},)),
    "POST /api/v1/accounts/{}/remove_from_followers": relation(),
    "GET /api/v1/follow_requests": Row(shows=ACCOUNTS, queries=PAGES),
    "POST /api/v1/follow_requests/{}/authorize": relation(),
    "POST /api/v1/follow_requests/{}/reject": relation(),
    "GET /api/v1/blocks": Row(shows=ACCOUNTS, queries=PAGES),
    "GET /api/v1/mutes": Row(shows=ACCOUNTS, queries=PAGES),
    "GET /api/v1/preferences": Row(),
    "DELETE /api/v1/profile/avatar": Row(shows=ACCOUNTS),
    "DELETE /api/v1/profile/header": Row(shows=ACCOUNTS),
    # What one filters.
    "GET /api/v1/filters": Row(),
    "POST /api/v1/filters": Row(bodies=({"phrase": "sesame", "context": ["home", "public"], "expires_in": 60},)),
    "GET /api/v1/filters/{}": Row(id="filter_keyword"),
    "PUT /api/v1/filters/{}": FILTER_V1,
    "PATCH /api/v1/filters/{}": FILTER_V1,
    "DELETE /api/v1/filters/{}": Row(id="filter_keyword"),
    "GET /api/v2/filters": Row(),
    "POST /api/v2/filters": Row(
        bodies=(
            {"title": "Fowl", "context": ["home"], "filter_action": "hide", "keywords_attributes": [{"keyword": "gull"}]},
            {"title": "Fish", "context": ["thread", "account"], "filter_action": "blur", "expires_in": 3600},
        ),
    ),
    "GET /api/v2/filters/{}": Row(id="filter"),
    "PUT /api/v2/filters/{}": FILTER,
    "PATCH /api/v2/filters/{}": FILTER,
    "DELETE /api/v2/filters/{}": Row(id="filter"),
    "GET /api/v2/filters/{}/keywords": Row(id="filter"),
    "POST /api/v2/filters/{}/keywords": Row(id="filter", bodies=({"keyword": "sesame", "whole_word": False},)),
    "GET /api/v2/filters/keywords/{}": Row(id="filter_keyword"),
    "PUT /api/v2/filters/keywords/{}": KEYWORD,
    "PATCH /api/v2/filters/keywords/{}": KEYWORD,
    "DELETE /api/v2/filters/keywords/{}": Row(id="filter_keyword"),
    "GET /api/v2/filters/{}/statuses": Row(id="filter"),
    "POST /api/v2/filters/{}/statuses": Row(
        id="filter", bodies=tuple({"status_id": f"{{{what}_status_id}}"} for what in ("public", *HIDDEN))
    ),
    "GET /api/v2/filters/statuses/{}": Row(id="filter_status"),
    "DELETE /api/v2/filters/statuses/{}": Row(id="filter_status"),
    "GET /api/v1/domain_blocks": Row(queries=PAGES),
    "POST /api/v1/domain_blocks": Row(bodies=({"domain": "gull.example"},)),
    "DELETE /api/v1/domain_blocks": Row(queries=({"domain": "gull.example"},)),
    "GET /api/v1/domain_blocks/preview": Row(queries=({"domain": "gull.example"},)),
    "POST /api/v1/reports": Row(
        shows=ACCOUNTS,
        bodies=(
            {"account_id": "{author_id}", "comment": "Please look", "category": "spam"},
            *({"account_id": "{author_id}", "status_ids": [f"{{{what}_status_id}}"]} for what in ("public", *HIDDEN)),
        ),
    ),
    "GET /api/v1/markers": Row(queries=({"timeline[]": ["home", "notifications"]},)),
    "POST /api/v1/markers": Row(bodies=({"home": {"last_read_id": "1"}}, {"notifications": {"last_read_id": "2"}})),
    "GET /api/v1/endorsements": Row(),
    "GET /api/v1/suggestions": Row(),
    "GET /api/v2/suggestions": Row(),
    "GET /api/v1/announcements": Row(),
    # Lists of accounts.
    "GET /api/v1/lists": Row(caller="follower"),
    "POST /api/v1/lists": Row(
        caller="follower", bodies=({"title": "A list"}, {"title": "Another", "replies_policy": "none", "exclusive": True})
    ),
    "GET /api/v1/lists/{}": Row(id="list", caller="follower"),
    "PUT /api/v1/lists/{}": LIST,
    "PATCH /api/v1/lists/{}": LIST,
    "DELETE /api/v1/lists/{}": Row(id="spare list", caller="follower"),
    "GET /api/v1/lists/{}/accounts": Row(id="list", shows=ACCOUNTS, caller="follower", queries=(*PAGES, {"limit": "0"})),
    "POST /api/v1/lists/{}/accounts": MEMBERS,
    "DELETE /api/v1/lists/{}/accounts": MEMBERS,
    "GET /api/v1/accounts/{}/lists": Row(id="account", caller="follower"),
    "GET /api/v1/timelines/list/{}": Row(id="list", shows=STATUSES, caller="follower", queries=PAGES, control="follower"),
    # Statuses.
    "GET /api/v1/statuses": Row(
        shows=STATUSES, control="follower", queries=({"id[]": [f"{{{what}_status_id}}" for what in HIDDEN]},)
    ),
    "POST /api/v1/statuses": Row(
        shows=STATUSES,
        bodies=(
            {"status": "A status"},
            {"status": "Hello @{follower} #opentag", "visibility": "unlisted", "language": "en"},
            {"status": "Which?", "poll": {"options": ["one", "two"], "expires_in": 3600}},
            {"status": "Careful", "spoiler_text": "A warning", "sensitive": True},
            *({"status": "A reply", "in_reply_to_id": f"{{{what}_status_id}}"} for what in ("public", *HIDDEN)),
        ),
    ),
    "GET /api/v1/statuses/{}": Row(id="status", shows=STATUSES, control="follower"),
    "PUT /api/v1/statuses/{}": EDIT,
    "PATCH /api/v1/statuses/{}": EDIT,
    "DELETE /api/v1/statuses/{}": Row(id="status", shows=STATUSES),
    "GET /api/v1/statuses/{}/context": Row(id="status", shows=STATUSES, control="follower"),
    "GET /api/v1/statuses/{}/history": Row(id="status", shows=STATUSES, control="follower"),
    "GET /api/v1/statuses/{}/source": Row(id="status", shows=STATUSES, control="author"),
    "GET /api/v1/statuses/{}/favourited_by": Row(id="status", shows=ACCOUNTS, queries=PAGES),
    "GET /api/v1/statuses/{}/reblogged_by": Row(id="status", shows=ACCOUNTS, queries=PAGES),
    "POST /api/v1/statuses/{}/favourite": verb(),
    "POST /api/v1/statuses/{}/unfavourite": verb(),
    "POST /api/v1/statuses/{}/bookmark": verb(),
    "POST /api/v1/statuses/{}/unbookmark": verb(),
    "POST /api/v1/statuses/{}/reblog": Row(id="status", shows=STATUSES, bodies=({}, {"visibility": "private"})),
    "POST /api/v1/statuses/{}/unreblog": verb(),
    "POST /api/v1/statuses/{}/pin": verb(),
    "POST /api/v1/statuses/{}/unpin": verb(),
    "POST /api/v1/statuses/{}/mute": verb(),
    "POST /api/v1/statuses/{}/unmute": verb(),
    "GET /api/v1/polls/{}": Row(id="poll", shows=STATUSES, control="follower"),
    "POST /api/v1/polls/{}/votes": Row(id="poll", caller="follower", bodies=({"choices": [0]}, {"choices": ["1"]})),
    "GET /api/v1/scheduled_statuses": Row(queries=PAGES),
    "GET /api/v1/scheduled_statuses/{}": Row(id="scheduled status"),
    "PUT /api/v1/scheduled_statuses/{}": Row(id="scheduled status", bodies=({"scheduled_at": "2099-01-01T00:00:00.000Z"},)),
    "PATCH /api/v1/scheduled_statuses/{}": Row(id="scheduled status", bodies=({"scheduled_at": "2099-01-01T00:00:00.000Z"},)),
    "DELETE /api/v1/scheduled_statuses/{}": Row(id="scheduled status"),
    "GET /api/v1/favourites": Row(shows=STATUSES, queries=PAGES, control="follower"),
    "GET /api/v1/bookmarks": Row(shows=STATUSES, queries=PAGES, control="follower"),
    # Media. Who may fetch what is asked in test_media.py, file by file.
    # A body of JSON bears no file.
    "POST /api/v1/media": Row(bodies=({"description": "No file"},), closed=True),
    "POST /api/v2/media": Row(bodies=({"description": "No file"},), closed=True),
    "GET /api/v1/media/{}": Row(id="media"),
    "PUT /api/v1/media/{}": Row(id="media", bodies=({"description": "What it is not"},)),
    "PATCH /api/v1/media/{}": Row(id="media", bodies=({"description": "What it is not"},)),
    "DELETE /api/v1/media/{}": Row(id="media"),
    "GET /media/{}/{}": Row(id="media"),
    # Timelines. On the public ones only public statuses stand, whoever asks.
    "GET /api/v1/timelines/home": Row(shows=STATUSES, queries=PAGES, control="follower"),
    "GET /api/v1/timelines/public": Row(shows=STATUSES, queries=(*PAGES, {"local": "true"}, {"remote": "true"}, {"only_media": "1"})),
    "GET /api/v1/timelines/tag/{}": Row(
        id="tag", shows=STATUSES, queries=(*PAGES, {"any[]": ["secrettag"]}, {"all[]": ["secrettag"]}, {"none[]": ["nothing"]})
    ),
    # Direct statuses by conversation.
    "GET /api/v1/conversations": Row(shows=STATUSES, control="mentioned", queries=PAGES),
    "POST /api/v1/conversations/{}/read": Row(id="conversation", shows=STATUSES),
    "POST /api/v1/conversations/{}/unread": Row(id="conversation", shows=STATUSES),
    "DELETE /api/v1/conversations/{}": Row(id="conversation"),
    # Notifications and search.
    "GET /api/v1/notifications": Row(
        shows=STATUSES, control="mentioned",
        queries=(*PAGES, {"types[]": ["mention"]}, {"exclude_types[]": ["follow"]}, {"account_id": "{author_id}"}),
    ),
    "GET /api/v1/notifications/{}": Row(id="notification", shows=STATUSES),
    "POST /api/v1/notifications/{}/dismiss": Row(id="notification"),
    "DELETE /api/v1/notifications/{}": Row(id="notification"),
    "DELETE /api/v1/notifications/destroy_multiple": Row(queries=({"id[]": ["1", "2"]},)),
    "POST /api/v1/notifications/clear": Row(once=True),
    "GET /api/v1/notifications/unread_count": Row(
        queries=({}, {"limit": "3", "types[]": ["mention"]}, {"exclude_types[]": ["follow"]}, {"account_id": "{author_id}"}),
    ),
    "GET /api/v2/search": Row(
        shows=STATUSES, control="follower",
        queries=({"q": "{author}"}, {"q": "#secrettag"}, {"q": "secret", "type": "hashtags"}, *WORDS, *ADDRESSES),
    ),
    "GET /api/v1/tags/{}": Row(id="tag"),
    "POST /api/v1/tags/{}/follow": Row(id="tag"),
    "POST /api/v1/tags/{}/unfollow": Row(id="tag"),
    "POST /api/v1/tags/{}/feature": Row(id="tag"),
    "POST /api/v1/tags/{}/unfeature": Row(id="tag"),
    "GET /api/v1/followed_tags": Row(queries=PAGES),
    "GET /api/v1/featured_tags": Row(),
    "POST /api/v1/featured_tags": Row(bodies=({"name": "opentag"}, {"name": "#Café"})),
    "DELETE /api/v1/featured_tags/{}": Row(id="featured tag"),
    "GET /api/v1/featured_tags/suggestions": Row(),
    "GET /api/v1/accounts/{}/featured_tags": Row(id="account"),
    # Streaming over server-sent events; the WebSocket has a test of its own.
    "GET /api/v1/streaming/health": Row(caller="anonymous"),
    "GET /api/v1/streaming": stream(queries=({"stream": "user"}, {"stream": "public"})),
    "GET /api/v1/streaming/user": stream(),
    "GET /api/v1/streaming/user/notification": stream(),
    "GET /api/v1/streaming/public": stream(),
    "GET /api/v1/streaming/public/local": stream(),
    "GET /api/v1/streaming/public/remote": stream(),
    "GET /api/v1/streaming/hashtag": stream(queries=({"tag": "opentag"}, {"tag": "secrettag"})),
    "GET /api/v1/streaming/hashtag/local": stream(queries=({"tag": "secrettag"},)),
    "GET /api/v1/streaming/list": stream(queries=({"list": "{follower_list}"},), caller="follower"),
    "GET /api/v1/streaming/direct": stream(),
}


@dataclass(frozen=True)
class Request:
    """One request, ready to send."""

    method: str
    path: str
    query: dict = field(default_factory=dict)
    body: dict = field(default_factory=dict)
    # Which pieces of the path are parameters.
    parameters: tuple[int, ...] = ()


def requests_of(method: str, path: str, row: Row, world) -> list[Request]:
    """Every request that the row describes, with the world's own ids in it."""
    names = world.names
    parameters = tuple(place for place, piece in enumerate(path.split("/")) if piece == "{}")
    # A second parameter is the name of a file.
    paths = [path.replace("{}", id, 1).replace("{}", "original.png") for id in ids(row.id, world)] if row.id else [path]
    return [
        Request(method, filled(path, names), filled(query, names), filled(body, names), parameters)
        for path in paths
        for query in row.queries
        for body in row.bodies
    ]


def ids(kind: str, world) -> list[str]:
    if kind == "status":
        return [status["id"] for status in world.statuses.values()]
    if kind == "poll":
        return [status["poll"]["id"] for status in world.statuses.values() if status["poll"]]
    if kind == "account":
        return [world.people[who].id for who in ("author", "follower", "blocked", "passer", "stranger")]
    if kind == "list":
        return list(world.lists.values())
    if kind == "spare list":
        follower = world.people["follower"]
        spare = [one["id"] for one in follower.get("/api/v1/lists") if one["title"] == "spare"]
        return spare[:1] or [follower.post("/api/v1/lists", title="spare")["id"]]
    if kind == "featured tag":
        return [world.people["author"].post("/api/v1/featured_tags", name="spare")["id"]]
    if kind == "tag":
        return ["opentag", "secrettag"]
    if kind == "notification":
        return [
            notification["id"]
            for who in ("author", "mentioned", "blocked", "follower")
            for notification in world.people[who].get("/api/v1/notifications")
        ]
    if kind == "scheduled status":
        author = world.people["author"]
        waiting = [one["id"] for one in author.get("/api/v1/scheduled_statuses", limit=1)]
        return waiting or [author.say("later", scheduled_at="2099-01-01T00:00:00.000Z")["id"]]
    if kind == "media":
        author = world.people["author"]
        # It may have been deleted.
        if not world.upload_id or not author.call("GET", f"/api/v1/media/{world.upload_id}").ok:
            uploaded = author.call("POST", "/api/v1/media", files={"file": ("a.png", png(), "image/png")})
            world.upload_id = uploaded.json()["id"]
        return [world.upload_id]
    if kind == "emoji":
        return ["1"]
    if kind == "conversation":
        # One may have been removed.
        world.people["mentioned"].say(f"@{world.people['author'].name} between us", visibility="direct")
        return [
            conversation["id"]
            for who in ("author", "mentioned", "blocked")
            for conversation in world.people[who].get("/api/v1/conversations")
        ]
    if kind in ("filter", "filter_keyword", "filter_status"):
        return filter_ids(kind, world.people["author"], world.statuses["open_reply"]["id"])
    raise AssertionError(f"no such kind of id: {kind}")


def filter_ids(kind: str, author, status: str) -> list[str]:
    """Ids of the author's filters, or of what is in them; there is at least one."""
    filters = author.get("/api/v2/filters")
    if not any(one["keywords"] and one["statuses"] for one in filters):
        made = author.post("/api/v2/filters", title="Words", context=["home"], keywords_attributes=[{"keyword": "word"}])
        author.post(f"/api/v2/filters/{made['id']}/statuses", status_id=status)
        filters = author.get("/api/v2/filters")
    of = {"filter_keyword": "keywords", "filter_status": "statuses"}
    inner = [part["id"] for one in filters for part in one[of[kind]]] if kind in of else []
    return inner or [one["id"] for one in filters][:5]


def filled(template, names: dict[str, str]):
    """The template with what stands in braces looked up in the world."""
    if isinstance(template, str):
        return template.format_map(names)
    if isinstance(template, dict):
        return {key: filled(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, names) for value in template]
    return template
