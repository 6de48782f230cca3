"""The petrel binary as a process of its own."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 60
# Longer than all together that a server waits for when it is told to stop, which is about 22 s.
STOP_TIMEOUT_S = 30
# All that this process has drawn: who drew one may not listen on it yet.
_drawn_ports: set[int] = set()


def binary() -> pathlib.Path:
    """The binary that `make test` built: the profile of all tests."""
    named = os.environ.get("PETREL_BIN")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = pathlib.Path(named) if named else target / "ci" / "petrel"
    if not path.exists():
        raise SystemExit(f"{path} is not there: run `make test`, or name a binary by PETREL_BIN")
    return path.resolve()


def free_port() -> int:
    """A port that is free and was not given to anyone else in this process."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _drawn_ports:
            _drawn_ports.add(port)
            return port


def environment() -> dict[str, str]:
    """Without what configures a petrel, so that tests mean the same everywhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PETREL_")}


def command(*arguments, data: pathlib.Path, timeout_s: float = 120, check: bool = True):
    """Runs one petrel command on the data folder and gives the finished process."""
    done = subprocess.run(
        [binary(), *map(str, arguments), "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=data.parent,
        env=environment(),
    )
    if check and done.returncode != 0:
        raise AssertionError(f"petrel {arguments} failed:\n{done.stdout}\n{done.stderr}")
    return done


def command_json(*arguments, data: pathlib.Path):
    return json.loads(command(*arguments, "--json", data=data).stdout)


class Server:
    """`petrel serve --dev` on a data folder. Its log goes to a file beside that folder."""

    def __init__(
        self, data: pathlib.Path, port: int | None = None, *, dev: bool = True, arguments=(), public_url=None, variables=None
    ):
        self.data = pathlib.Path(data)
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        # What the server thinks its address is.
        self.public_url = public_url or self.url
        self.ready_timeout_s = READY_TIMEOUT_S
        # Of its environment.
        self.variables: dict[str, str] = variables or {}
        self.log_path = self.data.parent / f"{self.data.name}.log"
        self.arguments = [*(["--dev"] if dev else []), *arguments]
        # Pieces of warnings that belong to what is tested.
        self.expected_complaints: list[str] = []
        self.process: subprocess.Popen | None = None
        self._log_thread: threading.Thread | None = None

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, error, *_):
        code = self.stop() if self.process and self.process.poll() is None else 0
        if error is None:
            assert code == 0, f"petrel ended with {code}:\n{self.log()}"
            complaints = self.complaints()
            assert not complaints, "the log holds what no test expects:\n" + "\n".join(complaints)

    def start(self, *, prefix=()) -> "Server":
        """Starts the process (under `prefix`, say strace) and waits for its ready line."""
        self._refuse_a_taken_port()
        arguments = [
            *prefix, binary(), "serve", "--data", self.data,
            "--listen", f"127.0.0.1:{self.port}", "--url", self.public_url, *self.arguments,
        ]
        self.process = subprocess.Popen(
            list(map(str, arguments)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.data.parent,
            env=environment() | self.variables,
            text=True,
            errors="replace",
        )
        ready = threading.Event()
        self._log_thread = threading.Thread(target=self._copy_log, args=(self.process, ready), daemon=True)
        self._log_thread.start()
        if not ready.wait(self.ready_timeout_s) or self.process.poll() is not None:
            self.kill()
            raise AssertionError(f"petrel did not become ready:\n{self.log()}")
        return self

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def kill(self):
        """kill -9: nothing that the process would like to do is done."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self._wait()

    def restart(self) -> "Server":
        return self.start()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def complaints(self) -> list[str]:
        """Lines of the log that are a warning or worse, and that the test did not expect."""
        return [
            line
            for line in self.log().splitlines()
            if re.search(r"\b(WARN|ERROR)\b|panicked at", line)
            and not any(expected in line for expected in self.expected_complaints)
        ]

    def _wait(self) -> int:
        code = self.process.wait(STOP_TIMEOUT_S)
        self._log_thread.join(STOP_TIMEOUT_S)
        return code

    def _copy_log(self, process, ready: threading.Event):
        with open(self.log_path, "a") as log:
            for line in process.stdout:
                log.write(line)
                log.flush()
                if is_ready_line(line):
                    ready.set()
        ready.set()

    def _refuse_a_taken_port(self):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise AssertionError(
                    f"port {self.port} is taken, perhaps by `make run`: stop that first ({error})"
                ) from error


def is_ready_line(line: str) -> bool:
    """The one line that `serve` prints when it takes requests."""
    return "ready" in line.lower() and "http" in line
