"""32 clients write, the server is killed with kill -9, 10 rounds: what was acknowledged holds."""

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests
from harness.client import Client, app_client, sign_up
from harness.seeds import seed_of_this_run
from harness.server import Server, command

CLIENTS = 32
ROUNDS = 10
# A round's kill comes after so many acknowledgements, at random.
ACKNOWLEDGED_MIN, ACKNOWLEDGED_MAX = 40, 400
# What a command in doubt may have left behind.
UNKNOWN = "unknown"


@dataclass
class Ledger:
    """What the server has promised to one client. Each client writes only its own."""

    client: Client
    # Id → text; None once its delete is acknowledged, UNKNOWN while that is in doubt.
    statuses: dict[str, str | None] = field(default_factory=dict)
    # Of others' statuses and of others: on, off, or UNKNOWN.
    favourites: dict[str, object] = field(default_factory=dict)
    follows: dict[str, object] = field(default_factory=dict)
    # Key and text of a post that was not answered.
    in_doubt: tuple[str, str] | None = None
    posts: int = 0

    def alive(self) -> list[str]:
        return [id for id, text in self.statuses.items() if text not in (None, UNKNOWN)]


class Countdown:
    """Lets the killer wait for a number of acknowledgements."""

    def __init__(self, count: int):
        self._left, self._lock, self.reached = count, threading.Lock(), threading.Event()

    def acknowledged(self):
        with self._lock:
            self._left -= 1
            if self._left <= 0:
                self.reached.set()


def write(ledger: Ledger, others: list[Ledger], rng: random.Random, countdown: Countdown):
    """Random commands until the server is gone."""
    ledger.client.session = requests.Session()
    try:
        while True:
            rng.choices((post, favourite, follow, delete), (5, 3, 2, 1))[0](ledger, others, rng)
            countdown.acknowledged()
    except requests.RequestException:
        pass


def post(ledger: Ledger, _others, _rng):
    key, text = ledger.in_doubt or (str(uuid.uuid4()), f"{ledger.client.name} says {ledger.posts}")
    if not ledger.in_doubt:
        ledger.posts += 1
    ledger.in_doubt = (key, text)
    status = ledger.client.post("/api/v1/statuses", headers={"Idempotency-Key": key}, status=text)
    ledger.statuses[status["id"]] = text
    ledger.in_doubt = None


def favourite(ledger: Ledger, others, rng):
    target = rng.choice(others)
    if not target.statuses:
        return
    id = rng.choice(list(target.statuses))
    on = not ledger.favourites.get(id)
    ledger.favourites[id] = UNKNOWN
    verb = "favourite" if on else "unfavourite"
    answer = ledger.client.call("POST", f"/api/v1/statuses/{id}/{verb}")
    assert answer.status_code in (200, 404), answer.text
    if answer.ok:
        ledger.favourites[id] = on


def follow(ledger: Ledger, others, rng):
    id = rng.choice(others).client.id
    on = not ledger.follows.get(id)
    ledger.follows[id] = UNKNOWN
    ledger.client.post(f"/api/v1/accounts/{id}/{'follow' if on else 'unfollow'}")
    ledger.follows[id] = on


def delete(ledger: Ledger, _others, rng):
    alive = ledger.alive()
    if not alive:
        return
    id = rng.choice(alive)
    ledger.statuses[id] = UNKNOWN
    ledger.client.delete(f"/api/v1/statuses/{id}")
    ledger.statuses[id] = None


def broken_promises(ledger: Ledger, everyone: list[Ledger]) -> list[str]:
    """What the server no longer knows of what it acknowledged."""
    client, broken = ledger.client, []
    client.session = requests.Session()
    for id, text in ledger.statuses.items():
        answer = client.call("GET", f"/api/v1/statuses/{id}")
        if text is None and answer.status_code != 404:
            broken.append(f"{client.name}: deleted status {id} answers {answer.status_code}")
        if text not in (None, UNKNOWN) and (not answer.ok or text not in answer.json()["content"]):
            broken.append(f"{client.name}: status {id} answers {answer.status_code}")
    broken += listed_wrongly(ledger)
    gone = {id for other in everyone for id, text in other.statuses.items() if text in (None, UNKNOWN)}
    for id, on in ledger.favourites.items():
        if on is UNKNOWN or id in gone:
            continue
        seen = client.get(f"/api/v1/statuses/{id}")["favourited"]
        listed = client.id in {account["id"] for account in client.get(f"/api/v1/statuses/{id}/favourited_by", limit=80)}
        if seen is not on or listed is not on:
            broken.append(f"{client.name}: favourite of {id} is {seen}, listed {listed}, acknowledged {on}")
    known = {id: on for id, on in ledger.follows.items() if on is not UNKNOWN}
    if known:
        for relation in client.get("/api/v1/accounts/relationships", **{"id[]": list(known)}):
            if relation["following"] is not known[relation["id"]]:
                broken.append(f"{client.name}: follow of {relation['id']} is {relation['following']}")
    return broken


def listed_wrongly(ledger: Ledger) -> list[str]:
    """Every living status stands in its author's list once, also one whose post was retried."""
    listed, cursor = [], None
    while True:
        options = {"max_id": cursor} if cursor else {}
        page = ledger.client.get(f"/api/v1/accounts/{ledger.client.id}/statuses", limit=40, **options)
        if not page:
            break
        listed += page
        cursor = page[-1]["id"]
    ids = [status["id"] for status in listed]
    contents = [status["content"] for status in listed]
    wrong = [f"{ledger.client.name}: {id} is not in the list" for id in set(ledger.alive()) - set(ids)]
    if len(set(ids)) != len(ids) or len(set(contents)) != len(contents):
        wrong.append(f"{ledger.client.name}: a status is listed twice")
    return wrong


def test_what_was_acknowledged_survives_kill_9(tmp_path, capsys):
    seed = seed_of_this_run()
    with capsys.disabled():
        print(f"\ncrash test: seed {seed}")
    rng = random.Random(seed)
    with Server(tmp_path / "data") as server, ThreadPoolExecutor(CLIENTS) as pool:
        app = app_client(server.url)
        names = [f"crash{number}" for number in range(CLIENTS)]
        ledgers = [Ledger(client) for client in pool.map(lambda name: sign_up(server.url, name, app), names)]
        for round in range(ROUNDS):
            countdown = Countdown(rng.randint(ACKNOWLEDGED_MIN, ACKNOWLEDGED_MAX))
            writers = [
                pool.submit(
                    write, ledger, [other for other in ledgers if other is not ledger],
                    random.Random(rng.random()), countdown,
                )
                for ledger in ledgers
            ]
            assert countdown.reached.wait(60), "the clients got nothing acknowledged"
            server.kill()
            for writer in writers:
                writer.result()
            server.restart()
            broken = [line for lines in pool.map(lambda ledger: broken_promises(ledger, ledgers), ledgers) for line in lines]
            assert not broken, f"seed {seed}, round {round}:\n" + "\n".join(broken[:40])
        statuses = sum(len(ledger.statuses) for ledger in ledgers)
        assert server.stop() == 0
    with capsys.disabled():
        print(f"\ncrash test: {ROUNDS} rounds, {statuses} statuses acknowledged and there")
    # No index row is missing and none is an orphan.
    command("check", data=server.data)
