"""Where the proof takes place: the test cluster's machines, and Petrel's nodes on them."""

import pathlib
from contextlib import contextmanager

from deploy.cluster.cluster import Cluster, addresses
from harness.nodes import Endpoints, Nodes

from .system import System

NODES = 3
BUS_PORT = 4222


def endpoints(base: str) -> Endpoints:
    """Of the machines on this address and the two after it."""
    return Endpoints(tuple(addresses(base)), tuple(f"{address}:{BUS_PORT}" for address in addresses(base)))


@contextmanager
def running(machines: Cluster, folder: pathlib.Path):
    """Three nodes in a keyspace of their own; no process and no keyspace is left."""
    with Nodes(folder, NODES, endpoints(machines.base)) as nodes:
        yield System(nodes.nodes, machines.cassandra, machines.nats, check=lambda: _check(nodes), base=machines.base)


def _check(nodes: Nodes) -> tuple[int, str]:
    done = nodes.command("check", check=False)
    return done.returncode, done.stdout + done.stderr
