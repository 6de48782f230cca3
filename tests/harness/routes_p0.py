"""The endpoints of priority P0 in the table of the API, as `answered.table()` names them."""

from api import coverage

# Pages for people and sockets have no entity; the tests of pages and streams see to them.
WITHOUT_ENTITY = {"GET /oauth/authorize", "POST /oauth/authorize", "GET /api/v1/streaming"}


def p0_routes() -> set[str]:
    rows = [row for row in coverage.rows("mastodon_api.tsv") if row["priority"] == "P0"]
    return {coverage.route(row["method"], row["path"]) for row in rows} - WITHOUT_ENTITY
