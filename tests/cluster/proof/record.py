"""The checker's own record of everything that was asked for and acknowledged."""

import random
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass, field

from .calls import Answer, Caller
from .cells import Cell, Move

# What another account did may be seen so much later: the age that a watermark may have, and more.
LAG_S = 5.0


@dataclass(eq=False)
class Person:
    """Someone with an account, or (without an id) a stranger from the street."""

    name: str
    caller: Caller
    rng: random.Random
    id: str = ""


@dataclass(eq=False)
class Status:
    """One that was acknowledged, or one that is still in doubt (then without an id)."""

    author: Person
    visibility: str
    text: Cell
    # Who is named in it, by id.
    named: frozenset[str] = frozenset()
    id: str = ""
    acknowledged_at: float = float("inf")
    deleted: Cell = field(default_factory=Cell)

    def surely_there(self, start: float, end: float) -> bool:
        return start > self.acknowledged_at and self.deleted.possible(start, end) == {False}


@dataclass
class Record:
    """What may be true of the world, and what was found to be wrong with it."""

    people: list[Person] = field(default_factory=list)
    # By id.
    statuses: dict[str, Status] = field(default_factory=dict)
    in_doubt: list[Status] = field(default_factory=list)
    # (who, status id)
    favourites: dict[tuple[str, str], Cell] = field(default_factory=lambda: defaultdict(Cell))
    reblogs: dict[tuple[str, str], Cell] = field(default_factory=lambda: defaultdict(Cell))
    # (who, whom)
    follows: dict[tuple[str, str], Cell] = field(default_factory=lambda: defaultdict(Cell))
    blocks: dict[tuple[str, str], Cell] = field(default_factory=lambda: defaultdict(Cell))
    # Words that stand in hidden statuses alone → the status. Noted before the status is sent.
    words: dict[str, Status] = field(default_factory=dict)
    # What must not have happened.
    wrong: list[str] = field(default_factory=list)
    # How many observations were held against the record, and in how many either was allowed.
    judged: int = 0
    judged_in_doubt: int = 0
    # Commands of which more than one try may have been carried out.
    doubled: int = 0
    begun: float = field(default_factory=time.monotonic)

    def complain(self, what: str):
        self.wrong.append(f"{time.monotonic() - self.begun:7.2f} s  {what}")

    def judge(self, what: str, seen, allowed: set, cell: Cell | None = None):
        """Holds one observation against what it may be."""
        self.judged += 1
        self.judged_in_doubt += len(allowed) > 1
        if seen not in allowed:
            history = f"; {self.history(cell)}" if cell else ""
            self.complain(f"{what}: is {seen!r}, but may only be {' or '.join(map(repr, allowed))}{history}")

    def history(self, cell: Cell) -> str:
        """The last commands about a fact, for whoever must find out why."""
        return ", ".join(
            f"{move.value!r} from {move.start - self.begun:.3f} to {move.end - self.begun:.3f} s"
            f" ({'acknowledged' if move.acknowledged else 'in doubt'})"
            for move in cell.moves[-6:]
        )

    def secret_word(self, status: Status) -> str:
        """A new word for a hidden status: whoever reads it has seen the status."""
        word = "sesame" + secrets.token_hex(6)
        self.words[word] = status
        return word

    @property
    def contested(self) -> int:
        """Commands on follows that met another one: both sides may end a follow, and a block ends two."""
        return sum(cell.contested() for cell in self.follows.values())

    def follows_now(self, who: str, whom: str, start: float, end: float) -> set:
        """Whether `who` may be seen to follow `whom`: a block overrules a follow."""
        on = self.follows[who, whom].possible(start, end)
        walls = self.blocks[who, whom].possible(start, end), self.blocks[whom, who].possible(start, end)
        return {follow and not one and not other for follow in on for one in walls[0] for other in walls[1]}

    def coming_apart(self, who: str, whom: str, start: float, end: float) -> bool:
        """Whether a block between two may have come or gone just then."""
        pairs = ((who, whom), (whom, who))
        return any(len(self.blocks[pair].possible(start, end)) > 1 for pair in pairs)

    def apart(self, who: str, whom: str, start: float, end: float) -> bool:
        """Whether a block may stand between two."""
        return any(
            True in self.blocks[pair].possible(start, end) for pair in ((who, whom), (whom, who))
        )


def settle(moves: list[tuple[Cell, Move]], answer: Answer, *, raced: bool = False, taken_back: bool = False):
    """Notes for each effect of a command what its answer says about it.

    `raced`: what made the server refuse may have come when the command was done already.
    `taken_back`: a refusal says that the caller may not see what they took back; it is done.
    """
    lingers_until = answer.lingers_until
    if raced and answer.refused:
        lingers_until = max(lingers_until or 0.0, answer.end)
    for cell, move in moves:
        if answer.acknowledged or (taken_back and answer.refused):
            cell.acknowledge(move, answer.end, lingers_until)
        elif lingers_until is None:
            cell.refuse(move)
        else:
            cell.doubt(move, max(lingers_until, answer.end))
