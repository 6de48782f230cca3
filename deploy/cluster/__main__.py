"""The command line: up, down, status; and `tools`, whether Java and Maven are there.

Ends with 0 if all is well, 3 if the machine lacks what it takes, 1 for any other failure.
"""

import argparse
import sys

from . import tools
from .cluster import BASE, Cluster
from .errors import ClusterError, Missing

FAILED, MISSING, INTERRUPTED = 1, 3, 130


def main() -> int:
    arguments = argparse.ArgumentParser(prog="deploy.cluster", description="Cassandra and NATS for tests, on loopback.")
    arguments.add_argument("command", choices=["up", "down", "status", "tools"])
    arguments.add_argument("--base", default=BASE, help="first of three loopback addresses (default %(default)s)")
    given = arguments.parse_args()
    try:
        return {"up": up, "down": down, "status": status, "tools": has_tools}[given.command](given.base)
    except Missing as error:
        print(f"cluster: {error}", file=sys.stderr)
        return MISSING
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("cluster: interrupted; what was started is ended", file=sys.stderr)
        return INTERRUPTED


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
        return FAILED
    for node in cluster.nodes:
        print(f"{node.name}  {node.state()}")
    print(cluster.options)
    return 0


def has_tools(_base: str) -> int:
    tools.java()
    tools.maven()
    return 0


if __name__ == "__main__":
    sys.exit(main())
