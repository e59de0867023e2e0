"""Which spikes the miner loads: with the others left in the store, every answer is the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, insert

from models.bucket import BUCKETS_PER_DAY, bucket_of
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes import DetectionInputs, Detector, Episode, SeriesCounts, SeriesKey, SpikeSettings, ThemeFacts
from pipelines.decisions.preview import propose_merge, propose_undo
from pipelines.state.episodes import Episodes
from pipelines.state.retention import kept_since
from store.database import reading
from store.schema import courses
from store.spikes import SpikeState, StoredSpike, Transfer, read_recent_spikes, read_spikes, write_spikes
from tests.pipelines.chain import listings, open_new
from tests.pipelines.making import make_spike
from tests.pipelines.office import Office, store_events
from tests.pipelines.story import START

NOW = datetime.fromisoformat("2026-11-20T08:00:00+00:00")
REGIONS = (EVERYTHING, Segment.of({"region": "BR"}), Segment.of({"region": "IN"}))
KINDS = ("spike", "spike", "missing_volume", "launch_excess")


def closed_spikes(count: int, *, seed: int, newest: datetime = NOW, first: int = 1) -> list[StoredSpike]:
    """Return closed spikes of three themes and of all tickets, of twenty weeks: some long, some transferred, some of a plan."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        end = newest - timedelta(hours=float(np.round(random.uniform(1, 20 * 168), 1)))
        start = end - timedelta(hours=float(random.choice([1, 5, 30, 80])))
        kind = str(random.choice(KINDS))
        theme = int(random.integers(0, 4)) if kind in ("spike", "missing_volume") else 1
        launch = "sale" if kind == "launch_excess" or random.random() < 0.2 else None
        until = bucket_of(end) + int(random.integers(-5, 6 * BUCKETS_PER_DAY))
        transfer = Transfer(int(random.integers(1, 4)), until) if random.random() < 0.2 else None
        found.append(spike(
            first + number, theme, kind=SpikeKind(kind), segment=REGIONS[int(random.integers(3))], start=start, end=end,
            severity=float(random.uniform(1, 50)), launch_id=launch, state=SpikeState(transferred_from=transfer),
        ))  # fmt: skip
    return found


@pytest.fixture(scope="module")
def counts() -> SeriesCounts:
    """Return ten weeks of counts of three themes in three segments, one of which falls silent and one of which surges."""
    random = np.random.default_rng(5)
    made = SeriesCounts()
    last = bucket_of(NOW) + BUCKETS_PER_DAY
    for theme in (1, 2, 3):
        for bucket in np.sort(random.integers(last - 70 * BUCKETS_PER_DAY, last, 70 * 30)).tolist():
            region = REGIONS[int(random.integers(1, 3))]
            silent = theme == 2 and bucket > last - 2 * BUCKETS_PER_DAY
            for of in () if silent else (0, theme):
                made.add(bucket, SeriesKey(of, EVERYTHING))
                made.add(bucket, SeriesKey(of, region))
    for bucket in range(last - 40, last):
        for of in (0, 3):
            made.add(bucket, SeriesKey(of, EVERYTHING))
            made.add(bucket, SeriesKey(of, REGIONS[1]))
    return made


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_store_and_memory_choose_the_same(database_url: str, seed: int):
    """What a restart loads is what a miner that went on has kept: open, recent, and the newest silence of each place."""
    spikes = [*closed_spikes(60, seed=seed), spike(61), spike(62, 2, start=NOW - timedelta(days=300))]
    engine = open_new(database_url)
    with engine.begin() as connection:
        write_spikes(connection, spikes)
        for since in (kept_since(NOW, SpikeSettings()), NOW - timedelta(days=20), NOW + timedelta(days=1)):
            loaded = {one.spike_id: one for one in read_recent_spikes(connection, since)}
            assert loaded == trimmed({one.spike_id: one for one in spikes}, since)
            assert {61, 62} <= loaded.keys()
            assert len(loaded) < len(spikes)
    engine.dispose()


def test_what_was_dropped_stays_dropped():
    """A spike that one epoch may drop no later epoch would read: dropping early or late is the same."""
    spikes = {one.spike_id: one for one in closed_spikes(200, seed=7)}
    early, late = (kept_since(NOW + timedelta(days=days), SpikeSettings()) for days in (0, 30))
    assert trimmed(trimmed(spikes, early), late) == trimmed(spikes, late)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("hours", [0, 1, 24])
