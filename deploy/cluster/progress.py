"""How far it is: one line that changes on a terminal, plain lines elsewhere. On stderr always."""

import sys
import time


class Progress:
    def __init__(self):
        self._start = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def doing(self, what: str) -> None:
        """Shown on a terminal only, until the next line."""
        if self._terminal:
            print(f"\r\033[K{self._seconds():3.0f} s  {what} …", end="", file=sys.stderr, flush=True)

    def done(self, what: str) -> None:
        start = "\r\033[K" if self._terminal else ""
        print(f"{start}cluster: {what} ({self._seconds():.0f} s)", file=sys.stderr, flush=True)

    def _seconds(self) -> float:
        return time.monotonic() - self._start
