"""The floors of the house: who may use whom, and what lives where."""

import re

import pytest
from house import ROOT, crates, folder, product_code, product_sources

# A crate may use only crates on lower floors.
FLOORS = {
    "petrel-model": 0,
    "petrel-store": 1,
    "petrel-bus": 1,
    "petrel-store-embedded": 1,
    "petrel-store-cql": 1,
    "petrel-jobs": 2,
    "petrel-outgoing": 2,
    "petrel-social": 3,
    "petrel-timeline": 4,
    "petrel-search": 4,
    "petrel-media": 4,
    "petrel-api": 5,
    "petrel-web": 5,
    "petrel": 6,
    # Development only: it may use everything, and nothing uses it.
    "petrel-sim": 7,
}
# An engine implements the contract that lies on its own floor, and knows nothing else.
ENGINES = {
    "petrel-store-embedded": {"petrel-store", "petrel-model"},
    "petrel-store-cql": {"petrel-store", "petrel-model"},
}
# What stands alone uses no crate of the house, and none uses it.
ALONE = {"petrel-bench"}
# A library that one crate alone may name.
ONLY_IN = {"fjall": "petrel-store-embedded", "scylla": "petrel-store-cql", "async-nats": "petrel-bus", "clap": "petrel"}
# Where tasks and threads may be started: all of these crates, and single files elsewhere.
SPAWNING_CRATES = {"petrel-jobs", "petrel", "petrel-bench", "petrel-sim"}
# An engine's own writer, and a socket's own task.
SPAWNING_FILES = re.compile(
    r"crates/store-embedded/src/engine\.rs|crates/api/src/.*(streaming|socket)|crates/bus/src/nats/socket\.rs"
)
SPAWN = re.compile(r"\b(?:tokio|task|thread|Builder::new\(\)[^;]*?)(?:::|\.)spawn\s*\(|\bspawn_local\b|\bJoinSet\b")
# Who opens connections to others, names for it, and libraries that do it by themselves.
CONNECTING = re.compile(
    r"\b(?:Tcp(?:Stream|Socket)|UdpSocket|UnixStream|UnixDatagram)::(?:connect|bind|new(?:_v[46])?|unbound|pair)\b"
    r"|\blookup_host\b|\b[Tt]o_?[Ss]ocket_?[Aa]ddrs\b"
    r"|\bhyper(?:_util)?::client\b|\bclient::(?:conn|legacy)\b|\bTlsConnector\b|\bconnect_async\b|\bclient_async\b"
    r"|\b(?:reqwest|ureq|isahc|curl|attohttpc|awc|surf|minreq|hickory_\w+|trust_dns_\w+)\b"
)
CONNECTING_LIBRARIES = re.compile(
    r"reqwest|ureq|isahc|curl|attohttpc|awc|surf|minreq|hickory-.*|trust-dns-.*|lettre|object_store|scylla|async-nats"
    r"|tokio-rustls|tokio-native-tls|native-tls|openssl|aws-.*|rusoto.*"
)
# `outgoing` alone asks whom strangers name. All else here asks whom the operator named, or nobody.
CONNECTING_FILES = {
    "crates/outgoing/src/connect.rs": "the guard itself: what it connects to is checked there",
    "crates/outgoing/src/client.rs": "HTTP on a connection that the guard opened",
    "crates/bench/src/client.rs": "loads the server that its user names; no part of a server",
    "crates/bench/src/streams.rs": "as the one above",
    "crates/petrel/src/control/client.rs": "the control socket in the data folder",
    "crates/petrel/src/http.rs": "looks up the operator's own `listen` to bind it, connects to nobody",
}
CONNECTING_CRATES = {
    ("petrel-outgoing", "tokio-rustls"): "the guard's own TLS",
    ("petrel-store-cql", "scylla"): "the operator's own Cassandra, `store.url`",
    ("petrel-bus", "async-nats"): "the operator's own NATS, `bus.url`",
    ("petrel-social", "lettre"): "the operator's own mail server, `mail.smtp_url`",
    ("petrel-media", "object_store"): "the operator's own object store",
    ("petrel-media", "reqwest"): "not used by name: what `object_store` speaks TLS with",
}
LINES_MAX = 1_000
FUNCTION_LINES_MAX = 70
HANDLER_LINES_MAX = 40


def allowed(user: str, used: str) -> bool:
    """Whether the crate `user` may depend on the crate `used`."""
    if user in ALONE or used in ALONE:
        return False
    if user in ENGINES:
        return used in ENGINES[user]
    return FLOORS[user] > FLOORS[used]


@pytest.mark.parametrize(
    ("user", "used", "may"),
    [
        ("petrel-api", "petrel-social", True),
        ("petrel-social", "petrel-api", False),
        ("petrel-api", "petrel-web", False),
        ("petrel-store-embedded", "petrel-store", True),
        ("petrel-store", "petrel-store-embedded", False),
        ("petrel-store-embedded", "petrel-jobs", False),
        ("petrel-bench", "petrel-model", False),
    ],
)
def test_the_rule_itself(user, used, may):
    assert allowed(user, used) is may


def test_every_crate_has_a_floor():
    unknown = {crate["name"] for crate in crates()} - FLOORS.keys() - ALONE
    assert not unknown, f"give these a floor: {unknown}"


def test_arrows_point_downwards():
    own = {crate["name"] for crate in crates()}
    wrong = [
        f"{crate['name']} uses {dependency['name']} ({dependency['kind'] or 'normal'})"
        for crate in crates()
        for dependency in crate["dependencies"]
        if dependency["name"] in own and not allowed(crate["name"], dependency["name"])
    ]
    assert not wrong, "\n".join(wrong)


