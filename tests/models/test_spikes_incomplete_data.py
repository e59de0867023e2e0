"""Incomplete data: a silent source is reported once and as such, and what it sends together afterwards is no rise."""

import numpy as np
import pytest

from models.segment import EVERYTHING
from models.source_silence import segment_of_source, silence_sentence, source_of
from models.spikes import DetectionInputs, Detector, Episode, SeriesCounts, SeriesKey, ThemeFacts
from models.spikes.baseline.learnable_hours import episodes_before, learnable_hours
from models.spikes.completeness import CompleteCounts, SourceVolume
from models.spikes.settings import SpikeSettings
from models.theme import ALL_TICKETS

MONDAY = 480_072
DAY, HOUR = 288, 12
FIRST = MONDAY * HOUR
TODAY = FIRST + 21 * DAY + 9 * HOUR
MAIN, OTHER = "/zendesk/acme", "/jira/ops"
THEMES = range(1, 7)


class Stream:
    """Six themes whose tickets come from two sources; the main one may be silent, and send afterwards what it kept."""

    def __init__(self, per_hour=8.0, share=0.8, silent=(0, 0), *, dumped=False, until=TODAY + 2 * DAY):
        random = np.random.default_rng(1)
        self.counts, self.detector = SeriesCounts(), Detector()
        self.facts = {theme: ThemeFacts(FIRST) for theme in THEMES}
        self.episodes = {}
        buckets = np.arange(FIRST, until)
        wave = np.exp(0.5 * np.cos(2 * np.pi * (buckets / DAY - 0.6)))
        for theme in THEMES:
            for source, part in ((MAIN, share), (OTHER, 1.0 - share)):
                seen = random.poisson(per_hour * part / HOUR * wave)
                gap = slice(silent[0] - FIRST, silent[1] - FIRST) if source == MAIN and silent[1] else slice(0, 0)
                kept, seen[gap] = int(seen[gap].sum()), 0
                if dumped and kept:
                    seen[silent[1] - FIRST] += kept
                for at in np.flatnonzero(seen):
                    self.add(int(buckets[at]), theme, source, int(seen[at]))

    def add(self, bucket, theme, source, n):
        """Count tickets of a theme and a source."""
        self.counts.add(bucket, SeriesKey(theme, EVERYTHING), n)
        self.counts.add(bucket, SeriesKey(ALL_TICKETS, EVERYTHING), n)
        self.counts.add(bucket, SeriesKey(ALL_TICKETS, segment_of_source(source)), n)

    def judge(self, end):
        """Test one epoch and keep its episodes."""
        inputs = DetectionInputs(end, self.counts, self.facts, list(self.episodes.values()))
        found = self.detector.detect(inputs)
        for one in found:
            self.episodes[one.theme_id, one.segment, one.start] = Episode(
                one.theme_id, one.segment, one.start, one.end, one.kind, one.launch_id, one.severity
            )
        return found

    def run(self, start, end, step=3):
        """Test epochs; return what opened or closed with the buckets in which it did."""
        return [
            (at, one) for at in range(start + step, end + 1, step) for one in self.judge(at) if one.change != "updated"
        ]


def test_a_silent_source_is_reported_once_and_as_incomplete_data():
    """A source of forty tickets an hour is silent for four hours: one line within half an hour, closed when it is back."""
    stream = Stream(silent=(TODAY, TODAY + 4 * HOUR))
    reported = stream.run(TODAY, TODAY + 8 * HOUR)
    assert [(source_of(one.segment), one.kind, one.change) for _, one in reported] == [
        (MAIN, "missing_volume", "opened"), (MAIN, "missing_volume", "closed"),
    ]  # fmt: skip
    (opened_at, opened), (_, closed) = reported
    assert opened_at <= TODAY + 6
    assert abs(opened.start - TODAY) <= 2
    assert opened.p_value < 1e-4
    assert abs(closed.end - (TODAY + 4 * HOUR)) <= 2


def test_what_a_source_sends_together_afterwards_is_no_rise():
    """Four hours of tickets come in with one time: all of it is the one line of the silence, which ends after them."""
    stream = Stream(silent=(TODAY, TODAY + 4 * HOUR), dumped=True)
    reported = stream.run(TODAY, TODAY + 12 * HOUR)
    assert [(source_of(one.segment), one.change) for _, one in reported] == [(MAIN, "opened"), (MAIN, "closed")]
    assert reported[1][1].end == TODAY + 4 * HOUR + 1
    assert reported[1][1].observed > 0.7 * reported[1][1].expected


def test_a_small_source_is_given_hours():
    """A source of two tickets an hour is not missed within its usual silence, and is after hours."""
    stream = Stream(per_hour=0.5, share=0.6, silent=(TODAY, TODAY + 30 * HOUR))
    reported = stream.run(TODAY, TODAY + 30 * HOUR, step=HOUR)
    lines = [(at, one) for at, one in reported if one.change == "opened"]
    assert [source_of(one.segment) for _, one in lines] == [MAIN]
    assert TODAY + 3 * HOUR <= lines[0][0] <= TODAY + 24 * HOUR


