"""Listings and recounts straight from rows, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import Engine, insert

from models.alert import Gate
from models.segment import Segment
from models.spike import SpikeKind
from store import schema
from store.counts import add_counts, counted_totals, drop_counts, read_counts, recount_totals, write_segments
from store.database import open_database, reading, upgrade
from store.lease import check_lease, claim_lease, lease_holder, release_lease
from store.listings import list_spikes, list_themes
from store.offsets import read_offsets, write_offsets
from store.records import insert_quarantine, newest_quarantine
from store.spikes import (
    SpikeState,
    StoredSpike,
    Transfer,
    gate_of,
    read_ended_spikes,
    read_spikes,
    spike_ids_of,
    write_causes,
    write_spikes,
)

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an empty database at head."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def theme(number: int, into: int | None = None) -> dict:
    """A theme's row."""
    return {
        "id": number, "name": f"theme {number}", "keywords": ["b", "a"], "state": "merged" if into else "live", "status": "new",
        "size": 0, "born_epoch": 0, "named_size": 0, "merged_into": into,
    }  # fmt: skip


def spike(number: int, theme_id: int, **changes) -> StoredSpike:
    """A spike's row."""
    return StoredSpike(
        spike_id=number, theme_id=theme_id, segment=Segment.of({"region": "BR"}), kind=SpikeKind.SPIKE, start=AT, end=None,
        detected_at=AT, observed=9, expected=0.1 + 0.2,
        ratio=30.0, p_value=1e-300, q_value=5e-324, severity=3.0, now_observed=9, launch_id=None,
        gate=None, evidence=("T-1",), verdict="", note=None, state=SpikeState(theme_ids=(theme_id,)),
    ).with_(**changes)  # fmt: skip


def test_a_spike_comes_back_to_the_last_bit(engine: Engine):
    """Floats, segments, evidence and state are read as they were written, on either database; writing again replaces."""
    with engine.begin() as connection:
        write_spikes(connection, [spike(2, 1), spike(1, 1)])
        write_spikes(connection, [spike(2, 1, end=AT, gate=Gate.LEARNING_PERIOD_LASTS)])
        assert read_spikes(connection) == [spike(1, 1), spike(2, 1, end=AT, gate=Gate.LEARNING_PERIOD_LASTS)]


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ({}, SpikeState()),
        (
            {
                "theme_ids": [3], "budget": 0.2, "lent": [7, 90], "explained": 9, "changes": "f0", "requesters": 4,
                "common": {"lift": 2.0},
            },
            SpikeState(
                theme_ids=(3,), budget=0.2, transferred_from=Transfer(7, 90), explained=9, changes="f0", requesters=4,
                common={"lift": 2.0},
            ),
        ),
    ],
    ids=["nothing", "everything"],
)  # fmt: skip
def test_the_state_of_a_spike_is_read_as_earlier_versions_wrote_it(stored: dict, read: SpikeState):
    """The keys of stored states stay the same, and writing a state again changes none of them."""
    assert SpikeState.from_json(stored) == read
    assert stored.items() <= read.to_json().items()


def test_the_gate_of_the_learning_period_is_read_under_its_earlier_name():
    """A database in which the detector's own word was stored is still read."""
    assert gate_of("learning") is gate_of("learning_period_lasts") is Gate.LEARNING_PERIOD_LASTS
    assert gate_of(None) is None


def test_spikes_are_read_by_theme_and_by_id(engine: Engine):
    """Those of some themes, those of some ids, and the newest of a theme and kind that had ended by a time."""
    with engine.begin() as connection:
        ended = [spike(number, 2, start=AT - timedelta(hours=number), end=AT) for number in (2, 3, 4)]
        write_spikes(connection, [spike(1, 1), *ended, spike(5, 2)])
        assert spike_ids_of(connection, 2) == [2, 3, 4, 5]
        assert [one.spike_id for one in read_spikes(connection, theme_ids=[1, 2])] == [1, 2, 3, 4, 5]
        assert read_spikes(connection, spike_ids=[3, 1]) == [spike(1, 1), ended[1]]
        assert [one.spike_id for one in read_ended_spikes(connection, [2], "spike", AT, 2)] == [2, 3]
        assert read_ended_spikes(connection, [2], "spike", AT - timedelta(minutes=5), 2) == []