def test_libraries_that_one_crate_owns():
    wrong = []
    for crate in crates():
        foreign = {lib for lib, owner in ONLY_IN.items() if owner != crate["name"]} - {
            "clap" if crate["name"] in ALONE else ""
        }
        wrong += [
            f"{crate['name']} depends on {dependency['name']}"
            for dependency in crate["dependencies"]
            if dependency["name"] in foreign
        ]
        wrong += [
            f"{path} names {lib}"
            for path, code in product_sources(crate)
            for lib in foreign
            if re.search(rf"\b{lib}::", code)
        ]
    assert not wrong, "\n".join(wrong)


def test_wire_types_live_on_the_fifth_floor():
    """Below it nothing is serialised to JSON: values are records with numbered fields."""
    wrong = [
        f"{crate['name']} depends on {dependency['name']}"
        for crate in crates()
        if FLOORS.get(crate["name"], 9) < 5
        for dependency in crate["dependencies"]
        if dependency["name"] in {"serde", "serde_json"} and dependency["kind"] is None
    ]
    assert not wrong, "\n".join(wrong)


def test_tasks_are_spawned_where_they_are_supervised():
    wrong = [
        str(path)
        for crate in crates()
        if crate["name"] not in SPAWNING_CRATES
        for path, code in product_sources(crate)
        if SPAWN.search(code) and not SPAWNING_FILES.search(str(path))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("tokio::spawn(async {})", True),
        ("std::thread::spawn(|| ())", True),
        ('std::thread::Builder::new().name("x".into()).spawn(run)', True),
        ("tokio::task::spawn_blocking(hash)", False),
        ("// tokio::spawn(x)", False),
        ("#[cfg(test)]\nmod tests { fn t() { tokio::spawn(x) } }", False),
    ],
)
def test_the_search_for_spawning_itself(code, found):
    assert bool(SPAWN.search(product_code(code))) is found


def test_only_the_guard_connects_to_others():
    """A request to an address that a stranger gave goes through `petrel-outgoing` or not at all."""
    wrong = [
        f"{path}: {found[0]}"
        for crate in crates()
        for path, code in product_sources(crate)
        if str(path) not in CONNECTING_FILES and (found := CONNECTING.search(code))
    ]
    wrong += [
        f"{crate['name']} depends on {dependency['name']}"
        for crate in crates()
        for dependency in crate["dependencies"]
        if CONNECTING_LIBRARIES.fullmatch(dependency["name"])
        and dependency["kind"] != "dev"
        and (crate["name"], dependency["name"]) not in CONNECTING_CRATES
    ]
    assert not wrong, "\n".join(wrong)


def test_the_exceptions_of_the_guard_are_there():
    gone = [path for path in CONNECTING_FILES if not (ROOT / path).exists()]
    assert not gone, f"these need no exception any longer: {gone}"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("TcpStream::connect(address)", True),
        ("tokio::net::TcpSocket::new_v4()", True),
        ("tokio::net::lookup_host((host, 0))", True),
        ("(host, 80).to_socket_addrs()", True),
        ("use hyper_util::client::legacy::Client;", True),
        ("hyper::client::conn::http1::handshake(io)", True),
        ("reqwest::get(url)", True),
        ("use hyper::server::conn::http1;", False),
        ("listener.accept().await: (TcpStream, SocketAddr)", False),
        ("// TcpStream::connect", False),
    ],
)
def test_the_search_for_connections_itself(code, found):
    assert bool(CONNECTING.search(product_code(code))) is found


def test_files_are_short():
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for crate in crates()
        for path in folder(crate).rglob("*.rs")
        if (lines := path.read_text().count("\n")) > LINES_MAX
    ]
    assert not long, "\n".join(long)


def test_nothing_is_left_to_do():
    left = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for crate in crates()
        for path in folder(crate).rglob("*.rs")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX)\b|\btodo!\(|\bunimplemented!\(", line)
    ]
    assert not left, "\n".join(left)


def test_each_dependency_is_justified():
    """A line of comment stands above each third-party dependency, or above its group."""
    bare = []
    for crate in crates():
        section, justified = "", False
        for line in (folder(crate) / "Cargo.toml").read_text().splitlines():
            line = line.strip()
            if line.startswith("["):
                section, justified = line, False
            elif line.startswith("#"):
                justified = True
            elif not line:
                justified = False
            elif "dependencies" in section and not line.startswith("petrel"):
                if not justified and re.match(r"[\w-]+(\.|\s*=)", line):
                    bare.append(f"{crate['name']}: {line}")
    assert not bare, "\n".join(bare)


def functions(text: str):
    """(name, lines) of every function with a body, in sources as rustfmt leaves them."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        found = re.match(r"(\s*)(?:pub(?:\([^)]*\))? )?(?:const )?(?:async )?fn (\w+)", line)
        if not found:
            continue
        for end in range(start, len(lines)):
            if lines[end].startswith(found[1] + "}") and lines[end].strip() == "}":
                yield found[2], end - start + 1
                break
            if lines[end].endswith(";") and lines[end].startswith(found[1] + ")") or end == start and line.endswith(";"):
                break


def test_functions_are_short():
    long = [
        f"{path}: {name} has {lines} lines"
        for crate in crates()
        for path, _ in product_sources(crate)
        for name, lines in functions(re.split(r"^#\[cfg\(test", (ROOT / path).read_text(), flags=re.MULTILINE)[0])
        if lines > (HANDLER_LINES_MAX if "api/src/handlers" in str(path) else FUNCTION_LINES_MAX)
    ]
    assert not long, "\n".join(long)


def test_the_search_for_functions_itself():
    text = "pub async fn a(\n    b: u8,\n) -> u8 {\n    1\n}\n\ntrait T {\n    fn c(\n        &self,\n    ) -> u8;\n    fn d();\n}\n"
    assert list(functions(text)) == [("a", 5)]
