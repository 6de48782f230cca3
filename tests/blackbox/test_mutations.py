"""Requests that are wrong in every way, over the whole route table: no 5xx, nothing that the OpenAPI
document does not know, and of 10,000 drawn mutations most reach past the parser.

PETREL_SEED draws others: `make mutations SEEDS="2 3 4"`.
"""

import collections
import http.client
import random

from harness.client import Client
from harness.document import response, route_of
from harness.mutations import Wire, every_wrong_part, mutate, plain
from harness.routes import ROWS, differences, requests_of, row_of, served
from harness.seeds import seed_of_this_run
from harness.world import POLL, World, build

MUTATIONS = 10_000
SHARE_OK_MIN = 0.30
# What is made anew now and then, so that verbs always find something to act on.
RENEW_EVERY = 500


class RawConnection(http.client.HTTPConnection):
    """Sends a request's line as it is: bytes that no address may bear, too."""

    def _validate_path(self, url):
        pass

    def _validate_method(self, method):
        pass

    def _encode_request(self, request):
        return request.encode("utf-8", "surrogateescape")


class Line:
    """One connection, on which nothing is put right on its way."""

    def __init__(self, url: str):
        host, port = url.removeprefix("http://").split(":")
        self._address = (host, int(port))
        self._connection: RawConnection | None = None

    def send(self, wire: Wire, token: str | None, *, endless: bool) -> int:
        headers = dict(wire.headers)
        if token:
            headers.setdefault("Authorization", f"Bearer {token}")
        connection = self._connection or RawConnection(*self._address, timeout=20)
        self._connection = None
        connection.putrequest(wire.method, wire.target.replace(" ", "%20"), skip_accept_encoding=True)
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
    """New statuses, requests and notifications, and open doors: what earlier requests used up or closed."""
    author = world.people["author"]
    for who in ("follower", "passer", "blocked", "stranger"):
        other = world.people[who]
        author.post(f"/api/v1/accounts/{other.id}/unblock")
        author.post(f"/api/v1/accounts/{other.id}/unmute")
        other.post(f"/api/v1/accounts/{author.id}/unblock")
    author.patch("/api/v1/accounts/update_credentials", locked=True)
    for who in ("passer", "stranger"):
        author.post(f"/api/v1/accounts/{world.people[who].id}/remove_from_followers")
        world.people[who].post(f"/api/v1/accounts/{author.id}/unfollow")
        world.people[who].post(f"/api/v1/accounts/{author.id}/follow")
    world.people["passer"].say(f"Hello @{author.name}")
    for name in list(world.statuses):
        shown = author.call("GET", f"/api/v1/statuses/{world.statuses[name]['id']}")
        # An edit that names no poll takes it away.
        if shown.status_code == 404 or (name == "poll" and shown.ok and not shown.json()["poll"]):
            world.show(name, "author", f"anew: {name}", **({"poll": POLL} if name == "poll" else {}))
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
        requests = requests_of(method, path, row, renewed(world))
        statuses = [line.send(plain(request), token, endless=row.endless) for request in requests]
        if not any(200 <= status < 400 for status in statuses):
            deaf.append(f"{method} {path}: {collections.Counter(statuses)}")
    assert not deaf, "\n".join(deaf)


class Prober:
    """Sends what is wrong to a server, and collects what is wrong with the answers."""

    def __init__(self, url: str):
        self._url = url
        self._line = Line(url)
        self.counts: collections.Counter = collections.Counter()
        self.bad: list[str] = []

    def send(self, name: str, wire: Wire, token: str | None, *, endless: bool) -> None:
        try:
            status = self._line.send(wire, token, endless=endless)
        except (http.client.HTTPException, OSError) as error:
            self.bad.append(f"{name}: {wire} ended in {error!r}")
            self._line = Line(self._url)
            return
        self.counts[status // 100] += 1
        if status >= 500:
            self.bad.append(f"{name}: {wire} answered {status}")
        elif (called := route_of(wire.method, wire.target.split("?")[0])) and not response(called, status):
            self.bad.append(f"{name}: {wire} answered {status}, which docs/openapi.json does not know")


def routes() -> list[tuple[str, str]]:
    assert not differences(), differences()
    return [(method, path) for method, path in served() if not ROWS[f"{method} {path}"].once]


def is_well(server) -> bool:
    return Client(server.url).call("GET", "/api/v1/instance").ok and "panicked" not in server.log()


def test_every_wrong_part(server, capsys):
    """One by one, so that what is found does not depend on what was drawn."""
    world = build(server.url)
    prober = Prober(server.url)
    for method, path in routes():
        row = row_of(method, path)
        token = token_of(world, row.caller)
        for name, wire in every_wrong_part(requests_of(method, path, row, world)).items():
            prober.send(name, wire, token, endless=row.endless)
    with capsys.disabled():
        print(f"\nwrong parts: {dict(sorted(prober.counts.items()))}")
    assert not prober.bad, "\n".join(prober.bad[:20])
    assert prober.counts[4] and is_well(server)


def test_mutations(server, capsys):
    seed = seed_of_this_run()
    rng = random.Random(seed)
    world = build(server.url)
    choices, prober = routes(), Prober(server.url)
    for number in range(MUTATIONS):
        if number % RENEW_EVERY == 0:
            renewed(world)
            requests = {route: requests_of(*route, row_of(*route), world) for route in choices}
        route = rng.choice(choices)
        row = row_of(*route)
        name, wire = mutate(rng, rng.choice(requests[route]))
        prober.send(f"seed {seed}, mutation {number}, {name}", wire, token_of(world, row.caller), endless=row.endless)
    with capsys.disabled():
        print(f"\nmutations: seed {seed}, {dict(sorted(prober.counts.items()))}")
    assert not prober.bad, "\n".join(prober.bad[:20])
    assert prober.counts[2] / MUTATIONS >= SHARE_OK_MIN, prober.counts
    assert is_well(server)
