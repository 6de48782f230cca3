"""The whole run: people at work on all nodes, strangers at the door, faults below; then the judgement."""

import asyncio
import contextlib
import random
from dataclasses import dataclass, field

from . import people
from .calls import Caller
from .commands import Hand
from .ears import TRANSIT_S, Ear
from .faults import Fault, Injector
from .figures import Figures
from .judge import Judge
from .lists import Agreement
from .names import Names, fresh_names
from .numbers import Numbers
from .reads import Eyes, Stranger, street
from .record import Person, Record
from .system import System
from .watch import Watch

PEOPLE, STRANGERS = 12, 2
# Commands and reads a second, of all people together.
RATE = 45.0
# Of a person's turns: what they do, and how often.
TURNS = {
    "create": 10, "edit": 3, "delete": 1, "favourite": 8, "reblog": 4, "follow": 5, "unfollow": 1.5,
    "remove_follower": 1.5, "block": 0.5, "unblock_somebody": 0.7, "home": 8, "notifications": 2, "profile": 3,
}
# After so many commands in ten, their own doing is read at once on another node.
LOOKS_IN_TEN = 4
RACE_EVERY_S = 4.0
STRANGER_EVERY_S = 0.4
AGREE_WITHIN_S = 30.0
# A node that has just started may need a moment before it knows enough to answer.
PROBE_TRIES = 4


