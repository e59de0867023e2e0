"""The embedded run over files in any order, grown, rewritten, unchanged and half-written ones."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select, update

from groundswell.embedded import Phase, Summary
from store.database import reading
from store.records import newest_quarantine
from store.schema import events, offsets, quarantine, tickets
from tests.harness.sources import events_source
from tests.pipelines.chain import SHORT_CUT, listings, make_run, mined_rows, open_new, short_rules, short_story

START = datetime(2026, 11, 2, 0, 7, tzinfo=UTC)
"""No full hour: times at full hours would be taken for coarse ones."""
WORDS = ("card", "declined", "refund", "late", "app", "crash", "coins", "payout", "stream", "login")


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """Return an empty database at head."""
    opened = open_new(sqlite_url)
    yield opened
    opened.dispose()


def ingest(engine: Engine, *paths: Path, keep_open: bool = False, **given) -> Summary:
    """Ingest files together."""
    sources = [events_source(path, keep_open=keep_open) for path in paths]
    try:
        return make_run(engine, short_rules()).ingest(sources, keep_open=keep_open, **given)
    finally:
        for source in sources:
            source.close()


def line(number: int, time: datetime) -> bytes:
    """A ticket's creation, in words of its own."""
    body = " ".join(random.Random(number).sample(WORDS, 5))
    event = {
        "specversion": "1.0", "id": f"e-{number}", "source": "/desk", "type": "ticket.created", "time": time.isoformat(),
        "subject": f"T-{number}", "data": {"title": "", "body": body},
    }  # fmt: skip
    return json.dumps(event).encode() + b"\n"


def lines(first: int, last: int) -> list[bytes]:
    """Tickets one hour apart."""
    return [line(number, START + timedelta(hours=number)) for number in range(first, last)]


def stored(engine: Engine) -> set[str]:
    """Ids of the tickets that are stored."""
    with reading(engine) as connection:
        return set(connection.execute(select(tickets.c.id)).scalars())


def test_any_order_and_any_split_give_the_same_listings(tmp_path: Path):
    """Newest first, and split over two files in wrong order with one wrong date among them: every mined row is that of the story."""
    complete = sorted(
        b"".join(short_story().parts(SHORT_CUT)).splitlines(keepends=True), key=lambda one: json.loads(one)["time"]
    )
    (tmp_path / "ascending.jsonl").write_bytes(b"".join(complete))
    (tmp_path / "newest-first.jsonl").write_bytes(b"".join(complete[::-1]))
    wrong = line(999_999, datetime(2026, 12, 20, tzinfo=UTC))
    (tmp_path / "second-half.jsonl").write_bytes(b"".join(complete[200:]))
    (tmp_path / "first-half.jsonl").write_bytes(b"".join([*complete[:100], wrong, *complete[100:200]]))
    found = []
    for names in (("ascending",), ("newest-first",), ("second-half", "first-half")):
        engine = open_new(f"sqlite:///{tmp_path / names[0]}.db")
        done = ingest(engine, *(tmp_path / f"{name}.jsonl" for name in names))
        assert done.outcome.late == 0
        found.append((listings(engine), mined_rows(engine)))
        with reading(engine) as connection:
            refused = newest_quarantine(connection, 10)
        engine.dispose()
    assert found[1] == found[0]
    assert found[2] == found[0]
    assert [(one["reason"], one["position"]) for one in refused] == [("time_out_of_line", 101)]
    assert "line 101 of" in refused[0]["detail"]
    assert "2026-12-20T00:00:00" in refused[0]["detail"]


def test_a_rewritten_export_loses_nothing(engine: Engine, tmp_path: Path):
    """Under the same name: twenty rows more in the middle, others gone, and another order. What is new is stored, once."""
    path = tmp_path / "export.jsonl"
    first, more = lines(0, 60), lines(100, 120)
    path.write_bytes(b"".join(first))
    ingest(engine, path)
    mixed = [*first[10:30], *more, *first[30:]]
    random.Random(2).shuffle(mixed)
    path.write_bytes(b"".join(mixed))
    done = ingest(engine, path)
    assert (done.outcome.stored, done.outcome.repeated) == (20, 50)
    assert stored(engine) == {f"T-{n}" for n in (*range(60), *range(100, 120))}


