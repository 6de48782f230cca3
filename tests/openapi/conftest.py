import pathlib

import pytest
from harness.server import Server


@pytest.fixture
def server(tmp_path: pathlib.Path):
    """A fresh server of its own for one test."""
    with Server(tmp_path / "data") as server:
        yield server
