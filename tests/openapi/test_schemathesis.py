"""schemathesis sends what the OpenAPI document allows, and what it does not, to a server with a small
world on it: no 5xx, and no status, media type, header or body that the document does not describe.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

import tomlkit
from harness.record import keep
from harness.routes import ROWS, ids, normal
from harness.server import Server
from harness.world import World, build

# Cases of each operation in the random phase, beside those that its schema suggests.
EXAMPLES = 12
# Of a stranger, who is turned away nearly everywhere.
EXAMPLES_OF_A_STRANGER = 2
# How often an id in a path is one that is there.
SHARE_KNOWN = 0.7
TIMEOUT_S = 240
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
LEFT_OUT = {
    # Streams never end. tests/blackbox and crates/api/tests/http/streaming.rs listen to them.
    r"^/api/v1/streaming(?!/health)",
}


def settings(document: dict, world: World) -> str:
    """schemathesis's configuration: ids in paths are mostly those of the world."""
    config = tomlkit.document()
    dictionaries, operations = {}, tomlkit.aot()
    for path, item in document["paths"].items():
        names = re.findall(r"\{(\w+)\}", path)
        for method in item:
            row = ROWS.get(f"{method.upper()} {normal(path)}")
            if not names or row is None or not row.id:
                continue
            known = ids(row.id, world)
            if known:
                dictionaries.setdefault(row.id, {"values": known})
                binding = {"dictionary": row.id, "probability": SHARE_KNOWN}
                operation = tomlkit.table()
                operation.update(
                    {"include-path": path, "include-method": method.upper(), "parameters": {f"path.{names[0]}": binding}}
                )
                operations.append(operation)
    config["dictionaries"] = dictionaries
    config["operations"] = operations
    return tomlkit.dumps(config)


def run(server: Server, world: World, folder: pathlib.Path, token: str | None, examples: int) -> tuple[str, list[tuple[str, str, int]]]:
    """What schemathesis says, and every answer that it got: method, path, status."""
    document = world.client("anonymous").get("/api/openapi.json")
    (folder / "schemathesis.toml").write_text(settings(document, world))
    har = folder / "answers.har"
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis", "run", f"{server.url}/api/openapi.json",
        "--checks", ",".join(CHECKS), "--max-examples", examples, "--generation-deterministic",
        "--continue-on-failure", "--warnings", "off", "--no-color", "--request-timeout", 20,
        "--report", "har", "--report-har-path", har,
        *(f"--exclude-path-regex={pattern}" for pattern in LEFT_OUT),
        *(("--header", f"Authorization: Bearer {token}") if token else ()),
    ]
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder, timeout=TIMEOUT_S, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("SCHEMATHESIS")},
    )
    entries = json.loads(har.read_text())["log"]["entries"]
    answers = [
        (entry["request"]["method"], urllib.parse.urlsplit(entry["request"]["url"]).path, entry["response"]["status"])
        for entry in entries
    ]
    assert (done.returncode == 0) == ("failure" not in done.stdout.splitlines()[-1]), done.stdout
    return "" if done.returncode == 0 else done.stdout, answers


def routes_of(document: dict, answers) -> dict[str, set[int]]:
    """"METHOD /path/{}" → every status that was seen."""
    patterns = [
        (method.upper(), re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), normal(path))
        for path, item in sorted(document["paths"].items(), key=lambda pair: pair[0].count("{"))
        for method in item
    ]
    seen: dict[str, set[int]] = {}
    for method, path, status in answers:
        for known, pattern, template in patterns:
            if known == method and pattern.fullmatch(path):
                seen.setdefault(f"{method} {template}", set()).add(status)
                break
    return seen


def test_an_account_s_requests(server, tmp_path):
    world = build(server.url)
    failures, answers = run(server, world, tmp_path, world.people["author"].token, EXAMPLES)
    assert not failures, failures
    document = world.client("anonymous").get("/api/openapi.json")
    seen = routes_of(document, answers)
    well = {route for route, statuses in seen.items() if any(status < 400 for status in statuses)}
    keep(well)
    # It must have got through to most of them, or it has tested nothing.
    assert len(well) > 0.8 * len(seen), sorted(seen.keys() - well)


def test_a_stranger_s_requests(server, tmp_path):
    world = build(server.url)
    failures, answers = run(server, world, tmp_path, None, EXAMPLES_OF_A_STRANGER)
    assert not failures, failures
    assert {status // 100 for *_, status in answers} >= {2, 4}
