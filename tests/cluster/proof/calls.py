"""A client that tries again on another node, as a phone behind a list of addresses does."""

import asyncio
import json
import time
from dataclasses import dataclass, field

import aiohttp

from .cells import LINGER_S, SKEW_S

# A try that takes longer is given up, and the next node is asked.
TRY_TIMEOUT_S = 2.0
# What costs a conditional write, or the hash of a password.
SLOW_TRY_TIMEOUT_S = 3.0
TRIES_MAX = 12
# Pauses before each further round through all nodes; the last one again before those after it.
PAUSES_S = (0.1, 0.4, 1.0)
REFUSED_FROM, REFUSED_BELOW = 400, 500
# Answers that mean: not here, or not now.
ELSEWHERE = (429, 500, 502, 503, 504)


@dataclass
class Node:
    """Where a node is reached, and which life of its process this is."""

    url: str
    name: str
    life: int = 0


@dataclass
class Try:
    """One request to one node."""

    node: Node
    life: int
    start: float
    end: float = 0.0
    # The status code, or what went wrong instead.
    code: int | None = None
    error: str = ""

    @property
    def lingers_until(self) -> float | None:
        """Until when it may still have an effect although no good answer came."""
        if self.error == "connection refused":
            return None
        if self.code is None:
            return self.end + LINGER_S
        return self.end + SKEW_S if self.code in ELSEWHERE else None


@dataclass
class Answer:
    """What came of a request after all its tries."""

    method: str
    path: str
    tries: list[Try] = field(default_factory=list)
    text: str = ""
    # The address of the next page, if the answer names one.
    next_page: str | None = None

    @property
    def last(self) -> Try:
        return self.tries[-1]

    @property
    def acknowledged(self) -> bool:
        return self.last.code is not None and self.last.code < REFUSED_FROM

    @property
    def refused(self) -> bool:
        """The server said no. After an unanswered try that may be because the try was carried out."""
        return self.last.code is not None and REFUSED_FROM <= self.last.code and self.last.code not in ELSEWHERE

    @property
    def failed(self) -> bool:
        return not self.acknowledged and not self.refused

    @property
    def lingers_until(self) -> float | None:
        """Until when a try that was not answered may still have an effect."""
        ends = [one.lingers_until for one in self.tries if one.lingers_until is not None]
        return max(ends) if ends else None

    @property
    def start(self) -> float:
        return self.tries[0].start

    @property
    def end(self) -> float:
        return self.last.end

    @property
    def took_s(self) -> float:
        return self.end - self.start

    def json(self):
        return json.loads(self.text)

    def __str__(self):
        tries = ", ".join(f"{one.node.name}: {one.code or one.error} after {one.end - one.start:.2f} s" for one in self.tries)
        return f"{self.method} {self.path} [{tries}] {self.text[:200]}"


class Caller:
    """Calls the API with one token, over connections of its own."""

    tries_max = TRIES_MAX

    def __init__(self, nodes: list[Node], token: str | None = None, observe=None):
        self.nodes, self.token = nodes, token
        # Told of every answer: `observe(caller, answer)`.
        self.observe = observe
        self._session: aiohttp.ClientSession | None = None

    def on(self, node: Node) -> "Caller":
        """The same token and connections, for one node alone."""
        alone = Caller([node], self.token, self.observe)
        alone._session = self.session
        return alone

    @property
    def session(self) -> aiohttp.ClientSession:
        """Connections of its own, made when first needed, within the event loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
            # It would send a PUT or DELETE once more by itself, and nobody would know of the first.
            self._session._retry_connection = False
        return self._session

    async def call(
        self, method: str, path: str, *, at: int = 0, body=None, params=None, key: str | None = None,
        tries_max: int | None = None, timeout_s: float = TRY_TIMEOUT_S,
    ) -> Answer:
        """Asks node `at` first (modulo their number), then the next ones."""
        answer = Answer(method, path)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key:
            headers["Idempotency-Key"] = key
        for count in range(tries_max or self.tries_max):
            if count and count % len(self.nodes) == 0:
                await asyncio.sleep(PAUSES_S[min(count // len(self.nodes), len(PAUSES_S)) - 1])
            node = self.nodes[(at + count) % len(self.nodes)]
            one = Try(node, node.life, time.monotonic())
            answer.tries.append(one)
            await self._try(one, answer, headers, body, params, timeout_s)
            one.end = time.monotonic()
            if not answer.failed:
                break
        if self.observe:
            self.observe(self, answer)
        return answer

    async def get(self, path: str, *, at: int = 0, **params) -> Answer:
        return await self.call("GET", path, at=at, params=params)

    async def close(self):
        if self._session:
            await self._session.close()

    async def pages(self, path: str, *, at: int = 0, **params) -> tuple[list, Answer]:
        """All pages of a list, and the last answer: not acknowledged if one of them was not."""
        found = []
        answer = await self.get(path, at=at, **params)
        while answer.acknowledged:
            found += answer.json()
            if not answer.next_page:
                break
            answer = await self.get(answer.next_page, at=at)
        return found, answer

    async def _try(self, one: Try, answer: Answer, headers, body, params, timeout_s):
        try:
            async with self.session.request(
                answer.method, one.node.url + answer.path, json=body, params=params, headers=headers, allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
            ) as response:
                answer.text = await response.text(errors="replace")
                answer.next_page = _next_page(response)
                one.code = response.status
                return
        except aiohttp.ClientConnectorError:
            one.error = "connection refused"
        except TimeoutError:
            one.error = "time-out"
        except (aiohttp.ClientError, OSError) as error:
            one.error = f"connection lost ({type(error).__name__})"
        answer.text, answer.next_page = "", None


def _next_page(response: aiohttp.ClientResponse) -> str | None:
    """Path and query alone: the address in it is the cluster's public one."""
    link = response.links.get("next")
    return link["url"].raw_path_qs if link else None
