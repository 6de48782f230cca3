"""All six processes together, and where they are remembered."""

import contextlib
import fcntl
import ipaddress
import json
import os
import pathlib
import shutil
import tempfile
import time

from . import library, needs
from .cassandra import Cassandra
from .errors import ClusterError
from .nats import Nats
from .node import READY_TIMEOUT_S, Node
from .progress import Progress

NODES = 3
POLL_S = 0.2
BASE = "127.0.0.1"


class Cluster:
    """Three Cassandra nodes and three NATS servers on consecutive addresses, the first being `base`."""

    def __init__(self, base: str, data: pathlib.Path, state: pathlib.Path):
        self.base = base
        self.data = data
        self.state = state
        self.addresses = addresses(base)
        numbers = range(1, NODES + 1)
        self.cassandra = [Cassandra(number, self.addresses, data, state) for number in numbers]
        self.nats = [Nats(number, self.addresses, data, state) for number in numbers]

    @property
    def nodes(self) -> list[Node]:
        return [*self.cassandra, *self.nats]

    @property
    def store(self) -> str:
        return "cql://" + ",".join(self.addresses)

    @property
    def bus(self) -> str:
        return "nats://" + ",".join(self.addresses)

    @property
    def options(self) -> str:
        """What `petrel serve` is told to use this cluster."""
        return f"--store {self.store} --bus {self.bus}"

    @staticmethod
    def find(base: str = BASE) -> "Cluster | None":
        """The cluster that an earlier `up` left, whatever became of its processes."""
        folder = state_root() / base
        try:
            kept = json.loads((folder / "cluster.json").read_text())
        except (OSError, ValueError):
            return None
        return Cluster(base, pathlib.Path(kept["data"]), folder)

    @staticmethod
    def load(base: str = BASE) -> "Cluster":
        """The cluster that is up; raises when there is none."""
        cluster = Cluster.find(base)
        if cluster is None:
            raise ClusterError(f"no cluster is up on {base}: `make cluster-up` brings it up")
        return cluster

    @staticmethod
    def up(base: str = BASE) -> "Cluster":
        """Brings it up, or whatever of it is dead or frozen; returns when all answer and see each other."""
        with locked(base):
            progress = Progress()
            cluster = Cluster.find(base)
            if cluster is not None and cluster._runs() and cluster.data.is_dir():
                healed = cluster.heal()
                progress.done(f"up again; was dead or frozen: {', '.join(healed)}" if healed else "it is up already")
                return cluster
            if cluster is not None:
                cluster._end()
            return Cluster._fresh(base, progress)

    @staticmethod
    def down(base: str = BASE) -> int:
        """Ends its processes, each by its id, and removes its data; how many were ended."""
        with locked(base):
            cluster = Cluster.find(base)
            return cluster._end() if cluster else 0

    @staticmethod
    def _fresh(base: str, progress: Progress) -> "Cluster":
        progress.doing("looking at ports, memory and Java")
        needs.check(addresses(base))
        progress.doing(f"fetching Cassandra {library.VERSION}")
        library.folder()
        state = state_root() / base
        state.mkdir(exist_ok=True)
        cluster = Cluster(base, pathlib.Path(tempfile.mkdtemp(prefix="petrel-cluster-")), state)
        (state / "cluster.json").write_text(json.dumps({"data": str(cluster.data)}))
        try:
            cluster._start_all(progress)
        except BaseException:
            cluster._end()
            raise
        return cluster

    def wait_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Returns when every node answers and knows all others to be up."""
        deadline = time.monotonic() + timeout_s
        for node in self.nodes:
            node.wait_ready(max(deadline - time.monotonic(), 1))
        while blind := [node.name for node in self.nodes if not node.sees_all()]:
            if time.monotonic() > deadline:
                raise ClusterError(f"after {timeout_s:.0f} s these do not see all others: {', '.join(blind)}")
            time.sleep(POLL_S)

    def heal(self) -> list[str]:
        """Starts what is dead, thaws what is frozen, waits until all is well; the names of those."""
        healed = [node.name for node in self.nodes if not node.state().startswith("running")]
        for node in self.nodes:
            if node.process.pid() is None:
                node.start()
            else:
                node.thaw()
        self.wait_ready()
        return healed

    def _start_all(self, progress: Progress) -> None:
        for server in self.nats:
            server.start()
        self._start_cassandra(self.cassandra[:1], progress)
        self._start_cassandra(self.cassandra[1:], progress)
        progress.doing("waiting until all see each other")
        self.wait_ready()
        progress.done(f"{len(self.cassandra)} Cassandra nodes and {len(self.nats)} NATS servers see each other")

    def _start_cassandra(self, nodes: list[Cassandra], progress: Progress) -> None:
        for node in nodes:
            node.start()
        for node in nodes:
            progress.doing(f"{node.name} starts")
            node.wait_ready()
            progress.done(f"{node.name} answers")

    def _runs(self) -> bool:
        return any(node.process.pid() for node in self.nodes)

    def _end(self) -> int:
        ended = sum(node.process.kill() for node in self.nodes)
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)
        return ended


def addresses(base: str) -> list[str]:
    """The three addresses from `base` on, all on loopback: nothing here is ever seen from outside."""
    try:
        first = ipaddress.IPv4Address(base)
    except ValueError:
        raise ClusterError(f"`{base}` is no IPv4 address; give one such as 127.0.0.11") from None
    if not (first.is_loopback and (first + NODES - 1).is_loopback):
        raise ClusterError(f"{base} is no loopback address; give one such as 127.0.0.11")
    return [str(first + place) for place in range(NODES)]


def state_root() -> pathlib.Path:
    """The folder in which clusters are remembered: this user's alone."""
    root = pathlib.Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp") / f"petrel-cluster-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        root.mkdir(mode=0o700)
    found = root.lstat()
    if root.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise ClusterError(f"{root} is not this user's alone: remove it, and try again")
    return root


@contextlib.contextmanager
def locked(base: str):
    """One `up` or `down` at a time."""
    addresses(base)
    with (state_root() / f"{base}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
