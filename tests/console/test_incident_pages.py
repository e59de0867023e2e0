"""The pages and the API of incidents, with hostile texts inert."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select

from models.alert import AlertKind
from models.incidents.lifecycle import join, open_incident
from models.incidents.relation import Relation
from models.incidents.signals import IncidentSignal
from models.segment import EVERYTHING, Segment
from store import schema
from store.incident_listings import describe_incident, list_incidents
from store.incidents import give_incident, give_spikes, write_incident_events, write_incidents
from tests.console.conftest import Client
from tests.console.seed import END, HOSTILE

BR = Segment.of({"region": "BR"})


@pytest.fixture
def incident(engine: Engine) -> int:
    """An incident of the hostile theme, which a second theme joined, with an alert, a spike and their evidence."""
    first = IncidentSignal(
        kind=AlertKind.SPIKE, theme_id=12, segment=BR, start=END - timedelta(hours=2), observed=40, expected=2.5, severity=9.0,
        spike_id=1, alert_id=90,
    )  # fmt: skip
    second = first.with_(theme_id=2, segment=EVERYTHING, spike_id=2, alert_id=None)
    step = open_incident(1, first, "payments-live", f"40 tickets about {HOSTILE}", END)
    step = step.then(join(step.incident, second, Relation.SIMILAR_TEXT, "9 tickets", END))
    with engine.begin() as connection:
        write_incidents(connection, [step.incident])
        write_incident_events(connection, step.incident, step.events, notified=True)
        alert = {"id": 90, "kind": "spike", "theme_id": 12, "spike_id": 1, "state": "open", "audience": "payments-live"}
        connection.execute(insert(schema.alerts).values(**alert, opened_at=END, reason=f"about {HOSTILE}"))
        give_incident(connection, [90], 1)
        give_spikes(connection, list(connection.execute(select(schema.spikes.c.id).limit(2)).scalars()), 1)
    return 1


def test_the_api_answers_with_what_the_commands_print(client: Client, engine: Engine, incident: int) -> None:
    """`/api/incidents` and `/api/incidents/ID` have the rows of `incidents list` and `incidents show`."""
    with engine.connect() as connection:
        assert client.get("/api/incidents").json() == list_incidents(connection)
        assert client.get(f"/api/incidents/{incident}").json() == describe_incident(connection, incident)
    (listed,) = client.get("/api/incidents").json()
    assert (listed["state"], listed["alert_ids"], listed["theme_name"]) == ("open", [90], HOSTILE)
    assert [one["kind"] for one in client.get("/api/incidents/1").json()["events"]] == ["opened", "joined"]
    assert client.get("/api/incidents/999").status_code == 404


def test_the_page_of_an_incident_shows_its_timeline_and_evidence(client: Client, incident: int) -> None:
    """State, place, signals, alerts, spikes, quotes and what happened are on its page; a hostile name stays text."""
    page = client.get(f"/incidents/{incident}").text
    assert HOSTILE not in page
    for shown in (
        "incident 1",
        "region",
        "BR",
        "payments-live",
        "opened",
        "it began at the same time with similar texts",
        "sent",
    ):
        assert shown in page
    assert "<blockquote>" in page
    assert client.get("/incidents/999").status_code == 404


def test_the_list_of_incidents_links_to_each(client: Client, incident: int) -> None:
    """The list has the incident with its owner and state, and the theme's alerts link to it."""
    page = client.get("/incidents").text
    assert f'href="/incidents/{incident}"' in page
    assert "payments-live" in page
    assert HOSTILE not in page
    assert 'href="/incidents/1"' in client.get("/themes/12").text


def test_without_incidents_the_list_says_so(client: Client) -> None:
    """A database without incidents has a sentence in place of a table."""
    assert "There were no incidents" in client.get("/incidents").text
