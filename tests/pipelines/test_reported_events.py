"""Events that are alerted once: a rise that is a part of an incident joins it and is not alerted by itself."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from models.alert import Gate
from models.segment import Segment
from models.theme import ALL_TICKETS
from pipelines.decisions.incidents import decide_split
from store.alerts import list_alerts
from store.incident_listings import list_incidents
from store.spikes import StoredSpike, read_spikes
from tests.pipelines.chain import open_new
from tests.pipelines.incident_miner import START
from tests.pipelines.silenced_miner import SilencedMiner, seen

BR = Segment.of({"region": "BR"})


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to an empty database at head."""
    engine = open_new(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def rise(number: int, theme: int, **changes) -> StoredSpike:
    """A rise of a theme in one region, by many people."""
    return seen(number, theme, where={"region": "BR"}, **changes)


def gates(connection: Connection) -> list[Gate | None]:
    """The gates of the spikes."""
    return [one.gate for one in read_spikes(connection)]


def alerted(connection: Connection) -> list[int | None]:
    """The spikes of the alerts."""
    return [one.spike_id for one in list_alerts(connection)]


def named(connection: Connection) -> SilencedMiner:
    """A miner that knows three themes."""
    miner = SilencedMiner(connection)
    miner.name(coins=7, gifts=8, topups=9)
    return miner


def test_rises_of_one_event_are_one_alert(connection: Connection) -> None:
    """Two themes begin to rise in one region within the hour: one alert and one incident, which the other rise has joined."""
    miner = named(connection)
    miner.decide(10, rise(1, 7))
    miner.decide(40, rise(1, 7, observed=20), rise(2, 8, at=25))
    miner.decide(45, rise(2, 8, at=25, observed=14))
    assert gates(connection) == [None, Gate.PART_OF_AN_INCIDENT]
    assert alerted(connection) == [1]
    (incident,) = list_incidents(connection)
    assert (incident["spike_ids"], incident["alert_ids"]) == ([1, 2], [1])


def test_of_one_epoch_the_most_severe_rise_is_alerted(connection: Connection) -> None:
    """Rises that are found together are decided in the order of their severity, whatever their themes are."""
    miner = named(connection)
    miner.decide(10, rise(1, 7, observed=9), rise(2, 8, observed=15), rise(3, 9, observed=12))
    assert alerted(connection) == [2]
    assert len(list_incidents(connection)) == 1


def test_a_part_that_becomes_most_of_the_event_is_alerted(connection: Connection) -> None:
    """With twice the excess of what was alerted, a part gets an alert of its own, in the same incident, and keeps it."""
    miner = named(connection)
    miner.decide(10, rise(1, 7))
    miner.decide(15, rise(2, 8, at=5))
    miner.decide(20, rise(1, 7), rise(2, 8, at=5, observed=40))
    miner.decide(25, rise(2, 8, at=5, observed=41))
    assert gates(connection) == [None, None]
    assert alerted(connection) == [1, 2]
    assert len(list_incidents(connection)) == 1


@pytest.mark.parametrize(
    ("other", "where"),
    [
        (seen(2, 8, at=25), "everywhere"),
        (rise(2, 8, at=100), "later"),
        (seen(2, ALL_TICKETS, at=95), "of all tickets"),
    ],
)
def test_a_rise_of_its_own_is_alerted(connection: Connection, other: StoredSpike, where: str) -> None:
    """Another theme everywhere, another theme an hour and a half later, or all tickets less the theme: each is an event of its own."""
    miner = named(connection)
    miner.decide(10, rise(1, 7))
    miner.decide(105, rise(1, 7, observed=20), other)
    assert gates(connection) == [None, None], where
    assert alerted(connection) == [1, 2]


def test_a_theme_that_accounts_for_all_tickets_is_alerted(connection: Connection) -> None:
    """All tickets rise, and minutes later the theme is found that causes it: this is news, in the same incident."""
    miner = named(connection)
    miner.decide(10, seen(1, ALL_TICKETS, observed=30))
    miner.decide(15, seen(1, ALL_TICKETS, observed=35), seen(2, 7, at=2, observed=30))
    assert alerted(connection) == [1, 2]
    assert len(list_incidents(connection)) == 1


def test_what_a_person_splits_off_is_alerted(connection: Connection) -> None:
    """A part that a person makes an incident of its own was reported by nobody: it is alerted when it goes on."""
    miner = named(connection)
    miner.decide(10, rise(1, 7))
    miner.decide(15, rise(2, 8, at=5))
    assert alerted(connection) == [1]
    decide_split(connection, 1, [], spike_ids=[2], actor="ana", at=START)
    miner.epoch(20)
    miner.decide(25, rise(2, 8, at=5, observed=12))
    assert alerted(connection) == [1, 2]
    assert [one["spike_ids"] for one in list_incidents(connection)] == [[1], [2]]


def test_restarts_change_nothing(sqlite_url: str, connection: Connection) -> None:
    """A miner that is restored before each epoch decides as one that never stopped."""
    other = open_new(f"{sqlite_url}.other")
    with other.begin() as second:
        for miner in (SilencedMiner(connection), SilencedMiner(second, restarts=True)):
            miner.name(coins=7, gifts=8, topups=9)
            miner.decide(10, rise(1, 7))
            miner.decide(15, rise(1, 7, observed=11), rise(2, 8, at=5))
            miner.decide(25, rise(2, 8, at=5, observed=40), rise(3, 9, at=20))
            miner.decide(30, rise(1, 7, observed=11, until=25), rise(3, 9, at=20, observed=30))
        assert gates(second) == gates(connection)
        assert alerted(second) == alerted(connection)
        assert timedelta(0) == max(
            one.opened_at - two.opened_at for one, two in zip(list_alerts(second), list_alerts(connection), strict=True)
        )
    other.dispose()
