"""Every address that answers GET answers HEAD in the same way, without a body."""

import re

import pytest
from fastapi import FastAPI

from console.access.needs import routes_of
from tests.console.conftest import Client

VALUES = {
    "theme_id": "1", "launch_id": "live-coins%2Fwinter", "incident_id": "1", "issue_id": "1", "alert_id": "1", "spike_id": "1",
    "silence_id": "1",
}  # fmt: skip
"""What stands for a part of an address; others are filled with a number, which may be one of nothing."""


def addresses(app: FastAPI) -> list[str]:
    """List an address of each route that answers GET."""
    paths = [str(route.path) for route in routes_of(app.routes) if "GET" in (route.methods or ())]
    return [re.sub(r"{(\w+)(:\w+)?}", lambda part: VALUES.get(part[1], "1"), path) for path in paths]


def test_no_route_refuses_head(app: FastAPI, client: Client) -> None:
    """A monitor that asks for the headers only gets those of the page, on each route, also on those that are added later."""
    found = addresses(app)
    assert len(found) > 30
    for address in [path for path in found if path != "/events"]:
        got, head = client.get(address), client.head(address)
        assert (address, head.status_code) == (address, got.status_code)
        assert head.content == b""
        assert head.headers["content-type"] == got.headers["content-type"]


def test_the_stream_of_news_says_what_it_is(client: Client) -> None:
    """The stream has no end, so that HEAD gives its headers at once."""
    head = client.head("/events")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("path", ["/static/console.js", "/static/chart.css", "/static/icon.svg"])
def test_files_answer_head(client: Client, path: str) -> None:
    """Static files give their length."""
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(client.get(path).content)
