"""A Cassandra node: its files, its command line, and when it is well."""

import pathlib
import re
import shutil

from . import cql, library, tools
from .node import Node

PORT_CQL = cql.PORT
PORT_GOSSIP = 7000
PORTS = (PORT_GOSSIP, PORT_CQL)
TOKENS_EACH = 4
TEMPLATES = pathlib.Path(__file__).parents[1] / "cassandra"
# What the distribution's own jvm17-server.options opens and exports.
OPENED = {
    "java.base": "java.io java.lang java.lang.module java.lang.ref java.lang.reflect java.net java.nio java.util "
    "java.util.concurrent java.util.concurrent.atomic jdk.internal.loader jdk.internal.math jdk.internal.misc "
    "jdk.internal.module jdk.internal.ref jdk.internal.reflect jdk.internal.util.jar sun.nio.ch",
    "java.management.rmi": "com.sun.jmx.remote.internal.rmi",
    "java.rmi": "sun.rmi.registry sun.rmi.server sun.rmi.transport.tcp",
    "java.sql": "java.sql",
    "jdk.management": "com.sun.management.internal",
    "jdk.unsupported": "sun.misc",
}


class Cassandra(Node):
    """Node `number` (from 1) of those on `addresses`."""

    kind = "cassandra"

    def __init__(self, number: int, addresses: list[str], data: pathlib.Path, state: pathlib.Path):
        super().__init__(number, addresses[number - 1], data, state)
        self.addresses = addresses

    def is_ready(self) -> bool:
        return cql.answers(self.address, "SELECT key FROM system.local", cql.ONE)

    def sees_all(self) -> bool:
        """Whether it knows all nodes to be up: three copies of this keyspace, and all must answer."""
        return cql.answers(self.address, "SELECT * FROM system_distributed.repair_history LIMIT 1", cql.ALL)

    def start(self) -> None:
        self._write_files()
        super().start()

    def command(self) -> list[str]:
        jars = library.folder()
        conf = self.folder / "conf"
        opened = [
            f"--add-{verb}={module}/{package}=ALL-UNNAMED"
            for module, packages in OPENED.items()
            for package in packages.split()
            for verb in ("opens", "exports")
        ]
        properties = {
            "cassandra.config": f"file://{conf}/cassandra.yaml",
            "cassandra-rackdc.properties": f"file://{conf}/cassandra-rackdc.properties",
            "cassandra.storagedir": str(self.folder),
            "cassandra.logdir": str(self.folder),
            "cassandra-foreground": "yes",
            "cassandra.skip_wait_for_gossip_to_settle": "0",
            "cassandra.ring_delay_ms": "3000",
            "cassandra.consistent.rangemovement": "false",
            "cassandra.superuser_setup_delay_ms": "0",
            "logback.configurationFile": f"file://{conf}/logback.xml",
            "java.io.tmpdir": str(self.folder / "tmp"),
            "io.netty.tryReflectionSetAccessible": "true",
            "jdk.attach.allowAttachSelf": "true",
        }
        return [
            str(tools.java()),
            "-Xmx512M",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            f"-javaagent:{next(jars.glob('jamm-*.jar'))}",
            *opened,
            *(f"-D{name}={value}" for name, value in properties.items()),
            "-cp",
            f"{jars}/*",
            "org.apache.cassandra.service.CassandraDaemon",
        ]

    def _write_files(self) -> None:
        conf = self.folder / "conf"
        conf.mkdir(parents=True, exist_ok=True)
        (self.folder / "tmp").mkdir(exist_ok=True)
        text = (TEMPLATES / "cassandra.yaml").read_text()
        values = {
            "ADDRESS": self.address,
            "FOLDER": str(self.folder),
            "SEEDS": ",".join(self.addresses),
            "TOKENS": ",".join(map(str, self._tokens())),
            "TOKENS_EACH": str(TOKENS_EACH),
        }
        (conf / "cassandra.yaml").write_text(re.sub(r"@(\w+)@", lambda found: values[found[1]], text))
        for name in ("logback.xml", "cassandra-rackdc.properties"):
            shutil.copyfile(TEMPLATES / name, conf / name)

    def _tokens(self) -> list[int]:
        """Evenly spread, so that no node has more than its third and all may join at once."""
        count = TOKENS_EACH * len(self.addresses)
        step = 2**64 // count
        return [-(2**63) + step * (place * len(self.addresses) + self.number) - 1 for place in range(TOKENS_EACH)]
