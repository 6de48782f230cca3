"""Which routes a suite called with success, for docs/api-coverage.md: `PETREL_RECORD` names a folder,
in which each suite has a file with one "METHOD /path/{}" a line.
"""

import os
import pathlib

# Where a test lies → the name of its suite.
SUITES = {
    "blackbox/": "blackbox",
    "clients/test_mastodon_py": "mastodon-py",
    "clients/test_masto_js": "masto-js",
    # toot's own, which run in its own folder.
    "tests/integration/": "toot",
}


def suite_of(test: str) -> str | None:
    """The suite that a test belongs to, by pytest's name of it; none if it proves nothing by itself."""
    return next((suite for place, suite in SUITES.items() if test.startswith(place)), None)


def keep(suite: str, routes: set[str]):
    """Adds to the suite's file, if any are kept."""
    folder = os.environ.get("PETREL_RECORD")
    if folder:
        path = pathlib.Path(folder) / f"{suite}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        before = set(path.read_text().splitlines()) if path.exists() else set()
        path.write_text("".join(f"{route}\n" for route in sorted(before | routes)))
