"""A day of two people with masto.js, the library of Elk and Phanpy, over REST and WebSocket."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from harness.client import sign_up
from harness.recording import RECORD
from harness.server import environment

HERE = pathlib.Path(__file__).resolve().parent / "masto"
TIMEOUT_S = 120
# Node.js before 20 tries the first address of `localhost` alone, and the server listens on IPv4. Later options win.
NODE_OPTIONS = f"{os.environ.get('NODE_OPTIONS', '')} --dns-result-order=ipv4first".strip()


def test_a_day_with_masto_js(server, tmp_path):
    if not (HERE / "node_modules").is_dir() or not shutil.which("node"):
        pytest.fail("masto.js is not there: run tests/setup, which needs Node.js and npm")
    ada, bob = sign_up(server.url, "ada"), sign_up(server.url, "bob")
    record = tmp_path / "answers"
    day = subprocess.run(
        ["node", "day.mjs", server.url, ada.token, bob.token, str(record)],
        cwd=HERE, env=environment() | {"NODE_OPTIONS": NODE_OPTIONS}, capture_output=True, text=True, timeout=TIMEOUT_S,
    )
    for line in record.read_text().splitlines() if record.exists() else []:
        answer = json.loads(line)
        RECORD.see(answer["method"], answer["url"], answer["status"], answer["type"], lambda body=answer["body"]: json.loads(body))
    assert day.returncode == 0, f"{day.stdout}\n{day.stderr}"
