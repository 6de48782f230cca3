"""Ways in which a valid request comes out different: what clients really send, and what nobody should."""

import itertools
import json
import random
import urllib.parse
from dataclasses import dataclass, field, replace

from harness.routes import Request

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART_BOUNDARY = "petrel-boundary"


@dataclass(frozen=True)
class Wire:
    """A request as bytes."""

    method: str
    # Path and query, percent-encoded or deliberately not.
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def plain(request: Request) -> Wire:
    """The valid request itself."""
    return encoded(request, JSON)


def encoded(request: Request, kind: str) -> Wire:
    query = urllib.parse.urlencode(request.query, doseq=True)
    target = request.path + (f"?{query}" if query else "")
    if not request.body:
        return Wire(request.method, target)
    if kind == JSON:
        return Wire(request.method, target, {"Content-Type": JSON}, json.dumps(request.body).encode())
    pairs = flattened(request.body)
    if kind == FORM:
        return Wire(request.method, target, {"Content-Type": FORM}, urllib.parse.urlencode(pairs).encode())
    parts = "".join(
        f'--{MULTIPART_BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in pairs
    )
    body = (parts + f"--{MULTIPART_BOUNDARY}--\r\n").encode()
    return Wire(request.method, target, {"Content-Type": f"multipart/form-data; boundary={MULTIPART_BOUNDARY}"}, body)


def flattened(body: dict, prefix: str = "") -> list[tuple[str, str]]:
    """Nested values as forms write them: `source[privacy]`, `id[]`."""
    pairs = []
    for key, value in body.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, dict):
            pairs += flattened(value, name)
        elif isinstance(value, list):
            pairs += [(f"{name}[]", str(one)) for one in value]
        elif isinstance(value, bool):
            pairs.append((name, "1" if value else "0"))
        else:
            pairs.append((name, str(value)))
    return pairs


# --- What clients really send: still valid ---


def as_form(rng, request):
    return encoded(request, FORM)


def as_multipart(rng, request):
    return encoded(request, "multipart")


def as_json(rng, request):
    return encoded(request, JSON)


def with_a_slash(rng, request):
    return plain(replace(request, path=request.path + "/"))


def as_head(rng, request):
    return plain(replace(request, method="HEAD") if request.method == "GET" else request)


def with_unknown_parameters(rng, request):
    extra = {rng.choice(["nonsense", "utm_source", "_", "with_muted"]): rng.choice(["1", "", "ünï", "a" * 300])}
    if request.method == "GET":
        return plain(replace(request, query=request.query | extra))
    return plain(replace(request, body=request.body | extra))


def with_counted_arrays(rng, request):
    """`a[]=` becomes `a[0]=`."""
    query = {}
    for key, value in request.query.items():
        if key.endswith("[]") and isinstance(value, list):
            query |= {f"{key[:-2]}[{number}]": one for number, one in enumerate(value)}
        else:
            query[key] = value
    return plain(replace(request, query=query))


def with_another_limit(rng, request):
    return plain(replace(request, query=request.query | {"limit": rng.choice(["1", "40", "80", "1000000", "0"])}))


def with_headers(rng, request):
    wire = plain(request)
    extra = rng.choice(
        [
            {"Accept": "text/html"}, {"Accept-Language": "ar,de;q=0.5,*;q=0.1"}, {"Origin": "https://elk.example"},
            {"User-Agent": ""}, {"X-Forwarded-For": "not an address"}, {"Idempotency-Key": "k" * rng.randint(1, 300)},
            {"Range": "bytes=0-1"}, {"If-None-Match": "*"}, {"Cookie": "a=b; =; petrel"},
        ]
    )
    return replace(wire, headers=wire.headers | extra)


# --- What nobody should send ---

IDS = (
    "0", "-1", "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "1e3", "abc", "%00", "..",
    "%2e%2e", "%ff%fe", "null", "1.0", "%20", "'", "0x10", "１２", "a" * 2000,
)
VALUES = (
    None, True, False, 0, -1, 2**70, 1.5, "", " ", "\0", "\ud7ff", "a" * 5000, "ا" * 600, "👩‍👩‍👧‍👦" * 200, [], {}, [None], [[]],
    {"a": {"b": {"c": []}}}, ["x"] * 300, "<script>alert(1)</script>", "@" * 400, "#" * 400, "http://" * 100, "\u202e", "-1",
    "9" * 40, "public", "direct", "urn:ietf:wg:oauth:2.0:oob", "../../etc/passwd", "%s%n", "read:nonsense admin:write",
)