def test_a_spike_is_listed_under_the_theme_that_survives(engine: Engine):
    """After merges of merges a spike names the theme that holds its tickets; the spike of all tickets names none."""
    with engine.begin() as connection:
        connection.execute(insert(schema.themes), [theme(1, 2), theme(2, 3), theme(3)])
        write_spikes(connection, [spike(1, 1), spike(2, 0)])
        cause = {"kind": "segment", "segment": {"region": "BR"}, "change_id": None, "contribution": 0.5, "relative_risk": 2.0,
                 "interval": [1.0, 4.0], "score": 1.0, "reason": "a"}  # fmt: skip
        write_causes(connection, 1, [cause, {**cause, "reason": "b"}])
        write_causes(connection, 1, [{**cause, "reason": "c"}])
        first, second = list_spikes(connection)
    assert (first["theme_id"], first["theme_name"], second["theme_name"]) == (3, "theme 3", "All tickets")
    assert [one["reason"] for one in first["causes"]] == ["c"]
    assert first["start"] == "2026-11-20T12:00:00Z"


def test_themes_are_listed_by_number(engine: Engine):
    """The order of a listing is that of the ids, whatever the order of writing."""
    with engine.begin() as connection:
        connection.execute(insert(schema.themes), [theme(number) for number in (10, 9, 2)])
        assert [row["id"] for row in list_themes(connection, members=True)] == [2, 9, 10]


def test_counts_add_up(engine: Engine):
    """Counts are added to, taken back, read in a fixed order without zeros, and dropped with their theme."""
    with engine.begin() as connection:
        write_segments(connection, {"{}": 1, '{"region":"BR"}': 2})
        add_counts(connection, [(0, 1, 7, 2), (5, 1, 7, 2), (5, 2, 7, 1), (5, 1, 8, 1)])
        add_counts(connection, [(5, 1, 7, -1), (5, 1, 8, -1)])
        assert list(read_counts(connection, 0)) == [(7, 0, "{}", 2), (7, 5, "{}", 1), (7, 5, '{"region":"BR"}', 1)]
        assert counted_totals(connection) == {0: 2, 5: 1}
        drop_counts(connection, 5)
        assert counted_totals(connection) == {0: 2}
        assert recount_totals(connection) == {0: 0}


def test_progress_is_replaced(engine: Engine):
    """A stream's progress is one row per partition."""
    row = {"stream": "a", "partition": 0, "position": 5, "lines": 1, "fingerprint": "x", "newest": AT, "ended": False}
    with engine.begin() as connection:
        write_offsets(connection, [row, {**row, "stream": "b"}])
        write_offsets(connection, [{**row, "position": 9, "ended": True}])
        assert read_offsets(connection, ["a"]) == [{**row, "position": 9, "ended": True}]


def test_quarantine_can_be_written_as_json(engine: Engine):
    """Refused records come newest first, as rows that a JSON writer takes."""
    row = {"stream": "a", "partition": 0, "reason": "not_json", "detail": "d", "excerpt": "e"}
    with engine.begin() as connection:
        insert_quarantine(connection, [{**row, "position": n} for n in (1, 2, 3)])
        rows = newest_quarantine(connection, 2)
    assert [one["position"] for one in orjson.loads(orjson.dumps(rows))] == [3, 2]


def test_the_lease_hands_out_growing_tokens(engine: Engine):
    """Each holder's token is greater than all before; an outdated one neither prolongs nor releases."""
    length = timedelta(seconds=20)
    with engine.begin() as connection:
        one = claim_lease(connection, "a", AT, length)
        assert claim_lease(connection, "b", AT, length) is None
        two = claim_lease(connection, "b", AT + length, length)
        release_lease(connection, one, AT)
        assert claim_lease(connection, "c", AT + length, length) is None
        check_lease(connection, two, AT + length, length)
        three = claim_lease(connection, "c", AT + length, length, take_from="b")
        assert lease_holder(connection) == "c"
    assert one < two < three


def test_reading_sees_one_moment(engine: Engine):
    """A reader is not held up by a writer and does not see what is not committed."""
    with engine.begin() as writing:
        writing.execute(insert(schema.themes), [theme(1)])
        with reading(engine) as connection:
            assert list_themes(connection) == []
