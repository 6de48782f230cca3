"""A small world in which every kind of hidden status exists, in every place where it could leak."""

import secrets
from dataclasses import dataclass, field

from harness.client import Client, app_client, register_app, sign_up


@dataclass
class World:
    """Who is there, what they posted, and what strangers must never see of it."""

    url: str
    people: dict[str, Client] = field(default_factory=dict)
    # Name → status, as its author got it.
    statuses: dict[str, dict] = field(default_factory=dict)
    # Words that stand in hidden statuses alone.
    words: dict[str, str] = field(default_factory=dict)
    # Whose list of accounts, with the author on it → its id.
    lists: dict[str, str] = field(default_factory=dict)
    # Client id and secret, among others.
    app: dict = field(default_factory=dict)
    # The author's upload that is attached to nothing, if there was one.
    upload_id: str = ""
    # Ids of hidden statuses and of reblogs of them.
    hidden_ids: set[str] = field(default_factory=set)

    @property
    def names(self) -> dict[str, str]:
        """What a row of the route table may name in braces."""
        names = {f"{who}_id": client.id for who, client in self.people.items()}
        names |= {who: client.name for who, client in self.people.items()}
        names |= {f"{what}_status_id": status["id"] for what, status in self.statuses.items()}
        names |= {f"{what}_status_url": status["url"] for what, status in self.statuses.items()}
        names |= {f"{what}_status_uri": status["uri"] for what, status in self.statuses.items()}
        names |= {f"{what}_word": word for what, word in self.words.items()}
        names |= {f"{who}_list": id for who, id in self.lists.items()}
        names |= {"client_id": self.app["client_id"], "client_secret": self.app["client_secret"]}
        names["url"] = self.url
        names["domain"] = self.url.removeprefix("http://")
        names["fresh"] = "n" + secrets.token_hex(6)
        return names

    def client(self, who: str) -> Client:
        return Client(self.url) if who == "anonymous" else self.people[who]

    def hide(self, name: str, author: str, text: str, **more) -> dict:
        """Posts a status that strangers must not see."""
        word = "sesame" + secrets.token_hex(6)
        status = self.people[author].say(f"{text} {word}", **more)
        self.words[name] = word
        self.statuses[name] = status
        self.hidden_ids.add(status["id"])
        return status

    def show(self, name: str, author: str, text: str, **more) -> dict:
        self.statuses[name] = self.people[author].say(text, **more)
        return self.statuses[name]


POLL = {"options": ["gull", "tern"], "expires_in": 3600}
VIEWERS = ("stranger", "blocked", "anonymous")


def build(url: str) -> World:
    """A locked author, and people who stand in every relation to them."""
    world = World(url, app=register_app(url))
    app = app_client(url, world.app)
    suffix = secrets.token_hex(3)
    for who in ("author", "follower", "mentioned", "stranger", "blocked", "passer"):
        profile = {"locked": True, "discoverable": True, "display_name": who.title()} if who == "author" else {}
        world.people[who] = sign_up(url, f"{who}_{suffix}", app, **profile)
    world.people["app"] = app
    people = world.people
    author = people["author"]
    for who in ("follower", "blocked"):
        people[who].post(f"/api/v1/accounts/{author.id}/follow")
        author.post(f"/api/v1/follow_requests/{people[who].id}/authorize")

    _post(world)
    # Whoever followed once has hearts, bookmarks and notifications that a block must silence.
    for who in ("follower", "blocked"):
        for what in ("private", "thread_root"):
            people[who].post(f"/api/v1/statuses/{world.statuses[what]['id']}/favourite")
            people[who].post(f"/api/v1/statuses/{world.statuses[what]['id']}/bookmark")
    for who in ("follower", "blocked"):
        _keep_list(world, who)
    author.post(f"/api/v1/accounts/{people['blocked'].id}/block")
    people["stranger"].post(f"/api/v1/accounts/{author.id}/follow")
    _keep_list(world, "stranger")
    return world


def _keep_list(world: World, who: str):
    """A list of someone's own with the author on it, whom they follow or have asked to."""
    list = world.people[who].post("/api/v1/lists", title=f"read by {who}", replies_policy="followed")
    world.people[who].post(f"/api/v1/lists/{list['id']}/accounts", account_ids=[world.people["author"].id])
    world.lists[who] = list["id"]


def _post(world: World):
    people, author = world.people, world.people["author"]
    world.show("public", "author", "Anyone may read this #opentag")
    world.show("unlisted", "author", "Anyone with the address may read this", visibility="unlisted")
    world.show("thread_root", "author", "The thread begins in public")
    world.hide("private", "author", "For followers only #secrettag", visibility="private")
    world.words["option"] = "sesame" + secrets.token_hex(6)
    asked = POLL | {"options": [f"gull {world.words['option']}", "tern"]}
    world.hide("poll", "author", "Only followers are asked", visibility="private", poll=asked)
    world.hide("direct", "author", f"Only for @{people['mentioned'].name}", visibility="direct")
    world.hide("to_blocked", "author", f"Once for @{people['blocked'].name}", visibility="direct")
    world.hide(
        "private_reply", "author", "A hidden reply in an open thread",
        visibility="private", in_reply_to_id=world.statuses["thread_root"]["id"],
    )
    world.show(
        "open_reply", "follower", "An open reply to a hidden status",
        in_reply_to_id=world.statuses["private"]["id"],
    )
    edited = world.hide("edited", "author", "Hidden before the edit", visibility="private")
    world.words["edit"] = "sesame" + secrets.token_hex(6)
    author.put(f"/api/v1/statuses/{edited['id']}", status=f"Hidden after it {world.words['edit']}")
    warned = world.hide("warned", "author", "Under a warning", visibility="private", spoiler_text="a warning")
    author.post(f"/api/v1/statuses/{warned['id']}/pin")
    reblog = author.call("POST", f"/api/v1/statuses/{world.statuses['private']['id']}/reblog")
    if reblog.ok:
        world.hidden_ids.add(reblog.json()["id"])


def leaks(world: World, body: str, document) -> list[str]:
    """What of the hidden statuses stands in an answer."""
    found = [f"the word of “{name}”" for name, word in world.words.items() if word in body]
    found += [f"the entity {id}" for id in _ids_of_statuses(document) & world.hidden_ids]
    return found


def statuses_by(world: World, who: str, document) -> list[str]:
    """Ids of the statuses in an answer that someone wrote."""
    id = world.people[who].id
    return [status["id"] for status in _statuses(document) if (status.get("account") or {}).get("id") == id]


def _ids_of_statuses(document) -> set[str]:
    return {str(status.get("id")) for status in _statuses(document)}


def _statuses(document):
    """All statuses in a JSON document, at any depth."""
    if isinstance(document, dict):
        if "content" in document or "visibility" in document or "text" in document:
            yield document
        for value in document.values():
            yield from _statuses(value)
    elif isinstance(document, list):
        for value in document:
            yield from _statuses(value)
