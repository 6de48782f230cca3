"""Runs a command with the cluster: brought up for it if it is not up, and then taken down after it."""

import os
import subprocess
import sys

from .alone import alone
from .cluster import Cluster
from .errors import Missing
from .nats import server

# Where these are "true" and "1", a machine on which no cluster can be had is a failure.
CI, REQUIRED = "CI", "PETREL_REQUIRE_CLUSTER"
# Tells the command why there is no cluster.
NO_CLUSTER = "PETREL_NO_CLUSTER"


def run(base: str, command: list[str]) -> int:
    """The command's exit code."""
    # Tests kill what others would be using.
    with alone(base, f"cluster: another run uses {base}"):
        stays = Cluster.find(base) is not None
        try:
            cluster = Cluster.up(base)
        except Missing as missing:
            if os.environ.get(CI) == "true" or os.environ.get(REQUIRED) == "1":
                raise
            return without(command, str(missing))
        try:
            return subprocess.run(command, env=os.environ | environment(cluster)).returncode
        finally:
            if not stays:
                Cluster.down(base)


def environment(cluster: Cluster) -> dict[str, str]:
    """What tests read. With a cluster there, none of them may be left out."""
    return {
        "PETREL_TEST_CQL": cluster.store,
        "PETREL_TEST_NATS": cluster.bus,
        "PETREL_NATS_SERVER": str(server()),
        "PETREL_CLUSTER_BASE": cluster.base,
        REQUIRED: "1",
    }


def without(command: list[str], why: str) -> int:
    """The same command, which leaves out what needs a cluster; said before and after."""
    shout(why)
    code = subprocess.run(command, env=os.environ | {NO_CLUSTER: why.splitlines()[0]}).returncode
    shout(why)
    return code


def shout(why: str) -> None:
    print(f"\n!!! THE TESTS ON A CLUSTER ARE LEFT OUT: {why}\n", file=sys.stderr, flush=True)
