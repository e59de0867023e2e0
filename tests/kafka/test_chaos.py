"""The small form of the chaos run; `bench/chaos` is the full one."""

import signal
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.harness import needs
from tests.harness.chaos import Chaos, Plan
from tests.harness.postgres import PostgresMissingError, running_server
from tests.harness.scaled import Scaled
from tests.harness.sources import open_events
from tests.pipelines.answer import read_answer
from tests.pipelines.chain import NOW, make_rules, make_run, open_new
from tests.pipelines.story import START, Story

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.long]


@pytest.fixture
def server():
    """Run a PostgreSQL that this test may stop."""
    try:
        with running_server() as server:
            yield server
    except PostgresMissingError as absent:
        needs.missing("PostgreSQL", str(absent))


@pytest.mark.parametrize(("seed", "days", "per_day"), [(7, 10, 160), (5, 8, 230)])
def test_every_event_has_its_effect_once(broker, server, tmp_path, seed, days, per_day):
    """Through 3 kills, 2 stops, 10 s without database and failing commits, each event is stored, counted and sent once."""
    story = Story(seed, days=days, per_day=per_day)
    path = tmp_path / "story.jsonl"
    path.write_bytes(b"".join(one.line for one in story.events()))
    rules = make_rules()
    # A sender that is killed keeps its claim for so long; the test should not wait two minutes for it.
    rules = replace(rules, alerts=rules.alerts.model_copy(update={"delivery_lease": timedelta(seconds=8)}))
    with server.database() as url:
        scaled = Scaled(tmp_path, broker.address, url, rules, now=NOW)
        try:
            plan = Plan(seconds=60, kills=3, terms=2, outage=10, seed=4 + seed)
            report = Chaos(scaled, broker, server, plan).run(path, START, story.end)
            assert report.sent >= 2_000
            assert report.stored == report.distinct
            assert report.quarantined == report.poison
            assert report.poison.total() >= 30
            assert report.offsets_agree
            assert report.counts_off == 0
            assert report.failed_transactions > 0
            assert report.alert_messages == report.alerts > 0
            # A process that is asked to stop before it listens is ended by the signal itself: it has nothing to finish yet.
            assert set(report.exit_codes) <= {0, -signal.SIGTERM}
            engine = open_new(f"sqlite:///{tmp_path / 'embedded.db'}")
            with open_events(path) as source:
                make_run(engine).ingest([source])
            expected, found = (read_answer(one, position=False) for one in (engine, scaled.engine))
            engine.dispose()
            assert found.differences(expected) == []
        finally:
            scaled.close()
