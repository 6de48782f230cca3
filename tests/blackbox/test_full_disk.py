"""A full disk: posting is refused with a clear text, reading goes on, and it recovers by itself."""

import contextlib
import os
import pathlib
import subprocess
import threading

import pytest
from harness.client import sign_up
from harness.server import Server

DISK_BYTES = 512 * 1024 * 1024
RECOVERY_S = 20
POSTS_MAX = 200
# Free when an upload begins, and how large it is.
ROOM_BYTES = 60 * 1024 * 1024
FILM_BYTES = 90 * 1024 * 1024
# What files leave free: a twentieth of the disk.
RESERVE_BYTES = DISK_BYTES // 20


@pytest.fixture
def small_disk(tmp_path: pathlib.Path):
    """A tmpfs of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    mounted = subprocess.run(
        [*sudo, "mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=777", "tmpfs", folder],
        capture_output=True, text=True, check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run([*sudo, "umount", "--lazy", folder], check=True)


def fill(path: pathlib.Path):
    """Takes every last byte of the disk."""
    with open(path, "wb") as ballast, contextlib.suppress(OSError):
        block = bytes(1024 * 1024)
        while True:
            ballast.write(block)
            ballast.flush()


def test_a_full_disk(small_disk):
    with Server(small_disk / "data") as server:
        server.expected_complaints.append("the store is full")
        client = sign_up(server.url, "fuller")
        kept = [client.say(f"before {number}")["id"] for number in range(20)]

        ballast = small_disk / "ballast"
        fill(ballast)
        refused = None
        for number in range(POSTS_MAX):
            answer = client.call("POST", "/api/v1/statuses", json={"status": f"while full {number}"})
            if answer.ok:
                kept.append(answer.json()["id"])
                continue
            refused = answer
            break
        assert refused is not None, "posting went on with a full disk"
        assert refused.status_code == 503, refused.text
        assert len(refused.json()["error"]) > 10, refused.text

        home = client.get("/api/v1/timelines/home")
        assert home and home[0]["id"] == kept[-1], "reading goes on"
        for id in kept:
            assert client.get(f"/api/v1/statuses/{id}")["id"] == id

        ballast.unlink()
        kept.append(post_when_there_is_room(client))
        server.kill()
        server.restart()
        for id in kept:
            assert client.get(f"/api/v1/statuses/{id}")["id"] == id
        assert client.get("/api/v1/timelines/home")[0]["id"] == kept[-1]


def post_when_there_is_room(client) -> str:
    """Asks again and again, as a client would, until the server takes a post."""
    pause = threading.Event()
    for _ in range(RECOVERY_S * 10):
        answer = client.call("POST", "/api/v1/statuses", json={"status": "there is room again"})
        if answer.ok:
            return answer.json()["id"]
        assert answer.status_code == 503, answer.text
        pause.wait(0.1)
    raise AssertionError("the server did not recover")


def free_bytes(folder: pathlib.Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def test_an_upload_leaves_room_for_posting(small_disk):
    with Server(small_disk / "data") as server:
        client = sign_up(server.url, "filmer")
        with open(small_disk / "ballast", "wb") as ballast:
            while free_bytes(small_disk) > ROOM_BYTES:
                ballast.write(bytes(1024 * 1024))
                ballast.flush()
        lowest = []

        def film():
            """What is sent as it is read, and how much is free each time."""
            yield b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n\r\n"
            yield b"\0\0\0\x18ftypisom\0\0\0\0isommp41"
            for _ in range(FILM_BYTES // (1024 * 1024)):
                lowest.append(free_bytes(small_disk))
                yield bytes(1024 * 1024)
            yield b"\r\n--b--\r\n"

        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = client.call("POST", "/api/v2/media", data=film(), headers=headers)
        assert answer.status_code == 503 and "no room" in answer.json()["error"], answer.text
        assert min(lowest) > RESERVE_BYTES / 2, "it goes on until the disk is nearly full"
        assert client.say("there is room for words")["id"]
