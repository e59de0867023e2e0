"""History: data from before the database's record begins."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select

from models.bucket import bucket_of
from models.segment import EVERYTHING
from models.times import parse_rfc3339
from store.database import reading
from store.epochs import read_miner
from store.listings import list_alerts
from store.schema import alerts, counts, events, segments, tickets
from tests.groundswell.test_ordered_ingest import START, Crash, ingest, line
from tests.pipelines.chain import mined_rows, open_new


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """Return an empty database at head."""
    opened = open_new(sqlite_url)
    yield opened
    opened.dispose()


def write(path: Path, hours: range) -> Path:
    """Write tickets, one an hour."""
    path.write_bytes(b"".join(line(hour, START + timedelta(hours=hour)) for hour in hours))
    return path


def total(engine: Engine, hour: int) -> int:
    """All tickets that are counted in the bucket of an hour's ticket."""
    with reading(engine) as connection:
        bucket = bucket_of(START + timedelta(hours=hour))
        return connection.execute(
            select(counts.c.n)
            .join(segments, segments.c.id == counts.c.segment_id)
            .where(counts.c.theme_id == 0, segments.c.key == EVERYTHING.key, counts.c.bucket == bucket)
        ).scalar_one()


def late_ids(engine: Engine) -> int:
    """How many events are marked late."""
    with reading(engine) as connection:
        return connection.execute(select(func.count()).where(events.c.late)).scalar_one()


def test_older_data_becomes_history(engine: Engine, tmp_path: Path):
    """With `history`, tickets from before the record are counted in their own buckets, none is late, and the record begins with them.

    Nothing that was decided changes, and data inside the record stays late.
    """
    ingest(engine, write(tmp_path / "new.jsonl", range(100, 160)))
    with reading(engine) as connection:
        decided, before = list_alerts(connection), read_miner(connection)
    done = ingest(engine, write(tmp_path / "old.jsonl", range(90)), history=True)
    with reading(engine) as connection:
        after = read_miner(connection)
        assert list_alerts(connection) == decided
        assert connection.execute(select(func.count()).where(tickets.c.counted)).scalar_one() == 150
    assert (done.outcome.late, done.history, late_ids(engine)) == (0, 90, 0)
    assert parse_rfc3339(after.state["record_start"]) == START.replace(minute=0)
    assert (after.first_epoch, after.next_epoch) == (before.first_epoch, before.next_epoch)
    assert [total(engine, hour) for hour in (0, 45, 89, 100)] == [1, 1, 1, 1]
    (tmp_path / "between.jsonl").write_bytes(
        b"".join(line(1_000 + hour, START + timedelta(hours=hour + 0.5)) for hour in (20, 110, 120))
    )
    more = ingest(engine, tmp_path / "between.jsonl", history=True)
    assert (more.outcome.late, more.history, late_ids(engine)) == (2, 1, 2)


def test_without_the_flag_older_data_is_late_and_the_sentence_names_it(engine: Engine, tmp_path: Path):
    """Older data is counted as late; the summary says that it is older than the record, and names `--history`."""
    ingest(engine, write(tmp_path / "new.jsonl", range(100, 160)))
    done = ingest(engine, write(tmp_path / "old.jsonl", range(90)))
    assert (done.outcome.late, late_ids(engine)) == (90, 90)
    (sentence,) = done.notes()
    assert "90 are older than the record of this database" in sentence
    assert "--history" in sentence
    assert "/desk" in sentence
    assert total(engine, 45) == 1


def test_history_in_an_empty_database_is_the_record(engine: Engine, tmp_path: Path):
    """The flag changes nothing where there is no record yet."""
    done = ingest(engine, write(tmp_path / "new.jsonl", range(30)), history=True)
    assert (done.outcome.late, done.history, done.outcome.stored) == (0, 0, 30)


def test_a_run_over_history_that_is_killed_goes_on(tmp_path: Path):
    """Killed at any commit and started again, a run over history ends in the rows of one that was not killed."""
    new, old, later = (
        write(tmp_path / f"{name}.jsonl", hours)
        for name, hours in (("new", range(300, 330)), ("old", range(200)), ("later", range(330, 340)))
    )
    found = []
    for kill in (0, 7, 10):
        engine = open_new(f"sqlite:///{tmp_path / f'{kill}.db'}")
        ingest(engine, new)
        if kill:
            left = [kill]

            def strike(*_: object, left: list[int] = left) -> None:
                left[0] -= 1
                if not left[0]:
                    raise Crash

            event.listen(engine, "commit", strike)
            with pytest.raises(Crash):
                ingest(engine, old, history=True)
            event.remove(engine, "commit", strike)
        ingest(engine, old, history=True)
        ingest(engine, later)
        with reading(engine) as connection:
            assert connection.execute(select(func.count()).where(tickets.c.counted)).scalar_one() == 240
            assert connection.execute(select(func.count()).where(alerts.c.id.is_(None))).scalar_one() == 0
        found.append(mined_rows(engine))
        assert late_ids(engine) == 0
        engine.dispose()
    # The journal has one row of corrections for each batch, and a run that goes on cuts other batches.
    for other in found[1:]:
        assert {name for name in other if other[name] != found[0][name]} <= {"corrections"}
