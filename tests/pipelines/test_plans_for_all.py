"""Plans for all themes through the chain: the common rise is reported once, and the review separates it from a theme's own."""

import json
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

import pytest
from sqlalchemy import Engine

from groundswell.planning import Draft, write_plans
from models.embedding import HashingEmbedder
from models.spikes.settings import SpikeSettings
from pipelines.launches.review import review_launch
from store.database import reading
from store.listings import list_alerts, list_spikes
from stream.processing import Processor
from tests.harness.sources import open_events
from tests.pipelines.chain import KEY, NOW, make_run, open_new, short_rules
from tests.pipelines.story import ISSUES, START, Story

DAY = timedelta(days=1)
FULL, EMPTY = START + 3.25 * DAY, START + 4.25 * DAY
LENGTH = timedelta(hours=12)
PER_DAY = 120


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database with two sales planned for all: the first brings twice what was planned, the second nothing."""
    folder = tmp_path_factory.mktemp("all")
    engine = open_new(f"sqlite:///{folder / 'a.db'}")
    processor = Processor(HashingEmbedder(), KEY, lambda: NOW)
    drafts = []
    for subject, title, start, lift in (("full", "Big sale", FULL, 2.0), ("empty", "Quiet sale", EMPTY, 4.0)):
        data = {
            "kind": "sale", "title": title, "start": start.isoformat(), "end": (start + LENGTH).isoformat(),
            "expected": [{"all": True, "lift": lift}],
        }  # fmt: skip
        drafts.append(Draft("launch", subject, data, START))
    write_plans(engine, processor, drafts, NOW)
    story = Story(days=9, per_day=PER_DAY)  # what else happens in it comes after the fifth day
    usual = PER_DAY / len(ISSUES) * 0.9 * 0.73  # of a day, in the twelve hours from six o'clock on
    for issue in ISSUES:
        story.burst(issue, FULL, LENGTH, tickets=round(3.0 * usual))
    path = folder / "story.jsonl"
    path.write_bytes(story.parts(timedelta(days=5))[0])
    with open_events(path) as source:
        make_run(engine, short_rules()).ingest([source])
    yield engine
    engine.dispose()


def test_what_all_themes_have_beyond_the_plan_is_reported_once(mined: Engine):
    """One excess of all tickets under the sale that came twice as strong, whose reason says what all have and what was planned."""
    with reading(mined) as connection:
        excess = [row for row in list_spikes(connection) if row["launch_id"] == "full"]
        alerts = {row["spike_id"]: row for row in list_alerts(connection)}
    (found,) = excess
    assert (found["kind"], found["theme_id"]) == ("launch_excess", 0)
    reason = alerts[found["id"]]["reason"]
    assert "where the plan of Big sale expects" in reason
    assert "; all themes have x" in reason
    assert reason.endswith("where x2 was planned")


def test_what_does_not_come_for_all_is_reported_once(mined: Engine):
    """Of the sale that brings nothing one alert says that all tickets are missing, and none a theme."""
    with reading(mined) as connection:
        missing = [row for row in list_spikes(connection) if row["launch_id"] == "empty"]
        alerts = [row for row in list_alerts(connection) if row["kind"] == "missing_volume"]
    (found,) = missing
    assert (found["kind"], found["theme_id"]) == ("missing_volume", 0)
    assert found["observed"] < found["expected"] / 2
    (alert,) = alerts
    assert "since Quiet sale began where its plan led to expect" in alert["reason"]


def test_the_review_shows_the_common_lift_apart_from_each_themes_own(mined: Engine):
    """The common lift, planned and learned with its interval, and near 1 what each theme has beyond the others."""
    with reading(mined) as connection:
        full, empty = (review_launch(connection, name, SpikeSettings()) for name in ("full", "empty"))
    assert full["common"]["planned"] == 2.0
    assert full["common"]["low"] < full["common"]["lift"] < full["common"]["high"]
    assert 3.0 < full["common"]["lift"] < 5.0
    own = [row["own_lift"] for row in full["themes"] if row["own_lift"] is not None]
    assert len(own) >= 5
    assert 0.8 < median(own) < 1.25
    assert empty["common"]["planned"] == 4.0
    assert empty["common"]["lift"] < 2.0
    assert json.dumps(full)
