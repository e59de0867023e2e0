import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.segment import EVERYTHING, Segment
from models.spikes import Detector, Episode, SeriesCounts, SeriesKey, ThemeFacts
from models.spikes.families.missing_volume import WINDOW_HOURS
from models.spikes.inputs import DetectionInputs
from models.spikes.statistics.count_tails import lower_tail, upper_tail

HOUR, DAY = 12, 288
MONDAY = 480_096 * HOUR
TODAY = MONDAY + 21 * DAY
PHONE, CHAT = Segment.of({"channel": "phone"}), Segment.of({"channel": "im_chat"})
OLD, NEW = Segment.of({"app_version": "1"}), Segment.of({"app_version": "2"})


class Desk:
    """Themes of one steady volume, each ticket by telephone or chat and of one of two versions."""

    def __init__(self, seed=1, themes=6, per_hour=2.0, until=TODAY, silent=None, silent_from=TODAY):
        random = np.random.default_rng(seed)
        self.counts = SeriesCounts()
        self.facts = {theme: ThemeFacts(MONDAY) for theme in range(1, themes + 1)}
        self.episodes = {}
        self.detector = Detector()
        for theme in self.facts:
            for bucket in range(MONDAY, until):
                for _ in range(random.poisson(per_hour / HOUR)):
                    segments = (PHONE if random.random() < 0.3 else CHAT, OLD if random.random() < 0.3 else NEW)
                    if bucket >= silent_from and silent is not None and silent(theme, segments):
                        continue
                    for key in (EVERYTHING, *segments):
                        self.counts.add(bucket, SeriesKey(0, key))
                        self.counts.add(bucket, SeriesKey(theme, key))

    def judge(self, end):
        """Test one epoch and keep its findings of missing volume."""
        found = self.detector.detect(
            DetectionInputs(end, self.counts, themes=self.facts, episodes=list(self.episodes.values()))
        )
        missing = [finding for finding in found if finding.kind == "missing_volume"]
        for one in missing:
            self.episodes[one.theme_id, one.segment, one.start] = Episode(
                one.theme_id, one.segment, one.start, one.end, one.kind, None, one.severity
            )
        return missing

    def run(self, start, end):
        """Test every hour; returns what opened or closed."""
        return [one for at in range(start + HOUR, end + 1, HOUR) for one in self.judge(at) if one.change != "updated"]


def test_theme_that_falls_silent_is_reported_once_and_closes_when_it_is_back():
    """One `missing_volume` finding from where the silence began, closed when tickets come again."""
    desk = Desk(
        until=TODAY + 4 * DAY, silent=lambda theme, _: theme == 1, silent_from=TODAY,
    )  # fmt: skip
    reported = desk.run(TODAY, TODAY + DAY)
    assert [(one.theme_id, one.segment, one.change) for one in reported] == [(1, EVERYTHING, "opened")]
    assert abs(reported[0].start - TODAY) <= 2 * HOUR
    assert reported[0].observed <= 0.25 * reported[0].expected
    for bucket in range(TODAY + DAY, TODAY + 2 * DAY, 6):
        for key in (EVERYTHING, PHONE):
            desk.counts.add(bucket, SeriesKey(1, key))
            desk.counts.add(bucket, SeriesKey(0, key))
    after = desk.run(TODAY + DAY, TODAY + 2 * DAY)
    assert [(one.theme_id, one.change, one.shifted) for one in after] == [(1, "closed", False)]


def test_themes_are_not_missed_while_they_are_held_against_their_making():
    """A theme that is silent from the end of the learning period on never stood: only days after it count, a week of them."""
    learned = MONDAY + 7 * DAY
    desk = Desk(until=learned + 5 * DAY, silent=lambda theme, _: theme == 1, silent_from=learned)
    assert desk.run(learned, learned + 5 * DAY) == []


def test_channel_that_falls_silent_is_reported_of_all_tickets():
    """A channel without tickets, while the other goes on, is missing in its segment."""
    desk = Desk(until=TODAY + DAY, silent=lambda _, segments: PHONE in segments)
    reported = desk.run(TODAY, TODAY + DAY)
    assert [(one.theme_id, one.segment) for one in reported] == [(0, PHONE)]


def test_version_that_dies_is_not_missing():
    """Values of a dimension that come and go are not expected for ever."""
    desk = Desk(until=TODAY + DAY, silent=lambda _, segments: OLD in segments)
    assert desk.run(TODAY, TODAY + DAY) == []


def test_where_nothing_arrives_nothing_is_missing():
    """Silence of everything is a record that is incomplete, not volume that is missing."""
    desk = Desk(until=TODAY + 2 * DAY, silent=lambda *_: True)
    assert desk.run(TODAY, TODAY + 2 * DAY) == []


def test_silence_that_lasts_becomes_the_level_and_is_reported_once():
    """After three days the episode is closed as the new level; the same silence opens no second one."""
    desk = Desk(until=TODAY + 5 * DAY, silent=lambda _, segments: PHONE in segments)
    reported = desk.run(TODAY, TODAY + 5 * DAY)
    assert [(one.change, one.shifted) for one in reported] == [("opened", False), ("closed", True)]


def test_irregular_theme_is_never_missing():
    """A theme without tickets on one day of the week before is not expected at any time."""
    desk = Desk(until=TODAY + DAY, themes=4)
    for bucket in range(TODAY - 9 * DAY, TODAY - 4 * DAY):
        desk.counts.add(bucket, SeriesKey(99, EVERYTHING), 1)
        desk.counts.add(bucket, SeriesKey(0, EVERYTHING), 1)
    desk.facts[99] = ThemeFacts(TODAY - 9 * DAY)
    assert 99 not in {one.theme_id for one in desk.run(TODAY, TODAY + DAY)}


@pytest.mark.parametrize("seed", range(2, 4))
def test_steady_volume_is_not_missing(seed):
    """A week of usual volume has no finding."""
    desk = Desk(seed=seed, until=TODAY + 2 * DAY)
    assert desk.run(TODAY, TODAY + 2 * DAY) == []


@given(st.integers(0, 60), st.floats(0.05, 80.0), st.floats(1.0, 4.0))
@settings(max_examples=200, deadline=None)
def test_tails_on_both_sides_add_up(observed, mean, dispersion):
    """The mid-p values of too few and of too many add up to 1, and fewer tickets are never more likely too few."""
    few, many = (tail(observed, mean, dispersion * mean) for tail in (lower_tail, upper_tail))
    assert float(few + many) == pytest.approx(1.0, abs=1e-6)
    assert lower_tail(observed + 1, mean, dispersion * mean) >= few


def test_longest_window_is_within_what_is_kept():
    """The hourly counts reach further back than any tested silence and the week before it."""
    assert (max(WINDOW_HOURS) + 7 * 24) < SeriesCounts().history_hours


def test_fewer_of_all_tickets_are_one_line_and_silent_large_themes_are_not():
    """Where each theme has two fifths of its volume, all tickets are reported once; where four of nine are silent, those are."""
    random = np.random.default_rng(3)
    for silent, reported in ((lambda *_: random.random() < 0.6, {0}), (lambda theme, _: theme <= 4, {1, 2, 3, 4})):
        desk = Desk(until=TODAY + DAY, silent=silent, silent_from=TODAY, per_hour=4.0, themes=9)
        lines = [one.theme_id for one in desk.run(TODAY, TODAY + 12 * HOUR) if one.segment == EVERYTHING]
        assert set(lines) == reported
        assert len(lines) == len(reported)
