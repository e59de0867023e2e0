"""The past: every epoch of a mined story judged again as it was, and explained."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select

from alerts.match import Match
from alerts.ownership import EVERYONE, Audience, Ownership
from models.bucket import start_of
from models.segment import EVERYTHING, Segment
from pipelines.decisions.preview import decide, propose_merge, propose_undo
from pipelines.epoch.detection import Detection
from pipelines.past.backtest import rerun
from pipelines.past.diff import SpikeDifference, by_week, compare, match
from pipelines.past.explain import SegmentUnseen, SegmentUnwatched, ask, ask_of_spike
from pipelines.past.restore import BeyondRecord, NothingMined, recall
from pipelines.rules import Rules
from store.alerts import list_alerts
from store.database import open_database, reading
from store.epochs import read_miner
from store.errors import SpikeUnknown, ThemeUnknown
from store.journal import read_corrections, read_openings
from store.schema import corrections, courses, frames, lineage
from store.spikes import StoredSpike, read_spikes
from store.themes import read_themes
from tests.harness.sources import open_events
from tests.pipelines.chain import NOW, SHORT_CUT, flag_refunds, make_run, open_new, short_rules, short_story
from tests.pipelines.making import make_spike
from tests.pipelines.story import START

RULES = short_rules()


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database into which the short story was ingested; tests only read it.

    On the way a theme was flagged, and one that had a spike was merged into another, which was undone later.
    """
    folder = tmp_path_factory.mktemp("past")
    engine = open_new(f"sqlite:///{folder / 'groundswell.db'}")
    story = short_story()
    story.burst("login", START + timedelta(days=4, hours=6), timedelta(hours=3), tickets=40)
    first, second = story.parts(SHORT_CUT)
    lines = second.splitlines(keepends=True)
    parts = (first, b"".join(lines[: len(lines) // 2]), b"".join(lines[len(lines) // 2 :]))
    _ingest(engine, folder, "first", parts[0])
    flag_refunds(engine)
    with engine.begin() as connection:
        spiking = read_spikes(connection)[0].theme_id
        other = next(key for key, row in read_themes(connection).items() if key != spiking and row.known_issue is None)
        merge = decide(connection, propose_merge(connection, [spiking], other), cap=10_000, actor="ada", at=NOW)
    _ingest(engine, folder, "second", parts[1])
    with engine.begin() as connection:
        decide(connection, propose_undo(connection, merge.decision_id), cap=10_000, actor="ada", at=NOW)
    _ingest(engine, folder, "third", parts[2], keep_open=False)
    yield engine
    engine.dispose()


def _ingest(engine: Engine, folder: Path, name: str, content: bytes, *, keep_open: bool = True) -> None:
    path = folder / f"{name}.jsonl"
    path.write_bytes(content)
    with open_events(path) as source:
        make_run(engine, RULES).ingest([source], keep_open=keep_open)


@pytest.fixture
def undone(mined: Engine, tmp_path: Path) -> Iterator[Engine]:
    """Return a copy that was mined before there was a journal."""
    with closing(sqlite3.connect(mined.url.database or "")) as connection:
        connection.execute("VACUUM INTO ?", [str(tmp_path / "copy.db")])
    engine = open_database(f"sqlite:///{tmp_path / 'copy.db'}")
    with engine.begin() as connection:
        for table in (corrections, courses, frames):
            connection.execute(delete(table))
    yield engine
    engine.dispose()


def span(connection) -> tuple[int, int]:
    """Return the first and the last mined epoch."""
    row = read_miner(connection)
    return row.first_epoch, row.next_epoch - 1


def figures(spike: StoredSpike) -> tuple:
    """All that detection and the decision of alerts say of an episode."""
    return (
        spike.theme_id, spike.segment, spike.kind, spike.start, spike.end, spike.detected_at, spike.observed, spike.expected,
        spike.p_value, spike.q_value, spike.severity, spike.launch_id, spike.gate,
    )  # fmt: skip


def test_the_story_corrects_its_counts(mined: Engine):
    """Tickets of the story come late, go and move between themes that merge: the promises below are not hollow."""
    with reading(mined) as connection:
        assert sum(len(cells) for _, cells in read_corrections(connection)) > 500
        assert {"merge", "split"} <= set(connection.execute(select(lineage.c.kind)).scalars())
        assert len(read_spikes(connection)) > 4


def test_every_past_epoch_is_judged_as_it_was(mined: Engine):
    """What is judged again of an epoch is, for each episode, what mining wrote of it then, and it opens no other one."""
    with reading(mined) as connection:
        recorded = {(row.epoch, row.spike_id): row for row in connection.execute(select(courses))}
        opened = read_openings(connection)
        starts = {one.spike_id: one.start for one in read_spikes(connection)}
        first, last = span(connection)
        for epoch in sorted({*range(first, last, 9), *opened.values(), *(at for at, _ in recorded)}):
            past = recall(connection, RULES.mining, epoch)
            _, findings = Detection(past.state, past.window).judge()
            assert past.exact
            ids = {starts[key]: key for (at, key) in recorded if at == epoch}
            for one in findings:
                row = recorded[epoch, ids[start_of(one.start)]]
                assert (row.theme_id, row.observed, row.expected) == (one.theme_id, one.observed, one.expected)
                assert Segment.of(row.segment) == one.segment
                assert (opened[row.spike_id] == epoch) == (one.change == "opened")


def test_each_spike_is_explained_by_what_opened_it(mined: Engine):
    """An episode is explained at the epoch that opened it, with its verdict and figures."""
    with reading(mined) as connection:
        for spike in read_spikes(connection):
            answer = ask_of_spike(connection, RULES.mining, spike.spike_id)
            written = answer.as_json()
            assert (written["verdict"], written["episode"]["change"], written["exact"]) == ("signal", "opened", True)
            assert written["spike_id"] == spike.spike_id
            assert start_of(answer.why.finding.start) == spike.start
            assert (spike.gate is None) == (not any("No alert was sent" in one for one in answer.sentences))


def test_why_there_was_no_spike_is_explained_for_any_theme_and_time(mined: Engine):
    """A quiet hour of a theme names the test that stopped it; the time may be anywhere in the record."""
    quiet = START + timedelta(days=4, hours=3)
    with reading(mined) as connection:
        answer = ask(connection, RULES.mining, 1, quiet)
        assert answer.why.verdict in ("few_tickets", "not_above", "chance")
        assert start_of(answer.why.end) <= quiet
        assert "did not signal" in answer.sentences[0]
        assert ask(connection, RULES.mining, 1, quiet, Segment.of({"region": "US"})).why.segment != EVERYTHING
        assert ask(connection, RULES.mining, 0).why.theme_id == 0
        assert ask(connection, RULES.mining, 1, START + timedelta(hours=10)).why.verdict in ("warmup", "unknown_then")


def test_what_cannot_be_asked_is_refused_in_a_sentence(mined: Engine, tmp_path: Path):
    """Unknown themes and spikes, times outside the record and segments without counts each say what is valid."""
    with reading(mined) as connection:
        with pytest.raises(ThemeUnknown, match="themes list"):
            ask(connection, RULES.mining, 999)
        with pytest.raises(SpikeUnknown, match="spikes list"):
            ask_of_spike(connection, RULES.mining, 999)
        with pytest.raises(BeyondRecord, match="reaches from 2026-11-0"):
            ask(connection, RULES.mining, 1, datetime(2020, 1, 1, tzinfo=UTC))
        with pytest.raises(BeyondRecord, match="give a time between them"):
            ask(connection, RULES.mining, 1, START + timedelta(days=90))
        with pytest.raises(SegmentUnwatched, match="platform with app_version"):
            ask(connection, RULES.mining, 1, segment=Segment.of({"region": "US", "platform": "ios"}))
        with pytest.raises(SegmentUnseen, match="no ticket has had"):
            ask(connection, RULES.mining, 1, segment=Segment.of({"region": "XX"}))
    empty = open_new(f"sqlite:///{tmp_path / 'empty.db'}")
    with reading(empty) as connection, pytest.raises(NothingMined, match="groundswell ingest"):
        ask(connection, RULES.mining, 0)
    empty.dispose()


def test_unchanged_settings_give_the_stored_spikes_again(mined: Engine):
    """A backtest with the settings of the run finds every episode and alert again, to the last figure, and no other."""
    with reading(mined) as connection:
        again = rerun(connection, RULES, *span(connection))
        assert again.exact
        assert {figures(one) for one in again.spikes} == {figures(one) for one in read_spikes(connection)}
        stored = [(one.kind, one.audience, one.opened_at) for one in list_alerts(connection) if one.spike_id]
        assert sorted((one.kind.value, one.audience, one.opened_at) for one in again.alerts) == sorted(stored)


def test_a_backtest_may_begin_in_the_middle(mined: Engine):
    """From any epoch on the episodes that open after it are those that were stored; those open by then go on."""
    with reading(mined) as connection:
        _, last = span(connection)
        opened = read_openings(connection)
        middle = sorted(opened.values())[len(opened) // 2] + 1
        again = rerun(connection, RULES, middle, last)
        expected = {figures(one) for one in read_spikes(connection) if opened[one.spike_id] >= middle}
        found = {figures(one) for one in again.spikes if one.spike_id not in again.continued}
        assert found == expected


def test_before_the_journal_the_answer_says_that_it_is_not_exact(undone: Engine):
    """A database that was mined without a journal is judged with today's counts, and says so."""
    with reading(undone) as connection:
        answers = [ask_of_spike(connection, RULES.mining, one.spike_id) for one in read_spikes(connection)]
        assert not any(one.exact for one in answers)
        assert all("before the journal was kept" in one.sentences[-1] for one in answers)
        assert {"signal"} <= {one.why.verdict for one in answers}
        again = rerun(connection, RULES, *span(connection))
        assert not again.exact
        assert {one.theme_id for one in again.spikes} & {one.theme_id for one in read_spikes(connection)}


def with_budget(false_alerts: float) -> Rules:
    """Return the rules with another general number of false alerts."""
    spikes = RULES.mining.spikes.model_copy(update={"false_alerts_per_week": false_alerts})
    return replace(RULES, mining=RULES.mining.model_copy(update={"spikes": spikes}))


def compared(connection, rules: Rules) -> list[SpikeDifference]:
    """Return what rules would have changed."""
    first, last = span(connection)
    again = rerun(connection, rules, first, last)
    return compare(connection, again, rules.ownership, rules.mining.lateness, first, last)


def test_unchanged_settings_change_nothing(mined: Engine):
    """Compared with the stored spikes those of an unchanged run are all the same, each week and in each audience."""
    with reading(mined) as connection:
        found = compared(connection, RULES)
        assert {one.fate for one in found} == {"same"}
        assert len(found) == len(read_spikes(connection))
    assert all(one.alerted == one.was_alerted for one in found)
    weeks = by_week(found)
    assert sum(one.spikes for one in weeks) == sum(one.were for one in weeks) == len(found)
    assert sum(one.alerts for one in weeks) == sum(one.alerts_were for one in weeks) > 0


def test_another_budget_finds_more_and_earlier_or_less_and_later(mined: Engine):
    """With far more false alerts accepted nothing is gone or later, with far fewer nothing is added or earlier."""
    with reading(mined) as connection:
        mild = compared(connection, with_budget(100.0))
        strict = compared(connection, with_budget(1e-6))
    assert {one.fate for one in mild} <= {"same", "added", "earlier"}
    assert {one.fate for one in strict} <= {"same", "gone", "later"}
    assert {one.fate for one in mild} | {one.fate for one in strict} > {"same"}
    assert all(one.minutes < 0 for one in mild if one.fate == "earlier")


def test_episodes_are_matched_by_theme_and_time():
    """Each episode has at most one partner, of its theme, that overlaps it; the nearest pairs are made first."""
    day = timedelta(days=1)

    def spike(key: int, theme: int, days: float, length: float = 1.0) -> StoredSpike:
        start = START + days * day
        return make_spike(key, theme, start, start + length * day)

    stored = [spike(1, 1, 0), spike(2, 1, 3), spike(3, 2, 0)]
    found = [spike(11, 1, 0.5), spike(12, 1, 0.1), spike(13, 2, 5)]
    pairs = {(a and a.spike_id, b and b.spike_id) for a, b in match(stored, found)}
    assert pairs == {(1, 12), (2, None), (3, None), (None, 11), (None, 13)}


def owned(**budgets: float) -> Rules:
    """Return the rules with audiences of some app versions that accept so many false alerts."""
    audiences = [
        Audience(name, Match({"app_version": frozenset({version})}), false_alerts_per_week=budgets[name])
        for name, version in (("release", "5.2.0"), ("older", "5.0.0"))
        if name in budgets
    ]
    return replace(RULES, ownership=Ownership((*audiences, Audience(EVERYONE))))


def test_an_audience_that_accepts_less_is_not_alerted(mined: Engine):
    """What is beyond an audience's own number is kept with the gate that says so; other audiences are alerted as before."""
    with reading(mined) as connection:
        usual = rerun(connection, RULES, *span(connection))
        strict = rerun(connection, owned(release=1e-250), *span(connection))
    assert [one.start for one in strict.spikes] == [one.start for one in usual.spikes]
    gated = [one for one in strict.spikes if one.gate == "beyond_false_alert_budget"]
    assert [one.segment.as_dict().get("app_version") for one in gated] == ["5.2.0"]
    alerted = {one.spike_id for one in strict.alerts}
    assert alerted == {one.spike_id for one in usual.alerts} - {one.spike_id for one in gated}


def test_an_audience_that_accepts_more_changes_nothing_for_the_others(mined: Engine):
    """Detection runs at the largest number that is asked for; audiences that did not ask are alerted of nothing more."""
    with reading(mined) as connection:
        usual = rerun(connection, RULES, *span(connection))
        wide = rerun(connection, owned(older=100.0), *span(connection))
        mild = rerun(connection, with_budget(100.0), *span(connection))
    assert [one.start for one in wide.spikes] == [one.start for one in mild.spikes]
    assert len(wide.spikes) > len(usual.spikes)
    others = [one for one in wide.alerts if one.audience == EVERYONE]
    assert len(others) <= len(usual.alerts)
    asked = {one.spike_id: one.state.budget for one in wide.spikes}
    assert all(asked[one.spike_id] <= RULES.mining.spikes.false_alerts_per_week for one in others)


def test_mining_withholds_what_an_audience_does_not_accept(tmp_path: Path):
    """A mined stream keeps such a spike with its gate and sends no alert of it, also when it is stopped and goes on."""
    rules = owned(release=1e-250)
    first, _ = short_story().parts(SHORT_CUT)
    lines = first.splitlines(keepends=True)
    found = []
    for cuts in ((len(lines),), (len(lines) * 4 // 5, len(lines))):
        engine = open_new(f"sqlite:///{tmp_path / str(len(cuts))}.db")
        for upto in cuts:
            (tmp_path / "stream.jsonl").write_bytes(b"".join(lines[:upto]))
            with open_events(tmp_path / "stream.jsonl") as source:
                make_run(engine, rules).ingest([source], keep_open=upto < len(lines))
        with reading(engine) as connection:
            spikes = read_spikes(connection)
            alerted = {one.spike_id for one in list_alerts(connection)}
        engine.dispose()
        found.append([figures(one) for one in spikes])
        gated = [one for one in spikes if one.gate == "beyond_false_alert_budget"]
        assert gated
        assert not alerted & {one.spike_id for one in gated}
    assert found[0] == found[1]


def test_the_journal_may_begin_later(tmp_path: Path):
    """In a database that was mined before there was a journal, epochs mined since are judged as they were."""
    story = short_story()
    story.burst("login", START + timedelta(days=4, hours=6), timedelta(hours=3), tickets=40)
    first, second = story.parts(SHORT_CUT)
    engine = open_new(f"sqlite:///{tmp_path / 'later.db'}")
    _ingest(engine, tmp_path, "first", first)
    with engine.begin() as connection:
        for table in (corrections, courses, frames):
            connection.execute(delete(table))
        begins = read_miner(connection).next_epoch
        assert read_spikes(connection)
    _ingest(engine, tmp_path, "second", second, keep_open=False)
    with reading(engine) as connection:
        assert not recall(connection, RULES.mining, begins - 1).exact
        assert not recall(connection, RULES.mining, begins).exact
        again = rerun(connection, RULES, begins + 1, span(connection)[1])
        assert again.exact
        known = {figures(one) for one in read_spikes(connection)}
        assert {figures(one) for one in again.spikes if one.spike_id not in again.continued} <= known
        assert len(again.spikes) > len(again.continued)
    engine.dispose()
