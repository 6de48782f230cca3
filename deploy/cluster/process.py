"""One process, known by its id and the moment it began, so that no other is ever signalled."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

SIGNAL_TIMEOUT_S = 20
POLL_S = 0.02


def began(pid: int) -> str | None:
    """When the process began, in clock ticks since boot; None if it is gone or a zombie."""
    with contextlib.suppress(OSError):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    return None


def is_stopped(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    return False


class Process:
    """A process whose id is kept in a file, so that a later run of this program finds it again."""

    def __init__(self, pid_file: pathlib.Path):
        self.pid_file = pid_file
        self._child: subprocess.Popen | None = None

    def start(self, command: list[str], folder: pathlib.Path, log: pathlib.Path) -> None:
        """Starts it in a session of its own: a Ctrl-C at the terminal does not reach it."""
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        pid = self._child.pid
        text = json.dumps({"pid": pid, "began": began(pid)})
        beside = self.pid_file.with_suffix(".new")
        beside.write_text(text)
        beside.replace(self.pid_file)

    def pid(self) -> int | None:
        """Its id while it lives."""
        if self._child is not None:
            self._child.poll()  # A child that ended is a zombie until asked.
        try:
            kept = json.loads(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return kept["pid"] if kept["began"] is not None and began(kept["pid"]) == kept["began"] else None

    def state(self) -> str:
        pid = self.pid()
        if pid is None:
            return "dead"
        return f"{'frozen' if is_stopped(pid) else 'running'} (pid {pid})"

    def signal(self, number: int) -> bool:
        """Sends the signal to this process and surely to no other; False if it is gone."""
        pid = self.pid()
        if pid is None:
            return False
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        try:
            # Looked at again: the handle may have been opened on the id's next owner.
            if self.pid() != pid:
                return False
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True

    def kill(self) -> bool:
        """Like `kill -9`; returns when it is gone, and whether it was there."""
        return self.signal(signal.SIGKILL) and self._wait("end", lambda: self.pid() is None)

    def freeze(self) -> bool:
        """Returns when it stands still, or False if it is gone."""
        return self.signal(signal.SIGSTOP) and self._wait("stop", lambda: is_stopped(self.pid() or 0))

    def thaw(self) -> bool:
        return self.signal(signal.SIGCONT)

    def _wait(self, what: str, holds) -> bool:
        deadline = time.monotonic() + SIGNAL_TIMEOUT_S
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid()} does not {what}")
            time.sleep(POLL_S)
        return True
