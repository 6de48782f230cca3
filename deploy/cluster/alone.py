"""One run at a time of what others would be in the way of."""

import contextlib
import fcntl
import sys

from .cluster import state_root


@contextlib.contextmanager
def alone(what: str, waits: str):
    """Of this user's runs that name the same `what`, the others wait, and say `waits`."""
    with (state_root() / f"{what}.run").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{waits}; waiting for its end", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
