"""Times on all pages: in the viewer's zone, 24-hour, with UTC on hover, whatever zone the browser names."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from console.zone import clock_text, zone_named
from tests.console.conftest import Client
from tests.console.signals import seed_decisions, seed_incident
from tests.console.test_head import addresses

UTC_TITLE = re.compile(r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2} UTC")
SHOWN = re.compile(r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} ([01]\d|2[0-3]):[0-5]\d")
HOSTILE_ZONES = [
    "../../etc/passwd", "/etc/localtime", "America", "Europe/Berlin\\n", "%00", "x" * 5_000, "<script>", "zone1970.tab", "..", ".",
    "Zo\xeb",
]  # fmt: skip


class Times(HTMLParser):
    """Collects the attributes and the text of each `<time>`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self._open: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a time."""
        if tag == "time":
            self._open = dict(attrs)

    def handle_data(self, data: str) -> None:
        """Take its text."""
        if self._open is not None:
            self.found.append((self._open, data.strip()))
            self._open = None


def times(text: str) -> list[tuple[dict[str, str | None], str]]:
    """Return the times of a page."""
    parser = Times()
    parser.feed(text)
    return parser.found


@pytest.fixture(autouse=True)
def signals(engine: Engine) -> None:
    """Let the pages of incidents and alerts have something to show."""
    seed_incident(engine)
    seed_decisions(engine)


def test_each_time_of_each_page_has_utc_on_hover(app: FastAPI, client: Client) -> None:
    """The pages are those of the application, so that a new one cannot be forgotten."""
    seen, wrong = 0, []
    for address in addresses(app):
        if address == "/events" or address.startswith("/api/"):
            continue
        page = client.get(address, headers={"cookie": "zone=Asia/Kolkata"})
        # A redirect leads to a page that has its own turn; this client loses the cookie on the way.
        for attributes, text in () if page.history else times(page.text):
            seen += 1
            stamped = datetime.fromisoformat(attributes.get("datetime") or "0001-01-01").tzinfo is not None
            if not (stamped and UTC_TITLE.search(attributes.get("title") or "") and text):
                wrong.append((address, attributes, text))
            # Half an hour of India is in no time that was written in UTC.
            if SHOWN.fullmatch(text):
                minute = datetime.fromisoformat(str(attributes["datetime"])).minute
                assert int(text[-2:]) == (minute + 30) % 60, (address, text, attributes)
    assert wrong == []
    assert seen > 50


@pytest.mark.parametrize("zone", HOSTILE_ZONES)
def test_a_hostile_zone_is_that_of_nobody(client: Client, zone: str) -> None:
    """The page is answered, in UTC, and what was sent is not on it."""
    page = client.get("/incidents", headers={"cookie": b"zone=" + zone.encode("latin-1")})
    assert page.status_code == 200
    assert zone in {".", ".."} or zone not in page.text
    assert all(text in title["title"].replace("2026 ", "") for title, text in times(page.text) if SHOWN.fullmatch(text))


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Pacific/Niue", "Europe/Berlin", "Asia/Kathmandu", "Africa/Monrovia"]
)
def test_zones_are_written_up_to_the_ends_of_the_calendar(zone: str) -> None:
    """Where the zone would leave the calendar, UTC stands."""
    for time in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert SHOWN.fullmatch(clock_text(time, zone_named(zone)))


def test_the_hour_that_comes_twice_is_told_apart_by_utc() -> None:
    """Clocks in Berlin go back at 01:00 UTC: both hours are written 02:30, and the hour that is left out is never written."""
    before, after = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert clock_text(before, "Europe/Berlin") == clock_text(after, "Europe/Berlin") == "Sun 25 Oct 02:30"
    spring = [clock_text(datetime(2026, 3, 29, hour, 30, tzinfo=UTC), "Europe/Berlin")[-5:] for hour in (0, 1)]
    assert spring == ["01:30", "03:30"]


def test_macros_that_write_times_know_the_viewer(root: Path) -> None:
    """Jinja gives an imported macro no context unless it is imported with it: without it a time would be written in UTC."""
    sources = {file.name: file.read_text("utf-8") for file in (root / "console" / "templates").glob("*.html")}
    with_times = {name for name, source in sources.items() if re.search(r"\|\s*(when|clock)\b", source)}
    for name, source in sources.items():
        for statement, imported in re.findall(r'(\{%-?\s*(?:from|import)\s+"([^"]+)".*?%\})', source):
            assert imported not in with_times or "with context" in statement, (name, statement)
