"""Waiting for a condition."""

import time


def wait_until(what, timeout_s: float, why: str = "", *, step_s: float = 0.05):
    """Polls until `what()` is true, and gives that; fails after the time, and says why it should have been."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {why or what}")
        time.sleep(step_s)
