"""The chain explains a spike: in sentences, anew when a change arrives late, and by what an earlier spike was."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine

from tests.harness.sources import open_events
from tests.pipelines.chain import listings, make_run, open_new, short_rules, short_story
from tests.pipelines.story import START, StoryEvent

RELEASE = START + timedelta(days=4, hours=10)
KNOWN = RELEASE + timedelta(hours=6)
"""Where the first file ends: the surge that follows the release is open, the release is not yet known."""


@pytest.fixture
def fresh(sqlite_url: str) -> Iterator[Engine]:
    """Return an empty database at head."""
    engine = open_new(sqlite_url)
    yield engine
    engine.dispose()


def ingest(engine: Engine, path: Path, events: list[StoryEvent]) -> list[dict]:
    """Ingest events in the order given, leave the newest epochs open, and list the spikes."""
    path.write_bytes(b"".join(one.line for one in events))
    with open_events(path) as source:
        make_run(engine, short_rules()).ingest([source], keep_open=True)
    return orjson.loads(listings(engine)["spikes"])


def of_kind(spike: dict, kind: str) -> list[dict]:
    """The causes of a kind."""
    return [cause for cause in spike["causes"] if cause["kind"] == kind]


def test_open_spike_is_explained_again_when_a_change_arrives_late(fresh: Engine, tmp_path: Path):
    """A release recorded hours after it happened becomes the cause of the open spike, and dates its segment's sentence."""
    events = short_story().events()
    late = [one for one in events if one.event["type"] == "change.recorded"]
    before = [one for one in events if one.arrives < KNOWN and one not in late]
    after = [one for one in events if KNOWN <= one.arrives < KNOWN + timedelta(hours=2)]
    spikes = ingest(fresh, tmp_path / "before.jsonl", before)
    assert [of_kind(spike, "change") for spike in spikes] == [[]] * len(spikes)
    (spike,) = [one for one in spikes if one["end"] is None and one["theme_name"] != "All tickets"]
    version = {"app_version": "5.2.0"}
    assert version in [{"app_version": cause["segment"].get("app_version")} for cause in of_kind(spike, "segment")]
    spikes = ingest(fresh, tmp_path / "after.jsonl", [*late, *after])
    (spike,) = [one for one in spikes if one["id"] == spike["id"]]
    assert [cause["change_id"] for cause in of_kind(spike, "change")] == ["release-5.2.0"]
    assert " after release App 5.2.0." in of_kind(spike, "segment")[0]["reason"]
    assert "App 5.2.0" in spike["verdict"]
