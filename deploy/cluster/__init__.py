"""Three Cassandra nodes and three NATS servers on loopback addresses, for tests and trials.

Not a way to run a network that people use: docs/cluster.md tells that.
From a shell: `python3 -m deploy.cluster [--base 127.0.0.1] up|down|status|run …`. From a test:

    cluster = Cluster.load()
    cluster.cassandra[1].kill()
    cluster.cassandra[1].start()
    cluster.wait_ready()
"""

from .cluster import Cluster
from .errors import ClusterError

__all__ = ["Cluster", "ClusterError"]