def test_a_source_with_its_own_hours_is_not_missed_outside_them():
    """A source that is closed from 18 to 8 o'clock and at weekends is never late then."""
    stream = Stream(per_hour=4.0, share=0.0)
    for day in range(23):
        if day % 7 < 5:
            for bucket in range(FIRST + day * DAY + 8 * HOUR, FIRST + day * DAY + 18 * HOUR, 2):
                stream.add(bucket, 1, MAIN, 1)
    start = FIRST + 18 * DAY + 17 * HOUR
    found = stream.run(start, start + 3 * DAY - 8 * HOUR, step=6)
    assert [one for _, one in found if source_of(one.segment) == MAIN] == []


def test_a_source_that_is_gone_for_good_is_closed_and_not_reported_again():
    """After three days of silence the source is no longer expected; the line is closed, and no other one follows."""
    stream = Stream(silent=(TODAY, TODAY + 5 * DAY), until=TODAY + 5 * DAY)
    reported = stream.run(TODAY, TODAY + 5 * DAY, step=HOUR)
    ours = [one for _, one in reported if source_of(one.segment) == MAIN]
    assert [(one.change, one.shifted) for one in ours] == [("opened", False), ("closed", True)]


def test_no_theme_learns_from_hours_of_a_silence():
    """The hours of a silence and of what came in after it count for no theme, unless the source is small."""
    stream = Stream(silent=(TODAY, TODAY + 4 * HOUR))
    hours = np.arange(MONDAY, TODAY // HOUR + 24)
    position = {ALL_TICKETS: 0, **{theme: theme for theme in THEMES}}

    def left_out(source):
        silence = Episode(ALL_TICKETS, segment_of_source(source), TODAY, TODAY + 4 * HOUR, "missing_volume")
        inputs = DetectionInputs(TODAY + DAY, stream.counts, stream.facts, [silence])
        assert episodes_before(inputs, TODAY // HOUR + 24, SpikeSettings())[0][-1] == segment_of_source(source)
        return ~learnable_hours(hours, position, inputs, SpikeSettings())

    assert left_out(MAIN).sum() == 4 * len(position)
    stream.add(TODAY, 1, "/small", 3)
    assert left_out("/small").sum() == 0


def test_counts_without_a_backlog_are_those_of_the_other_buckets():
    """A view without some buckets reads them as empty by bucket, by window and by the hour, and shares all others."""
    counts = SeriesCounts()
    key = SeriesKey(1, EVERYTHING)
    for bucket in range(FIRST, FIRST + 36):
        counts.add(bucket, key, 2)
    for bucket in range(FIRST + 36, FIRST + 120):
        counts.add(bucket, key, 1)
    view = CompleteCounts(counts, [(FIRST + 5, FIRST + 6), (FIRST + 20, FIRST + 22)])
    assert view.by_bucket(key, FIRST, FIRST + 36).sum() == 66
    assert view.total(key, FIRST + 4, FIRST + 7) == 4
    assert view.sums(FIRST, FIRST + 36)[0] == 66
    assert view.sums(FIRST, FIRST + 120)[0] == 66 + 84
    assert view.sums(FIRST + 36, FIRST + 120)[0] == 84
    cells = view.hourly(FIRST // HOUR, FIRST // HOUR + 3)
    assert np.bincount(cells.slots - FIRST // HOUR, cells.counts).tolist() == [22, 20, 24]
    assert counts.sums(FIRST, FIRST + 36)[0] == 72


def test_usual_volume_is_that_of_the_same_hours_without_earlier_gaps():
    """An hour in which the source was silent a week ago does not make the hour quiet."""
    counts = SeriesCounts()
    source = SourceVolume(counts, MAIN)
    for week in range(3):
        counts.add(FIRST + week * 7 * DAY, source.key, 10 if week < 2 else 0)
    now = FIRST + 21 * DAY
    assert source.usual(now, now + HOUR).mean == pytest.approx(20 / 3)
    assert source.usual(now, now + 6).mean == pytest.approx(10 / 3)
    gap = (FIRST + 14 * DAY, FIRST + 14 * DAY + HOUR)
    assert SourceVolume(counts, MAIN, (gap,)).usual(now, now + HOUR).mean == pytest.approx(10)


def test_the_sentence_says_since_when_and_what_is_usual():
    """People read the source, the time since which it is silent, with its date where it was another day, and the usual gap."""
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 11, 3, 23, 0, tzinfo=UTC)
    assert silence_sentence(MAIN, start, start + timedelta(hours=4), 2.0) == (
        "incomplete data: zendesk/acme has sent nothing since 2026-11-03 23:00 UTC; usual gap 2 hours"
    )
    assert silence_sentence(MAIN, start, start + timedelta(minutes=15), 30.0).endswith("usual gap less than a minute")
