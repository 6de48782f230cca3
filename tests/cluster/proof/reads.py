"""What clients read while the run goes on: their own writes at once, on another node; home; and what strangers try."""

from dataclasses import dataclass

from .calls import Answer, Caller
from .commands import Hand, plain_text
from .figures import Figures
from .record import Person, Record, Status

# Guessed ids lie so near to one that is known.
GUESSES = 3


@dataclass
class Eyes:
    """One person's reads."""

    person: Person
    record: Record
    figures: Figures

    async def get(self, kind: str, path: str, at: int, **params) -> Answer:
        answer = await self.person.caller.get(path, at=at, **params)
        self.figures.took(kind, "read", answer)
        return answer

    async def home(self):
        at = self.person.rng.randrange(len(self.person.caller.nodes))
        await self.get("home", "/api/v1/timelines/home", at, limit=40)

    async def notifications(self):
        at = self.person.rng.randrange(len(self.person.caller.nodes))
        await self.get("notifications", "/api/v1/notifications", at, limit=40)

    async def profile(self):
        rng = self.person.rng
        other = rng.choice(self.record.people)
        at = rng.randrange(len(self.person.caller.nodes))
        await self.get("profile's statuses", f"/api/v1/accounts/{other.id}/statuses", at, limit=40)

    async def own_status(self, status: Status, hand: Hand):
        """Reads at once, on the next node, a status that its author just wrote, edited or deleted."""
        answer = await self.get("own status", f"/api/v1/statuses/{status.id}", hand.node + 1)
        where = f"{self.person.name}'s status {status.id} as its author reads it: {answer}"
        if answer.failed:
            return
        start, end = answer.last.start, answer.last.end
        self.record.judge(f"gone: {where}", answer.refused, status.deleted.possible(start, end))
        if answer.acknowledged:
            self.record.judge(f"the text of {where}", plain_text(answer.json()["content"]), status.text.possible(start, end))

    async def own_marks(self, status: Status, hand: Hand):
        """Reads at once, on the next node, whether the hearts are as the last commands left them."""
        answer = await self.get("own hearts", f"/api/v1/statuses/{status.id}", hand.node + 1)
        if not answer.acknowledged:
            return
        shown = answer.json()
        for flag, cells in (("favourited", self.record.favourites), ("reblogged", self.record.reblogs)):
            cell = cells[self.person.id, status.id]
            allowed = cell.possible(answer.last.start, answer.last.end)
            where = f"{flag} for {self.person.name} on {status.id} by {answer.last.node.name}"
            self.record.judge(where, shown[flag], allowed, cell)

    async def own_relation(self, other: Person, hand: Hand):
        answer = await self.get("own relation", "/api/v1/accounts/relationships", hand.node + 1, **{"id[]": other.id})
        if answer.acknowledged:
            judge_relation(self.record, self.person, other, answer, answer.json()[0])


def judge_relation(record: Record, person: Person, other: Person, answer: Answer, shown: dict):
    start, end = answer.last.start, answer.last.end
    where = f"for {person.name} about {other.name} by {answer.last.node.name}"
    follow, block = record.follows[person.id, other.id], record.blocks[person.id, other.id]
    record.judge(f"following {where}", shown["following"], record.follows_now(person.id, other.id, start, end), follow)
    record.judge(f"blocking {where}", shown["blocking"], block.possible(start, end), block)


@dataclass
class Stranger:
    """Polls with no follow to anybody, or with no token at all. Every answer goes to the watch."""

    person: Person
    record: Record
    figures: Figures

    async def poll(self):
        rng, caller = self.person.rng, self.person.caller
        path, params = rng.choice((self._by_id, self._context, self._profile, self._public, self._search))()
        answer = await caller.get(path, at=rng.randrange(len(caller.nodes)), **params)
        self.figures.took("a stranger's read", "read", answer)

    def _by_id(self):
        """A hidden status by its id, or by a guess near it."""
        return f"/api/v1/statuses/{int(self._hidden()) + self.person.rng.choice((0, 0, *range(1, GUESSES)))}", {}

    def _context(self):
        return f"/api/v1/statuses/{self._hidden()}/context", {}

    def _profile(self):
        return f"/api/v1/accounts/{self.person.rng.choice(self.record.people).id}/statuses", {"limit": 40}

    def _public(self):
        return "/api/v1/timelines/public", {"limit": 40}

    def _search(self):
        words = list(self.record.words)
        return "/api/v2/search", {"q": self.person.rng.choice(words) if words else "sesame", "type": "statuses"}

    def _hidden(self) -> str:
        hidden = [one.id for one in self.record.statuses.values() if one.visibility in ("private", "direct")]
        return self.person.rng.choice(hidden[-20:]) if hidden else "1"


def street(nodes, rng, observe) -> Person:
    """Whoever comes without a token."""
    return Person("", Caller(nodes, None, observe), rng)
