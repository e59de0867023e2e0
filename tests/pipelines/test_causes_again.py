"""When a spike is explained anew, and with which earlier spikes it is compared, on a database filled by hand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import Connection, insert

from alerts.ownership_file import read_ownership
from alerts.settings import AlertSettings
from models.bucket import bucket_of
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes import Finding
from pipelines.epoch.causes import explain_spike
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from pipelines.state.episodes import Episodes
from pipelines.state.themes import ThemeRecords
from store.database import open_database, upgrade
from store.schema import assignments, changes, tickets
from store.spikes import StoredSpike, read_causes, write_spikes
from tests.pipelines.making import make_context, make_spike, make_window

START = datetime(2026, 11, 2, tzinfo=UTC)
FIRST, SECOND = START + timedelta(days=10, hours=9), START + timedelta(days=20, hours=14)
PIX = {"region": "BR", "payment_method": "pix"}
THEME = 1
RULES = Rules(mining=MiningSettings(), alerts=AlertSettings(), ownership=read_ownership(None), model="none")


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to a database with three weeks of one theme's tickets and two surges of Pix in BR."""
    random = np.random.default_rng(3)
    engine = open_database(sqlite_url)
    upgrade(engine)
    rows = [
        (START + timedelta(hours=float(hour)), {"region": str(region), "payment_method": str(method)})
        for hour, region, method in zip(
            np.sort(random.uniform(0, 21 * 24, 420)), random.choice(["US", "BR", "IN"], 420),
            random.choice(["card", "pix", "upi"], 420), strict=True,
        )
    ]  # fmt: skip
    for start, n in ((FIRST, 50), (SECOND, 40)):
        rows += [(start + timedelta(hours=float(hour)), PIX) for hour in np.sort(random.uniform(0, 6, n))]
    # Never committed: there are causes of spikes that only the tests' state holds.
    with engine.connect() as connection:
        connection.execute(insert(tickets), [_ticket(number, *row) for number, row in enumerate(rows)])
        connection.execute(insert(assignments), [_assigned(number) for number in range(len(rows))])
        yield connection
    engine.dispose()


def _ticket(number: int, time: datetime, attributes: dict[str, str]) -> dict:
    return {
        "id": f"T-{number:04d}", "source": "/desk", "event_id": f"e-{number}", "time": time, "mined_epoch": 1, "title": "",
        "body": "", "counted": True, "status": "new", **attributes,
    }  # fmt: skip


def _assigned(number: int) -> dict:
    return {
        "ticket_id": f"T-{number:04d}", "theme_id": THEME, "epoch": 1, "how": "test", "confidence": 1.0, "nearest": THEME,
        "remembered": True,
    }  # fmt: skip


def record(connection: Connection, number: int, time: datetime, scope: dict[str, str]) -> None:
    """Record a revision of one rule update."""
    row = {"source": "/rules", "subject": "limits", "id": f"c-{number}", "time": time, "kind": "rule_update"}
    connection.execute(insert(changes), {**row, "title": "Pix limits", "scope": scope, "url": None})


def spike_at(number: int, start: datetime, observed: int, *, open_: bool = False) -> StoredSpike:
    """A spike of six hours, not yet explained."""
    return make_spike(
        number, THEME, start, None if open_ else start + timedelta(hours=6), observed=observed, expected=5.0, ratio=observed / 5.0,
        now_observed=observed,
    )  # fmt: skip


def explained(connection: Connection, spike: StoredSpike, *earlier: StoredSpike, change: str = "opened") -> StoredSpike:
    """Explain a spike at its end, or six hours after its start."""
    finding = Finding(
        change, "spike", THEME, EVERYTHING, bucket_of(spike.start), None, spike.observed, 5.0, spike.ratio,
        spike.observed - 5.0, 1e-9, 1e-7, 9.0, spike.observed, 5.0, theme_ids=(THEME,),
    )  # fmt: skip
    state = SimpleNamespace(episodes=Episodes(earlier), themes=ThemeRecords())
    window = make_window(spike.start + timedelta(hours=6))
    return explain_spike(make_context(connection, state, window, RULES), spike, finding)


def causes_of(connection: Connection, spike: StoredSpike) -> list[tuple]:
    """Kind, segment and identity of a spike's stored causes."""
    found = read_causes(connection, [spike.spike_id]).get(spike.spike_id, [])
    return [(one["kind"], Segment.of(one["segment"]), one["change_id"]) for one in found]


def test_a_spike_names_an_earlier_spike_that_is_like_it(connection: Connection):
    """The second surge of a segment names the first, with its day and what it was put down to then."""
    record(connection, 1, FIRST - timedelta(minutes=20), PIX)
    first = explained(connection, spike_at(1, FIRST, 55), change="closed")
    assert causes_of(connection, first) == [
        ("segment", Segment.of(PIX), None), ("change", Segment.of(PIX), "limits"),
    ]  # fmt: skip
    second = explained(connection, spike_at(2, SECOND, 45, open_=True), first)
    assert causes_of(connection, second) == [
        ("segment", Segment.of(PIX), None), ("incident", Segment.of(PIX), "spike:1"),
    ]  # fmt: skip
    reason = read_causes(connection, [2])[2][1]["reason"]
    assert reason.startswith("Like spike 1 of 12 November 2026: the theme is the same, the excess was in BR pix")
    assert "put down to rule update Pix limits" in reason
    assert reason in second.verdict


def test_earlier_spikes_are_found_in_the_store(connection: Connection):
    """A spike that the state no longer holds is still one that a new one may be like; of both, the state is right."""
    first = explained(connection, spike_at(1, FIRST, 55), change="closed")
    write_spikes(connection, [first, replace(first, spike_id=3, theme_id=7)])
    second = explained(connection, spike_at(2, SECOND, 45, open_=True))
    assert [change for _, _, change in causes_of(connection, second)] == [None, "spike:1"]
    second = explained(connection, spike_at(2, SECOND, 45, open_=True), replace(first, end=None))
    assert [kind for kind, _, _ in causes_of(connection, second)] == ["segment"]


def test_only_spikes_that_were_over_count_as_earlier(connection: Connection):
    """A spike that is open, of another theme, or of another kind is not compared."""
    first = explained(connection, spike_at(1, FIRST, 55), change="closed")
    for other in (replace(first, end=None), replace(first, theme_id=7), replace(first, kind=SpikeKind.LAUNCH_EXCESS)):
        second = explained(connection, spike_at(2, SECOND, 45, open_=True), other)
        assert [kind for kind, _, _ in causes_of(connection, second)] == ["segment"]


def test_an_open_spike_is_explained_again_only_when_that_is_due(connection: Connection):
    """Nothing new, no new explanation; a change that arrives late, or is revised, and growth by half are new."""
    spike = explained(connection, spike_at(2, SECOND, 45, open_=True))
    assert explained(connection, spike, change="updated") is spike
    record(connection, 1, SECOND - timedelta(minutes=20), {"region": "US"})
    elsewhere = explained(connection, spike, change="updated")
    assert elsewhere is not spike
    assert [kind for kind, _, _ in causes_of(connection, elsewhere)] == ["segment"]
    record(connection, 2, SECOND - timedelta(minutes=20), PIX)
    revised = explained(connection, elsewhere, change="updated")
    assert ("change", Segment.of(PIX), "limits") in causes_of(connection, revised)
    assert explained(connection, revised, change="updated") is revised
    grown = replace(revised, observed=70)
    assert explained(connection, grown, change="updated") is not grown
