"""Why and why not, on a page and as JSON."""

import pytest

from tests.console.conftest import Client


def test_a_theme_says_why_it_does_not_signal(client: Client) -> None:
    """A theme's page leads to the reason of now; a time and a segment may be asked for; the JSON says the same."""
    assert 'href="/themes/3/why"' in client.get("/themes/3").text
    page = client.get("/themes/3/why")
    assert page.status_code == 200
    answer = client.get("/api/themes/3/why").json()
    assert answer["sentences"][0].split(" at ")[0] in page.text
    assert {"verdict", "windows", "needed", "p_value", "exact", "envelopes"} <= answer.keys()
    asked = client.get("/api/themes/3/why?at=2026-11-19T10:00:00Z&segment=region=BR").json()
    assert asked["at"] == "2026-11-19T10:00:00Z"
    assert asked["segment"] == {"region": "BR"}
    assert client.get("/api/themes/3/why?at=2026-11-19T10:00").json()["at"] == "2026-11-19T10:00:00Z"
    assert 'value="region=BR"' in client.get("/themes/3/why?at=2026-11-19T10:00:00Z&segment=region=BR").text


def test_a_spike_leads_to_what_opened_it(client: Client) -> None:
    """Each spike on a page links to why it opened, which the JSON gives with its number."""
    spike = client.get("/api/spikes").json()[0]["id"]
    theme = client.get("/api/spikes").json()[0]["theme_id"]
    assert f'href="/spikes/{spike}/why"' in client.get(f"/themes/{theme}").text
    assert client.get(f"/spikes/{spike}/why").status_code == 200
    assert client.get(f"/api/spikes/{spike}/why").json()["spike_id"] == spike


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("themes/999/why", 404, "Received theme 999"),
        ("spikes/999/why", 404, "Received spike 999"),
        ("themes/3/why?at=2020-01-01T00:00Z", 422, "but what was mined reaches from"),
        ("themes/3/why?segment=colour=red", 422, "no counts are kept"),
        ("themes/3/why?segment=region=XX", 422, "no ticket has had"),
        ("themes/3/why?segment=region", 422, "valid is a form such as"),
        ("themes/3/why?at=noon", 422, "as at"),
    ],
)
def test_what_cannot_be_asked_is_refused(client: Client, path: str, status: int, sentence: str) -> None:
    """What cannot be answered is one sentence that says what is valid, on the page and in the JSON."""
    assert client.get(f"/{path}").status_code == client.get(f"/api/{path}").status_code == status
    assert sentence in client.get(f"/api/{path}").json()["error"]
