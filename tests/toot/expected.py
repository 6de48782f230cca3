"""A plugin for pytest: marks the tests of expected_failures.txt, so that one that passes fails the run."""

import pathlib

import pytest

LIST = pathlib.Path(__file__).resolve().parent / "expected_failures.txt"
REASONS = {"media", "polls", "lists", "scheduled statuses", "featured tags", "followed tags"}
TESTS_MIN = 114


def read() -> dict[str, str]:
    """Test id → why it is not expected to pass."""
    expected = {}
    for line in LIST.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        test, separator, reason = line.partition(" — ")
        if not separator or reason not in REASONS:
            raise pytest.UsageError(f"{LIST.name}: a reason must be one of {sorted(REASONS)}: {line}")
        expected[test] = reason
    return expected


def pytest_collection_modifyitems(items):
    expected = read()
    if len(items) < TESTS_MIN:
        raise pytest.UsageError(f"only {len(items)} of toot's tests were found, at least {TESTS_MIN} must be")
    unknown = expected.keys() - {item.nodeid for item in items}
    if unknown:
        raise pytest.UsageError(f"{LIST.name} names tests that are not there: {sorted(unknown)}")
    for item in items:
        if item.nodeid in expected:
            item.add_marker(pytest.mark.xfail(reason=expected[item.nodeid], strict=True))


def pytest_runtest_makereport(item, call):
    # A test that is skipped says nothing: it must not look like one that passed.
    if call.excinfo and call.excinfo.errisinstance(pytest.skip.Exception):
        raise pytest.UsageError(f"{item.nodeid} was skipped")
