"""What a merge does to the spikes, alerts and counts of the theme that ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, select

from models.bucket import bucket_of
from models.segment import EVERYTHING
from models.spikes.series import DIMENSIONS, PAIRS, SeriesKey, segments_of
from models.themes import Birth, Discovery, LineageReason, Merge
from pipelines.context import EpochContext
from pipelines.count_changes import CountChanges
from pipelines.epoch.counts import write_count_changes
from pipelines.state import MinerState, restore
from pipelines.state.themes import ThemeRecord, ThemeRecords
from pipelines.themes.changes import apply_discovery, apply_merge
from pipelines.themes.names import name_due
from store import schema
from store.counts import add_counts, counted_totals, write_segments
from store.database import open_database, upgrade
from store.epochs import MinerRow
from store.spikes import StoredSpike, write_spikes
from tests.pipelines.chain import make_rules
from tests.pipelines.making import make_context, make_spike, make_window

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
    return make_spike(number, theme_id, AT, end)


def begin(connection: Connection, state: MinerState) -> EpochContext:
    """Begin the epoch in which themes change."""
    return make_context(connection, state, make_window(AT + timedelta(hours=1), number=5), RULES)


def merged(engine: Engine, *spikes: StoredSpike) -> tuple[MinerState, MinerState]:
    """Merge theme 2 into 1 an hour later: the state that the miner continues with, and the one that is restored."""
    with engine.begin() as connection:
        write_spikes(connection, spikes)
        state = restore(connection, MinerRow(), RULES.mining, RULES.model, AT)
        context = begin(connection, state)
        apply_merge(context, Merge(2, 1, AT + timedelta(hours=1), LineageReason.REORGANISED))
        write_count_changes(context)
        return state, restore(connection, MinerRow(), RULES.mining, RULES.model, AT)


def test_the_surviving_theme_takes_the_spikes(engine: Engine):
    """Spikes of a merged theme are the other's from then on, in the state and in the store alike."""
    state, again = merged(engine, spike(1, 2, AT + timedelta(minutes=30)), spike(2, 2))
    assert [one.theme_id for one in state.episodes] == [1, 1]
    assert again.episodes.by_id() == state.episodes.by_id()


def test_a_theme_has_one_open_spike(engine: Engine):
    """Where both themes have an open spike, that of the merged one ends at the merge and says which goes on."""
    state, again = merged(engine, spike(1, 1), spike(2, 2))
    assert state.episodes[1].end is None
    assert state.episodes[2].end == AT + timedelta(hours=1)
    assert state.episodes[2].note == "its theme was merged, and it goes on as spike 1"
    assert again.episodes.by_id() == state.episodes.by_id()


def test_the_surviving_theme_takes_the_counts(engine: Engine):
    """Counts of the merged theme are added to the other's; the total of all tickets stays."""
    state, again = merged(engine)
    for one in (state, again):
        totals = [
            one.counts.total(SeriesKey(theme, EVERYTHING), bucket_of(AT), bucket_of(AT) + 1) for theme in (0, 1, 2)
        ]
        assert totals == [3, 3, 0]
    with engine.connect() as connection:
        assert counted_totals(connection) == {0: 3, 1: 3}


def test_count_changes_count_in_the_segments_that_the_detector_keeps():
    """A ticket's counts are those of `segments_of`, once each, for all tickets and for its theme."""
    attributes = {"region": "BR", "payment_method": "pix", "platform": None, "channel": "email"}
    changes = CountChanges(DIMENSIONS, PAIRS)
    changes.count(3, datetime(2026, 11, 20, tzinfo=UTC), attributes)
    for theme in (0, 3):
        counted = {segment: n for (_, owner, segment), n in changes.changes.items() if owner == theme}
        assert counted == dict.fromkeys(segments_of(attributes), 1)


def test_a_split_theme_is_in_the_lineage_and_both_themes_are_named_anew(engine: Engine):
    """The lineage says which theme was split, why and how clearly; the name may describe the tickets that left."""
    birth = Birth(7, AT, LineageReason.SURGED, ("T-1",), {"chance": 0.001, "mixing": 0.1}, split_from=1)
    with engine.begin() as connection:
        state = restore(connection, MinerRow(), RULES.mining, RULES.model, AT)
        state.themes[1].named_size = 1
        apply_discovery(begin(connection, state), Discovery((birth,)))
        (row,) = connection.execute(select(schema.lineage)).mappings().all()
    recorded = {key: row[key] for key in ("kind", "theme_id", "other_id", "tickets", "reason", "figures")}
    assert recorded == {
        "kind": "split", "theme_id": 1, "other_id": 7, "tickets": 1, "reason": "surged", "figures": {"chance": 0.001, "mixing": 0.1},
    }  # fmt: skip
    state.themes[7].size = 1
    assert {1, 7} <= set(name_due(state.themes))


@pytest.mark.parametrize(
    ("size", "named_size", "moved", "at_once", "daily"),
    [
        (10, 0, 0, True, True), (19, 10, 0, False, False), (20, 10, 0, False, True), (100, 100, 24, False, False),
        (100, 100, 25, True, True), (1_000, 941, 0, False, False), (1_000, 940, 0, False, True), (0, 0, 9, False, False),
    ],
)  # fmt: skip
def test_a_theme_is_named_when_its_tickets_are_others_than_before(size, named_size, moved, at_once, daily):
    """At once where a quarter of them was moved, daily where half of what the name is made from is new; else the name stays."""
    themes = ThemeRecords([ThemeRecord(theme_id=1, name="Refund", size=size, named_size=named_size, moved=moved)])
    assert bool(name_due(themes, daily=False)) == at_once
    assert bool(name_due(themes)) == daily


def test_moves_are_remembered_until_the_theme_is_named(engine: Engine):
    """How many tickets were moved to a theme since it was named is part of the miner's state: a restart names it as one that ran on."""
    with engine.begin() as connection:
        state = restore(connection, MinerRow(), RULES.mining, RULES.model, AT)
        apply_discovery(begin(connection, state), Discovery((), (Merge(2, 1, AT, LineageReason.REORGANISED),)))
        kept = state.as_json()
        again = restore(connection, MinerRow(state=kept), RULES.mining, RULES.model, AT)
    assert kept["moved"] == {"1": 1}
    assert again.themes[1].moved == 1


def test_moves_are_remembered_of_a_theme_that_ended_as_split(engine: Engine):
    """It may take tickets again, and is named then as after a restart."""
    with engine.begin() as connection:
        state = restore(connection, MinerRow(), RULES.mining, RULES.model, AT)
        one, other = state.themes[1], state.themes[2]
        one.moved = other.moved = 3
        one.end_split()
        other.end_split()
        other.moved = 2
        again = restore(connection, MinerRow(state=state.as_json()), RULES.mining, RULES.model, AT)
    assert [again.themes[1].moved, again.themes[2].moved] == [one.moved, other.moved] == [0, 2]
