"""Links of a profile that link back are verified, by a job that asks through the guard."""

import http.server
import threading

import pytest
from harness.client import sign_up
from harness.server import Server
from harness.wait import wait_until

WAIT_S = 30
WARNING = "UNSAFE, FOR DEVELOPERS ONLY"


class Pages(http.server.ThreadingHTTPServer):
    """Answers each path by what `pages` says, and keeps what was asked for."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_port}"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(f"{self.command} {self.path}")
        page = self.server.pages.get(self.path, "")
        if page.startswith("http"):
            self.send_response(302)
            self.send_header("Location", page)
            body = b""
        else:
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html")
            body = page.encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def pages():
    pages = Pages()
    yield pages
    pages.shutdown()


def verified(client) -> dict[str, str | None]:
    """As all that shows it says it; the job may come in between."""
    told: list[dict[str, str | None]] = []

    def agree() -> bool:
        account = client.get(f"/api/v1/accounts/{client.id}")
        own = client.get("/api/v1/accounts/verify_credentials")
        shown = [account["fields"], own["fields"], own["source"]["fields"]]
        told[:] = [{field["name"]: field["verified_at"] for field in fields} for fields in shown]
        return told[0] == told[1] == told[2]

    wait_until(agree, WAIT_S, "an account is shown otherwise to its owner")
    return told[0]


def set_fields(client, **fields):
    rows = [{"name": name, "value": value} for name, value in fields.items()]
    client.patch("/api/v1/accounts/update_credentials", fields_attributes=rows)


def test_a_page_that_links_back_is_verified_and_no_other(tmp_path, pages):
    server = Server(tmp_path / "data", variables={"PETREL_TEST_LOOPBACK_PORTS": str(pages.server_port)})
    server.expected_complaints.append(WARNING)
    with server:
        ann = sign_up(server.url, "ann")
        home = f"{server.url}/@ann"
        pages.pages = {
            "/mine": f'<p><a rel="nofollow me" href="{home.upper()}">me</a>',
            "/short": f'<link rel="me" href="{pages.url}/to-me">',
            "/to-me": home,
            "/other": f'<a href="{home}">not me</a><script>"<a rel=me href={home}>"</script>',
        }
        set_fields(ann, mine=f"{pages.url}/mine", short=f"{pages.url}/short", other=f"{pages.url}/other", gone="none")
        wait_until(lambda: all(verified(ann)[name] for name in ("mine", "short")), WAIT_S, "the links are not verified")
        wait_until(lambda: "GET /other" in pages.asked, WAIT_S, "the other page was not asked for")
        now = verified(ann)
        assert now["other"] is None and now["gone"] is None
        status = ann.say("with a verified link")
        shown = {field["name"]: field["verified_at"] for field in status["account"]["fields"]}
        assert shown == now
        # Another value is not verified, and the old one is not either when it comes back broken.
        pages.pages["/mine"] = "gone"
        set_fields(ann, mine=f"{pages.url}/mine?other")
        assert verified(ann) == {"mine": None}
        asked = len(pages.asked)
        set_fields(ann, mine=f"{pages.url}/mine")
        assert verified(ann) == {"mine": None}
        wait_until(lambda: len(pages.asked) > asked, WAIT_S, "the page was not asked for anew")
        # Its owner links back only now, and saves the profile as it is.
        pages.pages["/mine"] = f'<a rel="me" href="{home}">me</a>'
        set_fields(ann, mine=f"{pages.url}/mine")
        wait_until(lambda: verified(ann)["mine"], WAIT_S, "saving the profile again had no effect")
        assert WARNING in server.log()


def test_without_leave_nothing_on_this_machine_is_asked(tmp_path, pages):
    """Neither by https nor by a name that leads here; one port that is permitted permits no other."""
    permitted = Pages()
    server = Server(tmp_path / "data", variables={"PETREL_TEST_LOOPBACK_PORTS": str(permitted.server_port)})
    server.expected_complaints.append(WARNING)
    with server:
        ann = sign_up(server.url, "ann")
        permitted.pages |= {f"/over?{turn}": f"{pages.url}/secret" for turn in ("first", "second")}
        for turn in ("first", "second"):
            secure = pages.url.replace("http://", "https://")
            set_fields(
                ann, plain=f"{pages.url}/{turn}", secure=f"{secure}/{turn}", port=f"https://localhost/{turn}",
                over=f"{permitted.url}/over?{turn}",
            )
            wait_until(lambda: f"GET /over?{turn}" in permitted.asked, WAIT_S, "what is permitted was not asked for")
        assert pages.asked == []
        assert set(verified(ann).values()) == {None}
    permitted.shutdown()
