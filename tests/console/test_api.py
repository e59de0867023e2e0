"""The JSON of the pages."""

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from console.access.needs import routes_of
from store.listings import list_alerts, list_changes, list_launches, list_spikes, list_themes
from tests.console.conftest import Client

LISTINGS = {
    "themes": list_themes,
    "spikes": list_spikes,
    "alerts": list_alerts,
    "launches": list_launches,
    "changes": list_changes,
}
KEYS = {
    "themes": {
        "id",
        "name",
        "state",
        "status",
        "size",
        "first_seen",
        "last_seen",
        "keywords",
        "known_issue",
        "owner",
    },
    "spikes": {
        "id",
        "theme_id",
        "theme_name",
        "segment",
        "start",
        "end",
        "detected_at",
        "observed",
        "expected",
        "ratio",
        "p_value",
        "q_value",
        "severity",
        "launch_id",
        "gate",
        "evidence",
        "causes",
        "incident_id",
    },
    "alerts": {"id", "kind", "theme_id", "spike_id", "state", "audience", "opened_at", "reason", "incident_id"},
    "launches": {"id", "kind", "title", "start", "end", "scope", "tolerance"},
    "changes": {"id", "kind", "title", "time", "scope", "url"},
}


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_is_that_of_the_command_line(client: Client, engine: Engine, name: str) -> None:
    """The JSON API answers with the same rows and keys as `--json`."""
    listed = client.get(f"/api/{name}").json()
    with engine.connect() as connection:
        assert listed == LISTINGS[name](connection)
    assert listed
    assert all(row.keys() >= KEYS[name] for row in listed)


def test_members_are_listed_when_asked_for(client: Client) -> None:
    """`?members=true` adds the ids of each theme's tickets."""
    first = client.get("/api/themes?members=true").json()[0]
    assert len(first["tickets"]) == 12
    assert "tickets" not in client.get("/api/themes").json()[0]


def test_a_theme_holds_what_its_page_shows(client: Client) -> None:
    """A theme answers with its hours, spikes, causes, quotes, history and pending decisions, times in UTC."""
    theme = client.get("/api/themes/3?days=2").json()
    assert theme.keys() >= KEYS["themes"] | {
        "hours",
        "spikes",
        "changes",
        "launches",
        "quotes",
        "lineage",
        "alerts",
        "pending",
    }
    assert theme["id"] == 3
    assert len(theme["hours"]) == 48
    assert theme["hours"][-1]["start"] == "2026-11-20T15:00:00Z"
    assert theme["hours"][-1]["expected"] > 0
    assert theme["spikes"][0]["segment"] == {"payment_method": "pix", "region": "BR"}
    assert theme["spikes"][0]["causes"][0]["kind"] == "segment"
    assert theme["pending"][0]["payload"]["jira"] == "PAY-2290"
    assert theme["last_seen"].endswith("Z")


def test_errors_of_the_api_are_json(client: Client) -> None:
    """What is not there is one sentence under the key `error`."""
    assert client.get("/api/themes/999").status_code == 404
    assert client.get("/api/themes/999").json()["error"].startswith("Received theme 999")
    assert client.get("/api/themes/1?days=0").status_code == 422
    assert "days" in client.get("/api/themes/1?days=0").json()["error"]
    assert client.get("/api/nothing").json()["error"].startswith("Received GET /api/nothing")


def test_the_api_describes_itself(client: Client, app: FastAPI) -> None:
    """The OpenAPI description names each JSON route, says what it does, and names none of the pages."""
    paths = client.get("/api/openapi.json").json()["paths"]
    routes = {route.path for route in routes_of(app.routes) if route.path.startswith("/api/")} - {"/api/openapi.json"}
    # A launch's id may have slashes; the description has no word for that.
    assert set(paths) == {path.replace(":path}", "}") for path in routes}
    assert {f"/api/{name}" for name in LISTINGS} < set(paths)
    assert all(route["description"] for path in paths.values() for route in path.values())
