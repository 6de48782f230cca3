"""Files on three nodes with one S3 server: whichever node is asked, the gate's answer is the newest."""

import time

import pytest
import requests
from harness.client import Client
from harness.nodes import Nodes, Person, endpoints_of
from harness.pictures import png
from harness.s3 import BUCKET, s3_server, variables
from harness.wait import wait_until

READY_S = 30
GONE_S = 90


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    with s3_server(tmp_path_factory.mktemp("s3") / "s3.log") as url:
        yield url


@pytest.fixture(scope="module")
def nodes(cluster, bucket, tmp_path_factory):
    with Nodes(tmp_path_factory.mktemp("nodes"), endpoints=endpoints_of(cluster), variables=variables(bucket)) as nodes:
        yield nodes


def upload(client: Client, others: list[Client]) -> str:
    """Uploads at one node and asks the others until it is ready there."""
    sent = client.call("POST", "/api/v2/media", files={"file": ("a.png", png(320, 240), "image/png")})
    assert sent.status_code in (200, 202), sent.text
    media = sent.json()["id"]
    for other in others:
        path = f"/api/v1/media/{media}"
        ready = lambda: other.call("GET", path).status_code == 200  # noqa: B023, E731
        wait_until(ready, READY_S)
    return media


def on(node, address: str) -> str:
    """The same file's address at this node: the public one is nobody's here."""
    return node.url + "/media/" + address.split("/media/")[1]


def fetched(node, address: str, person: Person | None = None) -> int:
    headers = {"Authorization": f"Bearer {person.token}"} if person else {}
    return requests.get(on(node, address), headers=headers, timeout=20).status_code


def objects(bucket: str, media: str) -> int:
    """How many files of this upload the bucket holds."""
    return requests.get(f"{bucket}/{BUCKET}", timeout=10).text.count(f"/{media}/")


def test_a_file_is_uploaded_on_one_node_attached_on_another_and_fetched_on_a_third(nodes, ann):
    media = upload(ann.on(nodes[0]), [ann.on(node) for node in nodes])
    status = ann.on(nodes[1]).say("everywhere", media_ids=[media])
    address = status["media_attachments"][0]["url"]
    for node in (nodes[2], nodes[0], nodes[1]):
        assert fetched(node, address) == 200
    assert fetched(nodes[2], status["media_attachments"][0]["preview_url"]) == 200


def test_the_gate_answers_by_the_newest_facts_on_every_node(nodes, ann, ben):
    ben.on(nodes[1]).post(f"/api/v1/accounts/{ann.id}/follow")
    media = upload(ann.on(nodes[0]), [ann.on(nodes[0])])
    said = ann.on(nodes[0]).say("for followers", visibility="private", media_ids=[media])
    plain = said["media_attachments"][0]["url"].split("?")[0]
    ticket = ben.on(nodes[2]).get(f"/api/v1/statuses/{said['id']}")["media_attachments"][0]["url"]
    for node in nodes:
        assert fetched(node, plain) == 404, "nobody knows who asks"
        assert fetched(node, plain, ben) == 200
        assert fetched(node, ticket) == 200
    for turn, node in enumerate(nodes):
        ben.on(node).post(f"/api/v1/accounts/{ann.id}/unfollow")
        for asked in nodes:
            assert fetched(asked, ticket) == fetched(asked, plain, ben) == 404, "unfollowed a moment ago"
        ben.on(nodes[(turn + 1) % len(nodes)]).post(f"/api/v1/accounts/{ann.id}/follow")
        for asked in nodes:
            assert fetched(asked, ticket) == 200, "follows again"


def test_a_deleted_status_closes_its_files_everywhere_at_once_and_takes_them_along(nodes, bucket, ann):
    media = upload(ann.on(nodes[2]), [ann.on(nodes[0])])
    said = ann.on(nodes[0]).say("soon gone", media_ids=[media])
    address = said["media_attachments"][0]["url"]
    assert all(fetched(node, address) == 200 for node in nodes) and objects(bucket, media) > 0
    ann.on(nodes[1]).delete(f"/api/v1/statuses/{said['id']}", delete_media="true")
    began = time.monotonic()
    for node in nodes:
        assert fetched(node, address) == 404
    wait_until(lambda: objects(bucket, media) == 0, GONE_S)
    print(f"files gone from the bucket after {time.monotonic() - began:.1f} s")


def test_a_node_that_dies_while_it_works_on_a_file_leaves_it_to_another(nodes, ann):
    """The job is done elsewhere; the file was in the depot before the upload was answered."""
    sent = ann.on(nodes[0]).call("POST", "/api/v2/media", files={"file": ("a.png", png(1600, 1200), "image/png")})
    nodes[0].kill()
    media = sent.json()["id"]
    asked = ann.on(nodes[1])
    wait_until(lambda: asked.call("GET", f"/api/v1/media/{media}").status_code == 200, GONE_S)
    said = asked.say("not lost", media_ids=[media])
    assert fetched(nodes[2], said["media_attachments"][0]["url"]) == 200
    nodes.start_all()
