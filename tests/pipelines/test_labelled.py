"""Labelled incidents: what a sensitivity would have done to what people called useful, and which one serves best."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from groundswell.errors import UsageError
from groundswell.labelled_backtest import read_labels, score_candidates
from models.feedback import FeedbackVerdict, FeedbackVote
from pipelines.past.diff import SpikeDifference
from pipelines.past.labelled import LabelledIncident, LabelledScore, best_of, labels_of, score_labels
from store import schema
from store.database import open_database, reading, upgrade
from store.feedback import record_vote
from tests.pipelines.making import make_spike

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def episode(key: int, *, theme: int = 1, alerted: bool = True, was_alerted: bool = True) -> SpikeDifference:
    """An episode that is found as it was, an hour after the one of the number before."""
    spike = make_spike(key, theme, NOON + key * HOUR, NOON + (key + 1) * HOUR)
    return SpikeDifference(
        fate="same", was=spike, now=spike, theme_id=theme, theme_name="Pix", audience="everyone", minutes=0.0,
        alerted=alerted, was_alerted=was_alerted,
    )  # fmt: skip


def label(key: int, *, worth: bool = True) -> LabelledIncident:
    """What people said of a stored episode."""
    return LabelledIncident(spike_ids=frozenset({key}), worth=worth, source=f"alert:{key}")


def test_labels_are_counted_as_found_missed_and_wrong():
    """An alert without a label is counted apart; it is no fault."""
    changes = [episode(1), episode(2, alerted=False), episode(3), episode(4)]
    score = score_labels(1.0, changes, [label(1), label(2), label(3, worth=False)])
    assert (score.found, score.missed, score.wrong, score.unlabelled) == (1, 1, 1, 1)


def test_a_labelled_incident_of_a_file_is_any_overlapping_episode_of_its_theme():
    """It need not have been found before; its delay counts from its own start."""
    incident = LabelledIncident(
        spike_ids=frozenset(), worth=True, source="line 1", theme_id=1, start=NOON, end=NOON + 90 * HOUR / 60
    )
    change = episode(1)
    score = score_labels(1.0, [change, episode(2, theme=2)], [incident])
    assert (score.found, score.unlabelled) == (1, 1)
    assert score.median_minutes == (change.shown.detected_at - NOON).total_seconds() / 60
    assert score_labels(1.0, [episode(5)], [incident]).missed == 1


def test_the_best_finds_most_and_then_alerts_least():
    """The sensitivity that is set stays where none serves better."""

    def made(number: float, missed: int, wrong: int, unlabelled: int) -> LabelledScore:
        return LabelledScore(
            false_alerts_per_week=number, found=9, missed=missed, wrong=wrong, unlabelled=unlabelled, median_minutes=20
        )  # fmt: skip

    scores = [made(0.5, 1, 0, 0), made(1, 0, 2, 1), made(2, 0, 1, 4), made(4, 0, 1, 5)]
    assert best_of(scores, 1).false_alerts_per_week == 2
    assert best_of([made(1, 0, 0, 0), made(2, 0, 0, 0)], 2).false_alerts_per_week == 2


def test_the_set_sensitivity_is_scored_with_the_others():
    """Where another number is asked for, only these two are tried."""

    def score(number: float) -> LabelledScore:
        return LabelledScore(
            false_alerts_per_week=number, found=1, missed=0 if number == 3 else 1, wrong=0, unlabelled=0, median_minutes=1
        )  # fmt: skip

    scores, best = score_candidates(1.0, 3.0, score)
    assert [one.false_alerts_per_week for one in scores] == [1.0, 3.0]
    assert best.false_alerts_per_week == 3.0
    assert [one.false_alerts_per_week for one in score_candidates(0.7, None, score)[0]] == [0.25, 0.5, 0.7, 1, 2, 4]


@pytest.fixture
def engine(sqlite_url: str) -> Engine:
    """Return a database with two alerts about episodes, one about a theme, and an incident of two episodes."""
    opened = open_database(sqlite_url)
    upgrade(opened)
    spike = {
        "theme_id": 1, "segment": {}, "kind": "spike", "start": NOON, "detected_at": NOON, "observed": 9, "expected": 1.0,
        "ratio": 9.0, "p_value": 0.0, "q_value": 0.0, "severity": 9.0, "now_observed": 9, "evidence": [], "verdict": "",
        "state": {},
    }  # fmt: skip
    alert = {"kind": "spike", "theme_id": 1, "state": "open", "audience": "everyone", "opened_at": NOON, "reason": "r"}
    with opened.begin() as connection:
        for key, incident in ((11, 3), (12, 3), (13, None)):
            connection.execute(insert(schema.spikes).values(**spike, id=key, incident_id=incident))
        for key, of in ((1, 11), (2, 13), (3, None)):
            connection.execute(insert(schema.alerts).values(**alert, id=key, spike_id=of))
    return opened


def voted(engine: Engine, subject: str, verdict: str, audience: str = "everyone") -> None:
    """Give a verdict."""
    vote = FeedbackVote(
        subject=subject, audience=audience, verdict=FeedbackVerdict(verdict), rule="spike", theme_id=1, at=NOON
    )
    with engine.begin() as connection:
        record_vote(connection, vote, token=f"{subject}{audience}")


def test_feedback_labels_the_episodes_that_it_is_about(engine: Engine):
    """An alert to the wrong team was worth it, one audience that found it useful decides, and new themes have no episode."""
    voted(engine, "alert:1", "not_useful")
    voted(engine, "alert:1", "useful", "brazil")
    voted(engine, "alert:2", "not_useful")
    voted(engine, "alert:3", "useful")
    voted(engine, "incident:3", "wrong_team")
    voted(engine, "digest:everyone:theme:4", "useful")
    with reading(engine) as connection:
        found = {one.source: (set(one.spike_ids), one.worth) for one in read_labels(connection, "feedback")}
    assert found == {"alert:1": ({11}, True), "alert:2": ({13}, False), "incident:3": ({11, 12}, True)}


def test_without_labels_a_sentence_says_how_to_give_some(engine: Engine, tmp_path: Path):
    """Neither feedback nor a file without lines can be compared with."""
    with reading(engine) as connection:
        assert labels_of(connection, []) == []
        with pytest.raises(UsageError, match="no alert about an episode has feedback yet"):
            read_labels(connection, "feedback")
        with pytest.raises(UsageError, match="cannot be read"):
            read_labels(connection, str(tmp_path / "absent.jsonl"))


@pytest.mark.parametrize(
    "line", ["{}", "nonsense", '{"theme":1,"start":"2026-11-20T12:00Z","end":"2026-11-20T11:00Z"}', "[]",
             '{"theme":1,"start":"2026-11-20T10:00Z","end":"2026-11-20T11:00Z","worth":"yes"}']
)  # fmt: skip
def test_a_line_that_is_no_labelled_incident_is_named(engine: Engine, tmp_path: Path, line: str):
    """The sentence names the file and the line, and shows a valid one."""
    path = tmp_path / "labels.jsonl"
    path.write_text('{"theme":1,"start":"2026-11-20T10:00Z","end":"2026-11-20T11:00Z"}\n\n' + line)
    with reading(engine) as connection, pytest.raises(UsageError, match=r"labels\.jsonl, line 3: this is no labelled"):
        read_labels(connection, str(path))
