"""Gets accounts on a cluster, several at a time."""

import asyncio
import random

from .calls import Caller, Node
from .record import Person

PASSWORD = "correct horse battery staple"
SCOPES = "read write follow push"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
# Hashing passwords takes the machine's cores.
SIGN_UPS_AT_ONCE = 2
SIGN_UP_TIMEOUT_S = 10.0


class Unprepared(AssertionError):
    """What the proof begins with could not be made."""


async def app_token(nodes: list[Node]) -> str:
    """A token of an app alone, by which accounts are made."""
    caller = Caller(nodes)
    try:
        app = await _made(
            caller, "/api/v1/apps", client_name="Petrel's proof", redirect_uris=OUT_OF_BAND, scopes=SCOPES
        )
        token = await _made(
            caller, "/oauth/token", grant_type="client_credentials", client_id=app["client_id"],
            client_secret=app["client_secret"], redirect_uri=OUT_OF_BAND, scope=SCOPES,
        )
        return token["access_token"]
    finally:
        await caller.close()


async def sign_up(nodes: list[Node], names: list[str], app: str, rng: random.Random, observe=None) -> list[Person]:
    """One person a name; each gets a random source of its own, so that a seed repeats."""
    gate = asyncio.Semaphore(SIGN_UPS_AT_ONCE)
    caller = Caller(nodes, app)

    async def one(number: int, name: str, seed: int) -> Person:
        async with gate:
            token = await _made(caller, "/api/v1/accounts", at=number, **registration(name))
        own = Caller(nodes, token["access_token"], observe)
        person = Person(name, own, random.Random(seed))
        answer = await own.get("/api/v1/accounts/verify_credentials", at=number + 1)
        if not answer.acknowledged:
            raise Unprepared(str(answer))
        person.id = answer.json()["id"]
        return person

    try:
        return await asyncio.gather(*(one(number, name, rng.randrange(2**63)) for number, name in enumerate(names)))
    finally:
        await caller.close()


def registration(name: str, email: str = "") -> dict:
    return {
        "username": name, "email": email or f"{name}@example.com", "password": PASSWORD, "agreement": True, "locale": "en",
    }


async def _made(caller: Caller, path: str, at: int = 0, **body) -> dict:
    answer = await caller.call("POST", path, at=at, body=body, timeout_s=SIGN_UP_TIMEOUT_S)
    if not answer.acknowledged:
        raise Unprepared(str(answer))
    return answer.json()