def with_id(request, place: int, id: str) -> Wire:
    pieces = request.path.split("/")
    pieces[place] = id
    return plain(replace(request, path="/".join(pieces)))


def with_value(request, key: str, value) -> Wire:
    if request.body:
        return plain(replace(request, body=request.body | {key: value}))
    return plain(replace(request, query=request.query | {key: str(value)}))


def with_a_wrong_id(rng, request):
    if not request.parameters:
        return with_a_wrong_value(rng, request)
    return with_id(request, rng.choice(request.parameters), rng.choice(IDS))


def with_a_wrong_value(rng, request):
    """Any value of the body or query becomes another, of whatever type."""
    keys = list(request.body) or [*request.query, "limit", "max_id", "min_id", "since_id", "offset", "types[]", "local"]
    return with_value(request, rng.choice(keys), rng.choice(VALUES))


def without_a_value(rng, request):
    if request.body:
        key = rng.choice(list(request.body))
        return plain(replace(request, body={k: v for k, v in request.body.items() if k != key}))
    if request.query:
        key = rng.choice(list(request.query))
        return plain(replace(request, query={k: v for k, v in request.query.items() if k != key}))
    return plain(request)


def with_broken_bytes(rng, request):
    """Some bytes of the body turn, go or come."""
    wire = encoded(request, rng.choice([JSON, FORM, "multipart"]))
    body = bytearray(wire.body or b'{"a": 1}')
    for _ in range(rng.randint(1, 8)):
        place = rng.randrange(len(body) + 1)
        what = rng.randrange(3)
        if what == 0:
            body[place:place] = bytes([rng.randrange(256)])
        elif what == 1:
            del body[place : place + rng.randint(1, 4)]
        elif place < len(body):
            body[place] ^= 1 << rng.randrange(8)
    return replace(wire, body=bytes(body))


def with_another_content_type(rng, request):
    wire = plain(request)
    kind = rng.choice([JSON, FORM, "multipart/form-data", "multipart/form-data; boundary=", "text/plain", "application/xml", "x", ""])
    return replace(wire, headers=wire.headers | {"Content-Type": kind}, body=wire.body or b"{}")


def with_another_json(rng, request):
    """A body that is JSON, but not an object with names."""
    body = rng.choice([b"[]", b"null", b"1", b'"text"', b"[" * 3000, b'{"a":' * 500, b"{}", b'{"status":"a","status":"b"}', b"\xef\xbb\xbf{}"])
    method = request.method if request.method != "GET" else "GET"
    return Wire(method, request.path, {"Content-Type": JSON}, body)


def with_another_method(rng, request):
    return plain(replace(request, method=rng.choice(["PUT", "PATCH", "DELETE", "OPTIONS", "POST", "GET", "TRACE", "BREW"])))


def with_a_wrong_token(rng, request):
    wire = plain(request)
    token = rng.choice(["Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "bearer x y", "Bearer " + "a" * 4000, ""])
    return replace(wire, headers=wire.headers | {"Authorization": token})


def with_a_broken_query(rng, request):
    wire = plain(request)
    tail = rng.choice(["&&&=", "%", "%zz", "limit", "id[]", "id[", "id[a][b]=1", "max_id=%ff", "=" * 50, "a=1&" * 500])
    return replace(wire, target=wire.target + ("&" if "?" in wire.target else "?") + tail)


BENIGN = (
    as_form, as_multipart, as_json, with_a_slash, as_head, with_unknown_parameters, with_counted_arrays,
    with_another_limit, with_headers,
)
HOSTILE = (
    with_a_wrong_id, with_a_wrong_value, with_a_wrong_value, without_a_value, with_broken_bytes,
    with_another_content_type, with_another_json, with_another_method, with_a_wrong_token, with_a_broken_query,
)
BENIGN_SHARE = 0.3


def mutate(rng: random.Random, request: Request) -> tuple[str, Wire]:
    """The name of the mutation, and what it made."""
    mutation = rng.choice(BENIGN if rng.random() < BENIGN_SHARE else HOSTILE)
    return mutation.__name__, mutation(rng, request)


def every_wrong_part(requests: list[Request]) -> dict[str, Wire]:
    """In each place of the path each id that is none, and for each parameter each value that is odd."""
    found = {}
    for request in requests:
        for place, id in itertools.product(request.parameters, IDS):
            found.setdefault(f"piece {place} is {id!r}", with_id(request, place, id))
        for key, value in itertools.product(request.body or request.query, VALUES):
            found.setdefault(f"{key} is {value!r}", with_value(request, key, value))
    return found
