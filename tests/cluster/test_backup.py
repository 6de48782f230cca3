"""Backups of a cluster that is being written to, and restores into either engine."""

import secrets
import threading
import time

import pytest
from harness.answers import answers, differences
from harness.client import Client
from harness.cql import drop_keyspaces
from harness.nodes import CONDITIONAL_SUFFIX, Nodes, Person, endpoints_of
from harness.server import Server, command, command_json
from harness.world import build
from harness.wait import wait_until

# Of each kind, before the backup begins.
BEFORE = 60
FOLLOWERS = 20
FORBIDDEN_MEANWHILE = 6
BACKUPS_MAX = 9
READABLE, FORBIDDEN = 200, 404
# A millisecond, in seconds.
MS_S = 0.001


@pytest.fixture
def nodes(cluster, tmp_path):
    """Three nodes that think that they are reached where the first one is."""
    nodes = Nodes(tmp_path, endpoints=endpoints_of(cluster))
    nodes.make()
    for node in nodes:
        node.public_url = nodes[0].url
    try:
        nodes.start_all()
        yield nodes
    except BaseException:
        print(nodes.logs())
        raise
    finally:
        nodes.end()


@pytest.fixture
def keyspace(nodes):
    """Another keyspace on the same engine, gone afterwards."""
    name = f"petrel_test_{secrets.token_hex(5)}"
    yield name
    drop_keyspaces(nodes.endpoints.store_hosts[0], name, name + CONDITIONAL_SUFFIX)


def test_each_engine_restores_the_other_s_backup_with_the_same_answers(nodes, keyspace, tmp_path):
    world = build(nodes[0].url)
    # Jobs have done what they had to, and all nodes know all.
    wait_until(lambda: all(node.status()["cluster"]["watermark_age_ms"] < 1_000 for node in nodes), 10)
    # What rows of routes make for themselves is there before the answers that count.
    answers(world)
    before = answers(world)
    assert len(before) > 500
    dump = tmp_path / "cluster.dump"
    command("backup", dump, data=nodes[0].data)
    assert nodes.stop_all() == [0, 0, 0]

    folder, again = tmp_path / "restored", tmp_path / "embedded.dump"
    command("restore", dump, data=folder)
    with Server(folder, nodes[0].port, public_url=nodes[0].url, variables=nodes.variables) as server:
        # The world's clients speak to the first node's address.
        server.url = nodes[0].url
        different = differences(before, answers(world))
        assert not different, f"{different[0]} (and {len(different) - 1} more)"
        command("backup", again, data=server.data)

    store = ("--store", nodes.endpoints.store(keyspace), "--bus", nodes.endpoints.bus)
    command("restore", again, *store, data=tmp_path / "operator")
    with Server(
        tmp_path / "n0", nodes[0].port, public_url=nodes[0].url, arguments=store, variables=nodes.variables
    ) as server:
        server.url = nodes[0].url
        different = differences(before, answers(world))
        assert not different, f"{different[0]} (and {len(different) - 1} more)"
        status = world.people["author"].say("after the restores")
        assert int(status["id"]) > max(int(known["id"]) for known in world.statuses.values())
        command("check", data=server.data)


def test_a_restore_refuses_a_keyspace_that_holds_something(nodes, tmp_path):
    nodes.person("ann")
    dump = tmp_path / "cluster.dump"
    command("backup", dump, data=nodes[1].data)
    refused = nodes.command("restore", dump, check=False)
    assert refused.returncode == 1 and "empty" in refused.stderr, refused.stderr


