"""Custom emojis: the operator's commands, and what the API, streams and pages show."""

import pathlib

import pytest
import requests
from harness.client import sign_up
from harness.folders import files_below
from harness.server import Server, command, command_json
from harness.streams import Sse

PNG = b"\x89PNG\r\n\x1a\n"


def gif() -> bytes:
    """Two frames of one point, black and white."""
    head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    forever = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    frame = b"\x21\xf9\x04\x00\x0a\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02%b\x01\x00"
    return head + forever + frame % b"\x44" + frame % b"\x4c" + b"\x3b"


@pytest.fixture
def picture(tmp_path) -> pathlib.Path:
    path = tmp_path / "gull.gif"
    path.write_bytes(gif())
    return path


def names(entity: dict) -> list[str]:
    return [emoji["shortcode"] for emoji in entity["emojis"]]


def test_an_emoji_comes_and_goes_while_the_server_runs(server, picture):
    ann = sign_up(server.url, "ann")
    old = ann.say("before :gull:")
    assert old["emojis"] == [] and ann.get("/api/v1/timelines/home")[0]["emojis"] == []

    added = command_json("emoji", "add", "gull", picture, "--category", "Birds", data=server.data)
    assert added[0]["shortcode"] == "gull" and added[0]["category"] == "Birds"
    listed = ann.get("/api/v1/custom_emojis")
    assert [one["shortcode"] for one in listed] == ["gull"] and listed[0]["category"] == "Birds"
    for name, begin in (("url", b"GIF89a"), ("static_url", PNG)):
        answer = requests.get(listed[0][name], timeout=20)
        assert answer.status_code == 200 and answer.content.startswith(begin), name
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert requests.get(listed[0]["url"].replace("original", "other"), timeout=20).status_code == 404

    me = ann.patch(
        "/api/v1/accounts/update_credentials",
        display_name="Ann :gull:",
        fields_attributes=[{"name": ":gull:", "value": "a :gull: <b>"}],
    )
    assert names(me) == ["gull"]
    stream = Sse(ann, "/api/v1/streaming/user")
    said = ann.say(
        "a:gull: :gull: :tern:",
        spoiler_text="<i> :gull:",
        poll={"options": ["one :gull:", "two"], "expires_in": 3600},
    )
    assert '"shortcode":"gull"' in stream.until(said["id"])
    stream.close()
    for status in (said, ann.get("/api/v1/timelines/home")[0]):
        assert names(status) == names(status["poll"]) == names(status["account"]) == ["gull"]
    # Rendered before there was such an emoji, and anew since.
    assert names(ann.get("/api/v1/timelines/home")[1]) == ["gull"]
    assert names(ann.get(f"/api/v1/statuses/{old['id']}")) == ["gull"]
    page = requests.get(said["url"], timeout=20).text
    assert page.count('<img class="emoji"') >= 4 and "&lt;i&gt; <img" in page and "a:gull: <img" in page
    assert '<img class="emoji"' in requests.get(me["url"], timeout=20).text

    assert command_json("emoji", "remove", "gull", data=server.data) == []
    home = ann.get("/api/v1/timelines/home")
    assert all(names(status) == names(status["account"]) == [] for status in home)
    assert ann.get("/api/v1/custom_emojis") == []
    assert requests.get(listed[0]["url"], timeout=20).status_code == 404
    assert '<img class="emoji"' not in requests.get(said["url"], timeout=20).text
    assert not [path for path in files_below(server.data) if path.parts[-3:-2] == ("emojis",)]
    assert command_json("check", data=server.data)["differences_count"] == 0


def test_one_that_clients_do_not_offer_is_shown_all_the_same(server, picture):
    ann = sign_up(server.url, "ann")
    command("emoji", "add", "secret", picture, "--unlisted", data=server.data)
    assert ann.get("/api/v1/custom_emojis") == []
    assert names(ann.say("a :secret:")) == ["secret"]


def test_commands_work_without_a_server_and_say_what_is_wrong(tmp_path, picture):
    data = tmp_path / "data"
    with Server(data):
        pass
    command("emoji", "add", "gull", picture, data=data)
    first = command_json("emoji", "list", data=data)
    command("emoji", "add", "gull", picture, data=data)
    second = command_json("emoji", "list", data=data)
    assert len(second) == 1 and first[0]["url"] != second[0]["url"]
    text = tmp_path / "gull.txt"
    text.write_text("no picture")
    large = tmp_path / "large.png"
    large.write_bytes(PNG + bytes(256 * 1024))
    for arguments, why in (
        (("add", ":gull:", picture), "without colons"),
        (("add", "text", text), "not supported"),
        (("add", "large", large), "larger than 256 KiB"),
        (("add", "none", tmp_path / "none.png"), "none.png"),
        (("remove", "tern"), "tern"),
    ):
        done = command("emoji", *arguments, data=data, check=False)
        assert done.returncode != 0 and why in done.stderr, (arguments, done.stderr)
    assert command_json("emoji", "list", data=data) == second
