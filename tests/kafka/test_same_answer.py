"""The same events by Kafka give the same answer as embedded, whatever the number of workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from store.database import reading
from store.listings import list_alerts, list_spikes, list_themes
from stream.sources import JsonLines
from tests.harness.scaled import Scaled
from tests.pipelines.chain import NOW, listings, make_rules, make_run, mined_rows, open_new
from tests.pipelines.story import Story

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.serial]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the story as one file."""
    path = tmp_path_factory.mktemp("story") / "story.jsonl"
    path.write_bytes(b"".join(one.line for one in Story().events()))
    return path


@pytest.fixture(scope="module")
def embedded(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database into which the story was ingested by one process."""
    engine = open_new(f"sqlite:///{tmp_path_factory.mktemp('embedded') / 'story.db'}")
    with JsonLines(str(path)) as source:
        make_run(engine).ingest([source])
    yield engine
    engine.dispose()


@pytest.mark.parametrize("workers", [1, 3])
def test_listings_do_not_depend_on_the_number_of_workers(broker, postgres_url, tmp_path, path, embedded, workers):
    """Themes with their members, spikes, alerts, lineage and every row that mining wrote are those of the embedded run."""
    scaled = Scaled(tmp_path, broker.address, postgres_url, make_rules(), now=NOW)
    try:
        for _ in range(workers):
            scaled.start()
        with JsonLines(str(path)) as source:
            scaled.replay(source)
        scaled.wait(scaled.mined, 120, "the end of mining")
        scaled.wait(scaled.agreed, 30, "the last commit")
        with reading(embedded) as connection:
            assert len(list_themes(connection)) > 3
            assert list_spikes(connection)
            assert list_alerts(connection)
        here, there = mined_rows(embedded), mined_rows(scaled.engine)
        for name in here:
            if name != "miner":
                assert there[name] == here[name], name
        assert listings(scaled.engine) == listings(embedded)
        assert set(scaled.stop()) == {0}
    finally:
        scaled.close()
