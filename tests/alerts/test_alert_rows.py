from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from store.alerts import (
    Alert,
    AlertState,
    AlertUnknown,
    acknowledge,
    get_alert,
    insert_alert,
    list_alerts,
    resolve,
)
from store.audit import list_audit
from store.database import open_database, upgrade
from store.schema import themes
from store.spikes import write_spikes
from tests.alerts.launch_day import blank as blank_of
from tests.pipelines.making import make_spike

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def connection(database_url):
    """Two alerts in an open transaction."""
    engine = open_database(database_url)
    upgrade(engine)
    with engine.begin() as connection:
        write_spikes(connection, [make_spike(3, 8, NOON)])
        insert_alert(connection, Alert(1, "new_theme", 7, "brazil", NOON, "12 tickets"))
        insert_alert(connection, Alert(2, "spike", 8, "everyone", NOON, "42 tickets", spike_id=3))
        yield connection
    engine.dispose()


def test_alerts_are_listed_in_the_agreed_shape(connection):
    """A listing has the design's keys and event times, nothing of the wall clock."""
    assert [alert.as_json() for alert in list_alerts(connection)] == [
        {
            "id": 1,
            "kind": "new_theme",
            "theme_id": 7,
            "spike_id": None,
            "state": "open",
            "audience": "brazil",
            "opened_at": "2026-11-20T12:00:00Z",
            "reason": "12 tickets",
            "incident_id": None,
        },
        {
            "id": 2,
            "kind": "spike",
            "theme_id": 8,
            "spike_id": 3,
            "state": "open",
            "audience": "everyone",
            "opened_at": "2026-11-20T12:00:00Z",
            "reason": "42 tickets",
            "incident_id": None,
        },
    ]


def test_alerts_are_found_by_what_they_are(connection):
    """State, audience and theme narrow the listing."""
    acknowledge(connection, 1, actor="ada", at=LATER)
    assert [alert.alert_id for alert in list_alerts(connection, state="open")] == [2]
    assert [alert.alert_id for alert in list_alerts(connection, audience="brazil")] == [1]
    assert [alert.alert_id for alert in list_alerts(connection, theme_ids=[8, 9])] == [2]


def test_an_alert_follows_its_theme_through_merges(connection):
    """An alert of a theme that was merged twice is listed under the theme that lives on."""
    blank = blank_of(themes)
    merged = [
        {**blank, "id": 7, "merged_into": 5},
        {**blank, "id": 5, "merged_into": 4},
        {**blank, "id": 4, "merged_into": None},
    ]
    connection.execute(insert(themes), merged)
    assert get_alert(connection, 1).theme_id == 4
    assert [alert.alert_id for alert in list_alerts(connection, theme_ids=[4])] == [1]


def test_people_move_an_alert_forwards_only(connection):
    """Open becomes acknowledged becomes resolved; nothing goes back, and a second time logs nothing."""
    assert acknowledge(connection, 1, actor="ada", at=LATER).state == AlertState.ACKNOWLEDGED
    assert acknowledge(connection, 1, actor="bob", at=LATER).state == AlertState.ACKNOWLEDGED
    assert resolve(connection, 1, actor="ada", at=LATER).state == AlertState.RESOLVED
    assert resolve(connection, 1, actor="ada", at=LATER).state == AlertState.RESOLVED
    assert acknowledge(connection, 1, actor="ada", at=LATER).state == AlertState.RESOLVED
    assert list_audit(connection) == [
        {
            "at": "2026-11-21T09:30:00Z",
            "actor": "ada",
            "action": "alert resolved",
            "subject": "alert 1",
            "detail": {"from": "acknowledged"},
        },
        {
            "at": "2026-11-21T09:30:00Z",
            "actor": "ada",
            "action": "alert acknowledged",
            "subject": "alert 1",
            "detail": {"from": "open"},
        },
    ]


@pytest.mark.parametrize("act", [acknowledge, resolve])
def test_an_unknown_alert_is_named(connection, act):
    """An id that is not there is refused by a sentence that says where to look."""
    with pytest.raises(AlertUnknown, match="received alert 99, which does not exist; `groundswell alerts list`"):
        act(connection, 99, actor="ada", at=LATER)
