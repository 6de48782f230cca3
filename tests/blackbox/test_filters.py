"""Filters: what a client sets, and what every status says of it then."""

import pytest
from harness.client import Refused, app_client, register_app, sign_up
from harness.streams import Sse


@pytest.fixture
def two(server):
    app = app_client(server.url, register_app(server.url))
    return sign_up(server.url, "ann", app), sign_up(server.url, "bob", app)


def test_a_filter_is_said_wherever_a_status_is(two):
    ann, bob = two
    ann.post(f"/api/v1/accounts/{bob.id}/follow")
    made = ann.post(
        "/api/v2/filters", title="Birds", context=["home", "notifications"], filter_action="hide",
        keywords_attributes=[{"keyword": "gull"}, {"keyword": "tern", "whole_word": False}],
    )
    assert [one["whole_word"] for one in made["keywords"]] == [True, False]
    assert (made["context"], made["expires_at"], made["statuses"]) == (["home", "notifications"], None, [])
    status = bob.say(f"Two TERNs for @{ann.name} #birds")
    assert status["filtered"] == []
    short = {name: made[name] for name in ("id", "title", "context", "expires_at", "filter_action")}
    expected = [{"filter": short, "keyword_matches": ["TERN"], "status_matches": None}]
    ann.post("/api/v1/statuses", status="a reply", in_reply_to_id=status["id"])
    seen = [
        ann.get(f"/api/v1/statuses/{status['id']}"),
        next(one for one in ann.get("/api/v1/timelines/home") if one["id"] == status["id"]),
        next(one for one in ann.get("/api/v1/timelines/public") if one["id"] == status["id"]),
        ann.get("/api/v1/timelines/tag/birds")[0],
        ann.get(f"/api/v1/accounts/{bob.id}/statuses")[0],
        ann.get("/api/v1/notifications")[0]["status"],
        ann.get(f"/api/v2/search?type=statuses&resolve=true&q={status['url']}")["statuses"][0],
        ann.post(f"/api/v1/statuses/{status['id']}/bookmark"),
        ann.get("/api/v1/bookmarks")[0],
    ]
    for one in seen:
        assert (one["id"], one["filtered"]) == (status["id"], expected)
    ann.delete(f"/api/v2/filters/{made['id']}")
    assert ann.get("/api/v1/timelines/home")[1]["filtered"] == []


def test_filters_from_a_form(two):
    ann, bob = two
    form = {
        "title": "Birds", "context[]": ["home", "public"], "filter_action": "warn", "expires_in": "3600",
        "keywords_attributes[0][keyword]": "gull", "keywords_attributes[0][whole_word]": "false",
        "keywords_attributes[1][keyword]": "auk",
    }
    made = ann.call("POST", "/api/v2/filters", data=form).json()
    assert made["expires_at"].endswith("Z")
    gull, auk = made["keywords"]
    form = {"keywords_attributes[][id]": gull["id"], "keywords_attributes[][_destroy]": "1", "expires_in": ""}
    changed = ann.call("PUT", f"/api/v2/filters/{made['id']}", data=form).json()
    assert (changed["keywords"], changed["expires_at"], changed["title"]) == ([auk], None, "Birds")
    assert ann.put(f"/api/v2/filters/keywords/{auk['id']}", keyword="razorbill")["keyword"] == "razorbill"
    status = bob.say("one")
    kept = ann.post(f"/api/v2/filters/{made['id']}/statuses", status_id=status["id"])
    assert ann.get(f"/api/v2/filters/statuses/{kept['id']}") == kept
    assert ann.get(f"/api/v2/filters/{made['id']}/statuses") == [kept]
    [result] = ann.get(f"/api/v1/statuses/{status['id']}")["filtered"]
    assert (result["keyword_matches"], result["status_matches"]) == (None, [status["id"]])
    for path in (f"/api/v2/filters/{made['id']}", f"/api/v2/filters/keywords/{auk['id']}", f"/api/v2/filters/statuses/{kept['id']}"):
        assert bob.call("GET", path).status_code == 404
        assert bob.call("DELETE", path).status_code == 404


def test_what_is_wrong_is_refused(two):
    ann, _ = two
    for body, why in (
        ({"context": ["home"]}, "Title can't be blank"),
        ({"title": "x", "context": ["shaolin"]}, "Context None or invalid context supplied"),
        ({"title": "x", "context": ["home"], "filter_action": "dance"}, "Action is not included in the list"),
        ({"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "", "whole_word": True}]}, "Keywords keyword can't be blank"),
    ):
        with pytest.raises(Refused) as refused:
            ann.post("/api/v2/filters", **body)
        assert f"Validation failed: {why}" in str(refused.value)
    assert ann.get("/api/v2/filters") == []


def test_clients_of_old(two):
    ann, _ = two
    made = ann.post("/api/v1/filters", phrase="gull", context=["home"], irreversible=True)
    assert made == {
        "id": made["id"], "phrase": "gull", "context": ["home"], "whole_word": True, "expires_at": None, "irreversible": True,
    }
    [new] = ann.get("/api/v2/filters")
    assert (new["title"], new["filter_action"], new["keywords"][0]["id"]) == ("gull", "hide", made["id"])
    changed = ann.put(f"/api/v1/filters/{made['id']}", phrase="tern", context=["public"], irreversible=False)
    assert (changed["phrase"], changed["context"], changed["irreversible"]) == ("tern", ["public"], False)
    assert ann.get("/api/v1/filters") == [changed]
    ann.delete(f"/api/v1/filters/{made['id']}")
    assert ann.call("GET", f"/api/v1/filters/{made['id']}").status_code == 404


def test_streams_say_what_matches_and_that_filters_changed(two):
    ann, bob = two
    ann.post(f"/api/v1/accounts/{bob.id}/follow")
    user = Sse(ann, "/api/v1/streaming/user")
    public = Sse(ann, "/api/v1/streaming/public")
    ann.post("/api/v2/filters", title="Birds", context=["home"], keywords_attributes=[{"keyword": "gull"}])
    user.until("event: filters_changed\ndata: undefined\n")
    bob.say(f"A gull for @{ann.name}")
    for stream in (user, public):
        stream.until('"keyword_matches":["gull"]')
    assert "filters_changed" not in public.until("event: update")
