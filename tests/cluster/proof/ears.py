"""Listens to streams on a node over a WebSocket, and comes back when it breaks off."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import aiohttp

from .calls import Node
from .record import Person

RECONNECT_S = 0.3
# A message may have been on its way so long before it was read.
TRANSIT_S = 2.0


@dataclass
class Ear:
    """One connection of one person to one node at a time."""

    person: Person
    nodes: list[Node]
    at: int
    stream: str = "user"
    # Told of every message: `heard(ear, moment, text)`.
    heard: object = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    breaks: int = 0
    # Stays at its node instead of going to the next one.
    stays: bool = False

    @property
    def node(self) -> Node:
        return self.nodes[self.at % len(self.nodes)]

    @property
    def name(self) -> str:
        return f"WebSocket of {self.node.name}"

    async def listen(self):
        """Until cancelled."""
        async with aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                    await self._once(session)
                if self.connected.is_set():
                    self.breaks += 1
                self.connected.clear()
                self.at += not self.stays
                await asyncio.sleep(RECONNECT_S)

    async def _once(self, session: aiohttp.ClientSession):
        address = f"{self.node.url.replace('http', 'ws', 1)}/api/v1/streaming?stream={self.stream}"
        address += f"&access_token={self.person.caller.token}" if self.person.caller.token else ""
        async with session.ws_connect(address, timeout=aiohttp.ClientWSTimeout(ws_close=1.0)) as socket:
            # The subscription stands before the answer that opens the socket.
            self.connected.set()
            async for message in socket:
                if message.type == aiohttp.WSMsgType.TEXT and self.heard:
                    self.heard(self, time.monotonic(), message.data)


@dataclass
class SseEar(Ear):
    """The same over server-sent events: one stream."""

    @property
    def name(self) -> str:
        return f"events of {self.node.name}"

    async def _once(self, session: aiohttp.ClientSession):
        address = f"{self.node.url}/api/v1/streaming/{self.stream}"
        headers = {"Authorization": f"Bearer {self.person.caller.token}"}
        async with session.get(address, headers=headers, timeout=aiohttp.ClientTimeout(total=None)) as answer:
            answer.raise_for_status()
            self.connected.set()
            async for line in answer.content:
                if self.heard:
                    self.heard(self, time.monotonic(), line.decode(errors="replace"))
