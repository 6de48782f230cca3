"""What the machine must have free before anything is started."""

import pathlib
import re
import socket

from . import cassandra, nats, tools
from .errors import ClusterError, Missing

# Three nodes of 875 MB resident, and the servers.
MEMORY_MIB = 2_900


def check(addresses: list[str]) -> None:
    """Raises with the next step if something is missing, before anything runs."""
    tools.java()
    nats.server()
    check_memory()
    for address in addresses:
        for port in (*cassandra.PORTS, *nats.PORTS):
            check_port(address, port)


def check_memory() -> None:
    found = re.search(r"MemAvailable:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    if found and int(found[1]) // 1024 < MEMORY_MIB:
        raise Missing(
            f"three Cassandra nodes need {MEMORY_MIB} MiB of memory, and {int(found[1]) // 1024} MiB are free: "
            "end something large, and try again"
        )


def check_port(address: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise ClusterError(
                f"{address}:{port} cannot be used ({error.strerror}); it is held by {holder(port)}. "
                "End that, or use other addresses with `--base 127.0.0.11`"
            ) from None


def holder(port: int) -> str:
    """Which process listens on the port, as far as this user may know."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in inodes for link in (folder / "fd").iterdir()):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                return f"process {folder.name} ({words[:80].strip()})"
        except OSError:
            continue
    return "a process that this user may not see"
