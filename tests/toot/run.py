"""Runs toot's own integration tests against the real binary, and compares with what is expected.

The file beside this one lists the tests that are not expected to pass yet. A test that newly
fails or newly passes makes the run fail, and so does a reason that may not be given.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from harness.server import Server  # noqa: E402  (the path is set above)

TOOT = ROOT / ".venv" / "toot-0.52.1"
# Some of toot's tests name http://localhost:3000.
PORT = 3000
TESTS_MIN = 100
REASONS = {"media", "polls", "lists", "scheduled statuses", "featured tags", "followed tags"}


def main() -> int:
    expected = read_expected(HERE / "expected_failures.txt")
    with tempfile.TemporaryDirectory(prefix="petrel-toot-") as folder:
        report = pathlib.Path(folder) / "report.xml"
        with Server(pathlib.Path(folder) / "data", PORT) as server:
            run_tests(server.url, report, pathlib.Path(folder))
        outcomes = read_report(report)
    problems = compare(outcomes, expected)
    failed = sum(not passed for passed in outcomes.values())
    print(f"toot: {len(outcomes)} tests, {len(outcomes) - failed} passed, {failed} failed, {len(expected)} expected to fail")
    for problem in problems:
        print(f"toot: {problem}")
    return 1 if problems else 0


def read_expected(path: pathlib.Path) -> dict[str, str]:
    """Test id → reason."""
    expected = {}
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        test, separator, reason = line.partition(" — ")
        if not separator or reason not in REASONS:
            raise SystemExit(f"{path.name}: a reason must be one of {sorted(REASONS)}: {line}")
        expected[test] = reason
    return expected


def run_tests(url: str, report: pathlib.Path, home: pathlib.Path):
    environment = {
        **os.environ,
        "TOOT_TEST_BASE_URL": url,
        # toot keeps what it knows in the user's folders; it gets folders of its own.
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short",
            "-o", "junit_family=xunit1", f"--junitxml={report}", "tests/integration",
        ],
        cwd=TOOT,
        env=environment,
        check=False,
    )


def read_report(path: pathlib.Path) -> dict[str, bool]:
    """Test id → whether it passed. A skipped test did not pass."""
    if not path.exists():
        raise SystemExit("toot's tests did not run to their end")
    outcomes = {}
    for case in xml.parse(path).iter("testcase"):
        bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
        test = f"{case.get('file')}::{case.get('name')}"
        outcomes[test] = outcomes.get(test, True) and not bad
    return outcomes


def compare(outcomes: dict[str, bool], expected: dict[str, str]) -> list[str]:
    problems = []
    if len(outcomes) < TESTS_MIN:
        problems.append(f"only {len(outcomes)} tests ran, at least {TESTS_MIN} must")
    for test, passed in sorted(outcomes.items()):
        if passed and test in expected:
            problems.append(f"newly passes, take it out of expected_failures.txt: {test}")
        if not passed and test not in expected:
            problems.append(f"newly fails: {test}")
    problems += [f"is listed but did not run: {test}" for test in sorted(expected.keys() - outcomes.keys())]
    return problems


if __name__ == "__main__":
    sys.exit(main())
