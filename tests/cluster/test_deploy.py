"""The cluster's own machinery, without a cluster: only its own processes are ever signalled."""

import json
import os
import re
import signal
import socket
import subprocess

import pytest
from deploy.cluster import ClusterError, run
from deploy.cluster.cassandra import TOKENS_EACH, Cassandra
from deploy.cluster.cluster import addresses, locked, state_root
from deploy.cluster.errors import Missing
from deploy.cluster.needs import check_port
from deploy.cluster.process import Process

SLEEP = ["sleep", "600"]


@pytest.fixture
def process(tmp_path):
    process = Process(tmp_path / "sleep.json")
    process.start(SLEEP, tmp_path, tmp_path / "log")
    yield process
    process.kill()


def test_a_process_is_frozen_thawed_and_killed(process):
    assert process.state().startswith("running")
    assert process.freeze() and process.state().startswith("frozen")
    assert process.thaw() and process.state().startswith("running")
    assert process.freeze() and process.kill() and process.state() == "dead"
    assert not process.kill() and not process.freeze() and not process.thaw()


def test_a_later_run_finds_it_and_may_kill_it(process):
    again = Process(process.pid_file)
    assert again.pid() == process.pid() is not None
    assert again.kill() and process.pid() is None


def test_whoever_has_the_id_now_is_left_alone(tmp_path):
    """As after a restart of the machine: the id is another's."""
    with subprocess.Popen(SLEEP) as other:
        kept = tmp_path / "sleep.json"
        kept.write_text(json.dumps({"pid": other.pid, "began": "1"}))
        found = Process(kept)
        assert found.state() == "dead"
        assert not found.signal(signal.SIGKILL) and not found.kill()
        assert other.poll() is None
        other.kill()


def test_a_taken_port_is_named_with_its_holder():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ClusterError, match=f"127.0.0.1:{port} .*held by process {os.getpid()} "):
            check_port("127.0.0.1", port)
        check_port("127.0.0.2", port)


@pytest.mark.parametrize("base", ["10.0.0.1", "127.255.255.254", "localhost", ""])
def test_only_loopback_addresses(base):
    with pytest.raises(ClusterError, match="127.0.0.11"):
        addresses(base)


def test_tokens_are_spread_evenly(tmp_path):
    nodes = [Cassandra(number, addresses("127.0.0.1"), tmp_path, tmp_path) for number in (1, 2, 3)]
    tokens = sorted((token, node.number) for node in nodes for token in node._tokens())
    assert [number for _, number in tokens] == [1, 2, 3] * TOKENS_EACH
    distances = {right[0] - left[0] for left, right in zip(tokens, tokens[1:])}
    assert len(distances) == 1 and -(2**63) < tokens[0][0] and tokens[-1][0] < 2**63


def test_a_cassandra_node_is_configured_whole(tmp_path):
    node = Cassandra(2, addresses("127.0.0.1"), tmp_path, tmp_path)
    node._write_files()
    text = (node.folder / "conf" / "cassandra.yaml").read_text()
    assert not re.search(r"@\w+@", text)
    assert "listen_address: 127.0.0.2\n" in text and "127.0.0.1,127.0.0.2,127.0.0.3" in text


@pytest.mark.parametrize(("ci", "required"), [("true", ""), ("", "1"), ("", "")])
def test_where_it_is_required_a_missing_cluster_is_a_failure(tmp_path, monkeypatch, capfd, ci, required):
    def up(_base):
        raise Missing("no Java")

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PETREL_REQUIRE_CLUSTER", required)
    monkeypatch.setattr(run.Cluster, "up", up)
    command = ["sh", "-c", "echo $PETREL_NO_CLUSTER; exit 7"]
    if ci or required:
        with pytest.raises(Missing):
            run.run("127.0.0.61", command)
    else:
        assert run.run("127.0.0.61", command) == 7
        out, err = capfd.readouterr()
        assert out == "no Java\n" and err.count("LEFT OUT: no Java") == 2


def test_what_others_may_write_is_no_place_to_keep_ids(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with locked("127.0.0.61"):
        state_root().chmod(0o777)
    with pytest.raises(ClusterError, match="not this user's alone"):
        state_root()
