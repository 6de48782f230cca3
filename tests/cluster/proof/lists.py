"""After the run: do hearts, lists and counts agree, on every node?

Lists and hearts follow the facts at once; counts are views and may lag. So everything is asked
again until nothing differs, within a bound, and what differs then is wrong.
"""

import asyncio
import time
from dataclasses import dataclass, field

from .calls import Answer, Caller, Node
from .judge import BATCH, together
from .record import Person, Record, Status

PAGE = 80
PAUSE_S = 1.0


@dataclass
class Agreement:
    """Looks through an observer, who blocks nobody and is blocked by nobody."""

    record: Record
    nodes: list[Node]
    observer: Person
    differences: list[str] = field(default_factory=list)

    async def within(self, bound_s: float) -> float:
        """Asks until all agree; what still differs after the bound is complained of. Gives the seconds it took."""
        begun = time.monotonic()
        while True:
            self.differences = []
            await self._all()
            took_s = time.monotonic() - begun
            if not self.differences or took_s > bound_s:
                break
            await asyncio.sleep(PAUSE_S)
        for difference in self.differences:
            self.record.complain(f"after {took_s:.0f} s: {difference}")
        return took_s

    async def _all(self):
        statuses = [
            one for one in self.record.statuses.values()
            if one.visibility in ("public", "unlisted") and not one.deleted.moves
        ]
        places = range(len(self.nodes))
        batches = [statuses[place : place + BATCH] for place in range(0, len(statuses), BATCH)]
        await together(
            *(self._statuses(batch, at) for batch in batches for at in places),
            *(self._account(person, at) for person in self.record.people for at in places),
            *(self._favourites(person, at) for at, person in enumerate(self.record.people)),
            *(self._blocks(person, at) for at, person in enumerate(self.record.people)),
        )

    async def _statuses(self, batch: list[Status], at: int):
        answer = await self._get(self.observer.caller, "/api/v1/statuses", at, **{"id[]": [one.id for one in batch]})
        shown = {status["id"]: status for status in answer.json()} if answer else {}
        for status in batch:
            if status.id not in shown:
                self.differences.append(f"{status.id} is not shown to the observer by {self.nodes[at % len(self.nodes)].name}")
                continue
            for count, path, cells in (
                ("favourites_count", "favourited_by", self.record.favourites),
                ("reblogs_count", "reblogged_by", self.record.reblogs),
            ):
                expected = self._who(cells, status.id)
                if not any(expected) and not shown[status.id][count]:
                    continue
                await self._list(f"/api/v1/statuses/{status.id}/{path}", at, expected, count, shown[status.id][count])

    async def _account(self, person: Person, at: int):
        answer = await self._get(self.observer.caller, f"/api/v1/accounts/{person.id}", at)
        if not answer:
            return
        for path, place in (("followers", 1), ("following", 0)):
            expected = self._whom(person, place)
            count = answer.json()[f"{path}_count"]
            await self._list(f"/api/v1/accounts/{person.id}/{path}", at, expected, f"{path}_count of {person.name}", count)

    async def _list(self, path: str, at: int, expected: tuple[set, set], name: str, count: int):
        """A list holds all that must be on and nothing that must be off, and its count is its length."""
        listed, answer = await self.observer.caller.pages(path, at=at, limit=PAGE)
        if not answer.acknowledged:
            self.differences.append(f"not read: {answer}")
            return
        ids = [account["id"] for account in listed]
        on, off = expected
        where = f"{path} by {answer.last.node.name}"
        if len(set(ids)) != len(ids):
            self.differences.append(f"{where} names somebody twice")
        if on - set(ids):
            self.differences.append(f"{where} lacks {self._names(on - set(ids))}")
        if set(ids) & off:
            self.differences.append(f"{where} still has {self._names(set(ids) & off)}")
        if count != len(ids):
            self.differences.append(f"{name} of {path} by {answer.last.node.name} is {count}, and the list has {len(ids)}")

    async def _favourites(self, person: Person, at: int):
        listed, answer = await person.caller.pages("/api/v1/favourites", at=at, limit=BATCH)
        if not answer.acknowledged:
            self.differences.append(f"not read: {answer}")
            return
        ids = {status["id"] for status in listed}
        start, end = answer.last.start, answer.last.end
        for (who, id), cell in list(self.record.favourites.items()):
            status = self.record.statuses[id]
            if who != person.id or status.deleted.moves or self.record.apart(who, status.author.id, start, end):
                continue
            if (id in ids) not in cell.possible(start, end):
                self.differences.append(f"the favourites of {person.name} by {answer.last.node.name} have {id}: {id in ids}")

    async def _blocks(self, person: Person, at: int):
        listed, answer = await person.caller.pages("/api/v1/blocks", at=at, limit=PAGE)
        if not answer.acknowledged:
            self.differences.append(f"not read: {answer}")
            return
        ids = {account["id"] for account in listed}
        now = time.monotonic()
        for other in self.record.people:
            if (other.id in ids) not in self.record.blocks[person.id, other.id].possible(now, now):
                where = f"the blocks of {person.name} by {answer.last.node.name}"
                self.differences.append(f"{where} have {other.name}: {other.id in ids}")

    async def _get(self, caller: Caller, path: str, at: int, **params) -> Answer | None:
        answer = await caller.get(path, at=at, **params)
        if not answer.acknowledged:
            self.differences.append(f"not read: {answer}")
            return None
        return answer

    def _who(self, cells: dict, id: str) -> tuple[set, set]:
        """Whose mark on a status is surely on, and whose surely off."""
        now = time.monotonic()
        seen = {person.id: cells[person.id, id].possible(now, now) for person in self.record.people}
        return _sure(seen)

    def _whom(self, person: Person, place: int) -> tuple[set, set]:
        """Who surely follows (`place` 1: person is followed), or is surely followed.

        A follow that one node took while another took a block may stay on under the block. The
        block overrules it wherever somebody is shown something; a list of names may say either.
        """
        now = time.monotonic()
        on, off = set(), set()
        for other in self.record.people:
            pair = (person.id, other.id) if place == 0 else (other.id, person.id)
            if self.record.follows_now(*pair, now, now) == {True}:
                on.add(other.id)
            elif self.record.follows[pair].possible(now, now) == {False}:
                off.add(other.id)
        return on, off

    def _names(self, ids: set) -> list[str]:
        return sorted(person.name for person in self.record.people if person.id in ids)


def _sure(seen: dict[str, set]) -> tuple[set, set]:
    return {id for id, values in seen.items() if values == {True}}, {id for id, values in seen.items() if values == {False}}
