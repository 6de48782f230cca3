import pytest
from harness.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for all tests of a file: they follow one another through a day."""
    with Server(tmp_path_factory.mktemp("petrel") / "data") as server:
        yield server