def test_detection_answers_the_same_without_them(counts: SeriesCounts, seed: int, hours: int):
    """Findings and bands are equal to the last bit with all spikes on record and with those that are kept."""
    spikes = {one.spike_id: one for one in closed_spikes(120, seed=seed)}
    spikes |= {121: spike(121, 3, start=NOW - timedelta(hours=1))}
    kept = trimmed(spikes, kept_since(NOW, SpikeSettings()))
    assert len(kept) < len(spikes)
    answers = [_answer(counts, episodes_of(found), hours) for found in (spikes, kept)]
    assert answers[0] == answers[1]
    assert answers[0][0]


def episodes_of(spikes: dict[int, StoredSpike]) -> list[Episode]:
    """Return the episodes that the detector is given of spikes in memory."""
    return Episodes(spikes.values()).as_detected()


def trimmed(spikes: dict[int, StoredSpike], since: datetime) -> dict[int, StoredSpike]:
    """Return the spikes that a state keeps."""
    episodes = Episodes(spikes.values())
    episodes.trim(since)
    return episodes.snapshot()


def spike(number: int, theme: int = 1, *, start: datetime = NOW, **changes: Any) -> StoredSpike:
    """Return a spike that is open unless `end` is given."""
    return make_spike(number, theme, start, **changes)


def _answer(counts: SeriesCounts, episodes: list[Episode], hours: int) -> tuple:
    end = bucket_of(NOW) + hours * 12
    known = {theme: ThemeFacts(end - 65 * BUCKETS_PER_DAY) for theme in (1, 2, 3)}
    inputs, detector = DetectionInputs(end, counts, known, episodes), Detector(SpikeSettings())
    bands = [detector.band(inputs, SeriesKey(theme, EVERYTHING), [(end, end + 12)]) for theme in range(4)]
    return detector.detect(inputs), bands


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a mined database with spikes of three months ago, as if the desk were older than its tickets."""
    folder = tmp_path_factory.mktemp("older")
    store_events(f"sqlite:///{folder / 'stored.db'}", folder)
    office = Office.copy(folder / "stored.db", folder / "learned.db").until(days=5)
    office.restart()
    with office.engine.begin() as connection:
        _add_older(connection, office.pair(0))
    office.engine.dispose()
    return folder / "learned.db"


def _add_older(connection: Connection, themes: tuple[int, int]) -> None:
    """Give the two largest themes closed spikes of before, which the journal knows too."""
    older = closed_spikes(30, seed=9, newest=START - timedelta(days=60), first=1001)
    older = [replace(one, theme_id=themes[one.spike_id % 2], launch_id=None) for one in older]
    write_spikes(connection, older)
    connection.execute(insert(courses), [
        {
            "spike_id": one.spike_id, "epoch": bucket_of(one.start) // 12, "theme_id": one.theme_id,
            "segment": one.segment.as_dict(), "end": one.end, "observed": one.observed, "expected": one.expected,
            "severity": one.severity, "gate": one.gate,
        }
        for one in older
    ])  # fmt: skip


@pytest.fixture
def offices(learned: Path, tmp_path: Path) -> Iterator[tuple[Office, Office]]:
    """Return two offices over copies of the same database."""
    opened = Office.copy(learned, tmp_path / "all.db"), Office.copy(learned, tmp_path / "kept.db", restart_every=7)
    yield opened
    for office in opened:
        office.engine.dispose()


def test_mining_answers_the_same_without_them(offices: tuple[Office, Office], monkeypatch: pytest.MonkeyPatch):
    """A miner that loads what it needs, and is restarted often, writes what one writes that has loaded all.

    Also through a merge that moves older spikes, its undo, and explanations by earlier spikes.
    """
    everything, kept = offices
    loaded: dict[int, set[int]] = {}
    for number, office in enumerate((everything, kept)):
        with monkeypatch.context() as patched:
            if office is everything:
                patched.setattr("pipelines.state.miner_state.kept_since", lambda now, _: now - timedelta(days=3650))
                patched.setattr("pipelines.epoch.run.kept_since", lambda now, _: now - timedelta(days=3650))
            merge = office.decided(propose_merge, [office.pair(0)[1]], office.pair(0)[0])
            office.until(days=5.5)
            loaded[number] = set(office._miner._state.episodes.snapshot())
            office.decided(propose_undo, merge.decision_id)
            office.until(days=6.5)
    assert listings(everything.engine) == listings(kept.engine)
    with reading(everything.engine) as one, reading(kept.engine) as other:
        assert read_spikes(one) == read_spikes(other)
        assert one.execute(courses.select()).all() == other.execute(courses.select()).all()
    older = [sum(key > 1000 for key in found) for found in loaded.values()]
    assert older[0] == 30 > older[1]
