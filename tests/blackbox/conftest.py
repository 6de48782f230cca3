import pathlib

import pytest
from harness.server import Server
from harness.world import World, build


@pytest.fixture
def server(tmp_path: pathlib.Path):
    """A fresh server of its own for one test."""
    with Server(tmp_path / "data") as server:
        yield server


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """One server for all tests of a file."""
    with Server(tmp_path_factory.mktemp("petrel") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def world(shared_server) -> World:
    return build(shared_server.url)
