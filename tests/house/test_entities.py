"""The checker of answers sees what is wrong."""

import sys

import pytest
from house import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from harness import answered, entities  # noqa: E402  (the path is set above)

FIELD = {"name": "Web", "value": "<a>x</a>", "verified_at": None}


@pytest.mark.parametrize(
    ("value", "entity", "count"),
    [
        (FIELD, "Field", 0),
        ([FIELD, FIELD], "[Field]", 0),
        (FIELD | {"verified_at": "2024-02-29T12:00:00.000Z"}, "Field", 0),
        (FIELD | {"verified_at": "yesterday"}, "Field", 1),
        (FIELD | {"name": None}, "Field", 1),
        (FIELD | {"more": 1}, "Field", 1),
        ({"name": "Web"}, "Field", 2),
        ([FIELD, {}], "[Field]", 3),
        (FIELD, "[Field]", 1),
        ([], "Field", 1),
        ({}, "nothing", 0),
        (FIELD, "nothing", 1),
        ({"home": {"last_read_id": "1", "version": 1, "updated_at": "2024-02-29T12:00:00.000Z"}}, "{Marker}", 0),
        ({"home": {"last_read_id": "1", "version": "1", "updated_at": "2024-02-29T12:00:00.000Z"}}, "{Marker}", 1),
        ({"title": "x", "votes_count": None}, "Poll::Option", 0),
        ({"title": "x", "votes_count": -1}, "Poll::Option", 1),
        ({"title": "x", "votes_count": True}, "Poll::Option", 1),
        ({"id": "x1", "text": "", "spoiler_text": ""}, "StatusSource", 1),
        ({"error": "x"}, "StatusSource|Error", 0),
        ({}, "No such entity", 1),
    ],
)
def test_differences(value, entity, count):
    assert len(entities.differences(value, entity)) == count


def test_what_lies_deeper_is_looked_at():
    option = {"title": "a", "votes_count": 0}
    poll = {
        "id": "1", "expires_at": None, "expired": False, "multiple": False, "votes_count": 0, "voters_count": None,
        "options": [option, option], "emojis": [],
    }
    assert entities.differences(poll, "Poll") == []
    assert entities.differences(poll | {"options": [option, {"title": 1, "votes_count": 0}]}, "Poll") != []
    assert entities.differences(poll | {"own_votes": ["0"]}, "Poll") != []


def test_every_endpoint_answers_an_entity_of_the_table():
    for route, entity in answered.table().items():
        for choice in entity.split("|"):
            name = choice.strip("[]{}")
            assert name in ("any", "nothing") or entities.rows_of(name), f"{route}: {name}"


def test_a_request_finds_its_endpoint():
    assert answered.route_of("GET", "/api/v1/accounts/lookup") == "GET /api/v1/accounts/lookup"
    assert answered.route_of("GET", "/api/v1/accounts/12") == "GET /api/v1/accounts/{}"
    assert answered.route_of("GET", "/api/v2/instance/") == "GET /api/v2/instance"
    assert answered.route_of("DELETE", "/api/v1/accounts/12") is None
