"""Every time on every page is in the viewer's zone."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from console.zone import clock_text
from models.access import Person, local_person
from models.times import parse_rfc3339
from tests.console.conftest import Client

ZONE = "Asia/Kolkata"
TIME = re.compile(r'<time datetime="([^"]+)" title="([^"]+)">([^<]+)</time>')


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/", 3), ("/themes", 1), ("/themes/1", 8), ("/themes/12", 3), ("/incidents", 1), ("/alerts", 1), ("/spikes", 1),
        ("/spikes/1", 3), ("/launches/live-coins%2Fwinter", 4), ("/known-issues", 1), ("/audit", 1),
    ],
)  # fmt: skip
def test_each_time_is_in_the_zone_of_the_viewer(client_of: Callable[[Person], Client], path: str, least: int) -> None:
    """Also those that a template takes from another one, which does not see the variables of the page."""
    client = client_of(replace(local_person("console"), time_zone=ZONE))
    if path == "/audit":
        client.get("/themes/1")
    page = client.get(path)
    assert page.status_code == 200
    found = TIME.findall(page.text)
    assert len(found) >= least
    for written, hover, shown in found:
        time = parse_rfc3339(written)
        assert shown == clock_text(time, ZONE) != clock_text(time, None)
        assert hover == f"{time:%a %-d %b %Y %H:%M} UTC"


def test_another_time_is_asked_for_in_the_zone_of_the_viewer(client_of: Callable[[Person], Client]) -> None:
    """The form of an explanation takes and shows the viewer's time; left empty, it asks for the latest."""
    client = client_of(replace(local_person("console"), time_zone=ZONE))
    page = client.get("/themes/1/why?at=2026-11-20T17:30")
    assert page.status_code == 200
    assert 'value="2026-11-20T17:30"' in page.text
    assert client.get("/themes/1/why?at=2026-11-20T12:00Z").text.count('value="2026-11-20T17:30"') == 1
    assert client.get("/themes/1/why?at=").status_code == 200
