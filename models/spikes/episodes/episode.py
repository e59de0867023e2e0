"""Episodes and findings: earlier spikes as the detector receives them, and what it reports of each now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from models.alert import Gate
from models.segment import Segment
from models.spike import SpikeKind
from models.spikes.launches.learned_lift import LearnedLift


class EpisodeChange(StrEnum):
    """What an epoch did to an episode."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ThemeFacts:
    """What the baseline needs to know about a live theme.

    first_seen: bucket of the theme's oldest ticket; the time before it is unknown, not zero.
    known_issue_since: bucket from which the theme is a known issue; from then on it is compared with its volume at
    that time, and signals only when it grows beyond it.
    """

    first_seen: int
    known_issue_since: int | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """A spike on record: `end` is None while it is open. Buckets are numbers, `end` exclusive.

    theme_ids: the similar themes whose tickets are counted together, `theme_id` among them; empty for a theme on its own.
    """

    theme_id: int
    segment: Segment
    start: int
    end: int | None = None
    kind: SpikeKind = SpikeKind.SPIKE
    launch_id: str | None = None
    severity: float = 0.0
    theme_ids: tuple[int, ...] = ()

    @property
    def themes(self) -> tuple[int, ...]:
        """The themes that the episode is one of: its own, and those that are counted with it."""
        return tuple(sorted({self.theme_id, *self.theme_ids}))

    @property
    def pooled(self) -> bool:
        """Whether several similar themes are counted together, each of which may be too small to be judged alone."""
        return len(self.themes) > 1


@dataclass(frozen=True, slots=True)
class Finding:
    """What the detector reports about one theme's episode at the end of an epoch.

    change: `opened` (store a new episode), `updated` (newer figures of an open one), `closed` (it is over).
    start, end: buckets of the episode, end exclusive, None while open.
    observed, expected: tickets in `segment` from `start` to now (to `end` once closed); `ratio` is their quotient.
    For all tickets (theme 0, always everywhere) the tickets of themes with episodes of their own are expected.
    p_value: probability of such counts under the baseline (an envelope, under a launch): when the episode opens that
    of the decision, combined over windows, later that of the count since `start`.
    q_value: smallest false-discovery rate of this epoch's tests at which the series is rejected, 0 to 1.
    severity: excess (of missing volume: the missing tickets) x -log10 p: many tickets that are hard to explain;
    comparable within one installation.
    total_observed, total_expected: the same of the theme in all segments, from which `causes.explain` starts.
    dispersion: variance over mean of the counts, 1 or more.
    theme_ids: the themes tested together (one envelope of a launch, or similar themes), `theme_id` being the one with most
    excess.
    shifted: the episode was closed because it has become the theme's level.
    nearest: observed and expected are those of the theme's tickets nearest to the plan's text, in all segments.
    common: under a plan for all themes, the lift that the other themes have in common (for all tickets: that all
    have), by which `expected` is lifted; for all tickets over such a plan, `expected` is the plan's.
    gate: `learning_period_lasts` while the stream is young, else None; callers add their own gates.
    budget: expected false alerts a week at which this epoch's tests would just signal; with a smaller budget there
    would have been no signal. 0 where a plan is exceeded, whose level does not follow from the budget; infinite where
    no test of this epoch supports the finding.
    """

    change: EpisodeChange
    kind: SpikeKind
    theme_id: int
    segment: Segment
    start: int
    end: int | None
    observed: int
    expected: float
    ratio: float
    excess: float
    p_value: float
    q_value: float
    severity: float
    total_observed: int
    total_expected: float
    dispersion: float = 1.0
    launch_id: str | None = None
    theme_ids: tuple[int, ...] = ()
    shifted: bool = False
    nearest: bool = False
    common: LearnedLift | None = None
    gate: Gate | None = None
    budget: float = math.inf


@dataclass(frozen=True, slots=True)
class ExpectedRange:
    """The expected range of the buckets [start, end): mean and the 95 % interval from low to high."""

    start: int
    end: int
    mean: float
    low: float
    high: float
