import os

import pytest
from deploy.cluster import Cluster
from deploy.cluster.cluster import BASE
from harness.nodes import Person

# A test that asks for one of these runs on real machines.
ON_MACHINES = {"cluster", "system"}


@pytest.fixture(scope="session")
def cluster():
    """The machines that `deploy.cluster run` or `make cluster-up` brought up; whole again afterwards."""
    cluster = Cluster.load(os.environ.get("PETREL_CLUSTER_BASE") or BASE)
    yield cluster
    cluster.heal()


@pytest.fixture(scope="module")
def ann(nodes) -> Person:
    return nodes.person("ann", nodes[0])


@pytest.fixture(scope="module")
def ben(nodes) -> Person:
    return nodes.person("ben", nodes[1])


def pytest_collection_modifyitems(items):
    """Where no cluster can be had, `deploy.cluster run` says why, and what needs one is left out."""
    if why := os.environ.get("PETREL_NO_CLUSTER"):
        for item in items:
            if ON_MACHINES & set(item.fixturenames):
                item.add_marker(pytest.mark.skip(reason=f"no cluster: {why}"))
