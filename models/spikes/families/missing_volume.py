"""Missing volume: themes, and segments of all tickets, that fall silent while the others go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import pdtrc

from models.arrays import BucketWindow, Floats, Ints
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spikes.context import DetectionContext
from models.spikes.episodes.episode import Episode, Finding
from models.spikes.expectation.predict import SeriesRows
from models.spikes.outcome import FamilyOutcome
from models.spikes.series import ALL_TICKETS, SeriesKey
from models.spikes.statistics.count_tails import false_discovery_rates, lower_tail, simes

Gate = Literal["learning"] | None

WINDOW_HOURS = (3, 6, 12, 24, 72)
LOOKS_PER_WEEK = 100.0
"""Independent looks that the 168 hourly looks of a week are worth, most of them over long windows."""
_WEEK_DAYS = 7
_ACTIVE_DAYS = 7
"""Days of the week before in which a series had tickets, for its silence to mean something: a desk that is closed on
Sundays is not missing then."""
_LEFT = 0.25
"""Most of the expected volume that may be left of what is called missing."""
_COMING_AND_GOING = frozenset({"app_version"})
"""Dimensions whose values are born and die: an old release that nobody uses any more is not missing."""
_OTHERS_STRENGTH = 1.0
"""Tickets by which the volume of all others is drawn towards usual: few, since their silence excuses any."""
_IMPLAUSIBLE = 0.01


@dataclass(frozen=True, slots=True)
class Shortage:
    """Counts and what they should be over windows, each of shape (series, windows)."""

    observed: Ints
    mean: Floats
    variance: Floats

    @property
    def tails(self) -> Floats:
        """Chance of so few tickets; 1 where more than a quarter of the expected ones came."""
        far = self.observed <= _LEFT * self.mean
        tails: Floats = np.where(far, lower_tail(self.observed, self.mean, self.variance), 1.0)
        return tails


def judge_missing(scene: DetectionContext, episodes: Sequence[Episode], level: float, gate: Gate) -> list[Finding]:
    """Findings of missing volume at the end of an epoch: open episodes followed, and new ones at full hours.

    A theme in all, and each single-dimension segment of all tickets, is compared with its usual volume,
    and with that of the week before where it was less, times the share of the usual that all other tickets have
    had meanwhile (at most 1). So where nothing arrives at all, as from a source that lags, nothing is missing:
    the record is incomplete. A theme has one open episode; all tickets have one.

    Parameters
    ----------
    episodes: those of missing volume without a launch, open or of the last 8 weeks.
    level: false-discovery rate that new ones are held to.
    gate: what withholds them while the stream is young.
    """
    plain = replace(scene, launches=(), volumes={}, lifts={})
    found = [
        _followed(plain, one, gate) for one in episodes if one.end is None and one.theme_id in scene.baseline.place
    ]
    busy = {one.theme_id for one in episodes if one.end is None}
    if scene.end % BUCKETS_PER_HOUR or scene.baseline.history_hours < _WEEK_DAYS * 24:
        return found
    series = _candidates(plain)
    windows = [(scene.end - hours * BUCKETS_PER_HOUR, scene.end) for hours in WINDOW_HOURS]
    p_values = simes(shortage(plain, series, windows).tails) if len(series) else np.zeros(0)
    rates = false_discovery_rates(p_values, len(series))
    budget = scene.settings.false_alerts_per_week
    scene.trials.append(FamilyOutcome(
        "missing", scene.baseline.theme_ids[series.themes], p_values, rates, level, len(series),
        segments=series.segments, budget=budget,
    ))  # fmt: skip
    for at in np.lexsort((rates, p_values)):
        theme = int(scene.baseline.theme_ids[series.themes[at]])
        if rates[at] > level or theme in busy:
            continue
        segment = series.names[int(series.segments[at])]
        start = _onset(plain, series.at(np.array([at])))
        if not _known_already(plain, episodes, theme, segment, start):
            busy.add(theme)
            found.append(_figures(plain, theme, segment, start, gate, decided=(float(p_values[at]), float(rates[at]))))
    return found


def shortage(scene: DetectionContext, series: SeriesRows, windows: Sequence[BucketWindow]) -> Shortage:
    """Observed and expected counts of series, the volume of all other tickets taken into account."""
    observed = np.stack([_sums(scene, series, window) for window in windows], axis=1)
    expected = scene.expected(series, windows, None)
    before = _week_before(scene, series, windows)
    mean = np.minimum(expected.mean, before)
    variance = expected.noise * (mean / expected.mean) ** 2
    whole = scene.some((ALL_TICKETS,), EVERYTHING)
    all_seen = np.array([_sums(scene, whole, window)[0] for window in windows])
    all_usual = scene.expected(whole, windows, None).mean[0]
    others = np.maximum(all_usual - mean, 0.0) + _OTHERS_STRENGTH
    factor = np.minimum((np.maximum(all_seen - observed, 0) + _OTHERS_STRENGTH) / others, 1.0)
    doubt = float(scene.baseline.dispersion[0]) / others
    return Shortage(observed, mean * factor, variance * factor + doubt * mean**2)


def _sums(scene: DetectionContext, series: SeriesRows, window: BucketWindow) -> Ints:
    """Tickets of series in a window, full hours of it read by the hour."""
    start, end = window
    first, last = -(-start // BUCKETS_PER_HOUR), end // BUCKETS_PER_HOUR
    if last - first < 12:
        return series.counted(scene.counts.sums(start, end))
    cells = scene.counts.hourly(first, last)
    sums = np.bincount(cells.rows, weights=cells.counts, minlength=len(scene.counts)).astype(np.int64)
    for edge in ((start, first * BUCKETS_PER_HOUR), (last * BUCKETS_PER_HOUR, end)):
        if edge[0] < edge[1]:
            sums += scene.counts.sums(*edge)
    return series.counted(sums)


def _week_before(scene: DetectionContext, series: SeriesRows, windows: Sequence[BucketWindow]) -> Floats:
    """What the series had in the week before the longest window, at the windows' hours of the usual profile."""
    newest = min(start for start, _ in windows) // BUCKETS_PER_HOUR * BUCKETS_PER_HOUR
    week = (newest - _WEEK_DAYS * BUCKETS_PER_DAY, newest)
    rate = (_sums(scene, series, week) + 1.0) / np.maximum(scene.baseline.hours_in([week])[series.themes, 0], 1e-9)
    return np.asarray(rate[:, None] * scene.baseline.hours_in(windows)[series.themes])


