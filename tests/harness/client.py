"""A small client of the Mastodon API, and the ways to get an account on a server."""

import base64
import hashlib
import secrets
import urllib.parse
from dataclasses import dataclass, field

import requests
from bs4 import BeautifulSoup

TIMEOUT_S = 20
PASSWORD = "correct horse battery staple"
SCOPES = "read write follow push"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class Refused(AssertionError):
    """A request that should have succeeded did not."""


@dataclass
class Client:
    """Calls the API at `url`, with a token or as a stranger from the street."""

    url: str
    token: str | None = None
    name: str = ""
    id: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, **options) -> requests.Response:
        """Any request; whatever the answer, it is returned."""
        headers = dict(options.pop("headers", {}))
        if self.token and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.token}"
        options.setdefault("timeout", TIMEOUT_S)
        options.setdefault("allow_redirects", False)
        return self.session.request(method, self.url + path, headers=headers, **options)

    def get(self, path: str, **params):
        return self._checked("GET", path, params=params)

    def post(self, path: str, headers=None, **body):
        return self._checked("POST", path, json=body, headers=headers or {})

    def put(self, path: str, **body):
        return self._checked("PUT", path, json=body)

    def patch(self, path: str, **body):
        return self._checked("PATCH", path, json=body)

    def delete(self, path: str, **params):
        return self._checked("DELETE", path, params=params)

    def say(self, status: str, **more) -> dict:
        return self.post("/api/v1/statuses", status=status, **more)

    def _checked(self, method: str, path: str, **options):
        answer = self.call(method, path, **options)
        if not answer.ok:
            raise Refused(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()


def register_app(url: str, name="Petrel's tests", redirect_uris=OUT_OF_BAND, scopes=SCOPES) -> dict:
    return Client(url).post(
        "/api/v1/apps", client_name=name, redirect_uris=redirect_uris, scopes=scopes
    )


def app_client(url: str, app: dict | None = None, scopes=SCOPES) -> Client:
    """A client with a token of the app alone, by client credentials."""
    app = app or register_app(url)
    token = Client(url).post(
        "/oauth/token",
        grant_type="client_credentials",
        client_id=app["client_id"],
        client_secret=app["client_secret"],
        redirect_uri=OUT_OF_BAND,
        scope=scopes,
    )
    return Client(url, token["access_token"])


def sign_up(url: str, name: str, app: Client | None = None, **profile) -> Client:
    """A new account by the API, as a mobile client does it, with `profile` set."""
    app = app or app_client(url)
    answer = app.post(
        "/api/v1/accounts",
        username=name,
        email=f"{name}@example.com",
        password=PASSWORD,
        agreement=True,
        locale="en",
    )
    client = Client(url, answer["access_token"], name)
    client.id = client.get("/api/v1/accounts/verify_credentials")["id"]
    if profile:
        client.patch("/api/v1/accounts/update_credentials", **profile)
    return client


@dataclass
class Pkce:
    """Proof key for code exchange, RFC 7636."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def log_in_by_browser(url: str, app: dict, email: str, redirect_uri: str, scopes=SCOPES, password=PASSWORD):
    """Goes through the pages as a person does, and gives the client with its new token."""
    pkce = Pkce()
    browser = requests.Session()
    query = urllib.parse.urlencode(
        {
            "response_type": "code",
            "client_id": app["client_id"],
            "redirect_uri": redirect_uri,
            "scope": scopes,
            "state": "a state / with ünusual characters",
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
        }
    )
    page = browser.get(f"{url}/oauth/authorize?{query}", timeout=TIMEOUT_S)
    page.raise_for_status()
    if BeautifulSoup(page.text, "html.parser").find("input", type="password"):
        page = submit(browser, page, email, password)
    code, state = authorize(browser, page, redirect_uri)
    answer = Client(url).post(
        "/oauth/token",
        grant_type="authorization_code",
        client_id=app["client_id"],
        client_secret=app["client_secret"],
        redirect_uri=redirect_uri,
        code=code,
        code_verifier=pkce.verifier,
    )
    return Client(url, answer["access_token"]), state


def submit(browser: requests.Session, page: requests.Response, email: str, password: str) -> requests.Response:
    """Fills in the log-in form of a page and follows to where it leads."""
    form = BeautifulSoup(page.text, "html.parser").find("input", type="password").find_parent("form")
    fields = form_fields(form)
    for control in form.find_all("input"):
        if control.get("type") in ("text", "email"):
            fields[control["name"]] = email
        elif control.get("type") == "password":
            fields[control["name"]] = password
    target = urllib.parse.urljoin(page.url, form.get("action") or page.url)
    return browser.post(target, data=fields, timeout=TIMEOUT_S)


def authorize(browser: requests.Session, page: requests.Response, redirect_uri: str) -> tuple[str, str | None]:
    """Presses "authorize" and reads the code out of the redirect, or off the page."""
    soup = BeautifulSoup(page.text, "html.parser")
    form = next(
        form
        for form in soup.find_all("form")
        if not form.find("input", type="password") and "deny" not in str(form).lower().split(">", 1)[0]
    )
    fields = form_fields(form)
    button = form.find("button", attrs={"name": True})
    if button:
        fields[button["name"]] = button.get("value", "")
    target = urllib.parse.urljoin(page.url, form.get("action") or page.url)
    answer = browser.post(target, data=fields, allow_redirects=False, timeout=TIMEOUT_S)
    while answer.is_redirect and not answer.headers["Location"].startswith(redirect_uri):
        target = urllib.parse.urljoin(answer.url, answer.headers["Location"])
        if redirect_uri == OUT_OF_BAND and "code=" in target:
            break
        answer = browser.get(target, allow_redirects=False, timeout=TIMEOUT_S)
    if answer.is_redirect:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)
        return query["code"][0], query.get("state", [None])[0]
    shown = BeautifulSoup(answer.text, "html.parser").find(["code", "input"], class_=True) or BeautifulSoup(
        answer.text, "html.parser"
    ).find("code")
    return (shown.get("value") or shown.text).strip(), None


def form_fields(form) -> dict[str, str]:
    return {
        control["name"]: control.get("value", "")
        for control in form.find_all("input", attrs={"name": True})
        if control.get("type") not in ("submit", "button", "checkbox")
    }
