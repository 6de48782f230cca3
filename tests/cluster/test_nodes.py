"""Several nodes on one store: what one does the others know, and a node comes and goes in good order."""

import threading
import time

import pytest
from harness.client import Client
from harness.cql import execute
from harness.nodes import CONDITIONAL_SUFFIX, Nodes, Person, endpoints_of
from harness.streams import Sse
from harness.wait import wait_until

UNAVAILABLE = 503
# One and a half leases of ten seconds, and some for a busy machine.
SEEN_DEAD_S = 40
# Sooner than a node that nobody hears of is given up, which takes 15 s.
NOT_WAITED_FOR_S = 10
# A watermark is younger than this, and so again within that after a moment in which the machine was busy.
FRESH_MS, FRESH_WITHIN_S = 3_000, 10
FROZEN_S = 18
CLOCK_NOTICED_S = 15
POSTS_900_MS = 6


@pytest.fixture(scope="module")
def nodes(cluster, tmp_path_factory):
    with Nodes(tmp_path_factory.mktemp("nodes"), endpoints=endpoints_of(cluster)) as nodes:
        yield nodes


@pytest.fixture(autouse=True)
def all_run(nodes):
    """Each test begins with all nodes running."""
    nodes.start_all()


def home(client: Client) -> list[str]:
    return [status["id"] for status in client.get("/api/v1/timelines/home")]


def test_each_node_has_a_number_of_its_own_and_knows_the_others(nodes):
    wait_until(lambda: all(len(serving(node)) == 2 for node in nodes), SEEN_DEAD_S)
    statuses = [node.status() for node in nodes]
    numbers = [status["cluster"]["node"] for status in statuses]
    assert len({number % 64 for number in numbers}) == len(numbers), numbers
    for node, status in zip(nodes, statuses):
        own = status["cluster"]
        assert status["ready"] and status["engine"] == "cql"
        assert sorted([own["node"], *serving_of(status)]) == sorted(numbers)
        assert own["lease_left_ms"] > 0
        wait_until(lambda node=node: node.status()["cluster"]["bus"].startswith("connected"), FRESH_WITHIN_S)
        assert abs(own["clock_ahead_ms"]) < 500
        assert all(peer["gaps"] == 0 for peer in own["peers"])
    for node in nodes:
        wait_until(lambda node=node: is_fresh(node), FRESH_WITHIN_S)


def is_fresh(node) -> bool:
    return node.status()["cluster"]["watermark_age_ms"] < FRESH_MS


def serving(node) -> list[int]:
    return serving_of(node.status())


def serving_of(status: dict) -> list[int]:
    return [peer["node"] for peer in status["cluster"]["peers"] if peer["state"] == "serving"]


def test_status_is_readable_for_people(nodes):
    text = nodes.command("status", folder=nodes[0].data.name).stdout
    for word in ("engine", "cql", "watermark", "lease", "clock", "bus", "peer", "serving"):
        assert word in text, text


def test_what_is_written_on_one_node_is_read_on_another_at_once(nodes, ann):
    for number in range(10):
        written = ann.on(nodes[number % 3]).say(f"post {number}")
        assert home(ann.on(nodes[(number + 1) % 3]))[0] == written["id"]


def test_a_stream_on_a_third_node_hears_it(nodes, ann, ben):
    ben.on(nodes[1]).post(f"/api/v1/accounts/{ann.id}/follow")
    stream = Sse(ben.on(nodes[2]), "/api/v1/streaming/user")
    try:
        written = ann.on(nodes[0]).say("heard elsewhere")
        assert written["id"] in stream.until("heard elsewhere")
    finally:
        stream.close()
    assert written["id"] in home(ben.on(nodes[1]))


def test_names_claimed_at_one_moment_on_all_nodes_are_given_once(nodes):
    answers = []

    def claim(node):
        answers.append(
            nodes.command(
                "account", "create", "rare", "--email", f"rare{node.port}@example.com", "--password", "a long password",
                folder=node.data.name, check=False,
            )  # fmt: skip
        )

    threads = [threading.Thread(target=claim, args=(node,)) for node in nodes]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answer.returncode for answer in answers) == [0, 1, 1], [answer.stderr for answer in answers]


