"""The embedded chain over a made-up story: what is counted, and that neither order nor interruption changes an answer."""

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine, func, select

from groundswell.embedded import Summary
from models.bucket import bucket_of
from models.source_silence import segment_of_source
from models.spikes.series import segments_of
from store.counts import counted_totals, recount_totals
from store.database import open_database, reading
from store.schema import assignments, counts, events, segments, tickets, tombstones, vectors
from tests.harness.sources import open_events
from tests.pipelines.chain import (
    CUT,
    listings,
    make_rules,
    make_run,
    mined_rows,
    open_new,
    run_story,
    theme_about,
    write_parts,
)  # fmt: skip
from tests.pipelines.story import START, Story


class StopAfter:
    """A request to stop once so many epochs are mined."""

    def __init__(self, epochs: int) -> None:
        self._epochs, self._asked = epochs, False

    def __call__(self) -> bool:
        """Whether it was asked."""
        return self._asked

    def watch(self, summary: Summary) -> None:
        """Take note of how far the run is."""
        self._asked = summary.epochs >= self._epochs


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the two files of the story."""
    return write_parts(tmp_path_factory.mktemp("story"), Story().parts(CUT))


@pytest.fixture(scope="module")
def mined(paths: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database into which the story was ingested in one clean run; tests only read it."""
    engine = open_new(f"sqlite:///{tmp_path_factory.mktemp('mined') / 'groundswell.db'}")
    run_story(engine, paths)
    yield engine
    engine.dispose()


