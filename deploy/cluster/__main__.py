"""The command line. Ends with 0 if all is well, 3 if the machine lacks what it takes, 1 for other failures."""

import argparse
import signal
import sys

from . import run, tools
from .cluster import BASE, Cluster
from .errors import ClusterError, Missing

FAILED, MISSING, INTERRUPTED = 1, 3, 130


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy.cluster", description="Cassandra and NATS for tests, on loopback.")
    parser.add_argument("--base", default=BASE, help="first of three loopback addresses (default %(default)s)")
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, function, about in (
        ("up", up, "bring it up; the last line of the output is what a node is told"),
        ("down", down, "end its processes and remove its data"),
        ("status", status, "which of its processes live"),
        ("tools", has_tools, "whether Java and Maven are there"),
    ):
        commands.add_parser(name, help=about).set_defaults(function=function)
    running = commands.add_parser("run", help="run a command with the cluster, as tests want it")
    running.add_argument("words", nargs=argparse.REMAINDER, metavar="command")
    running.set_defaults(function=lambda given: run.run(given.base, given.words))
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return given.function(given)
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return MISSING if isinstance(error, Missing) else FAILED
    except KeyboardInterrupt:
        print("cluster: interrupted; what was started for this is ended", file=sys.stderr)
        return INTERRUPTED


def up(given) -> int:
    cluster = Cluster.up(given.base)
    print(cluster.options, flush=True)
    return 0


def down(given) -> int:
    ended = Cluster.down(given.base)
    print(f"cluster: {ended} processes ended, data removed" if ended else "cluster: nothing was up", file=sys.stderr)
    return 0


def status(given) -> int:
    cluster = Cluster.find(given.base)
    if cluster is None:
        print("cluster: not up; `make cluster-up` brings it up", file=sys.stderr)
        return FAILED
    for node in cluster.nodes:
        print(f"{node.name}  {node.state()}")
    print(cluster.options)
    return 0


def has_tools(_given) -> int:
    tools.java()
    tools.maven()
    return 0


if __name__ == "__main__":
    sys.exit(main())
