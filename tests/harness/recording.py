"""Looks at every answer that a test's client gets, whichever client it is: those that speak through
`requests` (our own, Mastodon.py, toot) are listened to in process.

As a plugin of pytest (`-p harness.recording`): a test whose answers differ from the table of
entities fails when it ends, and which routes answered well is kept (harness/record.py).
"""

import urllib.parse

import pytest
import requests

from harness import answered, document, entities
from harness.record import keep, suite_of

# Answers of other servers are none of our business.
HOSTS = ("localhost", "127.")
DIFFERENCES_SHOWN_MAX = 20


class Record:
    """What was seen since the beginning, and what of it is wrong."""

    def __init__(self):
        self.routes: set[str] = set()
        # Suite → what it called with success, whatever the answer was.
        self.called: dict[str, set[str]] = {}
        self.suite: str | None = None
        self.wrong: list[str] = []
        self.answers = 0

    def see(self, method: str, url: str, status: int, content_type: str, read):
        """One answer; `read` gives its JSON, and is called only if it has some."""
        parts = urllib.parse.urlsplit(url)
        if not (parts.hostname or "").startswith(HOSTS):
            return
        self.note(method, parts.path, status)
        route = answered.route_of(method, parts.path)
        if method == "HEAD" or "json" not in content_type:
            return
        is_api = parts.path.startswith("/api/") or route is not None
        if not is_api or "/streaming" in parts.path:
            return
        self.answers += 1
        value = read()
        if status >= 400:
            found = error_differences(value)
        elif route is None:
            found = ["has no entity in tests/harness/answered.py"]
        else:
            self.routes.add(route)
            found = entities.differences(value, answered.table()[route])
        if called := document.route_of(method, parts.path):
            found += document.differences(called, status, value)
        self.wrong += [f"{method} {parts.path} answered {status}: {text}" for text in found]

    def note(self, method: str, path: str, status: int):
        """That the suite that runs was answered so."""
        called = document.route_of(method, path)
        if called and document.response(called, status) is None:
            self.wrong.append(f"{method} {path} answered {status}, which docs/openapi.json does not know")
        if called and status < 400 and self.suite:
            self.called.setdefault(self.suite, set()).add(called)

    def taken(self) -> list[str]:
        wrong, self.wrong = self.wrong, []
        return list(dict.fromkeys(wrong))


def error_differences(value) -> list[str]:
    """An error is an object with a text in `error`, whatever else it bears."""
    if isinstance(value, dict) and isinstance(value.get("error"), str) and value["error"]:
        return []
    return [f"{entities.shown(value)} is not an Error"]


RECORD = Record()


def listen():
    """From here on every answer that `requests` gets in this process is looked at."""
    send = requests.Session.send

    def listening(self, request, **options):
        answer = send(self, request, **options)
        if options.get("stream"):
            RECORD.note(request.method, urllib.parse.urlsplit(request.url).path, answer.status_code)
        else:
            kind = answer.headers.get("Content-Type", "")
            RECORD.see(request.method, request.url, answer.status_code, kind, answer.json)
        return answer

    requests.Session.send = listening


listen()


def pytest_runtest_setup(item):
    RECORD.suite = suite_of(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    done = yield
    wrong = RECORD.taken()
    if wrong:
        shown = wrong[:DIFFERENCES_SHOWN_MAX]
        more = [f"… and {len(wrong) - len(shown)} more"] if len(wrong) > len(shown) else []
        lines = ["answers that are not as the table of entities says:", *shown, *more]
        pytest.fail("\n".join(lines), pytrace=False)
    return done


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"{RECORD.answers} answers held against the table of entities, {len(RECORD.routes)} routes")


def pytest_sessionfinish():
    for suite, routes in RECORD.called.items():
        keep(suite, routes)
