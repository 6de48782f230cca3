"""Names registered at the same moment on three nodes: one client at most gets each."""

import asyncio
import time
from dataclasses import dataclass, field

from .calls import SLOW_TRY_TIMEOUT_S, Answer, Caller, Node
from .figures import Figures
from .people import registration
from .record import Record

# Clients that ask for one name.
RIVALS = 3


@dataclass
class Race:
    name: str
    answers: list[Answer]

    @property
    def winners(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.acknowledged]


@dataclass
class Names:
    """Runs races, and judges them in the end."""

    nodes: list[Node]
    app: str
    record: Record
    figures: Figures
    races: list[Race] = field(default_factory=list)
    _callers: list[Caller] = field(default_factory=list)

    async def race(self, name: str):
        """All ask for one name at once, each another node first, half of them with one e-mail as well."""
        while len(self._callers) < RIVALS:
            self._callers.append(Caller(self.nodes, self.app))
        answers = await asyncio.gather(*(self._register(number, name) for number in range(RIVALS)))
        race = Race(name, answers)
        self.races.append(race)
        if len(race.winners) > 1:
            self.record.complain(f"the name {name} was given {len(race.winners)} times: {[str(one) for one in race.winners]}")
        # One of them gets it, if all were answered at once.
        if not race.winners and all(answer.refused and len(answer.tries) == 1 for answer in answers):
            self.figures.unclaimed += 1

    async def judge(self):
        """Every name that was given belongs to one account on all nodes, and its token is that account's."""
        for race in self.races:
            ids = set()
            for number in range(len(self.nodes)):
                answer = await self._callers[0].get("/api/v1/accounts/lookup", at=number, acct=race.name)
                if answer.acknowledged:
                    ids.add(answer.json()["id"])
                elif race.winners or not answer.refused:
                    self.record.complain(f"the name {race.name} is not found, although it was given: {answer}")
            for winner in race.winners:
                own = Caller(self.nodes, winner.json()["access_token"])
                answer = await own.get("/api/v1/accounts/verify_credentials", at=len(ids))
                await own.close()
                if answer.acknowledged:
                    ids.add(answer.json()["id"])
                else:
                    self.record.complain(f"who was given the name {race.name} is not let in: {answer}")
            self.record.judge(f"accounts named {race.name}, {sorted(ids)}", len(ids) <= 1, {True})

    async def close(self):
        for caller in self._callers:
            await caller.close()

    async def _register(self, number: int, name: str) -> Answer:
        email = f"{name}{number // 2}@example.com"
        answer = await self._callers[number].call(
            "POST", "/api/v1/accounts", at=number, body=registration(name, email), timeout_s=SLOW_TRY_TIMEOUT_S
        )
        self.figures.took("register (3 at once)", "conditional", answer)
        return answer


def fresh_names(prefix: str):
    """Names that no earlier race had."""
    stamp = format(int(time.time() * 1000) % 36**6, "x")
    number = 0
    while True:
        number += 1
        yield f"{prefix}{stamp}n{number}"