def _candidates(scene: DetectionContext) -> SeriesRows:
    """Totals of themes, and single-dimension segments of all tickets, that had tickets on every day of a week."""
    themes, segments = scene.counts.index()
    places = scene.baseline.place
    regular = _active_days(scene) >= _ACTIVE_DAYS
    ids = sorted(set(places) - scene.known_issues - {ALL_TICKETS}) if _themes_stand(scene) else []
    totals = [row for theme in ids if (row := scene.counts.row(SeriesKey(theme, EVERYTHING))) is not None]
    of_all = [
        row
        for row in np.flatnonzero(themes == ALL_TICKETS).tolist()
        if _may_be_missed(scene.counts.segments[int(segments[row])])
    ]
    rows = np.array([row for row in (*of_all, *totals) if regular[row]], dtype=np.int64)
    return scene.ordered(rows, np.array([places[int(themes[row])] for row in rows], dtype=np.int64))


def _themes_stand(scene: DetectionContext) -> bool:
    """Whether themes took their tickets one by one on all days that they are held against.

    While they are learned they are made of tickets that are there already: a theme may have many that it would never be given again.
    """
    settings = scene.settings
    seen = scene.baseline.history_hours + settings.guard_hours
    return seen >= settings.learning_hours + _WEEK_DAYS * 24 + max(WINDOW_HOURS)


def _may_be_missed(segment: Segment) -> bool:
    return len(segment.pairs) == 1 and segment.pairs[0][0] not in _COMING_AND_GOING


def _active_days(scene: DetectionContext) -> Ints:
    """Days of the week before the longest window in which each row had a ticket."""
    newest = scene.end // BUCKETS_PER_HOUR - max(WINDOW_HOURS)
    active = np.zeros(len(scene.counts), dtype=np.int64)
    for day in range(_WEEK_DAYS):
        cells = scene.counts.hourly(newest - 24 * (day + 1), newest - 24 * day)
        active[np.unique(cells.rows[cells.counts > 0])] += 1
    return active


