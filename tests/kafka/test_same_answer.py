"""The same events by Kafka give the same answer as embedded, whatever the number of workers."""

import pytest

from store.database import reading
from store.listings import list_alerts, list_spikes, list_themes
from tests.harness.children import PATIENCE_SECONDS
from tests.harness.scaled import Scaled
from tests.harness.sources import open_events
from tests.pipelines.answer import read_answer
from tests.pipelines.chain import NOW, make_rules, make_run, open_new
from tests.pipelines.story import Story

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.long]


# A story's seed, days and tickets a day, and the workers that read it.
RUNS = [((7, 10, 140), 1), ((3, 8, 220), 3)]


@pytest.mark.parametrize(("size", "workers"), RUNS)
def test_the_answer_does_not_depend_on_the_number_of_workers(broker, postgres_url, tmp_path, size, workers):
    """Themes with their members, spikes, alerts, lineage and every row that mining wrote are those of the embedded run."""
    seed, days, per_day = size
    path = tmp_path / "story.jsonl"
    path.write_bytes(b"".join(one.line for one in Story(seed, days=days, per_day=per_day).events()))
    scaled = Scaled(tmp_path, broker.address, postgres_url, make_rules(), now=NOW)
    try:
        for _ in range(workers):
            scaled.start()
        with open_events(path) as source:
            scaled.replay(source)
        embedded = open_new(f"sqlite:///{tmp_path / 'embedded.db'}")
        with open_events(path) as source:
            make_run(embedded).ingest([source])
        scaled.wait(scaled.mined, PATIENCE_SECONDS, "the end of mining")
        scaled.wait(scaled.agreed, PATIENCE_SECONDS, "the last commit")
        with reading(embedded) as connection:
            assert len(list_themes(connection)) > 3
            assert list_spikes(connection)
            assert list_alerts(connection)
        expected, found = (read_answer(engine, position=False) for engine in (embedded, scaled.engine))
        embedded.dispose()
        assert found.differences(expected) == []
        assert set(scaled.stop()) == {0}
    finally:
        scaled.close()
