"""What is written on one node: its author reads it on another at once, followers soon, on every node."""

import asyncio
import contextlib
import random
import re
import time
from dataclasses import dataclass, field

from . import people
from .calls import Answer
from .ears import Ear, SseEar
from .figures import Figures, quantile
from .names import fresh_names
from .record import Person
from .system import System

AUTHORS = 10
CREATES_A_SECOND = 20.0
POLL_EVERY_S = 0.1
PAGE = 40
# When a poll was slow, more than a page of news may wait behind the first.
PAGES_MAX = 5
# What has not come after so long is lost.
LOST_AFTER_S = 60.0
# What is still missing then is looked for below what came before it.
LATE_AFTER_S = 1.0
MARK = re.compile(r"mark[0-9]+x[0-9]+")


@dataclass
class Visible:
    """Creates at a steady rate; each follower's home and streams are watched on every node."""

    system: System
    seed: int
    figures: Figures = field(default_factory=Figures)
    # Word of a status → when its create was acknowledged.
    written: dict[str, float] = field(default_factory=dict)
    # (where, word) → when it was first seen there.
    seen: dict[tuple[str, str], float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    own_reads: int = 0
    _numbers: int = 0
    # Homes are read down to their beginning.
    _deep: bool = False

    async def prepare(self):
        rng = random.Random(f"visible {self.seed}")
        app = await people.app_token(self.system.nodes)
        prefix = next(fresh_names("w"))
        made = await people.sign_up(self.system.nodes, [f"{prefix}x{number}" for number in range(AUTHORS + 1)], app, rng)
        self.authors, self.follower = made[:-1], made[-1]
        for author in self.authors:
            answer = await self.follower.caller.call("POST", f"/api/v1/accounts/{author.id}/follow", body={})
            if not answer.acknowledged:
                raise people.Unprepared(str(answer))

    async def run(self, name: str, seconds: float) -> dict[str, list[float]]:
        """Creates for so long; gives for each place the seconds from Ok until it was there, by the words of this part."""
        before = set(self.written)
        nodes = self.system.nodes
        ears = [Ear(self.follower, nodes, at, heard=self._heard, stays=True) for at in range(len(nodes))]
        ears += [SseEar(self.follower, nodes, at, heard=self._heard, stays=True) for at in range(len(nodes))]
        helpers = [asyncio.create_task(ear.listen()) for ear in ears]
        try:
            async with asyncio.timeout(LOST_AFTER_S):
                await asyncio.gather(*(ear.connected.wait() for ear in ears))
            ending = asyncio.Event()
            pollers = [asyncio.create_task(self._poll(at, ending)) for at in range(len(nodes))]
            with self.figures.window(name):
                await self._create_for(seconds)
                await self._all_seen(set(self.written) - before, [*(ear.name for ear in ears), *(home(node) for node in nodes)])
            ending.set()
            await asyncio.gather(*pollers)
        finally:
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        return self._lags(set(self.written) - before)

    async def close(self):
        for person in (*self.authors, self.follower):
            await person.caller.close()

    def table(self, lags: dict[str, list[float]]) -> str:
        return "\n".join(
            f"    {place:<32}{len(values):>6} seen, p50 {quantile(values, 0.5) * 1000:>5.0f} ms,"
            f" p99 {quantile(values, 0.99) * 1000:>5.0f} ms, max {max(values, default=0.0) * 1000:>5.0f} ms"
            for place, values in sorted(lags.items())
        )

    def p99(self, lags: dict[str, list[float]]) -> float:
        """Of the slowest place."""
        return max(quantile(values, 0.99) for values in lags.values())

    async def _create_for(self, seconds: float):
        """At a steady rate whatever the answers take."""
        begun, tasks = time.monotonic(), []
        for number in range(int(seconds * CREATES_A_SECOND)):
            await asyncio.sleep(max(0.0, begun + number / CREATES_A_SECOND - time.monotonic()))
            tasks.append(asyncio.create_task(self._create(self.authors[number % AUTHORS], number)))
        await asyncio.gather(*tasks)

    async def _create(self, author: Person, number: int):
        self._numbers += 1
        word = f"mark{self.seed}x{self._numbers}"
        at = author.rng.randrange(len(self.system.nodes))
        answer = await author.caller.call(
            "POST", "/api/v1/statuses", at=at, body={"status": f"For all to see {word}"}, key=f"{word}{time.time()}"
        )
        self.figures.took("create", "conditional", answer)
        if not answer.acknowledged:
            self.wrong.append(f"not created: {answer}")
            return
        self.written[word] = answer.end
        await self._read_at_once(author, answer.json()["id"], word, self.system.nodes.index(answer.last.node) + 1)

    async def _read_at_once(self, author: Person, id: str, word: str, at: int):
        """By its author, on another node, one of three ways."""
        kind, path, params = author.rng.choice((
            ("own status at once", f"/api/v1/statuses/{id}", {}),
            ("own home at once", "/api/v1/timelines/home", {"limit": 40}),
            ("own profile at once", f"/api/v1/accounts/{author.id}/statuses", {"limit": 40}),
        ))
        answer = await author.caller.get(path, at=at, **params)
        self.figures.took(kind, "read", answer)
        self.own_reads += 1
        if not answer.failed and word not in answer.text:
            self.wrong.append(f"its author did not find {id} at once: {answer}")

    async def _poll(self, at: int, ending: asyncio.Event):
        """A follower's home on one node, over and over."""
        node = self.system.nodes[at]
        caller = self.follower.caller.on(node)
        while not ending.is_set():
            path = f"/api/v1/timelines/home?limit={PAGE}"
            for _ in range(PAGES_MAX + self._deep * len(self.written) // PAGE):
                answer = await caller.call("GET", path)
                self.figures.took("a follower's home", "read", answer)
                # Where nothing of a page is new, nothing behind it is, unless it came late.
                if not (self._found(home(node), answer) or self._deep) or not answer.next_page:
                    break
                path = answer.next_page
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), POLL_EVERY_S)

    def _found(self, where: str, answer: Answer) -> bool:
        """Whether something was there for the first time."""
        new = {(where, word) for word in MARK.findall(answer.text)} - self.seen.keys()
        self.seen.update(dict.fromkeys(new, answer.end))
        return bool(new)

    def _heard(self, ear: Ear, moment: float, text: str):
        for word in MARK.findall(text):
            self.seen.setdefault((ear.name, word), moment)

    async def _all_seen(self, words: set[str], places: list[str]):
        begun = time.monotonic()
        missing = [(place, word) for place in places for word in words if (place, word) not in self.seen]
        while missing and time.monotonic() - begun < LOST_AFTER_S:
            self._deep = time.monotonic() - begun > LATE_AFTER_S
            await asyncio.sleep(POLL_EVERY_S)
            missing = [one for one in missing if one not in self.seen]
        self._deep = False
        self.wrong += [f"{word} never came to {place}" for place, word in missing]

    def _lags(self, words: set[str]) -> dict[str, list[float]]:
        lags: dict[str, list[float]] = {}
        for (place, word), moment in self.seen.items():
            if word in words:
                lags.setdefault(place, []).append(max(0.0, moment - self.written[word]))
        return lags


def home(node) -> str:
    return f"home by {node.name}"
