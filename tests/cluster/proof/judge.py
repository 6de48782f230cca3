"""After the run: is everything there that was acknowledged, and nothing that was taken back?"""

import asyncio
from collections import Counter
from dataclasses import dataclass

from .calls import Answer, Node
from .commands import plain_text
from .record import LAG_S, Person, Record, Status

# Ids in one request.
BATCH = 40
AT_ONCE = 12


@dataclass
class Judge:
    """Holds what each person sees on each node against the record."""

    record: Record
    nodes: list[Node]

    async def facts(self):
        """Statuses, texts, hearts and lists of authors, each as their owner sees them on every node."""
        people = self.record.people
        await together(
            *(self._hearts(person, at) for person in people for at in range(len(self.nodes))),
            *(self._own_list(person, number) for number, person in enumerate(people)),
            *(self._gone(status, number) for number, status in enumerate(self._deleted())),
        )

    async def _hearts(self, person: Person, at: int):
        """Every status that is open to all, in batches: it is there, and its hearts are this person's."""
        open_to_all = [one for one in self.record.statuses.values() if one.visibility in ("public", "unlisted")]
        for batch in (open_to_all[place : place + BATCH] for place in range(0, len(open_to_all), BATCH)):
            answer = await person.caller.get("/api/v1/statuses", at=at, **{"id[]": [one.id for one in batch]})
            if not answer.acknowledged:
                self.record.complain(f"statuses are not read in the end: {answer}")
                continue
            shown = {status["id"]: status for status in answer.json()}
            for status in batch:
                self._heart(person, status, shown.get(status.id), answer)

    def _heart(self, person: Person, status: Status, shown: dict | None, answer: Answer):
        start, end = answer.last.start, answer.last.end
        # What somebody else did last may come a little later.
        since = start if person is status.author else start - LAG_S
        if self.record.apart(person.id, status.author.id, since, end):
            return
        where = f"{status.author.name}'s {status.id} for {person.name} by {answer.last.node.name}"
        self.record.judge(f"gone: {where}", shown is None, status.deleted.possible(since, end))
        if shown is None:
            return
        self.record.judge(f"text of {where}", plain_text(shown["content"]), status.text.possible(since, end))
        for flag, cells in (("favourited", self.record.favourites), ("reblogged", self.record.reblogs)):
            cell = cells[person.id, status.id]
            self.record.judge(f"{flag}: {where}", shown[flag], cell.possible(start, end), cell)

    async def _own_list(self, person: Person, at: int):
        """Every living status stands in its author's list once, hidden ones too, and so does what is in doubt at most."""
        path = f"/api/v1/accounts/{person.id}/statuses"
        listed, answer = await person.caller.pages(path, at=at, limit=BATCH)
        if not answer.acknowledged:
            self.record.complain(f"the list of {person.name} is not read in the end: {answer}")
            return
        start, end = answer.last.start, answer.last.end
        own = {status["id"]: plain_text(status["content"]) for status in listed if not status["reblog"]}
        for id, count in Counter(status["id"] for status in listed).items():
            self.record.judge(f"times that {id} stands in the list of {person.name}", count, {1})
        for status in self.record.statuses.values():
            if status.author is not person:
                continue
            missing = f"{status.id} missing in the list of {person.name}"
            self.record.judge(missing, status.id not in own, status.deleted.possible(start, end))
            if status.id in own:
                self.record.judge(f"text of {status.id} in the list", own[status.id], status.text.possible(start, end))
        unknown = Counter(text for id, text in own.items() if id not in self.record.statuses)
        doubted = {one.text.initial for one in self.record.in_doubt if one.author is person}
        for text, count in unknown.items():
            seen = count if text in doubted else "never asked for"
            self.record.judge(f"a status of {person.name} that was in doubt, {text!r}, times", seen, {1})
        await self._reblogs_listed(person, listed, start, end)

    async def _reblogs_listed(self, person: Person, listed: list[dict], start: float, end: float):
        """A reblog stands in the list of who made it if, and only if, it is on."""
        reblogged = Counter(status["reblog"]["id"] for status in listed if status["reblog"])
        for id, count in reblogged.items():
            self.record.judge(f"times that {person.name}'s list has a reblog of {id}", count, {1})
        for (who, id), cell in list(self.record.reblogs.items()):
            status = self.record.statuses[id]
            if who != person.id or status.deleted.moves or self.record.apart(who, status.author.id, start, end):
                continue
            self.record.judge(f"{person.name}'s list has a reblog of {id}", id in reblogged, cell.possible(start, end), cell)

    def _deleted(self) -> list[Status]:
        return [one for one in self.record.statuses.values() if one.deleted.moves]

    async def _gone(self, status: Status, number: int):
        """A deleted status is gone for its author too, on every node."""
        for at in range(len(self.nodes)):
            answer = await status.author.caller.get(f"/api/v1/statuses/{status.id}", at=at)
            allowed = status.deleted.possible(answer.last.start, answer.last.end)
            self.record.judge(f"gone: {status.id} by {answer.last.node.name} ({answer.last.code})", answer.refused, allowed)


async def together(*tasks):
    """Runs them, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(task):
        async with gate:
            return await task

    return await asyncio.gather(*(one(task) for task in tasks))
