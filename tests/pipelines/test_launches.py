"""Launches through the chain: what was learned from one, what did not come in the next, and the review of both."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from groundswell.planning import Draft, write_plans
from models.bucket import bucket_of
from models.embedding import HashingEmbedder
from models.launch import Launch
from models.segment import EVERYTHING
from models.spikes.settings import SpikeSettings
from pipelines.epoch.launches import running_at
from pipelines.launches.review import LaunchUnknown, review_launch
from store.database import reading
from store.listings import list_alerts, list_spikes
from store.reviews import read_reviews
from stream.processing import Processor
from tests.harness.sources import open_events
from tests.pipelines.chain import KEY, NOW, make_run, mined_rows, open_new, short_rules, theme_about
from tests.pipelines.making import make_window
from tests.pipelines.story import ISSUES, START, Story

DAY = timedelta(days=1)
FIRST, SECOND = START + 3.25 * DAY, START + 4.5 * DAY
LENGTH = timedelta(hours=12)


def plan(engine: Engine) -> None:
    """Two campaigns: the second is to be as the first was."""
    about = [{"about": ISSUES["payout"], "lift": 12.0}]
    first = {"kind": "campaign", "title": "Spring", "start": FIRST, "end": FIRST + LENGTH, "expected": about}
    second = {"title": "Autumn", "start": SECOND, "expected": [{"like": "spring"}]}
    processor = Processor(HashingEmbedder(), KEY, lambda: NOW)
    for subject, data in (("spring", first), ("autumn", second)):
        written = {name: value.isoformat() if name in ("start", "end") else value for name, value in data.items()}
        write_plans(engine, processor, [Draft("launch", subject, written, START)], NOW)


def write_story(folder: Path) -> Path:
    """Six usual days; payouts come twelvefold during the first campaign, and as always during the second."""
    story = Story(days=6, per_day=120)
    story.burst("payout", FIRST, LENGTH, tickets=90)
    first, rest = story.parts(timedelta(days=5))
    path = folder / "story.jsonl"
    path.write_bytes(first + rest)
    return path


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database in which both campaigns are over; tests only read it."""
    folder = tmp_path_factory.mktemp("launches")
    engine = open_new(f"sqlite:///{folder / 'a.db'}")
    plan(engine)
    with open_events(write_story(folder)) as source:
        make_run(engine, short_rules()).ingest([source])
    yield engine
    engine.dispose()


def test_a_plan_that_comes_true_is_silent_and_one_that_does_not_is_reported_once(mined: Engine):
    """Payouts are reported neither as a spike nor as missing under the first plan, and once as missing under the second."""
    with reading(mined) as connection:
        theme = theme_about(connection, "payout")
        spikes = [row for row in list_spikes(connection) if row["theme_id"] == theme]
        alerts = [row for row in list_alerts(connection) if row["theme_id"] == theme and row["kind"] != "new_theme"]
    (missing,) = spikes
    assert (missing["kind"], missing["launch_id"]) == ("missing_volume", "autumn")
    assert missing["observed"] < missing["expected"]
    assert missing["end"] is not None
    assert missing["verdict"].startswith("The plan has not come true. ")
    (planned,) = [cause for cause in missing["causes"] if cause["kind"] == "launch"]
    assert (planned["change_id"], planned["contribution"]) == ("autumn", 1.0)
    assert planned["reason"].startswith("The plan of Autumn (campaign) led to expect it, ")
    (alert,) = alerts
    assert (alert["kind"], alert["spike_id"]) == ("missing_volume", missing["id"])
    assert "since Autumn began where its plan led to expect" in alert["reason"]


def test_how_volume_responded_is_on_record(mined: Engine):
    """The review of the first campaign holds the lift that was seen; the second one's, that nothing came."""
    with reading(mined) as connection:
        theme = theme_about(connection, "payout")
        reviews = read_reviews(connection)
    assert {"spring", "autumn"} <= reviews.keys()
    assert theme in reviews["spring"].past.planned
    assert theme in reviews["autumn"].past.planned
    seen, usual = reviews["spring"].past.inside(theme)
    assert 8.0 < seen / usual < 18.0
    seen, usual = reviews["autumn"].past.inside(theme)
    assert seen / usual < 2.0


def test_what_begins_while_a_launch_runs_names_it():
    """A spike that no plan accounts for says in its note which launches ran when it began."""
    launch = Launch("night", "launch", "Gift night", FIRST, FIRST + LENGTH, EVERYTHING, 0.3, ())
    window = make_window(FIRST + LENGTH, launch)
    assert running_at(window, bucket_of(FIRST)) == "it began while Gift night ran, whose plan does not account for it"
    assert running_at(window, bucket_of(FIRST) - 1) is None
    assert running_at(window, bucket_of(FIRST + LENGTH)) is None


def test_the_review_holds_plan_against_actual(mined: Engine):
    """Forecast error by theme and in all, hours beyond the envelope, and the past launches of the kind."""
    with reading(mined) as connection:
        theme = theme_about(connection, "payout")
        spring, autumn = (
            review_launch(connection, "spring", SpikeSettings()),
            review_launch(connection, "autumn", SpikeSettings()),
        )
        with pytest.raises(LaunchUnknown, match="not on record"):
            review_launch(connection, "winter", SpikeSettings())
    row = next(row for row in spring["themes"] if row["theme_id"] == theme)
    assert (spring["state"], spring["past"]) == ("over", [])
    assert abs(row["error"]) < 0.6
    assert row["hours"] == 12
    late = next(row for row in autumn["themes"] if row["theme_id"] == theme)
    assert late["error"] < -0.5
    assert late["hours_below"] > 0
    assert (row["within_range"], late["within_range"]) == (True, False)
    assert row["range"][0] < row["plan"] < row["range"][1]
    for review in (spring, autumn):
        assert all(one["meant"] for one in review["themes"])
        assert not any(one["meant"] for one in review["similar_themes"])
    assert [one["id"] for one in autumn["past"]] == ["spring"]
    assert 8.0 < autumn["past"][0]["lift_planned_themes"] < 18.0
    assert json.dumps(autumn)


def test_a_restart_in_the_middle_of_a_launch_changes_nothing(mined: Engine, tmp_path: Path):
    """A run that is stopped and gone on with, reviews read back from the store, writes the same rows."""
    engine = open_new(f"sqlite:///{tmp_path / 'b.db'}")
    plan(engine)
    path = write_story(tmp_path)
    stops = [60, 60, 10**9]
    while stops:
        asked = [False]
        left = stops.pop(0)

        def watch(summary, asked=asked, left=left) -> None:
            asked[0] = summary.epochs >= left

        with open_events(path) as source:
            make_run(engine, short_rules()).ingest([source], stop=lambda asked=asked: asked[0], report=watch)
    assert mined_rows(engine) == mined_rows(mined)
    with reading(engine) as one, reading(mined) as other:
        assert read_reviews(one).keys() == read_reviews(other).keys()
        assert review_launch(one, "autumn", SpikeSettings()) == review_launch(other, "autumn", SpikeSettings())
    engine.dispose()
