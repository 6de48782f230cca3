"""A client that hangs up before its answer came: what it asked for is done, and everybody sees it."""

import json
import socket
import time
from urllib.parse import urlsplit

from harness.client import sign_up

POSTS = 200
WAIT_S = 20


def post_and_hang_up(url: str, token: str, text: str):
    body = json.dumps({"status": text}).encode()
    head = (
        f"POST /api/v1/statuses HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port)) as connection:
        connection.sendall(head + body)


def texts(client, path: str) -> set[str]:
    found, older = set(), {}
    while page := client.get(path, limit=40, **older):
        found |= {status["content"] for status in page}
        older = {"max_id": page[-1]["id"]}
    return found


def test_what_was_asked_for_is_done_and_told(server):
    writer, reader = sign_up(server.url, "writer"), sign_up(server.url, "reader")
    writer_id = writer.get("/api/v1/accounts/verify_credentials")["id"]
    reader.post(f"/api/v1/accounts/{writer_id}/follow")
    for number in range(POSTS):
        post_and_hang_up(server.url, writer.token, f"number {number}")
    expected = {f"<p>number {number}</p>" for number in range(POSTS)}
    wait_for(expected, lambda: texts(writer, f"/api/v1/accounts/{writer_id}/statuses"))
    # Views that nobody told find out by themselves, but only after a minute.
    wait_for(expected, lambda: texts(reader, "/api/v1/timelines/home"))
    wait_for(POSTS, lambda: reader.get(f"/api/v1/accounts/{writer_id}")["statuses_count"])


def wait_for(expected, read):
    deadline = time.monotonic() + WAIT_S
    while read() != expected:
        assert time.monotonic() < deadline, f"not all of {POSTS} posts are seen"
        time.sleep(0.05)
