"""The proof's own clients and judges against one embedded server that stands in for three nodes.

Where the server keeps its promises they must find it right; where it is made to lie, each lie.
"""

import asyncio
import json
import random
import re
import time

from harness.client import app_client, sign_up
from harness.seeds import seed_of_this_run
from harness.server import Server, command, free_port
from harness.streams import Socket, Sse
from proof.calls import Answer, Caller, Node, Try
from proof.faults import Fault
from proof.numbers import Numbers
from proof.proxy import RoundRobin
from proof.record import Record
from proof.storm import Storm
from proof.system import System

KILLS = (Fault("petrel", 0, 3.0, 0.3), Fault("petrel", 0, 3.0, 0.3))
# There is no other node to go to while the only one starts: some seconds of tries.
PATIENT_TRIES = 24
LIES_FOR_S = 5.0
NODE_NUMBER = 5
# What is acknowledged and not done (method, path, how often in ten), and what the judges must say of it.
LIES = (
    ("POST", r"/api/v1/statuses/\d+/favourite", 3, r"favourited"),
    ("POST", r"/api/v1/statuses/\d+/reblog", 3, r"reblogged"),
    ("POST", r"/api/v1/accounts/\d+/follow", 3, r"following for"),
    ("POST", r"/api/v1/accounts/\d+/remove_from_followers", 10, r"was shown sesame|followers by .* still has"),
    ("PUT", r"/api/v1/statuses/\d+", 5, r"the text of"),
    ("DELETE", r"/api/v1/statuses/\d+", 10, r"gone: "),
)


def storm_on(server: Server) -> Storm:
    nodes = [Node(server.url, f"door {number}") for number in range(3)]
    return Storm(System([server], nodes=nodes), seed_of_this_run())


def test_one_server_keeps_its_promises(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Caller, "tries_max", PATIENT_TRIES)
    with Server(tmp_path / "data") as server:
        storm = storm_on(server)
        try:
            asyncio.run(storm.run(KILLS))
        finally:
            with capsys.disabled():
                print("\n" + storm.report())
        assert not storm.record.wrong
        assert not storm.figures.failures
    command("check", data=server.data)


def test_a_quarrel_is_recorded_as_it_is_served(tmp_path):
    """What is taken back behind a block is taken back; an unblock without a block leaves the follow."""

    async def run(storm: Storm):
        await storm.prepare()
        ada, bob = storm.hands[:2]
        status = await ada.create("public")
        favourite, reblog = (cells[bob.person.id, status.id] for cells in (storm.record.favourites, storm.record.reblogs))
        await bob.favourite()
        await bob.reblog()
        await ada.block(bob.person)
        await bob.favourite()
        await bob.reblog()
        now = time.monotonic()
        assert favourite.possible(now, now) == reblog.possible(now, now) == {False}
        await ada.unblock(bob.person)
        await bob.follow(ada.person)
        await ada.unblock(bob.person)
        await ada.create("private")
        await storm.judge()
        await storm.close()

    with Server(tmp_path / "data") as server:
        storm = storm_on(server)
        asyncio.run(run(storm))
    assert not storm.record.wrong


def test_a_liar_is_found_out(tmp_path, monkeypatch, capsys):
    rng = random.Random(seed_of_this_run())
    honest = Caller._try

    async def lying(caller, one, answer, headers, body, params, timeout_s):
        """Reads what it should have changed, and shows a stranger what its author sees."""
        method, path = answer.method, answer.path
        for verb, pattern, tenths, _ in LIES:
            if verb == method and re.fullmatch(pattern, path) and rng.randrange(10) < tenths:
                answer.method, answer.path = "GET", re.match(r"/api/v1/\w+/\d+", path)[0]
        if caller.token is None:
            author = next((one for one in storm.record.people if path == f"/api/v1/accounts/{one.id}/statuses"), None)
            headers = {"Authorization": f"Bearer {author.caller.token}"} if author else headers
        await honest(caller, one, answer, headers, body, params, timeout_s)
        answer.method, answer.path = method, path

    with Server(tmp_path / "data") as server:
        storm = storm_on(server)
        storm.agree_within_s = 0.0
        monkeypatch.setattr(Caller, "_try", lying)
        asyncio.run(storm.run((), quiet_s=LIES_FOR_S))
    found = "\n".join(storm.record.wrong)
    with capsys.disabled():
        print(f"\nseed {storm.seed}: {len(storm.record.wrong)} complaints about a server that lies")
    for _, _, _, complaint in LIES:
        assert re.search(complaint, found), f"nobody complained of “{complaint}”:\n{found[:4000]}"
    assert re.search(r"a stranger was shown sesame", found), found[:4000]


def test_a_number_borne_twice_is_found_out():
    numbers, record = Numbers(), Record()
    for node in (Node("http://a", "petrel 0"), Node("http://b", "petrel 1")):
        one = Try(node, 0, 1.0, 2.0, 200)
        numbers.note(Answer("POST", "/api/v1/statuses", [one], json.dumps({"id": str(NODE_NUMBER << 6)})))
    assert list(numbers.seen) == [NODE_NUMBER]
    numbers.judge(record)
    assert len(record.wrong) == 1


def test_the_door_before_the_nodes_passes_streams(tmp_path):
    with Server(tmp_path / "data") as server:
        urls = [server.url, server.url.replace("localhost", "127.0.0.1")]
        with RoundRobin(urls, free_port()) as door:
            app = app_client(door.url)
            ada, bob = (sign_up(door.url, name, app) for name in ("ada", "bob"))
            bob.post(f"/api/v1/accounts/{ada.id}/follow")
            listeners = [Socket(bob, "user"), Sse(bob, "/api/v1/streaming/user")]
            ada.say("Through the door")
            for listener in listeners:
                listener.until("Through the door")
                listener.close()
            assert all(door.counts.values())
