"""Listeners to the streaming API: server-sent events, and the multiplexed WebSocket."""

import contextlib
import http.client
import json
import queue
import socket
import threading

from harness.client import Client
from harness.recording import RECORD
from websockets.sync.client import connect

HEAR_TIMEOUT_S = 10


class Listener:
    """Collects what a thread hears; `until` waits for a text to arrive."""

    def __init__(self):
        self._heard: queue.Queue[str | None] = queue.Queue()
        self._so_far = ""

    def until(self, text: str) -> str:
        """All that was heard, once `text` is among it."""
        while text not in self._so_far:
            try:
                piece = self._heard.get(timeout=HEAR_TIMEOUT_S)
            except queue.Empty:
                raise AssertionError(f"did not hear {text!r}, only:\n{self._so_far}") from None
            if piece is None:
                raise AssertionError(f"the stream ended before {text!r}:\n{self._so_far}")
            self._so_far += piece
        return self._so_far

    def _listen(self, pieces):
        def run():
            try:
                for piece in pieces:
                    self._heard.put(piece)
            except Exception as error:  # the reader must learn that nothing more will come
                self._heard.put(f"\n[{error!r}]")
            self._heard.put(None)

        threading.Thread(target=run, daemon=True).start()


class Sse(Listener):
    """Server-sent events. Open once the constructor returns."""

    def __init__(self, client: Client, path: str):
        super().__init__()
        connection = http.client.HTTPConnection(client.url.removeprefix("http://"), timeout=HEAR_TIMEOUT_S)
        connection.request("GET", path, headers={"Authorization": f"Bearer {client.token}"})
        # The connection lets go of its socket once the answer is to last until its end.
        self._socket = connection.sock
        answer = connection.getresponse()
        RECORD.note("GET", path.split("?")[0], answer.status)
        if answer.status != 200:
            raise AssertionError(f"GET {path} answered {answer.status}")
        self._socket.settimeout(None)
        self.content_type = answer.headers["Content-Type"]
        self._listen(line.decode() for line in answer)

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


class Socket(Listener):
    """A WebSocket subscribed to several streams."""

    def __init__(self, client: Client, *streams: str, token_in: str = "query"):
        super().__init__()
        address = client.url.replace("http", "ws", 1) + "/api/v1/streaming"
        options = {}
        if token_in == "query":
            address += f"?access_token={client.token}"
        elif token_in == "header":
            options["additional_headers"] = {"Authorization": f"Bearer {client.token}"}
        else:
            options["subprotocols"] = [client.token]
        self._connection = connect(address, **options)
        self.socket = self._connection.__enter__()
        RECORD.note("GET", "/api/v1/streaming", 101)
        for stream in streams:
            self.send(type="subscribe", stream=stream)
        # Messages are handled in their order: once this is answered, the subscriptions stand.
        if not self.socket.ping().wait(HEAR_TIMEOUT_S):
            raise AssertionError("the socket did not answer a ping")
        self._listen(piece + "\n" for piece in self.socket)

    def send(self, **message):
        self.socket.send(json.dumps(message))

    def events(self) -> list[dict]:
        return [json.loads(line) for line in self._so_far.splitlines() if line.startswith("{")]

    def close(self):
        self._connection.__exit__(None, None, None)
