"""Programs of the machine that the cluster is made with."""

import os
import pathlib
import re
import shutil
import subprocess

from .errors import Missing

JAVA = 17


def java() -> pathlib.Path:
    """The Java that Cassandra 5.0 is run with."""
    home = os.environ.get("JAVA_HOME")
    candidates = [pathlib.Path(home) / "bin" / "java"] if home else []
    candidates += [pathlib.Path(found)] if (found := shutil.which("java")) else []
    candidates += sorted(pathlib.Path("/usr/lib/jvm").glob(f"*{JAVA}*/bin/java"))
    for candidate in candidates:
        if candidate.exists() and _major(candidate) == JAVA:
            return candidate
    raise Missing(f"Cassandra needs Java {JAVA}: install the package `openjdk-{JAVA}-jre-headless`, or set JAVA_HOME")


def maven() -> str:
    """Fetches Cassandra, once."""
    found = shutil.which("mvn")
    if found is None:
        raise Missing("Maven fetches Cassandra, and is not there: install the package `maven`")
    return found


def _major(java: pathlib.Path) -> int | None:
    said = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else None
