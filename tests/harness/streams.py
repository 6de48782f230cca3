"""Listeners to the streaming API: server-sent events, and the multiplexed WebSocket."""

import json
import queue
import threading

import requests
from harness.client import Client
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

    def __init__(self, client: Client, path: str, **params):
        super().__init__()
        self._answer = requests.get(
            client.url + path,
            params=params,
            headers={"Authorization": f"Bearer {client.token}"},
            stream=True,
            timeout=(5, None),
        )
        self._answer.raise_for_status()
        self.content_type = self._answer.headers["Content-Type"]
        self._listen(line + "\n" for line in self._answer.iter_lines(chunk_size=1, decode_unicode=True))

    def close(self):
        self._answer.close()


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
