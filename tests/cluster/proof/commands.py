"""What a client does at random, and how it enters the record."""

import re
import time
import uuid
from dataclasses import dataclass

from .calls import SLOW_TRY_TIMEOUT_S, TRY_TIMEOUT_S, Answer
from .cells import Cell
from .figures import Figures
from .numbers import Numbers
from .record import Person, Record, Status, settle

# Commands choose among so many of the newest statuses, so that many meet on each.
RECENT = 40
VISIBILITIES = ("public", "unlisted", "private", "direct")
VISIBILITY_WEIGHTS = (6, 1, 3, 1)
# Commands that take back what is one's own, also on what one may see no longer: that is answered
# by 404, as what is not there, and done.
TAKE_BACKS = ("unfavourite", "unreblog")
Effect = tuple[Cell, object]


@dataclass
class Hand:
    """One person's way of sending commands. Never two at a time."""

    person: Person
    record: Record
    figures: Figures
    numbers: Numbers
    sent: int = 0
    # The node that answered the last command.
    node: int = 0

    @property
    def rng(self):
        return self.person.rng

    async def send(
        self, kind: str, effects: list[Effect], method: str, path: str, *, about: str = "", perhaps: tuple[Effect, ...] = (),
        **options,
    ) -> Answer:
        """Sends a command that sets these cells, and notes what came of it.

        `about`: whom it concerns, by id. `perhaps`: what it also sets, if something is so that nobody here can know.
        """
        cost = "conditional" if options.get("key") else "write"
        timeout_s = SLOW_TRY_TIMEOUT_S if cost == "conditional" else TRY_TIMEOUT_S
        at = self.rng.randrange(len(self.person.caller.nodes))
        begun = time.monotonic()
        moves, doubtful = ([(cell, cell.begin(value, begun)) for cell, value in some] for some in (effects, perhaps))
        answer = await self.person.caller.call(method, path, at=at, timeout_s=timeout_s, **options)
        raced = bool(about) and self.record.coming_apart(self.person.id, about, answer.start, answer.end)
        settle(moves, answer, raced=raced, taken_back=kind in TAKE_BACKS)
        for cell, move in doubtful:
            cell.doubt(move, max(answer.lingers_until or 0.0, answer.end))
        # Tries that were refused for the moment did nothing, or will be done with their first stamp.
        self.record.doubled += any(one.code is None and one.lingers_until is not None for one in answer.tries)
        self.figures.took(kind, cost, answer)
        self.node = self.person.caller.nodes.index(answer.last.node)
        return answer

    async def create(self, visibility: str | None = None, named: Person | None = None) -> Status | None:
        visibility = visibility or self.rng.choices(VISIBILITIES, VISIBILITY_WEIGHTS)[0]
        if visibility == "direct" and not named:
            named = self.rng.choice([other for other in self.record.people if other is not self.person])
        status = Status(self.person, visibility, Cell(), frozenset({named.id} if visibility == "direct" else ()))
        status.text.initial = text = self._text(status, named)
        answer = await self.send(
            f"create {visibility}", [], "POST", "/api/v1/statuses",
            body={"status": text, "visibility": visibility}, key=str(uuid.UUID(int=self.rng.getrandbits(128))),
        )
        if answer.acknowledged:
            status.id, status.acknowledged_at = answer.json()["id"], answer.end
            self.record.statuses[status.id] = status
            self.numbers.note(answer)
            return status
        if answer.lingers_until is not None:
            self.record.in_doubt.append(status)
        if answer.refused:
            self.record.complain(f"a status of {self.person.name} was refused: {answer}")
        return None

    # Each gives whom or what it was about, if anything.

    async def edit(self, status: Status | None = None) -> Status | None:
        status = status or self._own()
        if status:
            text = self._text(status)
            await self._about(status, "edit", [(status.text, text)], "PUT", "", body={"status": text})
        return status

    async def delete(self) -> Status | None:
        status = self._own()
        if status:
            await self._about(status, "delete", [(status.deleted, True)], "DELETE", "")
        return status

    async def favourite(self) -> Status | None:
        return await self._mark("favourite", "unfavourite", self.record.favourites)

    async def reblog(self) -> Status | None:
        return await self._mark("reblog", "unreblog", self.record.reblogs)

    async def follow(self, other: Person | None = None) -> Person:
        other = other or self._other()
        return await self._relate(other, "follow", [(self.record.follows[self.person.id, other.id], True)])

    async def unfollow(self) -> Person:
        other = self._other()
        return await self._relate(other, "unfollow", [(self.record.follows[self.person.id, other.id], False)])

    async def remove_follower(self, other: Person | None = None) -> Person:
        other = other or self._other()
        return await self._relate(other, "remove_from_followers", [(self.record.follows[other.id, self.person.id], False)])

    async def block(self, other: Person | None = None) -> Person:
        other = other or self._other()
        return await self._relate(other, "block", [(self.record.blocks[self.person.id, other.id], True), *self._apart(other)])

    async def unblock(self, other: Person | None = None) -> Person:
        """Without a block it changes nothing; if it is not certain that there is one, neither is what becomes of the follows."""
        other = other or self._other()
        block = self.record.blocks[self.person.id, other.id]
        now = time.monotonic()
        is_blocked = block.possible(now, now)
        surely = self._apart(other) if is_blocked == {True} else []
        perhaps = self._apart(other) if len(is_blocked) > 1 else []
        return await self._relate(other, "unblock", [(block, False), *surely], perhaps=tuple(perhaps))

    async def unblock_somebody(self) -> Person | None:
        """Blocks are taken back more often than not, or soon nobody would see anybody."""
        blocked = [
            other for other in self.record.people
            if any(move.value for move in self.record.blocks[self.person.id, other.id].moves[-1:])
        ]
        return await self.unblock(self.rng.choice(blocked)) if blocked else None

    async def _mark(self, on: str, off: str, cells: dict) -> Status | None:
        status = self._any()
        if status:
            cell = cells[self.person.id, status.id]
            value = not (cell.moves and cell.moves[-1].value)
            verb = on if value else off
            await self._about(status, verb, [(cell, value)], "POST", f"/{verb}")
        return status

    async def _about(self, status: Status, kind: str, effects, method: str, verb: str, **options):
        """A command about a status. It may be refused only if the status may be gone, or a block be there."""
        path = f"/api/v1/statuses/{status.id}{verb}"
        answer = await self.send(kind, effects, method, path, about=status.author.id, **options)
        start, end = answer.start, answer.end
        if answer.refused and status.surely_there(start, end):
            if not self.record.apart(self.person.id, status.author.id, start, end):
                self.record.complain(f"{self.person.name} was refused: {answer}")

    async def _relate(self, other: Person, verb: str, effects, **options) -> Person:
        path = f"/api/v1/accounts/{other.id}/{verb}"
        answer = await self.send(verb, effects, "POST", path, about=other.id, body={}, **options)
        if answer.refused and not (
            verb == "follow" and self.record.apart(self.person.id, other.id, answer.start, answer.end)
        ):
            self.record.complain(f"{self.person.name} was refused: {answer}")
        return other

    def _apart(self, other: Person) -> list[Effect]:
        """Block and unblock switch off follows both ways."""
        follows = self.record.follows
        return [(follows[self.person.id, other.id], False), (follows[other.id, self.person.id], False)]

    def _other(self) -> Person:
        return self.rng.choice([other for other in self.record.people if other is not self.person])

    def _own(self) -> Status | None:
        return self._pick([one for one in self.record.statuses.values() if one.author is self.person])

    def _any(self) -> Status | None:
        return self._pick([one for one in self.record.statuses.values() if one.visibility in ("public", "unlisted")])

    def _pick(self, among: list[Status]) -> Status | None:
        there = [one for one in among[-RECENT * 2 :] if not one.deleted.moves][-RECENT:]
        return self.rng.choice(there) if there else None

    def _text(self, status: Status, named: Person | None = None) -> str:
        """Different each time, with a word by which a hidden one is known wherever it shows."""
        self.sent += 1
        text = f"{self.person.name} says {self.sent}."
        if status.visibility in ("private", "direct"):
            text += f" {self.record.secret_word(status)}"
        # An edit that no longer names somebody is none of theirs to read.
        names = [named.name] if named else [one.name for one in self.record.people if one.id in status.named]
        return text + "".join(f" @{name}" for name in names)


def plain_text(content: str) -> str:
    """The text of a status as its author wrote it, out of its HTML."""
    return re.sub(r"<[^>]*>", "", content)
