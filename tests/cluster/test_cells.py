"""What a fact may be seen to be, by the commands about it and their answers."""

from proof.calls import Answer, Node, Try
from proof.cells import Cell
from proof.faults import CLOCKS_MS, KINDS, plan
from proof.record import settle

NODE = Node("http://nowhere", "a node")


def done(cell: Cell, value, start: float, end: float):
    cell.acknowledge(cell.begin(value, start), end, None)


def answered(*codes: int | None, start: float = 0.0) -> Answer:
    tries = [Try(NODE, 0, start + place, start + place + 0.5, code, "" if code else "time-out") for place, code in enumerate(codes)]
    return Answer("POST", "/", tries)


def test_what_was_acknowledged_stands():
    cell = Cell()
    done(cell, True, 1, 2)
    assert cell.possible(0, 0.5) == {False}
    assert cell.possible(1.5, 1.6) == {False, True}
    assert cell.possible(3, 4) == {True}


def test_the_later_of_two_commands_stands():
    cell = Cell()
    done(cell, True, 1, 2)
    done(cell, False, 3, 4)
    assert cell.possible(5, 6) == {False}
    # A reading that began before the second was done may see either.
    assert cell.possible(3.5, 6) == {True, False}


def test_of_two_commands_at_once_either_stands():
    cell = Cell()
    done(cell, "one", 1, 3)
    done(cell, "two", 2, 4)
    assert cell.possible(5, 6) == {"one", "two"}


def test_what_is_in_doubt_may_be_either_way_until_a_later_command():
    cell = Cell()
    settle([(cell, cell.begin(True, 0))], answered(None))
    assert cell.possible(100, 101) == {False, True}
    done(cell, False, 10, 11)
    # A server may still be at work on it.
    assert cell.possible(100, 101) == {False, True}
    done(cell, False, 90, 91)
    assert cell.possible(100, 101) == {False}


def test_a_try_that_was_not_answered_may_come_late():
    cell = Cell()
    settle([(cell, cell.begin(True, 0))], answered(None, 200))
    assert cell.possible(2, 3) == {True}
    done(cell, False, 4, 5)
    assert cell.possible(6, 7) == {True, False}


def test_a_refusal_changes_nothing_unless_an_earlier_try_did():
    cell = Cell()
    settle([(cell, cell.begin(True, 0))], answered(422))
    assert cell.possible(2, 3) == {False}
    settle([(cell, cell.begin(True, 4))], answered(None, 404, start=4))
    assert cell.possible(10, 11) == {False, True}


def test_a_seed_gives_the_same_plan_again():
    assert plan(7, 2) == plan(7, 2)
    assert plan(7) != plan(8)
    # Whatever the seed, everything that the proof promises to break is broken.
    assert {fault.kind for fault in plan(7)} == set(KINDS)
    assert {fault.clock_ms for fault in plan(7)} - {0} == set(CLOCKS_MS)


def test_a_refusal_that_a_block_brought_may_have_come_too_late():
    cell = Cell()
    settle([(cell, cell.begin(True, 0))], answered(404), raced=True)
    assert cell.possible(2, 3) == {False, True}


def test_what_is_taken_back_is_so_although_the_answer_shows_nothing():
    cell = Cell()
    settle([(cell, cell.begin(True, 0))], answered(200))
    settle([(cell, cell.begin(False, 4))], answered(404, start=4), taken_back=True)
    assert cell.possible(10, 11) == {False}


def test_commands_that_met_are_counted_and_those_that_followed_each_other_are_not():
    cell = Cell()
    done(cell, True, 1, 2)
    done(cell, False, 3, 5)
    assert cell.contested() == 0
    done(cell, True, 4, 6)
    assert cell.contested() == 2
