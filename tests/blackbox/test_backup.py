"""A restored node gives the same answers over the API."""

import datetime
import pathlib
import shutil

from harness.answers import answers, differences
from harness.server import Server, command
from harness.world import build


def test_a_restored_node_gives_the_same_answers(tmp_path):
    """Some answers are of a UTC day: until when a ticket is good, how often a tag was used on each.
    Those of two days differ rightly; the second try is of one.
    """
    day = today()
    different = differences_of_a_restored_node(tmp_path / "first")
    if different and today() != day:
        different = differences_of_a_restored_node(tmp_path / "again")
    assert not different, f"{different[0]} (and {len(different) - 1} more)"


def today() -> datetime.date:
    return datetime.datetime.now(datetime.timezone.utc).date()


def differences_of_a_restored_node(folder: pathlib.Path) -> list[str]:
    folder.mkdir()
    dump = folder / "petrel.dump"
    with Server(folder / "data") as server:
        world = build(server.url)
        # What rows of routes make for themselves is there before the dump.
        answers(world)
        # Taken while it serves: one moment of all tables.
        command("backup", dump, data=server.data)
        before = answers(world)
    assert len(before) > 500
    # From here on the first folder is not used again.
    restored = folder / "restored"
    command("restore", dump, data=restored)
    # The dump names uploaded files and does not hold them.
    shutil.copytree(folder / "data" / "media", restored / "media")
    command("check", data=restored)
    with Server(restored, server.port):
        different = differences(before, answers(world))
        # It lives on: ids and stamps stand above those of the dump.
        status = world.people["author"].say("after the restore")
        assert int(status["id"]) > max(int(known["id"]) for known in world.statuses.values())
    return different
