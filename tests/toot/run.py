"""Runs toot's own integration tests against the real binary.

expected_failures.txt lists the tests that are not expected to pass yet. A test that newly fails
or newly passes makes the run fail, and so does a reason that may not be given.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from harness.server import Server, environment  # noqa: E402  (the path is set above)

TOOT = ROOT / ".venv" / "toot-0.52.1"
# Some of toot's tests name http://localhost:3000.
PORT = 3000


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="petrel-toot-") as folder:
        home = pathlib.Path(folder)
        with Server(home / "data", PORT) as server:
            return run_tests(server.url, home)


def run_tests(url: str, home: pathlib.Path) -> int:
    own = {
        "TOOT_TEST_BASE_URL": url,
        # toot keeps what it knows in the user's folders; it gets folders of its own.
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(HERE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    tests = [
        sys.executable, "-m", "pytest", "-q", "-p", "expected", "-p", "no:cacheprovider",
        "--tb=short", "--disable-warnings", "tests/integration",
    ]
    return subprocess.run(tests, cwd=TOOT, env=environment() | own, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
