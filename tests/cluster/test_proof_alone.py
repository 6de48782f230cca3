"""The proof's own clients and judges against one embedded server that stands in for three nodes: they must find it right."""

import asyncio

from harness.server import Server, command
from proof.calls import Node
from proof.faults import Fault
from proof.seeds import seed_of_this_run
from proof.storm import Storm
from proof.system import System

KILLS = (Fault("petrel", 0, 4.0, 0.3), Fault("petrel", 0, 4.0, 0.3))


def test_one_server_keeps_its_promises(tmp_path, capsys):
    with Server(tmp_path / "data") as server:
        storm = Storm(System([server], nodes=[Node(server.url, f"door {number}") for number in range(3)]), seed_of_this_run())
        try:
            asyncio.run(storm.run(KILLS))
        finally:
            with capsys.disabled():
                print("\n" + storm.report())
        assert not storm.record.wrong
        assert not storm.figures.failures
    command("check", data=server.data)
