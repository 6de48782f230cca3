"""What docs/openapi.json says of each route: which statuses it answers, and with what."""

import functools
import json
import pathlib
import re

import jsonschema_rs

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = ("get", "post", "put", "patch", "delete")
DIFFERENCES_SHOWN_MAX = 3


@functools.cache
def document() -> dict:
    return json.loads((ROOT / "docs" / "openapi.json").read_text())


@functools.cache
def operations() -> dict[str, dict]:
    """"METHOD /path/{}" → the operation."""
    return {
        f"{method.upper()} " + re.sub(r"\{[^}]*\}", "{}", path): item[method]
        for path, item in document()["paths"].items()
        for method in METHODS
        if method in item
    }


@functools.cache
def patterns() -> list[tuple[str, re.Pattern, str]]:
    """Those with the fewest parameters first: `accounts/lookup` is no account's id."""
    routes = (route.split(" ", 1) for route in sorted(operations(), key=lambda route: route.count("{}")))
    return [(method, re.compile(re.escape(path).replace(r"\{\}", "[^/]+")), path) for method, path in routes]


def route_of(method: str, path: str) -> str | None:
    """"METHOD /path/{}" that a request is to, if there is such a route."""
    method, path = "GET" if method == "HEAD" else method, path.rstrip("/")
    for known, pattern, template in patterns():
        if known == method and pattern.fullmatch(path):
            return f"{method} {template}"
    return None


def response(route: str, status: int) -> dict | None:
    """What the document says of that answer; none if it says nothing."""
    found = operations()[route]["responses"].get(str(status))
    if found and "$ref" in found:
        found = document()["components"]["responses"][found["$ref"].rsplit("/", 1)[1]]
    return found


@functools.cache
def validator(route: str, status: int):
    content = (response(route, status) or {}).get("content", {})
    for media_type, described in content.items():
        if "json" in media_type and isinstance(described.get("schema"), dict):
            return jsonschema_rs.Draft202012Validator({**described["schema"], "components": document()["components"]})
    return None


def differences(route: str, status: int, value) -> list[str]:
    """How a JSON answer differs from its schema."""
    check = validator(route, status)
    errors = list(check.iter_errors(value)) if check else []
    return [
        f"differs from docs/openapi.json at {'/'.join(map(str, error.instance_path)) or 'the root'}: {error.message[:300]}"
        for error in errors[:DIFFERENCES_SHOWN_MAX]
    ]
