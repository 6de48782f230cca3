"""The command line: up, down, status."""

import argparse
import sys

from .cluster import Cluster
from .errors import ClusterError

DEFAULT_BASE = "127.0.0.1"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="deploy.cluster", description="Cassandra and NATS for tests, on loopback.")
    arguments.add_argument("command", choices=["up", "down", "status"])
    arguments.add_argument("--base", default=DEFAULT_BASE, help="first of three loopback addresses (default %(default)s)")
    given = arguments.parse_args()
    try:
        return {"up": up, "down": down, "status": status}[given.command](given.base)
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("cluster: interrupted; what was started is ended", file=sys.stderr)
        return 130


def up(base: str) -> int:
    cluster = Cluster.up(base)
    print(cluster.options, flush=True)
    return 0


def down(base: str) -> int:
    ended = Cluster.down(base)
    print(f"cluster: {ended} processes ended, data removed" if ended else "cluster: nothing was up", file=sys.stderr)
    return 0


def status(base: str) -> int:
    cluster = Cluster.find(base)
    if cluster is None:
        print("cluster: not up; `make cluster-up` brings it up", file=sys.stderr)
        return 1
    for node in cluster.nodes:
        print(f"{node.name}  {node.state()}")
    print(cluster.options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
