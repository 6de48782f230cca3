"""Pages for people: what a browser gets, without script and without an account."""

import pytest
import requests
from bs4 import BeautifulSoup
from harness.client import app_client, sign_up


@pytest.fixture(scope="module")
def ada(shared_server):
    """Someone with a profile and a thread."""
    app = app_client(shared_server.url)
    ada = sign_up(
        shared_server.url, "ada", app,
        display_name="Ada <script>alert(1)</script>", note="Writes about engines.\n#engines", indexable=True,
        fields_attributes=[{"name": "Site", "value": "http://ada.example"}],
    )
    bob = sign_up(shared_server.url, "bob", app)
    ada.root = ada.say("The engine has no pretensions #engines", language="en")
    ada.reply = bob.say("@ada but could it compose music?", in_reply_to_id=ada.root["id"])
    ada.answer = ada.say("@bob of any complexity", in_reply_to_id=ada.reply["id"])
    ada.arabic = ada.say("مرحبا بالعالم", language="ar")
    ada.warned = ada.say("It crashes in the end", spoiler_text="Spoiler")
    ada.unlisted = ada.say("Not on the lists", visibility="unlisted")
    ada.hidden = ada.say("Nobody but followers", visibility="private")
    return ada


def page(url: str, path: str, status: int = 200) -> BeautifulSoup:
    answer = requests.get(url + path, headers={"Accept": "text/html"}, timeout=10)
    assert answer.status_code == status, f"{path}: {answer.status_code}"
    assert answer.headers["Content-Type"].startswith("text/html")
    soup = BeautifulSoup(answer.text, "html.parser")
    assert not soup.find("script") and not soup.find(style=True), "no script and no inline styles"
    assert soup.html["lang"] == "en" and soup.find("main") and len(soup.find_all("h1")) == 1
    return soup


def meta(soup: BeautifulSoup, name: str) -> str | None:
    found = soup.find("meta", attrs={"name": name}) or soup.find("meta", attrs={"property": name})
    return found and found["content"]


def test_the_front_page(shared_server, ada):
    soup = page(shared_server.url, "/")
    assert f"localhost:{shared_server.port}" in soup.find(class_="address").text
    assert soup.find("a", href="/auth/sign_up")
    assert "no pretensions" in soup.text
    assert "Not on the lists" not in soup.text and "Nobody but followers" not in soup.text
    assert meta(soup, "og:url") == shared_server.url + "/"


def test_every_link_of_ours_leads_somewhere(shared_server, ada):
    seen, queue = set(), ["/", "/about", "/@ada", f"/@ada/{ada.root['id']}", "/tags/engines"]
    while queue:
        path = queue.pop()
        if path in seen or len(seen) > 60:
            continue
        seen.add(path)
        answer = requests.get(shared_server.url + path, timeout=10)
        assert answer.ok, f"{path}: {answer.status_code}"
        if path.startswith(("/oauth", "/auth")) or "html" not in answer.headers["Content-Type"]:
            continue
        for element in BeautifulSoup(answer.text, "html.parser").find_all(["a", "link", "img"]):
            target = (element.get("href") or element.get("src") or "").split("#")[0]
            target = target.removeprefix(shared_server.url)
            if target.startswith("/"):
                queue.append(target)
    assert len(seen) > 10


def test_a_profile(shared_server, ada):
    soup = page(shared_server.url, "/@ada")
    assert "Ada <script>alert(1)</script>" in soup.h1.text
    assert "Not on the lists" in soup.text and "Nobody but followers" not in soup.text
    assert "of any complexity" not in soup.text
    assert "of any complexity" in page(shared_server.url, "/@ada/with_replies").text
    assert meta(soup, "og:type") == "profile"
    assert meta(soup, "profile:username") == f"@ada@localhost:{shared_server.port}"
    assert soup.find("link", rel="canonical")["href"] == f"{shared_server.url}/@ada"
    assert meta(soup, "robots") is None, "she lets search engines in"
    assert meta(page(shared_server.url, "/@bob"), "robots") == "noindex, noarchive", "he did not say so"


def test_a_thread(shared_server, ada):
    soup = page(shared_server.url, f"/@bob/{ada.reply['id']}")
    texts = [article.find(class_="content").text for article in soup.find_all("article")]
    assert ["no pretensions" in texts[0], "compose music" in texts[1], "any complexity" in texts[2]] == [True] * 3
    assert soup.find("article", class_="focus").find(class_="content").text == texts[1]
    assert meta(soup, "og:type") == "article"
    assert "compose music" in meta(soup, "og:description")


def test_direction_language_and_warnings(shared_server, ada):
    content = page(shared_server.url, f"/@ada/{ada.arabic['id']}").find(class_="content")
    assert (content["lang"], content["dir"]) == ("ar", "rtl")
    soup = page(shared_server.url, f"/@ada/{ada.warned['id']}")
    assert soup.find("details").find("summary").text == "Spoiler"
    assert not soup.find("details").has_attr("open")
    assert "crashes" not in str(soup.head), "what a warning covers stands in no preview"
    assert meta(page(shared_server.url, f"/@ada/{ada.unlisted['id']}"), "robots")


def test_what_is_not_there_or_not_for_all(shared_server, ada):
    paths = [
        "/@nobody", "/@ada/1", "/@ada/nonsense", f"/@ada/{ada.hidden['id']}", f"/@bob/{ada.root['id']}",
        "/@%00", "/@%ff", "/@ada/%ff", "/@%ff/with_replies", "/tags/%ff", "/users/%ff", "/users/ada/statuses/%ff", "/nothing/here", "/@ada/99999999999999999999999",
    ]
    for path in paths:
        assert "Nothing here" in page(shared_server.url, path, status=404).h1.text
    unknown = requests.get(f"{shared_server.url}/api/v1/nothing", headers={"Accept": "text/html"}, timeout=10)
    assert unknown.status_code == 404 and isinstance(unknown.json()["error"], str)


def test_addresses_for_machines_lead_to_pages(shared_server, ada):
    for path, target in (
        ("/users/ada", "/@ada"),
        (f"/users/ada/statuses/{ada.root['id']}", f"/@ada/{ada.root['id']}"),
    ):
        answer = requests.get(shared_server.url + path, allow_redirects=False, timeout=10)
        assert answer.status_code in (301, 302, 303, 307, 308)
        assert answer.headers["Location"].removeprefix(shared_server.url) == target


def test_headers(shared_server, ada):
    for method in ("GET", "HEAD"):
        answer = requests.request(method, f"{shared_server.url}/@ada", timeout=10)
        assert answer.ok
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        if method == "HEAD":
            assert answer.content == b""
    soup = page(shared_server.url, "/")
    style = requests.get(shared_server.url + soup.find("link", rel="stylesheet")["href"], timeout=10)
    assert style.headers["Content-Type"].startswith("text/css") and "immutable" in style.headers["Cache-Control"]
    for picture in ("/avatars/original/missing.png", "/headers/original/missing.png"):
        answer = requests.get(shared_server.url + picture, timeout=10)
        assert answer.content.startswith(b"\x89PNG") and answer.headers["Content-Type"] == "image/png"


def test_paging(server):
    ada = sign_up(server.url, "ada")
    posted = [ada.say(f"number {number:02}")["id"] for number in range(25)]
    path, seen = "/@ada", []
    while path:
        soup = page(server.url, path)
        assert bool(soup.find("a", rel="prev")) is bool(seen), "only what is not the first page has newer ones"
        seen += [link["href"].rsplit("/", 1)[1] for link in soup.select("article .when")]
        following = soup.find("a", rel="next")
        path = following and following["href"]
    assert seen == posted[::-1]
