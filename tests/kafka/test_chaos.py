"""The small form of the chaos run; `bench/chaos` is the full one."""

import signal
from dataclasses import replace
from datetime import timedelta

import pytest

from stream.sources import JsonLines
from tests.harness import needs
from tests.harness.chaos import Chaos, Plan
from tests.harness.postgres import PostgresMissingError, running_server
from tests.harness.scaled import Scaled
from tests.pipelines.chain import NOW, listings, make_rules, make_run, open_new
from tests.pipelines.story import START, Story

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.serial]


@pytest.fixture
def server():
    """Run a PostgreSQL that this test may stop."""
    try:
        with running_server() as server:
            yield server
    except PostgresMissingError as absent:
        needs.missing("PostgreSQL", str(absent))


def test_every_event_has_its_effect_once(broker, server, tmp_path):
    """Through 3 kills, 2 stops, 10 s without database and failing commits, each event is stored, counted and reported once."""
    story = Story(per_day=160)
    path = tmp_path / "story.jsonl"
    path.write_bytes(b"".join(one.line for one in story.told()))
    rules = make_rules()
    # A sender that is killed keeps its claim for so long; the test should not wait two minutes for it.
    rules = replace(rules, alerts=rules.alerts.model_copy(update={"delivery_lease": timedelta(seconds=8)}))
    with server.database() as url:
        scaled = Scaled(tmp_path, broker.address, url, rules, now=NOW)
        try:
            report = Chaos(scaled, broker, server, Plan(seconds=60, kills=3, terms=2, outage=10)).run(
                path, START, story.end
            )
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
            with JsonLines(str(path)) as source:
                make_run(engine).ingest([source])
            assert listings(scaled.engine) == listings(engine)
            engine.dispose()
        finally:
            scaled.close()