@pytest.fixture
def again(mined: Engine, tmp_path: Path) -> Iterator[Engine]:
    """Return a copy of the mined database that a test may change."""
    with closing(sqlite3.connect(mined.url.database or "")) as connection:
        connection.execute("VACUUM INTO ?", [str(tmp_path / "copy.db")])
    engine = open_database(f"sqlite:///{tmp_path / 'copy.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def fresh(sqlite_url: str) -> Iterator[Engine]:
    """Return an empty database at head."""
    engine = open_new(sqlite_url)
    yield engine
    engine.dispose()


def _rows(engine: Engine, name: str) -> list[dict]:
    return orjson.loads(listings(engine)[name])


def test_the_story_holds_what_the_promises_are_about(mined: Engine):
    """The story has themes, merges, spikes, a launch's plan, a new theme, retracted tickets and a flag: no test below is hollow."""
    assert len([row for row in _rows(mined, "themes") if row["state"] == "live"]) > 7
    assert {"birth", "merge"} <= {row["kind"] for row in _rows(mined, "lineage")}
    assert {row["kind"] for row in _rows(mined, "alerts")} >= {"new_theme", "spike"}
    assert [row for row in _rows(mined, "themes") if row["known_issue"]]
    with reading(mined) as connection:
        kinds = set(connection.execute(select(events.c.type)).scalars())
        gone = connection.execute(select(func.count()).where(tickets.c.counted.is_(False))).scalar_one()
    assert len(kinds) > 9
    assert gone > 40


def test_counts_are_those_of_the_tickets(mined: Engine):
    """The counts of all tickets and of each theme add up to what counting the tickets anew gives."""
    with reading(mined) as connection:
        assert counted_totals(connection) == recount_totals(connection)


def test_counts_of_every_bucket_and_segment_are_those_of_the_tickets(mined: Engine):
    """Each bucket, theme and segment holds exactly the counted tickets that were created in it, under their attributes."""
    rules = make_rules().mining
    with reading(mined) as connection:
        stored = connection.execute(
            select(counts.c.bucket, counts.c.theme_id, segments.c.key, counts.c.n)
            .join(segments, segments.c.id == counts.c.segment_id)
            .where(counts.c.n != 0)
        ).all()
        query = select(tickets, assignments.c.theme_id).join(assignments, assignments.c.ticket_id == tickets.c.id)
        expected: Counter[tuple[int, int, str]] = Counter()
        for row in connection.execute(query.where(tickets.c.counted)).mappings():
            for segment in segments_of(row, rules.dimensions, rules.pairs):
                for theme in {0, row["theme_id"] or 0}:
                    expected[bucket_of(row["time"]), theme, segment.key] += 1
        for row in connection.execute(select(tickets).where(tickets.c.mined_epoch.is_not(None))).mappings():
            expected[bucket_of(row["time"]), 0, segment_of_source(row["source"]).key] += 1
    assert {(bucket, theme, key): n for bucket, theme, key, n in stored} == expected


def test_a_ticket_counts_once(mined: Engine):
    """No ticket is in two themes, sizes are numbers of members, and merged themes hold nothing."""
    themes = _rows(mined, "themes")
    members = [ticket for row in themes for ticket in row["tickets"]]
    assert len(members) == len(set(members))
    assert all(row["size"] == len(row["tickets"]) for row in themes)
    assert all(row["size"] == 0 for row in themes if row["state"] == "merged")


def test_retracted_tickets_do_not_count_and_restored_ones_do(mined: Engine):
    """After merge, spam or deletion a ticket counts no longer; after an undeletion it counts again, but its text stays erased."""
    members = {ticket for row in _rows(mined, "themes") for ticket in row["tickets"]}
    with reading(mined) as connection:
        found = {row.id: row for row in connection.execute(select(tickets))}
        stored = connection.execute(select(events).order_by(events.c.time)).all()
        buried = set(connection.execute(select(tombstones.c.ticket_id)).scalars())
    history: dict[str, list[str]] = {}
    for event in stored:
        history.setdefault(event.subject, []).append(event.type)
    final = {key: kinds[-1] for key, kinds in history.items()}
    undeleted = [key for key, kind in final.items() if kind == "ticket.undeleted"]
    retracted = [key for key, kind in final.items() if kind in ("ticket.merged", "ticket.spam", "ticket.deleted")]
    assert undeleted
    assert retracted
    assert all(found[key].counted for key in undeleted)
    assert not any(found[key].counted for key in retracted)
    assert not members & set(retracted)
    assert {(found[key].title, found[key].body) for key in buried} == {("", "")}


def test_erased_tickets_have_no_vector(mined: Engine):
    """A mined tombstone takes the vector along, and the ticket draws no others."""
    with reading(mined) as connection:
        buried = set(connection.execute(select(tombstones.c.ticket_id)).scalars())
        assert buried
        assert not buried & set(connection.execute(select(vectors.c.ticket_id)).scalars())
        remembered = connection.execute(select(assignments.c.ticket_id).where(assignments.c.remembered)).scalars()
        assert not buried & set(remembered)


def test_the_learning_period_is_silent_about_new_themes(mined: Engine):
    """No new theme alerts while themes are learned, though many are born; one that emerges later does."""
    learned = START + make_rules().mining.themes.learning
    alerts = [datetime.fromisoformat(row["opened_at"]) for row in _rows(mined, "alerts") if row["kind"] == "new_theme"]
    births = [datetime.fromisoformat(row["at"]) for row in _rows(mined, "lineage") if row["kind"] == "birth"]
    assert sum(at <= learned for at in births) > 5
    assert alerts
    assert min(alerts) > learned


def test_a_known_issue_alerts_only_when_it_grows(mined: Engine):
    """A flagged theme's spike within its own envelope is withheld with its gate; one past it alerts."""
    with reading(mined) as connection:
        flagged = theme_about(connection, "refund")
    spikes = [row for row in _rows(mined, "spikes") if row["theme_id"] == flagged]
    alerted = {row["spike_id"] for row in _rows(mined, "alerts") if row["theme_id"] == flagged}
    (theme,) = [row for row in _rows(mined, "themes") if row["id"] == flagged]
    assert theme["known_issue"]["jira"] == "PAY-1"
    surge = [row for row in spikes if row["observed"] > 80]
    assert {row["id"] for row in surge} <= alerted
    assert len(surge) == 1
    assert alerted == {row["id"] for row in spikes if row["gate"] is None}


def test_the_same_file_again_changes_nothing(again: Engine, paths: tuple[Path, Path]):
    """A second run over the same files stores nothing, mines nothing, and leaves every listing as it was."""
    before = listings(again)
    done = run_story(again, paths)
    assert (done.lines, done.outcome.stored, done.epochs) == (0, 0, 0)
    assert listings(again) == before


def test_the_same_events_under_another_name_change_nothing(again: Engine, paths: tuple[Path, Path], tmp_path: Path):
    """A copy of the files is read in full, and every event of it is a repeat."""
    before = listings(again)
    copies = tuple(shutil.copy(path, tmp_path / f"copy-of-{path.name}") for path in paths)
    with open_events(copies[0]) as one, open_events(copies[1]) as two:
        done = make_run(again).ingest([one, two])
    assert done.lines > 1_500
    assert done.outcome.stored == 0
    assert listings(again) == before


def test_a_miner_that_restarts_between_epochs_is_one_that_never_stopped(
    mined: Engine, fresh: Engine, paths: tuple[Path, Path]
):
    """Whatever epoch a run stops after, its memory read back from the store goes on bit for bit: all rows are equal."""
    chance = random.Random(3)
    stopped = 0
    while True:
        stop = StopAfter(chance.choice((1, 1, 2, 5, 20)))
        done = run_story(fresh, paths, stop=stop, report=stop.watch)
        if not done.stopped:
            break
        stopped += 1
    assert stopped > 40
    assert mined_rows(fresh) == mined_rows(mined)
    assert listings(fresh) == listings(mined)


@pytest.mark.parametrize(("seed", "batch"), [(1, 7), (2, 1_000)])
def test_order_within_the_allowed_lateness_and_the_size_of_batches_change_nothing(
    mined: Engine, fresh: Engine, tmp_path: Path, seed: int, batch: int
):
    """The same events in another order, none later than allowed, and in other transactions give byte-identical listings."""
    run_story(fresh, write_parts(tmp_path, Story().parts(CUT, random.Random(seed))), batch=batch)
    assert listings(fresh) == listings(mined)


@pytest.mark.postgres
def test_sqlite_and_postgres_say_the_same(mined: Engine, postgres_url: str, paths: tuple[Path, Path]):
    """The database does not show in the answer."""
    engine = open_new(postgres_url)
    run_story(engine, paths)
    assert listings(engine) == listings(mined)
    assert mined_rows(engine) == mined_rows(mined)
    engine.dispose()
