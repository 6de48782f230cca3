"""Uploaded files on a real S3 server: the depot alone, and a whole server."""

import io
import os
import re
import subprocess
import urllib.parse

import requests
from harness.client import sign_up
from harness.pictures import png
from harness.s3 import BUCKET, KEY, SECRET, s3_server, variables
from harness.server import ROOT, Server
from harness.wait import wait_until

BUILD_AND_RUN_S = 900
READY_S = 30
GONE_S = 60


def objects(url: str) -> set[str]:
    """The keys of all that the bucket holds."""
    return set(re.findall(r"<Key>(.*?)</Key>", requests.get(f"{url}/{BUCKET}", timeout=10).text))


def test_the_depot_keeps_its_promises_on_s3(tmp_path):
    """The depot's own tests, which run on a folder in any case."""
    with s3_server(tmp_path / "s3.log") as url:
        done = subprocess.run(
            ["cargo", "test", "--profile", "ci", "--locked", "--workspace", "--test", "depot", "--", "--nocapture"],
            env={**os.environ, "PETREL_TEST_S3": f"{url} {BUCKET} {KEY} {SECRET}"},
            cwd=ROOT, capture_output=True, text=True, timeout=BUILD_AND_RUN_S, check=False,
        )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "LEFT OUT" not in done.stderr + done.stdout


def test_a_server_keeps_files_on_s3_and_never_says_its_key(tmp_path):
    with s3_server(tmp_path / "s3.log") as url, Server(tmp_path / "data", variables=variables(url)) as server:
        ann = sign_up(server.url, "ann")
        sent = ann.call("POST", "/api/v2/media", files={"file": ("a.png", io.BytesIO(png(640, 480)), "image/png")})
        assert sent.status_code in (200, 202), sent.text
        path = f"/api/v1/media/{sent.json()['id']}"
        wait_until(lambda: ann.call("GET", path).status_code == 200, READY_S, "the file is not ready")
        media = ann.get(path)
        shown = {urllib.parse.urlsplit(media[name]).path.removeprefix("/") for name in ("url", "preview_url")}
        assert len(shown) == 2 and shown <= objects(url)
        # What was sent goes only when what was made of it is known.
        wait_until(lambda: objects(url) == shown, GONE_S, "the bucket holds other files than those that are shown")
        status = ann.say("on S3", media_ids=[media["id"]])
        original = requests.get(status["media_attachments"][0]["url"], timeout=10)
        assert original.status_code == 200 and original.content.startswith(b"\x89PNG")
        piece = requests.get(original.url, headers={"Range": "bytes=1-3"}, timeout=10)
        assert (piece.status_code, piece.content) == (206, b"PNG")
        ann.delete(f"/api/v1/statuses/{status['id']}?delete_media=true")
        wait_until(lambda: not objects(url), GONE_S, "deleted files are still there")
        log = server.log()
        assert SECRET not in log and KEY not in log
        wait_until(lambda: not list((server.data / "scratch").iterdir()), GONE_S, "scratch files are still there")
