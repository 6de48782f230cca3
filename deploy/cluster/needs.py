"""What the machine must have free before anything is started."""

import pathlib
import re
import socket

from . import cassandra, nats, tools
from .errors import ClusterError, Missing

# Three nodes of 875 MB resident, and the servers.
MEMORY_MIB = 2_900
LISTENING = "0A"


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
                f"{address}:{port} cannot be used ({error.strerror}); it is held by {holder(address, port)}. "
                "End that, or take other addresses: `make cluster-up BASE=127.0.0.11`"
            ) from None


def holder(address: str, port: int) -> str:
    """Which process listens there, as far as this user may know."""
    # The kernel's table has addresses as hexadecimal words, the lowest byte first.
    word = socket.inet_aton(address)[::-1].hex().upper()
    places = {f"{word}:{port:04X}", f"{'0' * 8}:{port:04X}", f"{'0' * 32}:{port:04X}"}
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and fields[1] in places:
                inodes.add(f"socket:[{fields[9]}]")
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in inodes for link in (folder / "fd").iterdir()):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").split()
                return f"process {folder.name} ({' '.join(words)[:80]})"
        except OSError:
            continue
    return "a process that this user may not see"
