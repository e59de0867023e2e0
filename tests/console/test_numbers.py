"""Addresses with numbers that no row has, and requests for headers alone."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.console.conftest import Client


@pytest.mark.parametrize("number", [2**31, 2**63, -(2**63) - 1, 10**40])
@pytest.mark.parametrize(
    "address", ["/themes/{}", "/themes/{}/why", "/themes/{}/decide?kind=rename&name=a", "/spikes/{}/why", "/api/themes/{}",
                "/api/themes/{}/why", "/api/spikes/{}/why"],
)  # fmt: skip
def test_a_number_beyond_the_column_is_not_found(client: Client, address: str, number: int) -> None:
    """A number that fits no column is that of no theme or spike: 404, and one sentence."""
    answer = client.get(address.format(number))
    assert answer.status_code == 404
    assert "does not exist" in answer.text


def test_a_form_for_a_number_beyond_the_column(client: Client, engine: Engine) -> None:
    """Flagging and clearing such a theme is not found either."""
    assert client.post(f"/themes/{2**63}/known-issue", data={"title": "a"}).status_code == 404
    assert client.post(f"/themes/{2**31}/known-issue/clear").status_code == 404


@pytest.mark.parametrize("address", ["/", "/themes", "/themes/1", "/healthz", "/api/themes", "/static/console.css"])
def test_head_is_answered_like_get(client: Client, address: str) -> None:
    """HEAD has the status and headers of GET, and no body."""
    got, head = client.get(address), client.head(address)
    assert head.status_code == got.status_code
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.content == b""


@pytest.mark.parametrize("title", ["a\x1b[31mb", "a\u202eb", "a\x9bb"])
def test_a_form_with_control_characters_is_shown_again(client: Client, title: str) -> None:
    """Characters that a terminal would obey are refused in the console, too."""
    answer = client.post("/themes/1/known-issue", data={"title": title})
    assert answer.status_code == 422
    assert "control characters" in answer.text


def test_clearing_a_theme_that_is_not_flagged(client: Client) -> None:
    """There is nothing to clear: one sentence says so."""
    answer = client.post("/themes/1/known-issue/clear")
    assert answer.status_code == 422
    assert "not flagged as a known issue" in answer.text
