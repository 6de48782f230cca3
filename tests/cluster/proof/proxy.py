"""A door before several nodes that sends each request to the next one in turn, streams too."""

import asyncio
import itertools
import threading

import aiohttp
from aiohttp import web

# Headers that belong to one connection, not to the message.
HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
    "content-length",
}
BODY_BYTES_MAX = 64 * 1024 * 1024


class RoundRobin:
    """`with RoundRobin(urls, port) as door:` serves at `door.url` from a thread of its own."""

    def __init__(self, urls: list[str], port: int):
        self.url = f"http://localhost:{port}"
        # How many requests each node got.
        self.counts = dict.fromkeys(urls, 0)
        self._port, self._turns = port, itertools.cycle(urls)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "RoundRobin":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _open(self):
        self._session = aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None))
        application = web.Application(client_max_size=BODY_BYTES_MAX)
        application.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(application, auto_decompress=False, shutdown_timeout=0, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "localhost", self._port).start()

    async def _close(self):
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        node = next(self._turns)
        self.counts[node] += 1
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._pass_socket(request, node)
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP]
        body = await request.read()
        async with self._session.request(
            request.method, node + request.raw_path, data=body or None, headers=headers, allow_redirects=False
        ) as answer:
            passed = web.StreamResponse(status=answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    passed.headers.add(name, value)
            await passed.prepare(request)
            async for piece in answer.content.iter_any():
                await passed.write(piece)
            await passed.write_eof()
            return passed

    async def _pass_socket(self, request: web.Request, node: str) -> web.StreamResponse:
        near = web.WebSocketResponse()
        kept = {name: request.headers[name] for name in ("Authorization",) if name in request.headers}
        async with self._session.ws_connect(node.replace("http", "ws", 1) + request.raw_path, headers=kept) as far:
            await near.prepare(request)
            pumps = [asyncio.create_task(_pump(near, far)), asyncio.create_task(_pump(far, near))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
        await near.close()
        return near


async def _pump(source, sink):
    async for message in source:
        if message.type == aiohttp.WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type == aiohttp.WSMsgType.BINARY:
            await sink.send_bytes(message.data)