@dataclass
class Storm:
    """One run. Everything that is drawn by chance is drawn from the seed."""

    system: System
    seed: int
    rate: float = RATE
    agree_within_s: float = AGREE_WITHIN_S
    record: Record = field(default_factory=Record)
    figures: Figures = field(default_factory=Figures)
    numbers: Numbers = field(default_factory=Numbers)
    # Answers to writes on a node whose clock is far off.
    probes: list[str] = field(default_factory=list)
    agreed_in_s: float = 0.0

    async def run(self, faults: list[Fault], *, quiet_s: float = 2.0):
        """Prepares, lets all loose while the faults happen, and judges."""
        await self.prepare()
        ending = asyncio.Event()
        helpers = [asyncio.create_task(ear.listen()) for ear in self._ears()]
        workers = [asyncio.create_task(task) for task in self._workers(ending)]
        try:
            await asyncio.sleep(quiet_s)
            injector = Injector(self.system, self.figures, self._probe)
            # A worker that breaks is a fault of the proof's own: it must not go unseen.
            await _first_error(asyncio.create_task(injector.run(faults)), workers)
            self.record.judge(f"exit codes of nodes that were asked to stop, {injector.exits}", any(injector.exits), {False})
            await asyncio.sleep(quiet_s)
            ending.set()
            await asyncio.gather(*workers)
            await self.judge()
        finally:
            for task in (*helpers, *workers):
                task.cancel()
            await asyncio.gather(*helpers, *workers, return_exceptions=True)
            await self.close()

    async def prepare(self):
        """Signs all up; nobody does anything yet."""
        rng = random.Random(f"people {self.seed}")
        self.watch = Watch(self.record)
        self.viewers: dict[Caller, Person] = {}
        observe = self._observe
        self.app = await people.app_token(self.system.nodes)
        names = next(fresh_names("p"))
        made = await people.sign_up(
            self.system.nodes, [f"{names}x{number}" for number in range(PEOPLE + STRANGERS + 1)], self.app, rng, observe
        )
        self.record.people = made[:PEOPLE]
        self.observer = made[-1]
        self.strangers = [*made[PEOPLE:-1], street(self.system.nodes, random.Random(f"street {self.seed}"), observe)]
        self.viewers = {person.caller: person for person in (*made, *self.strangers)}
        self.numbers.alone = self.system.is_alone
        self.names = Names(self.system.nodes, self.app, self.record, self.figures)
        self.hands = [Hand(person, self.record, self.figures, self.numbers) for person in self.record.people]

    def _observe(self, caller: Caller, answer):
        viewer = self.viewers.get(caller)
        if viewer:
            self.watch.look(viewer, answer)

    def _ears(self) -> list[Ear]:
        def heard(ear: Ear, moment: float, text: str):
            self.watch.read(ear.person, text, moment - TRANSIT_S, moment, f"the stream of {ear.node.name}")

        mine = [Ear(person, self.system.nodes, at, heard=heard) for at, person in enumerate(self.record.people)]
        theirs = [Ear(person, self.system.nodes, at, "public", heard) for at, person in enumerate(self.strangers[:-1])]
        return mine + theirs

    def _workers(self, ending: asyncio.Event):
        pause_s = (len(self.hands)) / self.rate
        yield from (self._live(hand, pause_s, ending) for hand in self.hands)
        yield from (self._peer(Stranger(person, self.record, self.figures), ending) for person in self.strangers)
        yield self._races(ending)

    async def _live(self, hand: Hand, pause_s: float, ending: asyncio.Event):
        rng = hand.rng
        eyes = Eyes(hand.person, self.record, self.figures)
        while not ending.is_set():
            turn = rng.choices(list(TURNS), list(TURNS.values()))[0]
            if hasattr(eyes, turn):
                await getattr(eyes, turn)()
            else:
                await self._act(hand, eyes, turn)
            await _pause(rng.expovariate(1 / pause_s), ending)

    async def _act(self, hand: Hand, eyes: Eyes, turn: str):
        done = await getattr(hand, turn)()
        if done is None or hand.rng.randrange(10) >= LOOKS_IN_TEN:
            return
        if turn in ("create", "edit", "delete"):
            await eyes.own_status(done, hand)
        elif turn in ("favourite", "reblog"):
            await eyes.own_marks(done, hand)
        else:
            await eyes.own_relation(done, hand)

    async def _peer(self, stranger: Stranger, ending: asyncio.Event):
        while not ending.is_set():
            await stranger.poll()
            await _pause(stranger.person.rng.expovariate(1 / STRANGER_EVERY_S), ending)

    async def _races(self, ending: asyncio.Event):
        for name in fresh_names("n"):
            if ending.is_set():
                return
            await self.names.race(name)
            await _pause(RACE_EVERY_S, ending)

    async def _probe(self, number: int):
        """On a node whose clock is far off: a write there alone is refused, a read is not."""
        node = self.system.nodes[number]
        caller = Caller([node], self.observer.caller.token)
        write = await caller.call("POST", "/api/v1/statuses", body={"status": "by a wrong clock"}, tries_max=PROBE_TRIES)
        read = await caller.call("GET", "/api/v1/timelines/public", tries_max=PROBE_TRIES)
        await caller.close()
        answers = (f"{one.last.code or one.last.error} ({one.text[:120]})" for one in (write, read))
        self.probes.append("write: {}, read: {}".format(*answers))
        self.record.judge(f"a write on {node.name} with its clock far off: {write}", write.last.code, {503})
        self.record.judge(f"a read on {node.name} with its clock far off: {read}", read.last.code, {200})

    async def judge(self):
        """Holds what all nodes say now against the record."""
        await Judge(self.record, self.system.nodes).facts()
        self.agreed_in_s = await Agreement(self.record, self.system.nodes, self.observer).within(self.agree_within_s)
        self.system.at_once += self.record.doubled + self.record.contested
        await self.names.judge()
        self.numbers.judge(self.record)
        if not self.watch.rightly_seen:
            self.record.complain("no hidden status was seen by anybody who may: the watch sees nothing")

    async def close(self):
        await self.names.close()
        for person in (*self.record.people, *self.strangers, self.observer):
            await person.caller.close()

    def report(self) -> str:
        record = self.record
        made = len(record.statuses)
        lines = [
            f"seed {self.seed}: {made} statuses, {sum(len(cell.moves) for cells in self._cells() for cell in cells.values())} marks"
            f" and relations set, {len(record.in_doubt)} creates in doubt, {len(self.names.races)} names raced for",
            self.figures.report(),
            f"  hidden statuses: {len(record.words)} words, {self.watch.answers} answers read, rightly seen"
            f" {self.watch.rightly_seen}, wrongly seen {self.watch.wrongly_seen}",
            f"  judged {record.judged} observations, {record.judged_in_doubt} of them either way; lists, hearts and counts"
            f" agreed within {self.agreed_in_s:.1f} s; commands that may have been done twice: {record.doubled};"
            f" names that nobody got: {self.figures.unclaimed}",
            f"  node numbers seen in ids: {self.numbers}",
            *(f"  a clock far off: {probe}" for probe in self.probes),
            f"  wrong: {len(record.wrong)}",
            *(f"    {line}" for line in record.wrong[:40]),
        ]
        return "\n".join(lines)

    def _cells(self):
        return (self.record.favourites, self.record.reblogs, self.record.follows, self.record.blocks)


async def _pause(seconds: float, ending: asyncio.Event):
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ending.wait(), seconds)


async def _first_error(injector: asyncio.Task, workers: list[asyncio.Task]):
    """Waits for the injector; gives up if a worker breaks before."""
    done, _ = await asyncio.wait([injector, *workers], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    await injector
