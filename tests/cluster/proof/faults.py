"""What is broken on purpose: each fault on its own, in an order and on targets drawn from the seed."""

import asyncio
import random
from dataclasses import dataclass, field

from .figures import Figures
from .system import System

FREEZE_S = 15.0
# After a fault is healed, its window stays open so long: whatever comes of the healing is its doing.
AFTER_S = 3.0
# An engine node that comes back has hints to take in.
ENGINE_AFTER_S = 7.0
QUIET_S = (1.0, 3.0)
DOWN_S = (1.0, 3.0)
ENGINE_DOWN_S = (4.0, 8.0)
CLOCK_S = 6.0
NODES = 3


@dataclass(frozen=True)
class Fault:
    """One thing that breaks, and how long the quiet before it is."""

    kind: str
    target: int
    quiet_s: float
    down_s: float
    clock_ms: int = 0

    def __str__(self):
        clock = f" by {self.clock_ms} ms" if self.clock_ms else ""
        return f"{NAMES[self.kind].format(target=self.target)}{clock}"


NAMES = {
    "petrel": "kill -9 of Petrel node {target}",
    "cassandra": "kill -9 of Cassandra node {target}",
    "frozen": "SIGSTOP of Cassandra node {target}",
    "nats": "kill -9 of NATS node {target}",
    "all nats": "kill -9 of all NATS nodes",
    "clock": "the clock of Petrel node {target} is off",
    "rolling": "a rolling restart of all Petrel nodes",
}
KINDS = ("petrel", "cassandra", "frozen", "nats", "all nats", "clock")
# What is done to the engine: for these times are promised.
ENGINE_KINDS = ("cassandra", "frozen")
CLOCKS_MS = (10_000, -10_000, 900, -900)


def plan(seed: int, rounds: int = 1) -> list[Fault]:
    """In each round every kind of fault once, a Petrel node's death twice, and every wrong clock."""
    rng = random.Random(f"faults {seed}")
    faults = []
    for _ in range(rounds):
        turn = [_fault(rng, kind) for kind in (*KINDS, "petrel") if kind != "clock"]
        turn += [_fault(rng, "clock", clock_ms) for clock_ms in CLOCKS_MS]
        rng.shuffle(turn)
        faults += turn
    return faults


def _fault(rng: random.Random, kind: str, clock_ms: int = 0) -> Fault:
    down_s = rng.uniform(*(ENGINE_DOWN_S if kind == "cassandra" else DOWN_S))
    return Fault(kind, rng.randrange(NODES), rng.uniform(*QUIET_S), down_s, clock_ms)


@dataclass
class Injector:
    """Carries out a plan, fault by fault."""

    system: System
    figures: Figures
    # Asked while a node's clock is far off: `probe(number)` writes on that node alone.
    probe: object = None
    # Exit codes of nodes that were asked to stop.
    exits: list[int] = field(default_factory=list)

    async def run(self, faults: list[Fault]):
        for fault in faults:
            await asyncio.sleep(fault.quiet_s)
            with self.figures.window(str(fault), fault.kind):
                await getattr(self, "_" + fault.kind.replace(" ", "_"))(fault)
                await asyncio.sleep(ENGINE_AFTER_S if fault.kind in ENGINE_KINDS else AFTER_S)

    async def _petrel(self, fault: Fault):
        number = fault.target % len(self.system.processes)
        await self.system.kill(number)
        await asyncio.sleep(fault.down_s)
        await self.system.start(number)

    async def _cassandra(self, fault: Fault):
        machine = self.system.cassandra[fault.target]
        await asyncio.to_thread(machine.kill)
        await asyncio.sleep(fault.down_s)
        await _up(machine)

    async def _frozen(self, fault: Fault):
        machine = self.system.cassandra[fault.target]
        await asyncio.to_thread(machine.freeze)
        await asyncio.sleep(FREEZE_S)
        await asyncio.to_thread(machine.thaw)

    async def _nats(self, fault: Fault):
        await self._down([self.system.nats[fault.target]], fault.down_s)

    async def _all_nats(self, fault: Fault):
        await self._down(self.system.nats, fault.down_s)

    async def _clock(self, fault: Fault):
        """The node comes back with a wrong clock, and later with the right one."""
        self.exits.append(await self.system.stop(fault.target))
        await self.system.start(fault.target, fault.clock_ms)
        if abs(fault.clock_ms) > 1000 and self.probe:
            await self.probe(fault.target)
        await asyncio.sleep(CLOCK_S)
        self.exits.append(await self.system.stop(fault.target))
        await self.system.start(fault.target)

    async def _rolling(self, fault: Fault):
        """As an operator would: SIGTERM, start, ready, the next one."""
        for number in range(len(self.system.processes)):
            self.exits.append(await self.system.stop(number))
            await self.system.start(number)

    async def _down(self, machines: list, down_s: float):
        for machine in machines:
            await asyncio.to_thread(machine.kill)
        await asyncio.sleep(down_s)
        for machine in machines:
            await _up(machine)


async def _up(machine):
    await asyncio.to_thread(machine.start)
    await asyncio.to_thread(machine.wait_ready)
