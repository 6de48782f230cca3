"""Cassandra itself: a folder of jars, fetched by Maven once and kept in the user's cache."""

import os
import pathlib
import shutil
import subprocess

from . import tools
from .errors import Missing

VERSION = "5.0.6"
POM = pathlib.Path(__file__).parents[1] / "cassandra" / "pom.xml"


def folder() -> pathlib.Path:
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    kept = cache / "petrel" / f"cassandra-{VERSION}"
    if not kept.is_dir():
        _fetch(kept)
    return kept


def _fetch(kept: pathlib.Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_name(f"{kept.name}.part-{os.getpid()}")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={part}", "-DincludeScope=runtime"]
    # -C: a jar whose checksum is wrong is refused.
    command = [tools.maven(), "-q", "-B", "-C", "-f", str(POM), *goal]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0 or not list(part.glob(f"cassandra-all-{VERSION}.jar")):
        shutil.rmtree(part, ignore_errors=True)
        said = "\n".join(f"    {line}" for line in (done.stdout + done.stderr).splitlines()[-5:])
        raise Missing(f"Maven could not fetch Cassandra {VERSION}: is Maven Central reachable from here?\n{said}")
    try:
        part.rename(kept)
    except OSError:
        # Another run was quicker; its folder is as good.
        shutil.rmtree(part, ignore_errors=True)
