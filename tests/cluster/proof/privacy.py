"""Take a reader's right away on one node, write on a second, read on a third at once: never seen."""

import asyncio
import random
import secrets
import time
from dataclasses import dataclass, field

from . import people
from .calls import Answer
from .figures import Figures
from .names import fresh_names
from .record import Person
from .system import System

PAIRS = 8
# A thread that grows without end would be all that is measured.
REPLIES_MAX = 10
# Other than in the storm, a request goes to one node alone: these are its chances there.
TRIES_MAX = 4


@dataclass
class Pair:
    """An author, and one who follows them, loses that, and comes back."""

    author: Person
    reader: Person
    # A public status of the author, under which the hidden ones hang.
    root: str = ""
    replies: int = 0
    # A hidden one from before, with what it said.
    old: str = ""
    old_word: str = ""


@dataclass
class Privacy:
    """Runs trials, several pairs side by side."""

    system: System
    seed: int
    figures: Figures = field(default_factory=Figures)
    trials: int = 0
    # Trials whose node did not answer every reading: they prove nothing.
    void: int = 0
    # How often the reader, while still following, was rightly shown the hidden status.
    shown: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    # Commands of which more than one try may have been carried out.
    doubled: int = 0

    async def run(self, trials: int, bound_s: float):
        """Until so many trials count, or the time is over."""
        rng = random.Random(f"privacy {self.seed}")
        pairs = await self._pairs(rng)
        self.deadline = time.monotonic() + bound_s
        self.wanted = trials
        try:
            await asyncio.gather(*(self._trials(pair, random.Random(rng.random())) for pair in pairs))
        finally:
            for pair in pairs:
                await pair.author.caller.close()
                await pair.reader.caller.close()

    def report(self) -> str:
        kinds = ", ".join(f"{kind} × {count}" for kind, count in sorted(self.kinds.items()))
        return "\n".join([
            f"seed {self.seed}: {self.trials} trials ({kinds}), {self.void} more without an answer to every reading,"
            f" {self.shown} times rightly shown before; wrongly shown or hidden: {len(self.wrong)}",
            *(f"    {line}" for line in self.wrong[:20]),
            self.figures.report(),
        ])

    async def _pairs(self, rng: random.Random) -> list[Pair]:
        app = await people.app_token(self.system.nodes)
        prefix = next(fresh_names("v"))
        made = await people.sign_up(self.system.nodes, [f"{prefix}x{number}" for number in range(2 * PAIRS)], app, rng)
        pairs = [Pair(author, reader) for author, reader in zip(made[::2], made[1::2])]
        for pair in pairs:
            await self._relate(0, pair.reader, "follow", pair.author)
            await self._begin_thread(pair)
            pair.old_word = word()
            pair.old = (await self._say(0, pair, f"Hidden before {pair.old_word}", "private")).json()["id"]
        return pairs

    async def _begin_thread(self, pair: Pair):
        answer = await self._say(0, pair, "An open beginning", "public")
        if answer.acknowledged:
            pair.root, pair.replies = answer.json()["id"], 0

    async def _trials(self, pair: Pair, rng: random.Random):
        while self.trials < self.wanted and time.monotonic() < self.deadline:
            await self._trial(pair, rng)
            if pair.replies >= REPLIES_MAX:
                await self._begin_thread(pair)

    async def _trial(self, pair: Pair, rng: random.Random):
        """One round: A takes the right away, B writes, C is asked; then all is as before."""
        a, b, c = rng.sample(range(3), 3)
        taking, writing = rng.choice(("remove_from_followers", "block")), rng.choice(("post", "edit"))
        # The node that will be asked has just shown it: whatever it keeps is warm and wrong in a moment.
        await self._still_shown(pair, c)
        took = await self._relate(a, pair.author, taking, pair.reader)
        new_word = word()
        if writing == "post":
            wrote = await self._say(b, pair, f"Hidden {new_word}", "private", in_reply_to_id=pair.root)
            pair.replies += 1
        else:
            wrote = await self._edit(b, pair, f"Hidden after {new_word}")
        if not took.acknowledged or not wrote.acknowledged:
            self.void += 1
        else:
            await self._ask(pair, wrote.json()["id"], new_word, c, f"{taking} on {a}, {writing} on {b}, read on {c}")
            self.kinds[f"{taking}, {writing}"] = self.kinds.get(f"{taking}, {writing}", 0) + 1
            pair.old, pair.old_word = wrote.json()["id"], new_word
        await self._come_back(pair, rng.randrange(3), taking)

    async def _still_shown(self, pair: Pair, at: int):
        home, status = await asyncio.gather(
            self._read(at, pair.reader, "home", "/api/v1/timelines/home", limit=40),
            self._read(at, pair.reader, "status", f"/api/v1/statuses/{pair.old}"),
        )
        for answer in (home, status):
            if answer.acknowledged and pair.old_word in answer.text:
                self.shown += 1
            elif not answer.failed:
                self.wrong.append(f"a follower was not shown {pair.old}: {answer}")

    async def _ask(self, pair: Pair, id: str, new_word: str, at: int, how: str):
        """All that could tell of it, at the same moment."""
        answers = await asyncio.gather(
            self._read(at, pair.reader, "status", f"/api/v1/statuses/{id}"),
            self._read(at, pair.reader, "home", "/api/v1/timelines/home", limit=40),
            self._read(at, pair.reader, "profile's statuses", f"/api/v1/accounts/{pair.author.id}/statuses", limit=40),
            self._read(at, pair.reader, "context", f"/api/v1/statuses/{pair.root}/context"),
            self._read(at, pair.reader, "statuses by id", "/api/v1/statuses", **{"id[]": [id, pair.root]}),
        )
        for answer in answers:
            if new_word in answer.text or f'"id":"{id}"' in answer.text:
                self.wrong.append(f"{how}: {pair.reader.name} was shown {new_word} of {id}: {answer}")
        if any(answer.failed for answer in answers):
            self.void += 1
        else:
            self.trials += 1

    async def _come_back(self, pair: Pair, at: int, taken: str):
        if taken == "block":
            await self._surely(at, pair.author, "unblock", pair.reader)
        await self._surely(at, pair.reader, "follow", pair.author)

    async def _say(self, at: int, pair: Pair, text: str, visibility: str, **more) -> Answer:
        body = {"status": text, "visibility": visibility, **more}
        return await self._on(at, pair.author, f"create {visibility}", "/api/v1/statuses", body=body)

    async def _edit(self, at: int, pair: Pair, text: str) -> Answer:
        return await self._on(at, pair.author, "edit", f"/api/v1/statuses/{pair.old}", method="PUT", body={"status": text})

    async def _surely(self, at: int, who: Person, kind: str, whom: Person):
        answer = await self._relate(at, who, kind, whom)
        while not answer.acknowledged and time.monotonic() < self.deadline:
            answer = await self._relate(at, who, kind, whom)

    async def _relate(self, at: int, who: Person, kind: str, whom: Person) -> Answer:
        """Waits for tries that nobody answered: what they may still do is no part of what comes next."""
        answer = await self._on(at, who, kind, f"/api/v1/accounts/{whom.id}/{kind}")
        if answer.lingers_until:
            self.doubled += 1
            await asyncio.sleep(max(0.0, answer.lingers_until - time.monotonic()))
        return answer

    async def _on(self, at: int, who: Person, kind: str, path: str, *, method="POST", body=None) -> Answer:
        """A command on one node alone; given twice it does the same."""
        answer = await who.caller.on(self.system.nodes[at]).call(method, path, body=body or {}, tries_max=TRIES_MAX)
        self.figures.took(kind, "write", answer)
        return answer

    async def _read(self, at: int, who: Person, kind: str, path: str, **params) -> Answer:
        answer = await who.caller.on(self.system.nodes[at]).call("GET", path, params=params, tries_max=TRIES_MAX)
        self.figures.took(kind, "read", answer)
        return answer


def word() -> str:
    return "sesame" + secrets.token_hex(6)
