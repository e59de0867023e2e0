"""What a merge does to the spikes, alerts and counts of the theme that ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from models.bucket import bucket_of
from models.segment import EVERYTHING, Segment
from models.spikes.series import DIMENSIONS, PAIRS, SeriesKey, segments_of
from models.themes import Birth, Discovery, LineageReason, Merge
from pipelines.state import MinerState, restore
from pipelines.themes.changes import apply_discovery, apply_merge, name_due
from pipelines.themes.counts import CountChanges
from store import schema
from store.counts import add_counts, counted_totals, write_segments
from store.database import open_database, upgrade
from store.epochs import MinerRow
from store.spikes import StoredSpike, write_spikes
from tests.pipelines.chain import make_rules

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = make_rules()


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """Return a database with two live themes."""
    opened = open_database(sqlite_url)
    upgrade(opened)
    with opened.begin() as connection:
        for number in (1, 2):
            connection.execute(
                insert(schema.themes).values(
                    id=number, name="a", keywords=[], state="live", status="new", size=1, first_seen=AT, last_seen=AT, born_epoch=0,
                    named_size=0,
                )
            )  # fmt: skip
        write_segments(connection, {EVERYTHING.key: 1})
        add_counts(connection, [(0, 1, bucket_of(AT), 3), (1, 1, bucket_of(AT), 2), (2, 1, bucket_of(AT), 1)])
    yield opened
    opened.dispose()


def spike(number: int, theme_id: int, end: datetime | None = None) -> StoredSpike:
    """An episode that began at noon."""
    return StoredSpike(
        spike_id=number, theme_id=theme_id, segment=Segment(), kind="spike", start=AT, end=end, detected_at=AT, observed=9,
        expected=1.0, ratio=9.0, p_value=0.1, q_value=0.1, severity=3.0, now_observed=9, launch_id=None, gate=None, evidence=(),
        verdict="", note=None, state={},
    )  # fmt: skip


def merged(engine: Engine, *spikes: StoredSpike) -> tuple[MinerState, MinerState]:
    """Merge theme 2 into 1 an hour later: memory as the miner goes on with it, and as it is read back."""
    with engine.begin() as connection:
        write_spikes(connection, spikes)
        memory = restore(connection, MinerRow(), RULES.mining, RULES.model, AT)
        tally = CountChanges(RULES.mining.dimensions, RULES.mining.pairs)
        merge = Merge(2, 1, AT + timedelta(hours=1), LineageReason.REORGANISED)
        apply_merge(connection, memory, merge, 5, tally)
        for (bucket, theme, segment), n in tally.changes.items():
            add_counts(connection, [(theme, memory.segments[segment.key], bucket, n)])
            memory.counts.add(bucket, SeriesKey(theme, segment), n)
        for (bucket, theme, segment), n in tally.shifted.items():
            memory.counts.add(bucket, SeriesKey(theme, segment), n)
        return memory, restore(connection, MinerRow(), RULES.mining, RULES.model, AT)


def test_the_surviving_theme_takes_the_spikes(engine: Engine):
    """Spikes of a merged theme are the other's from then on, in memory and in the store alike."""
    memory, again = merged(engine, spike(1, 2, AT + timedelta(minutes=30)), spike(2, 2))
    assert [one.theme_id for one in memory.spikes.values()] == [1, 1]
    assert again.spikes == memory.spikes


def test_a_theme_has_one_open_spike(engine: Engine):
    """Where both themes have an open spike, that of the merged one ends at the merge and says which goes on."""
    memory, again = merged(engine, spike(1, 1), spike(2, 2))
    assert memory.spikes[1].end is None
    assert memory.spikes[2].end == AT + timedelta(hours=1)
    assert memory.spikes[2].note == "its theme was merged, and it goes on as spike 1"
    assert again.spikes == memory.spikes


def test_the_surviving_theme_takes_the_counts(engine: Engine):
    """Counts of the merged theme are added to the other's; the total of all tickets stays."""
    memory, again = merged(engine)
    for one in (memory, again):
        totals = [
            one.counts.total(SeriesKey(theme, EVERYTHING), bucket_of(AT), bucket_of(AT) + 1) for theme in (0, 1, 2)
        ]
        assert totals == [3, 3, 0]
    with engine.connect() as connection:
        assert counted_totals(connection) == {0: 3, 1: 3}


def test_a_tally_counts_in_the_segments_that_the_detector_keeps():
    """A ticket's counts are those of `segments_of`, once each, for all tickets and for its theme."""
    attributes = {"region": "BR", "payment_method": "pix", "platform": None, "channel": "email"}
    tally = CountChanges(DIMENSIONS, PAIRS)
    tally.count(3, datetime(2026, 11, 20, tzinfo=UTC), attributes)
    for theme in (0, 3):
        counted = {segment: n for (_, owner, segment), n in tally.changes.items() if owner == theme}
        assert counted == dict.fromkeys(segments_of(attributes), 1)


def test_a_parted_theme_is_a_split_of_the_lineage_and_both_are_named_anew(engine: Engine):
    """The lineage says what was parted, why and how clear it was; the name of what stays may be that of what left."""
    birth = Birth(7, AT, LineageReason.SURGED, ("T-1",), {"chance": 0.001, "mixing": 0.1}, split_from=1)
    with engine.begin() as connection:
        memory = restore(connection, MinerRow(), RULES.mining, RULES.model, AT)
        memory.themes[1].named_size = 1
        apply_discovery(connection, memory, Discovery((birth,)), 5, CountChanges((), ()), RULES.model)
        (row,) = connection.execute(select(schema.lineage)).mappings().all()
    told = {key: row[key] for key in ("kind", "theme_id", "other_id", "tickets", "reason", "figures")}
    assert told == {
        "kind": "split", "theme_id": 1, "other_id": 7, "tickets": 1, "reason": "surged", "figures": {"chance": 0.001, "mixing": 0.1},
    }  # fmt: skip
    memory.themes[7].size = 1
    assert {1, 7} <= set(name_due(memory))
