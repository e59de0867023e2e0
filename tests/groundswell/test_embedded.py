"""The embedded run: several sources, files that are continued, late events."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from models.bucket import bucket_of
from models.segment import EVERYTHING
from store.database import reading
from store.epochs import read_miner
from store.schema import counts, events, segments, tickets
from tests.harness.sources import events_source
from tests.pipelines.chain import SHORT_CUT, listings, make_run, open_new, short_rules, short_story

START = datetime(2026, 11, 20, 0, 7, tzinfo=UTC)
"""No full hour: times at full hours would be taken for coarse ones."""


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """Return an empty database at head."""
    opened = open_new(sqlite_url)
    yield opened
    opened.dispose()


def ingest(engine: Engine, *paths: Path, keep_open: bool = False):
    """Ingest files side by side."""
    sources = [events_source(path) for path in paths]
    try:
        return make_run(engine, short_rules()).ingest(sources, keep_open=keep_open)
    finally:
        for source in sources:
            source.close()


def created(number: int, hours: float, body: str = "card declined") -> bytes:
    """A ticket's creation."""
    time = (START + timedelta(hours=hours)).isoformat()
    event = {
        "specversion": "1.0", "id": f"e-{number}", "source": "/desk", "type": "ticket.created", "time": time,
        "subject": f"T-{number}", "data": {"title": "", "body": body},
    }  # fmt: skip
    return json.dumps(event).encode() + b"\n"


def test_a_file_that_is_continued(engine: Engine, tmp_path: Path):
    """A file that grows between two runs, its first part left open, ends in the listings of the complete file."""
    complete = b"".join(short_story().parts(SHORT_CUT))
    lines = complete.splitlines(keepends=True)
    path, other = tmp_path / "a.jsonl", tmp_path / "complete.jsonl"
    other.write_bytes(complete)
    for share in (0.4, 0.7, 1.0):
        path.write_bytes(b"".join(lines[: int(len(lines) * share)]))
        ingest(engine, path, keep_open=share < 1.0)
    clean = open_new(f"sqlite:///{tmp_path / 'clean.db'}")
    ingest(clean, other)
    assert listings(engine) == listings(clean)
    clean.dispose()


def test_files_side_by_side_share_one_order(engine: Engine, tmp_path: Path):
    """Several files are read in one order of time: nothing is late, though each covers all of the time."""
    lines = b"".join(short_story().parts(SHORT_CUT)).splitlines(keepends=True)
    paths = [tmp_path / f"{n}.jsonl" for n in range(3)]
    for n, path in enumerate(paths):
        path.write_bytes(b"".join(lines[n::3]))
    done = ingest(engine, *paths)
    assert done.outcome.late == 0
    assert done.outcome.stored > 400


def test_a_late_event_is_counted_in_its_own_bucket_and_marked(engine: Engine, tmp_path: Path):
    """What comes after its epoch was closed is themed and counted where it belongs, and is marked late."""
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_bytes(b"".join(created(n, n) for n in range(30)))
    second.write_bytes(created(99, 2))
    ingest(engine, first)
    done = ingest(engine, second)
    with reading(engine) as connection:
        late = connection.execute(select(events.c.id).where(events.c.late)).scalars().all()
        there = connection.execute(
            select(counts.c.n)
            .join(segments, segments.c.id == counts.c.segment_id)
            .where(
                counts.c.theme_id == 0,
                segments.c.key == EVERYTHING.key,
                counts.c.bucket == bucket_of(START + timedelta(hours=2)),
            )
        ).scalar_one()
        assert connection.execute(select(tickets.c.counted).where(tickets.c.id == "T-99")).scalar_one()
    assert (done.outcome.late, late, there) == (1, ["e-99"], 2)


def test_keep_open_leaves_the_last_epochs(engine: Engine, tmp_path: Path):
    """With `keep_open` only what is before the watermark is mined; without it everything is."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(created(n, n) for n in range(10)))
    ingest(engine, path, keep_open=True)
    with reading(engine) as connection:
        waiting = connection.execute(select(func.count()).where(events.c.mined_epoch.is_(None))).scalar_one()
    ingest(engine, path)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).where(events.c.mined_epoch.is_(None))).scalar_one() == 0
        assert read_miner(connection).next_epoch == int((START + timedelta(hours=10)).timestamp() // 3600)
    assert waiting == 4  # the newest is of 9:00, so the watermark is 6:50


def test_a_file_without_one_good_line(engine: Engine, tmp_path: Path):
    """A file of refused lines alone is read to its end and changes nothing else."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{broken\n" * 5)
    done = ingest(engine, path)
    assert (done.lines, done.outcome.stored, done.epochs, dict(done.outcome.refused)) == (5, 0, 0, {"not_json": 5})