def test_a_node_that_is_told_to_stop_hands_over(nodes, ann):
    """Its number is given back, its jobs go on elsewhere, and what it wrote last is known at once."""
    first = nodes[0].status()["cluster"]
    written = ann.on(nodes[0]).say("last words")
    assert nodes[0].stop() == 0
    assert home(ann.on(nodes[1]))[0] == written["id"]
    # An ended node holds nobody up: the others need not wait until it is seen dead.
    gone = lambda: first["node"] not in serving(nodes[1])  # noqa: E731
    wait_until(gone, NOT_WAITED_FOR_S)
    wait_until(lambda: is_fresh(nodes[1]), NOT_WAITED_FOR_S)
    assert "queue/0" in nodes.logs()
    nodes[0].restart()
    again = nodes[0].status()["cluster"]
    assert again["node"] != first["node"], "a number rests after its last holder"
    assert home(ann.on(nodes[0]))[0] == written["id"]


def test_a_killed_node_comes_back_under_another_number_and_the_others_go_on(nodes, ann):
    first = nodes[2].status()["cluster"]
    written = ann.on(nodes[2]).say("before the kill")
    nodes[2].kill()
    assert home(ann.on(nodes[0]))[0] == written["id"]
    assert home(ann.on(nodes[1]))[0] == written["id"]
    after = ann.on(nodes[1]).say("after the kill")
    assert home(ann.on(nodes[0]))[0] == after["id"]
    nodes[2].restart()
    again = nodes[2].status()["cluster"]
    assert again["node"] != first["node"]
    assert home(ann.on(nodes[2]))[0] == after["id"]
    # The dead one is dropped, and then the watermark moves on.
    wait_until(lambda: is_fresh(nodes[0]), SEEN_DEAD_S)


@pytest.mark.parametrize("offset_ms, way", [(10_000, "ahead"), (-10_000, "behind")])
def test_a_node_whose_clock_is_off_takes_no_writes_and_says_so(nodes, ann, offset_ms, way):
    node = nodes[1]
    assert node.stop() == 0
    node.expected_complaints.append("this node's clock is")
    node.clock_offset_ms = offset_ms
    try:
        node.start()
        answer = ann.on(node).call("POST", "/api/v1/statuses", json={"status": "off"})
        assert answer.status_code == UNAVAILABLE, answer.text
        assert "Retry-After" in answer.headers and way in answer.text, answer.text
        health = node.health()
        assert health.status_code == UNAVAILABLE and way in health.text
        status = node.status()
        assert not status["ready"] and way in status["lacking"]
        assert abs(status["cluster"]["clock_ahead_ms"] - offset_ms) < 1_000
        # Others take it, and what they write is read here.
        written = ann.on(nodes[0]).say(f"written while a clock is {way}")
        assert home(ann.on(node))[0] == written["id"]
        assert sum(way in line for line in node.complaints_of("this node's clock is")) == 1
    finally:
        node.clock_offset_ms = 0
        node.stop()
        node.start()
    ann.on(node).say("the clock is right again")


def test_a_node_900_ms_off_takes_part(nodes, ann):
    node = nodes[2]
    assert node.stop() == 0
    # An answer of the engine that takes 200 ms makes it a whole second for a moment.
    node.expected_complaints.append("this node's clock is")
    node.clock_offset_ms = -900
    try:
        node.start()
        wait_until(lambda: node.health().status_code == 200, CLOCK_NOTICED_S)
        for number in range(POSTS_900_MS):
            written = wait_until(lambda number=number: said(ann, nodes[number % 3], f"900 ms {number}"), CLOCK_NOTICED_S)
            for reader in nodes:
                # Not always first: a node 900 ms behind follows one that was led ahead only so far.
                assert written in home(ann.on(reader))[:POSTS_900_MS]
    finally:
        node.clock_offset_ms = 0
        node.stop()
        node.start()


