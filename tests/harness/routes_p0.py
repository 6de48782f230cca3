"""The endpoints of priority P0 in the table of the API, as `answered.table()` names them."""

import csv
import pathlib
import re

TABLE = pathlib.Path(__file__).resolve().parents[1] / "api" / "mastodon_api.tsv"
# Pages for people and sockets have no entity; the tests of pages and streams see to them.
WITHOUT_ENTITY = {"GET /oauth/authorize", "POST /oauth/authorize"}


def p0_routes() -> set[str]:
    with open(TABLE, newline="") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if row["priority"] == "P0"]
    routes = {f"{row['method']} {re.sub(r':[a-z_]+', '{}', row['path'])}" for row in rows if "WebSocket" not in row["path"]}
    return routes - WITHOUT_ENTITY
