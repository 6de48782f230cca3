"""A restored node gives the same answers over the API."""

import shutil

from harness.answers import answers, differences
from harness.server import Server, command
from harness.world import build


def test_a_restored_node_gives_the_same_answers(tmp_path):
    dump = tmp_path / "petrel.dump"
    with Server(tmp_path / "data") as server:
        world = build(server.url)
        # What rows of routes make for themselves is there before the dump.
        answers(world)
        # Taken while it serves: one moment of all tables.
        command("backup", dump, data=server.data)
        before = answers(world)
    assert len(before) > 500
    # From here on the first folder is not used again.
    restored = tmp_path / "restored"
    command("restore", dump, data=restored)
    # The dump names uploaded files and does not hold them.
    shutil.copytree(tmp_path / "data" / "media", restored / "media")
    command("check", data=restored)
    with Server(restored, server.port):
        after = answers(world)
        different = differences(before, after)
        assert not different, f"{different[0]} (and {len(different) - 1} more)"
        # It lives on: ids and stamps stand above those of the dump.
        status = world.people["author"].say("after the restore")
        assert int(status["id"]) > max(int(known["id"]) for known in world.statuses.values())
