"""Incidents in the miner: rows, messages, restarts, merges and owners."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from alerts.ownership import Audience, Match
from models.alert import Gate
from models.incidents.incident import IncidentState
from pipelines.decisions.incidents import decide_merge, decide_split
from pipelines.decisions.preview import DecisionInvalid
from store.alerts import acknowledge, list_alerts
from store.decisions import read_decision, undo_decision
from store.incident_listings import describe_incident, list_incidents
from store.incidents import IncidentUnknown, get_incident
from store.spikes import read_spikes
from tests.pipelines.chain import open_new
from tests.pipelines.incident_miner import START, IncidentMiner, spike

BR = {"region": "BR"}


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to an empty database at head."""
    engine = open_new(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def test_a_new_theme_and_its_spikes_are_one_incident_and_one_message(connection: Connection) -> None:
    """The alerts and spikes name the incident, also a spike that a gate withheld; the outbox has one row of news."""
    miner = IncidentMiner(connection)
    miner.name(coins=7)
    miner.epoch(10, spike(1, 7, at=5, gate=Gate.THEME_ALREADY_ALERTED), new=(7,))
    miner.epoch(15, spike(2, 7, at=10))
    assert [one.incident_id for one in list_alerts(connection)] == [1, 1]
    assert [one.incident_id for one in read_spikes(connection)] == [1, 1]
    assert [row for row in miner.sent() if row[2]] == [("1:1", "everyone", "opened")]
    first = miner.payloads()[0]
    assert (first["incident_id"], first["revision"], first["title"], first["alert_ids"]) == (1, 1, "coins", [1])
    assert first["why"] == "owner"


def test_a_quiet_epoch_writes_nothing(connection: Connection) -> None:
    """An incident of which nothing changed keeps its row and gets no message."""
    miner = IncidentMiner(connection)
    miner.epoch(10, spike(1, 7))
    before = miner.rows()
    miner.epoch(15)
    miner.epoch(20)
    assert miner.rows() == before


STORY = (
    (10, spike(1, 7)),
    (15, spike(1, 7, observed=12), spike(2, 8, at=2, where=BR)),
    (60, spike(1, 7, observed=80), spike(3, 9, at=40, where=BR, gate=Gate.PART_OF_ANOTHER_SPIKE)),
    (90, spike(1, 7, observed=300), spike(2, 8, at=2, where=BR, until=80)),
    (150, spike(1, 7, observed=310, until=140)),
    (240,),
    (900, spike(4, 7, at=880)),
    (905, spike(4, 7, at=880, observed=20)),
    (1200, spike(4, 7, at=880, observed=30, until=950)),
    (1700, spike(5, 7, at=1690)),
)
"""Two themes, one of which escalates, ends and returns twice, each epoch as (minute, spikes)."""


@pytest.mark.parametrize("settings", [{}, {"group_wait": timedelta(minutes=30), "group_interval": timedelta(hours=2)}])
def test_incidents_survive_a_restart_in_every_epoch(sqlite_url: str, connection: Connection, settings: dict) -> None:
    """A miner that is restored before each epoch writes the very rows and messages of one that never stopped."""
    other = open_new(f"{sqlite_url}.other")
    with other.begin() as second:
        for miner in (
            clean := IncidentMiner(connection, **settings),
            again := IncidentMiner(second, restarts=True, **settings),
        ):
            for minute, *spikes in STORY:
                miner.epoch(minute, *spikes)
        assert again.rows() == clean.rows()
    other.dispose()
    assert len(clean.rows()[0]) == 2


def test_what_is_over_before_the_group_wait_is_not_sent(connection: Connection) -> None:
    """With a group wait, a burst of ten minutes is kept in the listing, and nobody is notified."""
    miner = IncidentMiner(connection, group_wait=timedelta(hours=2), ends_after=timedelta(minutes=10))
    miner.epoch(10, spike(1, 7))
    miner.epoch(40, spike(1, 7, until=20))
    miner.epoch(200)
    assert miner.sent() == []
    assert get_incident(connection, 1).state is IncidentState.ENDED
    assert [one["kind"] for one in describe_incident(connection, 1)["events"]] == ["opened", "calmed"]


def test_a_theme_that_is_merged_brings_its_incident_along(connection: Connection) -> None:
    """Two incidents whose themes become one are one from then on: the older one, with all alerts; the other says where it went."""
    miner = IncidentMiner(connection)
    miner.epoch(10, spike(1, 7))
    miner.epoch(15, spike(2, 8, at=12))
    assert len(list_incidents(connection)) == 2
    miner.epoch(20, spike(1, 7), spike(2, 7, at=12))
    first, second = list_incidents(connection)
    assert (first["state"], first["alert_ids"], first["spike_ids"]) == ("open", [1, 2], [1, 2])
    assert (second["state"], second["merged_into"], second["alert_ids"]) == ("merged", 1, [])
    assert [row for row in miner.sent() if row[2]] == [("1:1", "everyone", "opened"), ("2:1", "everyone", "opened")]
    assert miner.payloads()[-1]["reason"] == "it goes on as incident 1"


def test_the_title_follows_the_tickets(connection: Connection) -> None:
    """A spike whose tickets went to another theme is an incident of that theme, and is no second message."""
    miner = IncidentMiner(connection)
    miner.name(old=7, young=8)
    miner.epoch(10, spike(1, 7))
    miner.epoch(20, spike(1, 8))
    miner.epoch(25, spike(1, 8), new=(8,))
    (listed,) = list_incidents(connection)
    assert (listed["theme_name"], listed["alert_ids"]) == ("young", [1, 2])
    assert [row[2] for row in miner.sent() if row[2]] == ["opened"]


def test_a_corrected_owner_gets_the_message_and_the_one_before_an_update(connection: Connection) -> None:
    """The ownership file is corrected: the new owner's first message is news, the old owner's says with whom it is now."""
    miner = IncidentMiner(connection)
    miner.own(Audience("wrong", match=Match(themes=(7,))), Audience("right", match=Match(themes=(8,))))
    miner.epoch(10, spike(1, 7))
    miner.own(Audience("right", match=Match(themes=(7,))), Audience("wrong", match=Match(themes=(8,))))
    miner.epoch(30, spike(1, 7))
    miner.epoch(60, spike(1, 7, observed=30))
    assert miner.sent()[:3] == [("1:1", "wrong", "opened"), ("1:2", "wrong", None), ("1:2", "right", "assigned")]
    assert {audience for _, audience, _ in miner.sent()[3:]} == {"right"}
    assert miner.payloads()[1]["why"] == "it is with right now"
    assert list_incidents(connection)[0]["audience"] == "right"


def test_acknowledging_all_alerts_acknowledges_the_incident(connection: Connection) -> None:
    """One of two alerts in hand leaves it open; both acknowledge it, its message is updated, and no reminder is sent."""
    miner = IncidentMiner(connection, repeat_interval=timedelta(hours=1))
    miner.epoch(10, spike(1, 7))
    miner.epoch(15, spike(2, 7, at=12))
    acknowledge(connection, 1, actor="ada", at=START)
    assert list_incidents(connection)[0]["state"] == "open"
    acknowledge(connection, 2, actor="ada", at=START)
    assert list_incidents(connection)[0]["state"] == "acknowledged"
    miner.epoch(20)
    miner.epoch(100)
    assert [row[2] for row in miner.sent()] == ["opened", None, None]
    assert ("acknowledged", "ada") in [
        (one["kind"], one["actor"]) for one in describe_incident(connection, 1)["events"]
    ]


def test_an_incident_that_lasts_is_reported_again_unless_acknowledged(connection: Connection) -> None:
    """After the repeat interval a reminder is sent, once for each interval."""
    miner = IncidentMiner(connection, repeat_interval=timedelta(hours=1))
    for minute in range(10, 200, 5):
        miner.epoch(minute, spike(1, 7, observed=9 + minute // 5))
    assert [row[2] for row in miner.sent() if row[2]] == ["opened", "reminder", "reminder", "reminder"]


def test_people_merge_incidents_and_undo_it(connection: Connection) -> None:
    """The decision is applied in the next epoch and survives restarts; undone, both are as they were, and stay apart."""
    miner = IncidentMiner(connection, restarts=True)
    miner.epoch(10, spike(1, 7), spike(2, 8))
    made = decide_merge(connection, [2], 1, actor="ada", at=START)
    assert made.state == "pending"
    miner.epoch(15)
    assert read_decision(connection, made.decision_id).state == "applied"
    first, second = list_incidents(connection)
    assert (first["alert_ids"], second["merged_into"]) == ([1, 2], 1)
    with pytest.raises(DecisionInvalid, match="nothing to merge"):
        decide_merge(connection, [2], 1, actor="ada", at=START)
    undo_decision(connection, made.decision_id, actor="ada", at=START)
    miner.epoch(20)
    first, second = list_incidents(connection)
    assert (first["alert_ids"], second["alert_ids"], second["state"], second["merged_into"]) == ([1], [2], "open", None)


def test_people_split_an_incident_and_the_parts_stay_apart(connection: Connection) -> None:
    """An alert that is another event becomes an incident with a message of its own, also where both have one theme."""
    miner = IncidentMiner(connection, restarts=True)
    miner.epoch(10, spike(1, 7), spike(2, 7, at=1))
    made = decide_split(connection, 1, [2], actor="ada", at=START)
    miner.epoch(15)
    miner.epoch(20)
    first, second = list_incidents(connection)
    assert (first["alert_ids"], second["alert_ids"], second["state"]) == ([1], [2], "open")
    assert ("2:1", "everyone", "opened") in miner.sent()
    undo_decision(connection, made.decision_id, actor="ada", at=START)
    miner.epoch(25)
    assert list_incidents(connection)[0]["alert_ids"] == [1, 2]


@pytest.mark.parametrize(
    ("alerts", "problem"),
    [((1, 2), "received all of the alerts"), ((), "received none"), ((9,), "alert 9 is not about")],
)
def test_a_split_that_divides_nothing_is_refused(connection: Connection, alerts: tuple[int, ...], problem: str) -> None:
    """All alerts, none, and those of another incident are refused in one sentence."""
    IncidentMiner(connection).epoch(10, spike(1, 7), spike(2, 7, at=1))
    with pytest.raises(DecisionInvalid, match=problem):
        decide_split(connection, 1, alerts, actor="ada", at=START)


def test_an_unknown_incident_is_named(connection: Connection) -> None:
    """A number that no incident has is refused with the command that lists those that do."""
    for number in (1, 2**40):
        with pytest.raises(IncidentUnknown, match=r"groundswell incidents list"):
            get_incident(connection, number)
