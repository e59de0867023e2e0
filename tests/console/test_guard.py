"""Who the console answers, and what its pages may load."""

from html.parser import HTMLParser

import pytest
from sqlalchemy import Engine, select

from console.app import create_app
from console.settings import ConsoleSettings
from pipelines.settings import MiningSettings
from store import schema
from tests.console.conftest import Client, console_parts, wall_clock

PATHS = [
    "/",
    "/themes/1",
    "/launches",
    "/healthz",
    "/api/themes",
    "/static/console.js",
    "/events",
    "/nothing",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:8765", "127.0.0.1.nip.io", "", "[::2]:8765", "[::1"]
)
def test_a_foreign_host_is_refused_everywhere(client: Client, path: str, host: str) -> None:
    """A page that makes its own name resolve to loopback gets nothing but a sentence."""
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert "open the console by one of them" in answer.text
    assert "coins" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]:8765"])
def test_loopback_names_are_answered_at_any_port(client: Client, host: str) -> None:
    """The three names of loopback are valid, also behind a forwarded port."""
    assert client.get("/healthz", headers={"host": host}).json() == {"status": "ok"}


def test_a_domain_is_allowed_by_a_wildcard(engine: Engine) -> None:
    """`*.example.com` allows the names of a domain and no others; a wildcard for everything is refused."""
    settings = ConsoleSettings(allowed_hosts=("*.example.com",))
    client = Client(
        create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=console_parts())
    )
    assert client.get("/healthz", headers={"host": "console.example.com:8765"}).status_code == 200
    assert client.get("/healthz", headers={"host": "example.com.evil"}).status_code == 400
    for wrong in ("*", "*.", "console.*", "*.*.com"):
        with pytest.raises(ValueError, match="valid is a name"):
            ConsoleSettings(allowed_hosts=(wrong,))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://localhost:8765"},
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
        {"origin": "http://[broken"},
    ],
)
@pytest.mark.parametrize("path", ["/themes/1/known-issue", "/themes/6/known-issue/clear"])
def test_a_change_from_another_origin_is_refused(
    client: Client, engine: Engine, path: str, headers: dict[str, str]
) -> None:
    """Another site's form or script cannot decide anything."""
    answer = client.post(path, data={"title": "forged"}, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text
    with engine.connect() as connection:
        assert [row.actor for row in connection.execute(select(schema.decisions))] == ["ada"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "same-origin"}, {"origin": "http://localhost:8765"}, {"sec-fetch-site": "none"}],
)
def test_a_change_from_our_own_page_or_no_browser_passes(client: Client, headers: dict[str, str]) -> None:
    """Our own form passes, and so does a program, which no foreign page can steer."""
    answer = client.post("/themes/1/known-issue", data={"title": "Seen"}, headers=headers, follow_redirects=False)
    assert answer.status_code == 303


@pytest.mark.parametrize("path", PATHS[:6])
def test_every_answer_forbids_foreign_and_inline_content(client: Client, path: str) -> None:
    """The policy allows our own files only: no inline script or style, no frame, no form to elsewhere."""
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert all(sources in ("'self'", "'none'") for sources in policy.values())
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


def test_pages_are_not_kept_by_caches(client: Client) -> None:
    """Ticket text stays out of the browser's disk cache."""
    assert client.get("/themes/1").headers["cache-control"] == "no-store"
    assert client.get("/api/themes").headers["cache-control"] == "no-store"


class Elements(HTMLParser):
    """Collects every element of a page with its attributes, and the text of its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element."""
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    "path", ["/", "/themes", "/themes/1", "/themes/12", "/launches/live-coins%2Fwinter", "/nothing"]
)
def test_pages_hold_nothing_that_the_policy_forbids(client: Client, path: str) -> None:
    """No page has an inline script, style or handler, nor loads or sends anything from or to elsewhere."""
    elements = Elements(client.get(path).text).found
    assert len(elements) > 10
    assert not [tag for tag, _ in elements if tag in ("style", "iframe", "img", "object", "base")]
    for tag, attributes in elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
        loaded = {"script": "src", "link": "href", "form": "action"}.get(tag)
        if loaded:
            assert (attributes[loaded] or "").startswith("/"), tag
        if tag == "a":
            assert not (attributes["href"] or "").startswith("javascript:")


def test_a_failure_of_our_own_is_guarded_too(app, client: Client) -> None:
    """The page that says that the console failed shows nothing of the failure, under the same policy."""

    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError("secret detail")

    answer = client.get("/fails")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "The console failed at this page" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
