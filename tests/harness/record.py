"""Which routes a suite called with success: one "METHOD /path/{}" a line, for docs/api-coverage.md."""

import os
import pathlib


def keep(routes: set[str]):
    """Adds to the file that `PETREL_RECORD` names, if it names one."""
    named = os.environ.get("PETREL_RECORD")
    if named:
        path = pathlib.Path(named)
        path.parent.mkdir(parents=True, exist_ok=True)
        before = set(path.read_text().splitlines()) if path.exists() else set()
        path.write_text("".join(f"{route}\n" for route in sorted(before | routes)))
