"""The depot of uploaded files on a real S3 server."""

import os
import subprocess

from harness.s3 import BUCKET, KEY, SECRET, s3_server, variables
from harness.server import ROOT, Server

BUILD_AND_RUN_S = 900


def test_the_depot_keeps_its_promises_on_s3(tmp_path):
    """The depot's own tests, which run on a folder in any case."""
    with s3_server(tmp_path / "s3.log") as url:
        done = subprocess.run(
            ["cargo", "test", "--profile", "ci", "--locked", "-p", "petrel-media", "--test", "depot", "--", "--nocapture"],
            env={**os.environ, "PETREL_TEST_S3": f"{url} {BUCKET} {KEY} {SECRET}"},
            cwd=ROOT, capture_output=True, text=True, timeout=BUILD_AND_RUN_S, check=False,
        )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "LEFT OUT" not in done.stderr + done.stdout


def test_a_server_starts_on_s3_and_never_says_its_key(tmp_path):
    with s3_server(tmp_path / "s3.log") as url:
        with Server(tmp_path / "data", variables=variables(url)) as server:
            log = server.log_path.read_text()
        assert "AmazonS3" in log or BUCKET in log, log
        assert SECRET not in log and KEY not in log
