"""Commands and healing against a real broker and a real PostgreSQL."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import delete, func, select, update

from groundswell.doctor import Doctor
from groundswell.settings import Settings
from store.database import reading
from store.schema import events, offsets
from stream.kafka.deadletters import make_producer
from stream.kafka.topics import TopicSettings, create_topics
from tests.harness.chaos import POISON, message_ids
from tests.harness.children import PATIENCE_SECONDS
from tests.harness.scaled import KEY, Scaled
from tests.harness.sources import open_events
from tests.pipelines.chain import NOW, make_rules
from tests.pipelines.story import Story

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.long]


@pytest.fixture
def scaled(broker, postgres_url, tmp_path) -> Iterator[Scaled]:
    """Return topics and a database that only this test knows."""
    made = Scaled(tmp_path, broker.address, postgres_url, make_rules(), now=NOW)
    yield made
    made.close()


@pytest.fixture(scope="module")
def stored(broker, postgres_copies, tmp_path_factory) -> Iterator[Scaled]:
    """Return a deployment whose one worker has stored two days of a story, and was stopped."""
    folder = tmp_path_factory.mktemp("stored")
    path = folder / "story.jsonl"
    path.write_bytes(b"".join(one.line for one in Story(days=2).events()))
    with postgres_copies.copy() as url, closing(Scaled(folder, broker.address, url, make_rules(), now=NOW)) as made:
        made.start()
        with open_events(path) as source:
            made.replay(source)
        made.wait(made.mined, PATIENCE_SECONDS, "the end of mining")
        made.wait(made.agreed, PATIENCE_SECONDS, "the last commit")
        assert made.stop() == [0]
        yield made


def run(scaled, *arguments, **environment):
    """Run the command line for this deployment."""
    own = {
        "GROUNDSWELL_DATABASE__URL": scaled.url, "GROUNDSWELL_STREAM__BROKERS": scaled.stream.brokers,
        "GROUNDSWELL_STREAM__GROUP": scaled.stream.group, "GROUNDSWELL_STREAM__TOPICS__PREFIX": scaled.topics.prefix,
        "GROUNDSWELL_STREAM__REQUESTER_KEY": KEY.decode(), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    code = "import sys; from groundswell.cli import main; sys.argv[0] = 'groundswell'; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, cwd=scaled.folder,
        env={**os.environ, **own, **environment},
    )  # fmt: skip


def findings(done):
    """What the doctor found, by name."""
    return {row["what"]: row for row in json.loads(done.stdout)}


def test_topics_are_made_once_and_differences_told(scaled):
    """A second run makes nothing; what the settings ask otherwise is said in a sentence, and nothing is changed."""
    assert all(not one.created and not one.differences for one in create_topics(scaled.stream))
    asked = TopicSettings(prefix=scaled.topics.prefix, partitions=9, retention="PT2H")
    reported = [
        text for one in create_topics(scaled.stream.model_copy(update={"topics": asked})) for text in one.differences
    ]
    assert any("has 4 partitions, the settings ask for 9" in text for text in reported)
    assert any("retention.ms=1209600000, the settings ask for 7200000" in text for text in reported)


def test_replay_and_what_it_refuses(scaled, tmp_path):
    """Lines that are no events go to the dead letters with their reason; a second replay of the same file is all repeats."""
    lines = [one.line for one in Story(days=1, per_day=20).events()]
    path = tmp_path / "some.jsonl"
    path.write_bytes(b"".join([*lines, b"rubbish\n"]))
    done = run(scaled, "replay", str(path), "--to", "kafka")
    assert done.returncode == 0, done.stderr
    assert f"{len(lines)} events sent" in done.stderr
    assert "1 not_json" in done.stderr
    assert sum(scaled.ends().values()) == len(lines) + 2 * 4


def test_a_missing_requester_key_is_refused(scaled):
    """Without the shared key no worker starts, and the sentence says how to make one."""
    done = run(scaled, "worker", GROUNDSWELL_STREAM__REQUESTER_KEY="")
    assert done.returncode == 1
    assert "openssl rand -hex 32" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_topics_are_refused(scaled):
    """A worker that would wait for ever for topics that are not there says so instead."""
    done = run(scaled, "miner", GROUNDSWELL_STREAM__TOPICS__PREFIX="nobody", GROUNDSWELL_STREAM__HEALTH_PORT="0")
    assert done.returncode == 1
    assert "groundswell topics create" in done.stderr


def test_the_doctor_looks_at_everything(stored):
    """Each part of the deployment is named; without a running miner that is what is wrong."""
    found = findings(run(stored, "doctor", "--json"))
    assert {"database", "model", "vectors", "requester key", "broker", "topics", "clock", "miner", "offsets"} <= set(
        found
    )
    assert all(found[name]["good"] for name in ("database", "broker", "topics", "clock", "offsets", "requester key"))
    # By the clock of this deployment, which is ahead of the machine's.
    (miner,) = Doctor(Settings(), stored.engine, "", stored.clock)._miner()
    assert (miner.good, miner.found) == (False, "no process holds the lease")


def test_the_doctor_without_a_broker(stored):
    """A broker that does not answer is a finding with a remedy, no failure of the doctor."""
    done = run(stored, "doctor", "--json", GROUNDSWELL_STREAM__BROKERS="127.0.0.1:1")
    assert not findings(done)["broker"]["good"]
    assert "GROUNDSWELL_STREAM__BROKERS" in findings(done)["broker"]["remedy"]


def test_a_gap_is_found_and_healed(stored):
    """The doctor reports messages that were committed and never stored, and backfill stores exactly those."""
    with stored.engine.begin() as connection:
        lost = connection.execute(
            select(events.c.source, events.c.id).where(events.c.epoch.is_not(None)).limit(25)
        ).all()
        for source, identity in lost:
            connection.execute(delete(events).where(events.c.source == source, events.c.id == identity))
        connection.execute(update(offsets).where(offsets.c.partition == 1).values(position=offsets.c.position - 7))
    sick = run(stored, "doctor", "--json")
    assert sick.returncode == 1
    assert findings(sick)["offsets"]["remedy"] == "`groundswell backfill`"
    assert f"7 of {stored.topics.tickets}[1]" in findings(sick)["offsets"]["found"]
    done = run(stored, "backfill")
    assert done.returncode == 0, done.stderr
    assert "25 were missing and are stored" in done.stderr
    assert findings(run(stored, "doctor", "--json"))["offsets"]["good"]


def test_health_metrics_and_logs(scaled, tmp_path, broker):
    """A worker says when it is ready, measures what it does, quarantines poison, and never logs a ticket's words."""
    sent = Story(days=1, per_day=40).events()
    secret = "zanzibar"
    sent[5].event["data"]["body"] += f" {secret}"
    path = tmp_path / "story.jsonl"
    path.write_bytes(b"".join(one.line for one in sent))
    scaled.start()
    scaled.wait(lambda: scaled.ready(scaled.processes[0]), PATIENCE_SECONDS, "readiness")
    producer = make_producer(scaled.stream)
    for headers, _ in POISON.values():
        producer.send(
            scaled.topics.tickets, value=f'{{"title": ["{secret}"]}}'.encode(), headers=list(headers), partition=0
        )
    producer.flush()
    producer.close()
    with open_events(path) as source:
        scaled.replay(source)
    scaled.wait(scaled.mined, PATIENCE_SECONDS, "the end of mining")
    scaled.wait(scaled.delivered, PATIENCE_SECONDS, "the end of delivery")
    status, text = scaled.ask(1, "/metrics")
    assert (status, scaled.ask(1, "/healthz")) == (200, (200, "ok\n"))
    with reading(scaled.engine) as connection:
        number = connection.execute(
            select(func.count()).select_from(events).where(events.c.epoch.is_not(None))
        ).scalar_one()
    assert (
        f'groundswell_events_ingested_total{{outcome="stored",source="{scaled.topics.tickets}"}} {number:.1f}' in text
    )
    assert 'groundswell_quarantined_events_total{reason="unknown_type"} 1.0' in text
    for name in (
        "embedding_duration_seconds_count",
        "consumer_lag_messages",
        "outbox_oldest_age_seconds",
        "miner_lease_held 1.0",
    ):
        assert f"groundswell_{name}" in text
    assert message_ids(scaled, scaled.topics.themes)
    assert scaled.stop() == [0]
    lines = (tmp_path / "log-1.txt").read_text()
    assert secret not in lines
    assert {"batch_stored", "stopping", "stopped"} <= {line["event"] for line in scaled.log(1)}


def test_readiness_tells_of_a_database_that_is_away(scaled, tmp_path):
    """Without its tables a worker is alive and not ready, and says which check fails."""
    scaled.start()
    scaled.wait(lambda: scaled.ready(scaled.processes[0]), PATIENCE_SECONDS, "readiness")
    with scaled.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'x'")
    status, text = scaled.ask(1, "/readyz")
    assert (status, json.loads(text)["checks"]["database"]) == (503, "SchemaOutdated")
    assert scaled.ask(1, "/healthz")[0] == 200
