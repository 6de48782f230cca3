#!/usr/bin/env python3
"""Writes docs/api-coverage.md: of every endpoint of Mastodon's API whether it is there, and who proved it.

    coverage.py              writes the document
    coverage.py --check      says whether it is what it should be
    coverage.py --recorded DIR --keep     takes over what the suites recorded in DIR
    coverage.py --recorded DIR --check    also says which claims no suite bore out

mastodon_api.tsv is our own table of Mastodon's API, made from its documentation and routes.
differences.tsv says what of an endpoint that is there is not as in Mastodon.
proved/<suite>.txt is what each suite called with success: one "METHOD /path/{}" a line, as the tests
record it where PETREL_RECORD names a folder (`make test` does, and compares).
"""

import argparse
import csv
import json
import pathlib
import re
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DOCUMENT = ROOT / "docs" / "api-coverage.md"
SUITES = {
    "toot": "toot",
    "mastodon-py": "Mastodon.py",
    "masto-js": "masto.js",
    "blackbox": "black box",
    "schemathesis": "schemathesis",
}
PRIORITIES = {
    "P0": "what people use daily",
    "P1": "what some clients use",
    "P2": "rare, old or new",
    "ADMIN": "for moderators' tools",
}
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass
class Endpoint:
    method: str
    path: str
    area: str
    priority: str
    note: str
    is_there: bool
    proved_by: list[str]
    difference: str

    @property
    def route(self) -> str:
        return route(self.method, self.path)

    def cells(self) -> tuple[str, ...]:
        state = "not there yet"
        if self.is_there:
            state = "with a difference" if self.difference else "there"
        note = "; ".join(text for text in (self.difference, self.note) if text)
        return (f"`{self.method} {self.path}`", self.priority, state, ", ".join(self.proved_by), note.replace("|", "\\|"))


def route(method: str, path: str) -> str:
    """Parameters as `{}`, whatever they are called."""
    path = path.removesuffix(" (WebSocket)")
    return f"{method} " + re.sub(r":\w+|\{[^}]*\}", "{}", path)


def rows(name: str) -> list[dict]:
    with open(HERE / name, newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def served() -> dict[str, str]:
    """Route → what the document calls it."""
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    return {
        route(method.upper(), path): f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def proved(folder: pathlib.Path) -> dict[str, set[str]]:
    """Suite → routes."""
    files = {suite: folder / f"{suite}.txt" for suite in SUITES}
    return {suite: set(path.read_text().splitlines()) for suite, path in files.items() if path.exists()}


def endpoints() -> list[Endpoint]:
    there, by_suite = served(), proved(HERE / "proved")
    differences = {route(row["method"], row["path"]): row["difference"] for row in rows("differences.tsv")}
    found = []
    for row in rows("mastodon_api.tsv"):
        name = route(row["method"], row["path"])
        found.append(
            Endpoint(
                row["method"], row["path"], row["area"], row["priority"], row["note"].strip(), name in there,
                [SUITES[suite] for suite, routes in by_suite.items() if name in routes and name in there],
                differences.get(name, ""),
            )
        )
    return found


def table(head: tuple[str, ...], lines) -> list[str]:
    rule = "|" + "|".join(" --- " for _ in head) + "|"
    return ["| " + " | ".join(head) + " |", rule, *("| " + " | ".join(map(str, line)) + " |" for line in lines), ""]


def counts(all: list[Endpoint]) -> tuple[int, ...]:
    there = [endpoint for endpoint in all if endpoint.is_there]
    proved = sum(1 for endpoint in there if endpoint.proved_by)
    differing = sum(1 for endpoint in there if endpoint.difference)
    return len(all), len(there), proved, differing, len(all) - len(there)


def summary(all: list[Endpoint]) -> list[str]:
    head = ("Priority", "Endpoints", "There", "Proved", "With a difference", "Not there yet")
    lines = [
        (f"{priority}: {what}", *counts([endpoint for endpoint in all if endpoint.priority == priority]))
        for priority, what in PRIORITIES.items()
    ]
    lines.append(("**All**", *counts(all)))
    by_suite = [
        (name, sum(1 for endpoint in all if name in endpoint.proved_by), sum(1 for endpoint in all if name in endpoint.proved_by and endpoint.priority == "P0"))
        for name in SUITES.values()
    ]
    return table(head, lines) + table(("Proved by", "Endpoints", "Of P0"), by_suite)


def document() -> str:
    all = endpoints()
    lines = [
        "# How much of Mastodon's API is there",
        "",
        "Made by `make coverage` out of [our table of the API](../tests/api/mastodon_api.tsv), [the OpenAPI "
        "document](openapi.json), [known differences](../tests/api/differences.tsv), and [what the suites called with "
        "success](../tests/api/proved). Proved means: a suite called it and got what it expects, and its answers passed "
        "the table of entities or the document's schemas.",
        "",
        *summary(all),
    ]
    for area in sorted({endpoint.area for endpoint in all}):
        lines += [f"## {area.replace('_', ' ')}", ""]
        head = ("Endpoint", "Priority", "State", "Proved by", "Note")
        lines += table(head, [endpoint.cells() for endpoint in all if endpoint.area == area])
    known = {endpoint.route for endpoint in all}
    by_suite = proved(HERE / "proved")
    beyond = [
        (f"`{name}`", ", ".join(SUITES[suite] for suite, routes in by_suite.items() if there in routes))
        for there, name in sorted(served().items(), key=lambda pair: pair[1].split(" ")[1])
        if there not in known
    ]
    lines += ["## Beyond the table", "", "Aliases, pages, and what is our own.", ""]
    lines += table(("Endpoint", "Proved by"), beyond)
    return "\n".join(lines).rstrip() + "\n"


def wrong() -> list[str]:
    """What the files in this folder say that cannot be."""
    there = served()
    known = {route(row["method"], row["path"]) for row in rows("mastodon_api.tsv")}
    found = [
        f"differences.tsv: {row['method']} {row['path']} is no endpoint of the table that is there"
        for row in rows("differences.tsv")
        if route(row["method"], row["path"]) not in known & there.keys()
    ]
    return found + [
        f"proved/{suite}.txt: {line} is no route"
        for suite, routes in proved(HERE / "proved").items()
        for line in sorted(routes - there.keys())
    ]


def unproved(recorded: pathlib.Path) -> list[str]:
    """What proved/ claims of suites that ran, and they did not do."""
    ran = proved(recorded)
    return [
        f"proved/{suite}.txt: {line} was not called with success by this run of {SUITES[suite]}"
        for suite, routes in proved(HERE / "proved").items()
        if suite in ran
        for line in sorted(routes - ran[suite])
    ]


def keep(recorded: pathlib.Path):
    for suite, routes in proved(recorded).items():
        lines = sorted(routes & served().keys())
        (HERE / "proved" / f"{suite}.txt").write_text("".join(f"{line}\n" for line in lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--recorded", type=pathlib.Path)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    if given.recorded and given.keep:
        keep(given.recorded)
    found = wrong()
    if given.recorded:
        found += unproved(given.recorded)
    if not given.check:
        DOCUMENT.write_text(document())
    elif not DOCUMENT.exists() or DOCUMENT.read_text() != document():
        found.append("docs/api-coverage.md is not what it should be: `make coverage` renews it")
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