def test_a_node_that_was_frozen_goes_on_where_it_may(nodes, ann):
    """For longer than it takes the others to give it up."""
    frozen = nodes[0]
    frozen.pause()
    try:
        meanwhile = [ann.on(nodes[1 + number % 2]).say(f"meanwhile {number}")["id"] for number in range(4)]
        time.sleep(FROZEN_S)
    finally:
        frozen.go_on()
    # Whether it still knows its number or is started again: it never shows what is old.
    answer = wait_until(lambda: read_again(ann, frozen), SEEN_DEAD_S, step_s=0.3)
    assert answer[: len(meanwhile)] == meanwhile[::-1]
    written = wait_until(lambda: said(ann, frozen, "thawed"), SEEN_DEAD_S, step_s=0.3)
    for node in nodes:
        assert home(ann.on(node))[0] == written


def read_again(who: Person, node) -> list[str] | None:
    """Home, as soon as the node can tell how old what it knows is."""
    answer = who.on(node).call("GET", "/api/v1/timelines/home")
    assert answer.status_code in (200, UNAVAILABLE), answer.text
    return [status["id"] for status in answer.json()] if answer.ok else None


def said(who: Person, node, text: str) -> str | None:
    """The status, as soon as the node takes writes."""
    answer = who.on(node).call("POST", "/api/v1/statuses", json={"status": text})
    assert answer.status_code in (200, UNAVAILABLE), answer.text
    return answer.json()["id"] if answer.ok else None


def test_a_node_that_lost_its_lease_ends_and_says_why(cluster, tmp_path):
    with Nodes(tmp_path, 1, endpoints_of(cluster)) as nodes:
        node = nodes[0]

        def is_over() -> bool:
            # A renewal that is under way just then survives it.
            execute(cluster.addresses[0], f'TRUNCATE "{nodes.keyspace}{CONDITIONAL_SUFFIX}".leases')
            return not node.is_running

        wait_until(is_over, SEEN_DEAD_S, step_s=2.5)
        assert node.process.returncode == 1
        assert "the lease of node number" in node.log()
        node.restart()
        nodes.person("ann")


def test_a_command_without_a_server_is_a_node_for_a_moment(nodes):
    wait_until(lambda: all(len(serving(node)) == 2 for node in nodes), SEEN_DEAD_S)
    made = nodes.command_json("account", "create", "cleo", "--email", "cleo@example.com", "--password", "a long password")
    shown = nodes.command_json("account", "show", "cleo", folder=nodes[2].data.name)
    assert shown["id"] == made["id"]
    # Nobody waits for it to be seen dead: as soon as the others look it has ended.
    wait_until(lambda: all(knows_no_joining(node) for node in nodes), NOT_WAITED_FOR_S)
    for node in nodes:
        wait_until(lambda node=node: is_fresh(node), FRESH_WITHIN_S)


def knows_no_joining(node) -> bool:
    return all(peer["state"] != "joining" for peer in node.status()["cluster"]["peers"])


def test_limits_hold_across_nodes(cluster, tmp_path):
    """As many apps as one may register, on one node; the next one is asked of another."""
    allowed, window_s, margin_s = 5, 600, 20
    with Nodes(tmp_path, 2, endpoints_of(cluster), dev=False) as nodes:
        left_s = window_s - time.time() % window_s
        if left_s < margin_s:
            time.sleep(left_s)
        form = {"client_name": "app", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
        register = lambda node: Client(node.url).call("POST", "/api/v1/apps", json=form).status_code  # noqa: E731
        assert [register(nodes[0]) for _ in range(allowed)] == [200] * allowed
        # Told within a second; asking counts too, so it is asked once.
        time.sleep(2.5)
        assert register(nodes[1]) == 429


def test_nothing_was_to_complain_about(nodes):
    complaints = [line for node in nodes for line in node.complaints()]
    # Killed and stopped nodes are missed while they are gone.
    assert not [line for line in complaints if "panicked" in line or "ERROR" in line], "\n".join(complaints)
