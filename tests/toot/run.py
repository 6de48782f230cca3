"""Runs toot's own integration tests against the real binary.

expected_failures.txt lists the tests that are not expected to pass yet. A test that newly fails
or newly passes makes the run fail, and so does a reason that may not be given.

`run.py --nodes 3` does the same against a cluster, each request going to the next node in turn;
uploaded files are on one S3 server.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "cluster"), str(ROOT)]

from deploy.cluster.alone import alone  # noqa: E402  (the path is set above)
from harness.server import Server, environment  # noqa: E402

TOOT = ROOT / ".venv" / "toot-0.52.1"
# Some of toot's tests name http://localhost:3000.
PORT = 3000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=0, help="so many nodes on the test cluster, instead of one embedded server")
    parser.add_argument("--base", default="127.0.0.1", help="first address of the test cluster (default %(default)s)")
    given = parser.parse_args()
    waits = f"toot: another run of these tests uses port {PORT}"
    with alone(f"port-{PORT}", waits), tempfile.TemporaryDirectory(prefix="petrel-toot-") as folder:
        home = pathlib.Path(folder)
        return against_nodes(home, given.nodes, given.base) if given.nodes else against_one(home)


def against_one(home: pathlib.Path) -> int:
    with Server(home / "data", PORT) as server:
        return run_tests(server.url, home)


def against_nodes(home: pathlib.Path, count: int, base: str) -> int:
    from harness.nodes import Nodes
    from harness.s3 import s3_server, variables
    from proof.proxy import RoundRobin
    from proof.setting import endpoints

    with s3_server(home / "s3.log") as s3, Nodes(
        home, count, endpoints(base), public_url=f"http://localhost:{PORT}", variables=variables(s3)
    ) as nodes:
        with RoundRobin([node.url for node in nodes], PORT) as door:
            code = run_tests(door.url, home)
        print("requests by node: " + ", ".join(map(str, door.counts.values())))
        return code


def run_tests(url: str, home: pathlib.Path) -> int:
    own = {
        "TOOT_TEST_BASE_URL": url,
        # toot keeps what it knows in the user's folders; it gets folders of its own.
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        **{name: value for name, value in os.environ.items() if name == "PETREL_RECORD"},
    }
    tests = [
        sys.executable, "-m", "pytest", "-q", "-p", "expected", "-p", "names", "-p", "harness.recording", "-p", "no:cacheprovider",
        "--tb=short", "--disable-warnings", "tests/integration",
    ]
    return subprocess.run(tests, cwd=TOOT, env=environment() | own, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