def test_an_unchanged_file_is_not_read_again(engine: Engine, tmp_path: Path):
    """A file that was read to its end and has not changed is recognised; with refused lines in it, it is read again."""
    path, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    path.write_bytes(b"".join(lines(0, 30)))
    other.write_bytes(b"".join([*lines(30, 40), b"{broken\n"]))
    ingest(engine, path, other)
    done = ingest(engine, path, other)
    assert done.unchanged == [str(path)]
    assert (done.lines, done.outcome.stored, done.outcome.repeated) == (11, 0, 10)


def test_a_position_in_bytes_of_an_earlier_version_does_no_harm(engine: Engine, tmp_path: Path):
    """A row of progress that counts bytes, as stored before, makes the file be read anew: nothing is lost or stored twice."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(lines(0, 30)))
    ingest(engine, path)
    with engine.begin() as connection:
        connection.execute(update(offsets).values(position=path.stat().st_size, lines=30, fingerprint="ab" * 32))
    with path.open("ab") as file:
        file.write(b"".join(lines(30, 35)))
    done = ingest(engine, path)
    assert (done.outcome.stored, done.outcome.repeated, done.outcome.late) == (5, 30, 0)


def test_a_last_line_without_its_end_waits_with_keep_open(engine: Engine, tmp_path: Path):
    """A line that is still being written is left for the next run of the grown file, which reads all of it."""
    path = tmp_path / "a.jsonl"
    complete = lines(0, 6)
    path.write_bytes(b"".join(complete[:4]) + complete[4][:50])
    assert ingest(engine, path, keep_open=True).outcome.refused == {}
    path.write_bytes(b"".join(complete))
    done = ingest(engine, path)
    assert (done.outcome.stored, done.outcome.late) == (2, 0)
    assert stored(engine) == {f"T-{n}" for n in range(6)}


def test_a_stop_in_the_first_pass_stores_nothing_and_is_resumed(engine: Engine, tmp_path: Path):
    """Stopped while it reads, a run has stored nothing; the next one ingests all of it. Both phases are reported."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(lines(0, 30)))
    done = ingest(engine, path, stop=lambda: True)
    assert (done.stopped, done.phase, done.outcome.stored) == (True, Phase.INGESTING, 0)
    seen = []
    done = ingest(engine, path, report=lambda summary: seen.append((summary.phase, summary.ingested)))
    assert (done.stopped, done.outcome.stored) == (False, 30)
    assert seen[0] == (Phase.READING, 0)
    assert seen[-1] == (Phase.INGESTING, 30)


class Crash(BaseException):
    """The end of the process."""


def test_what_a_killed_run_set_aside_stays_aside(engine: Engine, tmp_path: Path):
    """A run that goes on sets aside the same wrong date, though by now the database has a record that it would not extend."""
    path = tmp_path / "a.jsonl"
    wrong = line(999, datetime(2001, 1, 1, tzinfo=UTC))
    path.write_bytes(b"".join([*lines(0, 70), wrong, *lines(70, 200)]))
    left = [25]

    def strike(*_: object) -> None:
        left[0] -= 1
        if not left[0]:
            raise Crash

    event.listen(engine, "commit", strike)
    with pytest.raises(Crash):
        ingest(engine, path)
    event.remove(engine, "commit", strike)
    done = ingest(engine, path)
    assert (done.outcome.late, done.outcome.repeated) == (0, 0)
    assert stored(engine) == {f"T-{n}" for n in range(200)}
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(quarantine)).scalar_one() == 1
        assert connection.execute(select(func.min(events.c.time))).scalar_one() == START


def test_a_refused_line_of_a_new_export_takes_the_place_of_the_old(engine: Engine, tmp_path: Path):
    """Under the same name and line, another refused record is not lost: the quarantine holds what the file holds now."""
    path = tmp_path / "a.jsonl"
    for content in (b"{first\n", b"{second\n"):
        path.write_bytes(b"".join([*lines(0, 3), content]))
        ingest(engine, path)
    with reading(engine) as connection:
        assert [row["excerpt"] for row in newest_quarantine(connection, 10)] == ["{second"]
