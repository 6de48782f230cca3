"""What the proof runs against: Petrel's nodes, and the engine and bus below them."""

import asyncio
from dataclasses import dataclass, field

from .calls import Node


@dataclass
class System:
    """Petrel processes (`harness.nodes`), and handles of the machines under them (`deploy/cluster`)."""

    processes: list
    # Each has kill(), start(); engine nodes freeze() and thaw() as well.
    cassandra: list = field(default_factory=list)
    nats: list = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    # Runs `petrel check` on the store, and gives (exit code, output).
    check: object = None
    # The first of the machines' addresses.
    base: str = ""
    # Commands that were done twice, or met another about the same: each may leave a row that no fact has.
    at_once: int = 0

    def __post_init__(self):
        if not self.nodes:
            self.nodes = [Node(process.url, f"petrel {number}") for number, process in enumerate(self.processes)]

    @property
    def is_alone(self) -> bool:
        """One server that stands in for several nodes."""
        return len(self.processes) < len(self.nodes)

    async def kill(self, number: int):
        await asyncio.to_thread(self.processes[number].kill)

    async def stop(self, number: int) -> int:
        """SIGTERM; gives the exit code."""
        return await asyncio.to_thread(self.processes[number].stop)

    async def start(self, number: int, clock_offset_ms: int = 0):
        """Starts it, and waits until it is ready."""
        self.processes[number].clock_offset_ms = clock_offset_ms
        for node in self.nodes if self.is_alone else [self.nodes[number]]:
            node.life += 1
        await asyncio.to_thread(self.processes[number].start)

    async def restart_all(self, clock_offsets_ms):
        """All of them, at once, with these clocks."""
        await asyncio.gather(*(self.stop(number) for number in range(len(self.processes))))
        await asyncio.gather(*(self.start(number, offset) for number, offset in enumerate(clock_offsets_ms)))

    async def heal(self):
        """Whatever a run that broke off left dead or frozen is brought back."""
        for machine in (*self.cassandra, *self.nats):
            if machine.state() == "dead":
                await asyncio.to_thread(machine.start)
            elif machine.state().startswith("frozen"):
                machine.thaw()
        for machine in (*self.cassandra, *self.nats):
            await asyncio.to_thread(machine.wait_ready)
        for number, process in enumerate(self.processes):
            if process.process is None or process.process.poll() is not None:
                await self.start(number)
