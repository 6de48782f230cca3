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
from harness.document import route_of
from harness.record import keep
from harness.routes import ROWS, ids, normal
from harness.server import Server
from harness.world import World, build

# Cases of each operation in the random phase, beside those that its schema suggests.
EXAMPLES = 8
# Of a stranger, who is turned away nearly everywhere.
EXAMPLES_OF_A_STRANGER = 2
# Routes that it finds a request for which succeeds.
SHARE_REACHED_MIN = 0.7
# How often an id in a path is one that is there.
SHARE_KNOWN = 0.7
TIMEOUT_S = 300
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


def test_an_account_s_requests(server, tmp_path):
    world = build(server.url)
    failures, answers = run(server, world, tmp_path, world.people["author"].token, EXAMPLES)
    assert not failures, failures
    seen = {route_of(method, path) for method, path, _ in answers} - {None}
    well = {route_of(method, path) for method, path, status in answers if status < 400} - {None}
    keep("schemathesis", well)
    # It must have got through to most of them, or it has tested nothing.
    assert len(well) > SHARE_REACHED_MIN * len(seen), sorted(seen - well)


def test_a_stranger_s_requests(server, tmp_path):
    world = build(server.url)
    failures, answers = run(server, world, tmp_path, None, EXAMPLES_OF_A_STRANGER)
    assert not failures, failures
    assert {status // 100 for *_, status in answers} >= {2, 4}
