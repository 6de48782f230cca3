"""Listens to streams on a node over a WebSocket, and comes back when it breaks off."""

import asyncio
import contextlib
import json
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
    streams: tuple[str, ...] = ("user",)
    # Told of every message: `heard(ear, moment, text)`.
    heard: object = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    breaks: int = 0
    # Stays at its node instead of going to the next one.
    stays: bool = False

    @property
    def node(self) -> Node:
        return self.nodes[self.at % len(self.nodes)]

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
        token = f"?access_token={self.person.caller.token}" if self.person.caller.token else ""
        address = self.node.url.replace("http", "ws", 1) + "/api/v1/streaming" + token
        async with session.ws_connect(address, timeout=aiohttp.ClientWSTimeout(ws_close=1.0)) as socket:
            for stream in self.streams:
                await socket.send_json({"type": "subscribe", "stream": stream})
            await socket.ping()
            self.connected.set()
            async for message in socket:
                if message.type == aiohttp.WSMsgType.TEXT and self.heard:
                    self.heard(self, time.monotonic(), message.data)


def status_of(text: str) -> dict | None:
    """The status that a message tells of as new, if it does."""
    message = json.loads(text)
    return json.loads(message["payload"]) if message.get("event") == "update" else None
