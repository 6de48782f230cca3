"""What Cassandra nodes and NATS servers have in common: they can be killed, frozen and brought back."""

import pathlib
import time

from .errors import ClusterError
from .process import Process

READY_TIMEOUT_S = 150
POLL_S = 0.1
LOG_TAIL_LINES = 15


class Node:
    """One server on an address of its own. `kind`, `command` and `is_ready` are the subclass's."""

    kind = ""

    def __init__(self, number: int, address: str, data: pathlib.Path, state: pathlib.Path):
        self.number = number
        self.address = address
        self.name = f"{self.kind} {address}"
        self.folder = data / f"{self.kind}-{number}"
        self.log = self.folder / "log"
        self.process = Process(state / f"{self.kind}-{number}.json")

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether it answers its clients now."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts it on the data that it has; `wait_ready` tells when it answers."""
        if self.process.pid() is not None:
            raise ClusterError(f"{self.name} runs already ({self.process.state()})")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process.start(self.command(), self.folder, self.log)

    def kill(self) -> None:
        """`kill -9`, and waits until it is gone. Nothing happens if it is dead already."""
        self.process.kill()

    def freeze(self) -> None:
        """SIGSTOP: its sockets stay open and nothing answers. Returns when it stands still."""
        if not self.process.freeze():
            raise ClusterError(f"{self.name} cannot be frozen: it is dead")

    def thaw(self) -> None:
        """SIGCONT. `wait_ready` tells when it answers again."""
        if not self.process.thaw():
            raise ClusterError(f"{self.name} cannot be thawed: it is dead")

    def state(self) -> str:
        """dead, or frozen or running with its process id."""
        return self.process.state()

    def wait_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Returns when it answers; raises at once if it has ended."""
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            if self.process.pid() is None:
                raise ClusterError(f"{self.name} ended by itself. The end of its log:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"{self.name} does not answer after {timeout_s:.0f} s: is the machine busy? "
                    f"The end of its log:\n{self.log_tail()}"
                )
            time.sleep(POLL_S)

    def log_tail(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return f"(no log at {self.log})"
        return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:])
