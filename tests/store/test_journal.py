"""The journal, on both databases: corrections, courses and frames as of any epoch."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from store.database import open_database, upgrade
from store.journal import (
    read_corrections,
    read_course,
    read_courses,
    read_frame,
    read_frames,
    read_openings,
    shorten,
    summed,
    write_corrections,
    write_courses,
    write_frame,
)
from store.spikes import write_spikes
from tests.pipelines.making import make_spike

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an engine of a database at head that holds two spikes and no journal of them."""
    opened = open_database(database_url)
    upgrade(opened)
    with opened.begin() as connection:
        write_spikes(connection, [make_spike(1, 1, NOON), make_spike(2, 1, NOON)])
    yield opened
    opened.dispose()


def course(spike_id: int, epoch: int, **changes) -> dict:
    """A row of an episode's course."""
    row = {
        "spike_id": spike_id, "epoch": epoch, "theme_id": 1, "segment": {"region": "BR"}, "end": None, "observed": 9,
        "expected": 1.5, "severity": 40.0, "gate": None,
    }  # fmt: skip
    return {**row, **changes}


def test_corrections_come_back_in_their_order(engine: Engine):
    """What each epoch corrected is read back exactly, oldest first, also two parts of one epoch; from an epoch on if asked."""
    with engine.begin() as connection:
        write_corrections(connection, 8, [(1, 2, 5_980_000, -3), (0, 1, 5_980_001, 4)])
        write_corrections(connection, 7, [(1, 2, 5_980_000, 2)])
        write_corrections(connection, 8, [(2, 2, 5_980_000, 1)])
        write_corrections(connection, 9, [])
        found = [(epoch, cells.tolist()) for epoch, cells in read_corrections(connection)]
        later = [epoch for epoch, _ in read_corrections(connection, after=7)]
    assert found == [
        (7, [[1, 2, 5_980_000, 2]]),
        (8, [[1, 2, 5_980_000, -3], [0, 1, 5_980_001, 4]]),
        (8, [[2, 2, 5_980_000, 1]]),
    ]
    assert later == [8, 8]


def test_an_episode_stands_as_it_did_before_an_epoch(engine: Engine):
    """Of each episode the newest row before the epoch counts; one that was not open yet is left out."""
    with engine.begin() as connection:
        write_courses(connection, [course(1, 5), course(1, 6, end=NOON, theme_id=2), course(2, 7, gate="learning")])
        assert {key: (row.epoch, row.end, row.theme_id) for key, row in read_courses(connection, 6).items()} == {
            1: (5, None, 1)
        }
        assert [(row.epoch, row.end) for row in read_courses(connection, 8).values()] == [(6, NOON), (7, None)]
        assert [row.epoch for row in read_course(connection, 1)] == [5, 6]
        assert read_openings(connection) == {1: 5, 2: 7}


def test_a_frame_holds_until_the_next_one(engine: Engine):
    """The frame of an epoch is the last one written by then; before the first there is none."""
    with engine.begin() as connection:
        assert read_frame(connection) is None
        write_frame(connection, 5, {"flags": {}})
        write_frame(connection, 9, {"flags": {"3": {"since": "2026-11-20"}}})
        assert read_frame(connection, 4) is None
        assert read_frame(connection, 8) == {"flags": {}}
        assert read_frame(connection) == read_frame(connection, 9) == {"flags": {"3": {"since": "2026-11-20"}}}
        assert [epoch for epoch, _ in read_frames(connection)] == [5, 9]


@given(
    st.lists(st.lists(st.tuples(*(st.integers(0, 3) for _ in range(3)), st.integers(-2, 2)), max_size=8), max_size=5)
)
def test_corrections_add_up(parts):
    """Added up, corrections are those of each cell together, and what comes to nothing is left out."""
    import numpy as np

    total = Counter()
    for part in parts:
        for theme, segment, bucket, n in part:
            total[theme, segment, bucket] += n
    cells = [np.array(part, dtype=np.int64).reshape(-1, 4) for part in parts]
    assert summed(cells) == {key: n for key, n in total.items() if n}


def test_a_shortened_journal_says_the_same_from_its_beginning_on(engine: Engine):
    """Corrections of earlier epochs are gone; episodes and frames stand as they stood, and nothing is known of times before."""
    with engine.begin() as connection:
        for epoch in (3, 5, 8):
            write_corrections(connection, epoch, [(1, 2, 5_980_000, epoch)])
            write_frame(connection, epoch, {"planned": epoch})
        write_courses(connection, [course(1, 2), course(1, 4, observed=12), course(1, 7, observed=20), course(2, 3)])
        stood = {at: read_courses(connection, at) for at in range(5, 10)}
        shorten(connection, 5)
        shorten(connection, 5)
        assert [epoch for epoch, _ in read_corrections(connection)] == [5, 8]
        assert {at: read_courses(connection, at) for at in range(5, 10)} == stood
        assert [row.epoch for row in read_course(connection, 1)] == [4, 7]
        assert read_frame(connection, 4) is None
        assert read_frames(connection) == [(5, {"planned": 5}), (8, {"planned": 8})]
        shorten(connection, 7)
        assert read_frames(connection) == [(7, {"planned": 5}), (8, {"planned": 8})]
