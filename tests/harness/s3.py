"""An S3 server (moto's) as a process of its own."""

import contextlib
import subprocess
import sys
import time

import requests

from harness.server import free_port

READY_TIMEOUT_S = 30
BUCKET = "petrel"
KEY = "test-key"
SECRET = "test-secret"


@contextlib.contextmanager
def s3_server(log_path):
    """Yields the address of a server with one empty bucket."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with open(log_path, "w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
        )
    try:
        make_bucket(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=15)


def make_bucket(url: str, process: subprocess.Popen):
    end = time.monotonic() + READY_TIMEOUT_S
    while True:
        assert process.poll() is None, "the S3 server ended at once"
        with contextlib.suppress(requests.ConnectionError):
            requests.put(f"{url}/{BUCKET}", timeout=5).raise_for_status()
            return
        assert time.monotonic() < end, "the S3 server does not answer"
        time.sleep(0.1)


def variables(url: str) -> dict[str, str]:
    """Of the environment of a petrel that keeps its files there."""
    return {
        "PETREL_MEDIA_S3_BUCKET": BUCKET,
        "PETREL_MEDIA_S3_ENDPOINT": url,
        "PETREL_MEDIA_S3_KEY": KEY,
        "PETREL_MEDIA_S3_SECRET": SECRET,
    }