def _onset(scene: DetectionContext, series: SeriesRows) -> int:
    """Bucket at which the silence most likely began: the greatest likelihood gain of too few, by the hour."""
    starts = [scene.end - hours * BUCKETS_PER_HOUR for hours in range(1, max(WINDOW_HOURS) + 1)]
    short = shortage(scene, series, [(start, scene.end) for start in starts])
    seen, mean = short.observed[0].astype(np.float64), np.maximum(short.mean[0], 1e-12)
    gain = np.where(seen < mean, seen * np.log(np.maximum(seen, 1e-12) / mean) - (seen - mean), -1.0)
    return starts[int(np.argmax(gain))]


def _known_already(
    scene: DetectionContext, episodes: Sequence[Episode], theme: int, segment: Segment, start: int
) -> bool:
    """Tell whether the same silence was told before: the series has not come back since its last episode."""
    ends = [one.end for one in episodes if one.theme_id == theme and one.segment == segment and one.end is not None]
    if not ends:
        return False
    since = max(*ends, scene.end - scene.settings.recent_buckets)
    if start <= since:
        return True
    back = shortage(scene, scene.some((theme,), segment), [(since, start)])
    return bool(back.observed[0, 0] < 0.5 * back.mean[0, 0])


def _followed(scene: DetectionContext, episode: Episode, gate: Gate) -> Finding:
    """The figures of an open episode now; closed when tickets come again, or when it has become the level."""
    settings = scene.settings
    shifted = scene.end - episode.start >= settings.shift_hours * BUCKETS_PER_HOUR
    end = scene.end if shifted else _back_since(scene, episode)
    return _figures(scene, episode.theme_id, episode.segment, episode.start, gate, end=end, shifted=shifted)


def _back_since(scene: DetectionContext, episode: Episode) -> int | None:
    """First bucket of the volume that ends an episode now: usual again, and implausible in the silence so far."""
    lengths = [length for length in scene.settings.calm_buckets if scene.end - length >= episode.start]
    if not lengths:
        return None
    windows = [(episode.start, scene.end), *((scene.end - length, scene.end) for length in lengths)]
    short = shortage(scene, scene.some((episode.theme_id,), episode.segment), windows)
    seen, mean = short.observed[0], short.mean[0]
    for at in range(1, len(windows)):
        left = max((seen[0] - seen[at]) / max(mean[0] - mean[at], 1e-9), 0.05)
        usual = seen[at] >= mean[at] - np.sqrt(short.variance[0, at])
        if usual and seen[at] > 0 and pdtrc(seen[at] - 1, min(left, _LEFT) * mean[at]) <= _IMPLAUSIBLE:
            return windows[at][0]
    return None


def _figures(
    scene: DetectionContext,
    theme: int,
    segment: Segment,
    start: int,
    gate: Gate,
    *,
    end: int | None = None,
    shifted: bool = False,
    decided: tuple[float, float] | None = None,
) -> Finding:
    """Observed and expected from the onset of a silence."""
    until = scene.end if end is None else max(end, start + 1)
    window = (start, until)
    short = shortage(scene, scene.some((theme,), segment), [window])
    seen, mean = int(short.observed[0, 0]), float(short.mean[0, 0])
    p_value = float(lower_tail(seen, mean, float(short.variance[0, 0]))) if decided is None else decided[0]
    whole = short if segment == EVERYTHING else shortage(scene, scene.some((theme,), EVERYTHING), [window])
    return Finding(
        change="closed" if end is not None else "updated" if decided is None else "opened",
        signal="missing_volume",
        theme_id=theme,
        segment=segment,
        start=start,
        end=None if end is None else until,
        observed=seen,
        expected=mean,
        ratio=seen / mean,
        excess=seen - mean,
        p_value=p_value,
        q_value=p_value if decided is None else decided[1],
        severity=max(mean - seen, 0.0) * -float(np.log10(p_value)),
        total_observed=int(whole.observed[0, 0]),
        total_expected=float(whole.mean[0, 0]),
        dispersion=float(scene.baseline.dispersion[scene.baseline.place[theme]]),
        theme_ids=(theme,),
        shifted=shifted,
        gate=gate,
    )


def missing_only(episodes: Sequence[Episode]) -> list[Episode]:
    """Episodes of missing volume that this family follows: those of a launch's plan are not among them."""
    return [one for one in episodes if one.signal == "missing_volume" and one.launch_id is None]
