"""10,000 mutations of valid requests over the whole route table: no 5xx, and most reach past the parser."""

import collections
import http.client
import os
import random

from harness.client import Client
from harness.mutations import Wire, mutate, plain
from harness.routes import ROWS, differences, requests_of, row_of, served
from harness.world import World, build

MUTATIONS = 10_000
SHARE_OK_MIN = 0.30
# What is made anew now and then, so that verbs always find something to act on.
RENEW_EVERY = 500


class Line:
    """One connection, on which nothing is put right on its way."""

    def __init__(self, url: str):
        host, port = url.removeprefix("http://").split(":")
        self._address = (host, int(port))
        self._connection: http.client.HTTPConnection | None = None

    def send(self, wire: Wire, token: str | None, *, endless: bool) -> int:
        headers = dict(wire.headers)
        if token:
            headers.setdefault("Authorization", f"Bearer {token}")
        connection = self._connection or http.client.HTTPConnection(*self._address, timeout=20)
        self._connection = None
        target = wire.target.encode("utf-8").decode("latin-1").replace(" ", "%20").replace("\0", "%00")
        connection.putrequest(wire.method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value.encode("utf-8"))
        if wire.body or wire.method not in ("GET", "HEAD"):
            connection.putheader("Content-Length", str(len(wire.body)))
        connection.endheaders(wire.body or None)
        answer = connection.getresponse()
        if endless and answer.status == 200:
            connection.close()
        else:
            answer.read()
            if not answer.will_close:
                self._connection = connection
        return answer.status


def token_of(world: World, caller: str) -> str | None:
    return None if caller == "anonymous" else world.people[caller].token


def renewed(world: World) -> World:
    """New statuses and open doors: what earlier requests deleted, blocked or muted."""
    author = world.people["author"]
    for who in ("follower", "passer", "blocked"):
        author.post(f"/api/v1/accounts/{world.people[who].id}/unblock")
        author.post(f"/api/v1/accounts/{world.people[who].id}/unmute")
    for name in list(world.statuses):
        if author.call("GET", f"/api/v1/statuses/{world.statuses[name]['id']}").status_code == 404:
            world.show(name, "author", f"anew: {name}")
    return world


def test_every_valid_request_is_valid(server):
    """Before they are mutated: each route answers 2xx to at least one request of its row."""
    world = build(server.url)
    line = Line(server.url)
    deaf = []
    for method, path in served():
        row = row_of(method, path)
        if row is None or row.closed:
            continue
        token = token_of(world, row.caller)
        statuses = [line.send(plain(request), token, endless=row.endless) for request in requests_of(method, path, row, world)]
        if not any(200 <= status < 400 for status in statuses):
            deaf.append(f"{method} {path}: {collections.Counter(statuses)}")
        renewed(world)
    assert not deaf, "\n".join(deaf)


def test_mutations(server):
    assert not differences(), differences()
    seed = int(os.environ.get("PETREL_SEED", random.SystemRandom().randrange(2**32)))
    print(f"mutations: seed {seed}")
    rng = random.Random(seed)
    world = build(server.url)
    routes = [(method, path) for method, path in served() if not ROWS[f"{method} {path}"].once]
    line, counts, bad = Line(server.url), collections.Counter(), []
    for number in range(MUTATIONS):
        if number % RENEW_EVERY == 0:
            requests = {route: requests_of(*route, row_of(*route), renewed(world)) for route in routes}
        route = rng.choice(routes)
        row = row_of(*route)
        name, wire = mutate(rng, rng.choice(requests[route]))
        try:
            status = line.send(wire, token_of(world, row.caller), endless=row.endless)
        except (http.client.HTTPException, OSError) as error:
            bad.append(f"seed {seed}, mutation {number}, {name}: {wire} ended in {error!r}")
            line = Line(server.url)
            continue
        counts[status // 100] += 1
        if status >= 500:
            bad.append(f"seed {seed}, mutation {number}, {name}: {wire} answered {status}")
    print(f"mutations: {dict(sorted(counts.items()))}")
    assert not bad, "\n".join(bad[:20])
    assert counts[2] / MUTATIONS >= SHARE_OK_MIN, counts
    # It is still alive and well.
    assert Client(server.url).call("GET", "/api/v1/instance").ok
    assert "panicked" not in server.log()
