"""What the API answers to everybody's reading requests: two servers with the same data answer the same."""

import json

from harness.client import Client
from harness.routes import requests_of, row_of, served
from harness.world import World

VIEWERS = ("author", "follower", "mentioned", "stranger", "blocked", "anonymous")


def answers(world: World) -> dict[str, tuple[int, object]]:
    """Every reading request to every route by every viewer, and what came back."""
    got = {}
    for method, path in served():
        row = row_of(method, path)
        if method != "GET" or row is None or row.endless or path.startswith(("/auth", "/oauth")):
            continue
        for request in requests_of(method, path, row, world):
            for viewer in VIEWERS:
                client: Client = world.client(viewer)
                answer = client.call("GET", request.path, params=request.query)
                got[f"{viewer} {request.path} {json.dumps(request.query)}"] = (
                    answer.status_code,
                    answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text,
                )
    return got


def differences(before: dict, after: dict) -> list[str]:
    return [f"{key}: {was} became {after.get(key)}" for key, was in before.items() if was != after.get(key)]