class Writer:
    """Writes without a pause on one node, and notes when each command was acknowledged."""

    def __init__(self, nodes: Nodes, author: Person, followers: list[Person], at: int):
        self.author, self.followers = author, followers
        self.clients = [author.on(nodes[(at + step) % len(nodes)]) for step in range(len(nodes))]
        # (acknowledged at, status id)
        self.written: list[tuple[float, str]] = []
        self.deleted: list[tuple[float, str]] = []
        # (acknowledged at, who must not read it any more, status id)
        self.hidden: list[tuple[float, Person, str]] = []
        # (who must never read it, status id): said when they were shut out already
        self.withheld: list[tuple[Person, str]] = []
        self.failed: Exception | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self._stop = threading.Event()

    def write(self, step: int):
        client = self.clients[step % len(self.clients)]
        status = client.say(f"{self.author.name} {step}")["id"]
        self.written.append((time.time(), status))
        if step % 3 == 0:
            doomed = client.say(f"{self.author.name} doomed {step}")["id"]
            self.clients[(step + 1) % len(self.clients)].delete(f"/api/v1/statuses/{doomed}")
            self.deleted.append((time.time(), doomed))

    def shut_out(self, who: Person, step: int):
        """Takes `who` a right away, and then says what they must not read."""
        client = self.clients[step % len(self.clients)]
        earlier = client.say("for followers, while they are", visibility="private")["id"]
        if step % 2:
            client.post(f"/api/v1/accounts/{who.id}/block")
            self.hidden.append((time.time(), who, earlier))
        else:
            client.post(f"/api/v1/accounts/{who.id}/remove_from_followers")
        later = self.clients[(step + 1) % len(self.clients)].say("for followers, after that", visibility="private")["id"]
        self.withheld.append((who, later))

    def stop(self):
        self._stop.set()
        self.thread.join()
        if self.failed:
            raise self.failed

    def _run(self):
        step, left = 0, list(self.followers)
        try:
            while not self._stop.is_set():
                self.write(step)
                if left and step % 2:
                    self.shut_out(left.pop(), step // 2)
                step += 1
        except Exception as error:  # told to the test, which waits for the thread
            self.failed = error


def test_a_backup_under_writes_holds_what_was_acknowledged_and_shows_nothing_forbidden(nodes, tmp_path):
    writers = []
    for at in range(3):
        author = nodes.person(f"author{at}", nodes[at])
        followers = [nodes.person(f"f{at}x{number}", nodes[at]) for number in range(FOLLOWERS)]
        for follower in followers:
            follower.on(nodes[at]).post(f"/api/v1/accounts/{author.id}/follow")
        writers.append(Writer(nodes, author, followers, at))
    threads = [threading.Thread(target=lambda writer=writer: [writer.write(step) for step in range(BEFORE)]) for writer in writers]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    [writer.thread.start() for writer in writers]
    backups, during = [], 0
    # A quick one may meet with nothing that is forbidden meanwhile.
    while len(backups) < len(nodes) or (during < FORBIDDEN_MEANWHILE and len(backups) < BACKUPS_MAX):
        number = len(backups)
        backups.append(backup(nodes[number % len(nodes)], tmp_path / f"{number}.dump"))
        forbidden = [at for writer in writers for at, *_ in writer.hidden + writer.deleted]
        during = sum(begun < at < ended for at in forbidden for _, begun, ended in backups)
    [writer.stop() for writer in writers]
    print("backups took", [f"{ended - begun:.1f} s" for _, begun, ended in backups], "with", during, "things forbidden meanwhile")
    assert during >= FORBIDDEN_MEANWHILE, "the backups were too quick for what is tested"
    assert nodes.stop_all() == [0, 0, 0]
    for dump, begun, ended in backups:
        folder = dump.with_suffix("")
        command("restore", dump, data=folder)
        command("check", data=folder)
        with Server(folder, public_url=nodes[0].url) as server:
            wrong = [line for writer in writers for line in judged(server.url, writer, begun, ended)]
        assert not wrong, f"{dump}: {len(wrong)}\n" + "\n".join(wrong[:20])


def backup(node, dump) -> tuple:
    """The file, and when it was begun and closed: what is forbidden after that is not known to it."""
    time.sleep(1.0)
    begun = time.time()
    closed_s = command_json("backup", dump, data=node.data)["closed_ms"] / 1000
    assert begun - MS_S < closed_s < time.time()
    return dump, begun, closed_s


def judged(url: str, writer: Writer, begun: float, ended: float):
    """What the restored world gets wrong of this writer's record."""
    street, author = Client(url), Client(url, writer.author.token)
    for at, status in writer.written:
        if at < begun and street.call("GET", f"/api/v1/statuses/{status}").status_code != READABLE:
            yield f"{status} was acknowledged before the backup began, and is missing"
    listed = {status["id"] for status in pages(author, writer.author.id)}
    for at, status in writer.written:
        if at < begun and status not in listed:
            yield f"{status} is not among its author's statuses"
    for at, status in writer.deleted:
        if at < ended and author.call("GET", f"/api/v1/statuses/{status}").status_code != FORBIDDEN:
            yield f"{status} was deleted before the backup ended, and is back"
        if at < ended and status in listed:
            yield f"{status} was deleted before the backup ended, and is listed"
    for at, who, status in writer.hidden:
        if at < ended and is_shown(url, who, status):
            yield f"{status} is shown to {who.name}, who was blocked before the backup ended"
    for who, status in writer.withheld:
        if is_shown(url, who, status):
            yield f"{status} is shown to {who.name}, who was shut out before it was said"


def is_shown(url: str, who: Person, status: str) -> bool:
    reader = Client(url, who.token)
    alone = reader.call("GET", f"/api/v1/statuses/{status}").status_code != FORBIDDEN
    return alone or status in {entry["id"] for entry in reader.get("/api/v1/timelines/home", limit=40)}


def pages(client: Client, account: str) -> list[dict]:
    found, below = [], {}
    while page := client.get(f"/api/v1/accounts/{account}/statuses", limit=40, **below):
        found += page
        below = {"max_id": page[-1]["id"]}
    return found
