"""Several petrel processes on one cluster: a fresh keyspace, and a data folder and a port for each node."""

import concurrent.futures
import contextlib
import json
import pathlib
import secrets
import signal
import subprocess
from dataclasses import dataclass, field

import requests
from harness.client import PASSWORD, SCOPES, Client
from harness.cql import drop_keyspaces
from harness.server import Server, binary, command_json, environment, free_port

STORE_HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
BUS_PORT = 4222
BUS_HOSTS = tuple(f"{host}:{BUS_PORT}" for host in STORE_HOSTS)
CONDITIONAL_SUFFIX = "_cas"
CLOCK_VARIABLE = "PETREL_TEST_CLOCK_OFFSET_MS"
COMMAND_TIMEOUT_S = 120
READY_TIMEOUT_S = 180


@dataclass(frozen=True)
class Endpoints:
    """Where the engine and the bus of the test cluster are reached."""

    store_hosts: tuple[str, ...] = STORE_HOSTS
    bus_hosts: tuple[str, ...] = BUS_HOSTS

    def store(self, keyspace: str) -> str:
        return f"cql://{','.join(self.store_hosts)}/{keyspace}"

    @property
    def bus(self) -> str | None:
        return f"nats://{','.join(self.bus_hosts)}" if self.bus_hosts else None


def endpoints_of(cluster) -> Endpoints:
    """Of a test cluster with its addresses, each of which has an engine node and a bus server."""
    return Endpoints(tuple(cluster.addresses), tuple(f"{address}:{BUS_PORT}" for address in cluster.addresses))


@dataclass(frozen=True)
class Person:
    """An account with a token that is good on every node."""

    name: str
    id: str
    token: str

    def on(self, node: "Node") -> Client:
        return Client(node.url, self.token, self.name, self.id)


class Node(Server):
    """One petrel process of a cluster. Named by its place in `Nodes`, not by its node number."""

    def __init__(
        self, data: pathlib.Path, arguments, *, public_url: str, dev: bool, clock_offset_ms: int = 0, variables=None
    ):
        super().__init__(data, free_port(), dev=dev, arguments=arguments, public_url=public_url, variables=dict(variables or {}))
        self.url = f"http://127.0.0.1:{self.port}"
        self.clock_offset_ms = clock_offset_ms
        # The first one makes the schema.
        self.ready_timeout_s = READY_TIMEOUT_S

    def start(self, *, prefix=()) -> "Node":
        self.variables.pop(CLOCK_VARIABLE, None)
        if self.clock_offset_ms:
            self.variables[CLOCK_VARIABLE] = str(self.clock_offset_ms)
        super().start(prefix=prefix)
        return self

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def status(self) -> dict:
        """What `petrel status --json` says, through the control socket."""
        return command_json("status", data=self.data)

    def health(self) -> requests.Response:
        return requests.get(f"{self.url}/health", timeout=5)

    def complaints_of(self, piece: str) -> list[str]:
        """Warnings and errors of the log with this in them."""
        return [line for line in self.log().splitlines() if piece in line and (" WARN " in line or " ERROR " in line)]

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


@dataclass
class Nodes:
    """`with Nodes(folder) as nodes:` starts them all, and ends with their processes and keyspaces gone."""

    folder: pathlib.Path
    count: int = 3
    endpoints: Endpoints = field(default_factory=Endpoints)
    bus: bool = True
    dev: bool = True
    # Of the single nodes' wall clocks, in milliseconds.
    clock_offsets_ms: tuple[int, ...] = ()
    public_url: str | None = None
    # More arguments of `petrel serve`.
    arguments: tuple[str, ...] = ()
    # Of each node's environment. Uploaded files are in a folder that all share, if it names no other place.
    variables: dict[str, str] = field(default_factory=dict)
    keyspace: str = field(default_factory=lambda: f"petrel_test_{secrets.token_hex(5)}")
    nodes: list[Node] = field(default_factory=list)

    def __enter__(self) -> "Nodes":
        self.make()
        try:
            self.start_all()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, error, *_):
        if error is not None:
            print(self.logs())
        self.end()

    def __getitem__(self, place: int) -> Node:
        return self.nodes[place]

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self):
        return iter(self.nodes)

    def __post_init__(self):
        self.variables = {"PETREL_MEDIA_FOLDER": str(self.folder / "files")} | self.variables

    @property
    def store_url(self) -> str:
        return self.endpoints.store(self.keyspace)

    @property
    def options(self) -> list[str]:
        """What brings any petrel command to this cluster."""
        bus = ["--bus", self.endpoints.bus] if self.bus and self.endpoints.bus else []
        return ["--store", self.store_url, *bus]

    def make(self):
        """The nodes, not yet started."""
        for place in range(self.count):
            offset = self.clock_offsets_ms[place] if place < len(self.clock_offsets_ms) else 0
            self.add(offset)

    def add(self, clock_offset_ms: int = 0) -> Node:
        """One more node, not yet started."""
        self.public_url = self.public_url or "http://petrel.test:3000"
        node = Node(
            self.folder / f"node{len(self.nodes)}",
            [*self.options, *self.arguments],
            public_url=self.public_url,
            dev=self.dev,
            clock_offset_ms=clock_offset_ms,
            variables=self.variables,
        )
        self.nodes.append(node)
        return node

    def start_all(self):
        """All that do not run, at once."""
        idle = [node for node in self.nodes if not node.is_running]
        with concurrent.futures.ThreadPoolExecutor(max(len(idle), 1)) as pool:
            started = [pool.submit(node.start) for node in idle]
            for future in started:
                future.result()

    def end(self):
        """No process and no keyspace is left."""
        for node in self.nodes:
            if node.process and node.is_running:
                with contextlib.suppress(Exception):
                    node.go_on()
                node.kill()
        drop_keyspaces(self.endpoints.store_hosts[0], self.keyspace, self.keyspace + CONDITIONAL_SUFFIX)

    def stop_all(self) -> list[int]:
        """SIGTERM to all at once; their exit codes."""
        running = [node for node in self.nodes if node.is_running]
        with concurrent.futures.ThreadPoolExecutor(max(len(running), 1)) as pool:
            return list(pool.map(Node.stop, running))

    def person(self, name: str, node: Node | None = None, *more: str) -> Person:
        """A new account, made by the node's operator."""
        node = node or next(node for node in self.nodes if node.is_running)
        token = f"token-of-{name}-{secrets.token_hex(8)}"
        made = command_json(
            "account", "create", name, "--email", f"{name}@example.com", "--password", PASSWORD,
            "--token", token, "--scopes", SCOPES, *more, data=node.data,
        )  # fmt: skip
        return Person(name, made["id"], token)

    def command(self, *arguments, folder: str = "operator", check: bool = True) -> subprocess.CompletedProcess:
        """A petrel command on this cluster that has no server in its data folder: a short-lived node."""
        data = self.folder / folder
        done = subprocess.run(
            [binary(), *map(str, arguments), "--data", str(data), *self.options],
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            cwd=self.folder,
            env=environment(),
        )
        if check and done.returncode != 0:
            raise AssertionError(f"petrel {arguments} failed:\n{done.stdout}\n{done.stderr}")
        return done

    def command_json(self, *arguments, folder: str = "operator"):
        return json.loads(self.command(*arguments, "--json", folder=folder).stdout)

    def logs(self) -> str:
        return "\n".join(f"--- node {place}\n{node.log()}" for place, node in enumerate(self.nodes))
