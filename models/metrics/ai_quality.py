"""Quality of AI: how much it solves alone, how often a person takes over, and where it does worse or could take more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import NormalDist

import numpy as np

from models.arrays import Ints
from models.metrics.case_sums import CaseSums
from models.metrics.figures import Figure, share_figure
from models.metrics.history import HandlerKind
from models.metrics.metric import BetterDirection, MetricDefinition, MetricUnit
from models.proportion import difference_limits
from models.spikes.statistics.multiple_testing import false_discovery_rates

FEW_CASES = 30
"""Below so many cases a share is marked as too small to judge."""

DOUBT = 0.05
"""The rate of false discoveries among the themes that are said to differ from the others."""


_AI = (HandlerKind.AI.value,)
_PERSONS = (HandlerKind.HUMAN.value, HandlerKind.VENDOR.value)


class AiMetric(StrEnum):
    """A figure of the quality of AI; the values are the keys of the API."""

    BEGUN = "ai_begun"
    SOLVED_ALONE = "ai_solved_alone"
    STAYED_SOLVED = "ai_stayed_solved"
    CONTAINMENT = "containment"
    HANDED_OVER = "ai_handed_over"
    PERSON_MEDIAN = "ai_person_median"
    PERSON_P90 = "ai_person_p90"
    ESCALATED = "ai_escalated"
    CSAT_AI = "csat_ai"
    CSAT_PERSONS = "csat_persons"


def _share(title: str, better: BetterDirection, formula: str) -> MetricDefinition:
    return MetricDefinition(title, MetricUnit.SHARE, better, formula, "as containment")


def _time(title: str, quantile: str) -> MetricDefinition:
    return MetricDefinition(
        title,
        MetricUnit.SECONDS,
        BetterDirection.LOWER,
        f"Kaplan and Meier's estimate of the {quantile} of the time from creation to the first answer of a person, of tickets that AI "
        "handled first and a person took or answered",
        "Zendesk Explore, metrics of tickets: first reply time",
    )


AI_DEFINITIONS: Mapping[AiMetric, MetricDefinition] = {
    AiMetric.BEGUN: _share("Begun by AI", BetterDirection.NEITHER, "tickets that AI handled first / tickets created in the period"),
    AiMetric.SOLVED_ALONE: _share(
        "Solved by AI alone", BetterDirection.HIGHER,
        "tickets solved by AI without a person / tickets created in the period that AI handled first and that were solved or taken by "
        "a person",
    ),
    AiMetric.STAYED_SOLVED: _share(
        "Stayed solved", BetterDirection.HIGHER,
        "Kaplan and Meier's estimate of the share of these that is not reopened within the days of the setting",
    ),
    AiMetric.CONTAINMENT: _share("Contained by AI", BetterDirection.HIGHER, "the product of the two shares before"),
    AiMetric.HANDED_OVER: _share(
        "Handed over", BetterDirection.LOWER,
        "tickets that AI handled first and a person took or answered / tickets that AI handled first, created in the period",
    ),
    AiMetric.PERSON_MEDIAN: _time("Time to a person, median", "median"),
    AiMetric.PERSON_P90: _time("Time to a person, 90th percentile", "90th percentile"),
    AiMetric.ESCALATED: _share(
        "Escalated after AI", BetterDirection.LOWER,
        "tickets that AI handled first and that were escalated / tickets that AI handled first, created in the period",
    ),
    AiMetric.CSAT_AI: _share(
        "Satisfied, AI", BetterDirection.HIGHER, "ratings of 4 and 5 / ratings given in the period to tickets that AI handled last",
    ),
    AiMetric.CSAT_PERSONS: _share(
        "Satisfied, persons", BetterDirection.HIGHER,
        "ratings of 4 and 5 / ratings given in the period to tickets that persons handled last",
    ),
}  # fmt: skip
"""What each figure means, in the order of pages."""


class ThemeVerdict(StrEnum):
    """What a theme's containment is against that of all other themes."""

    WORSE = "worse"
    BETTER = "better"
    NOT_SHOWN = "not_shown"
    TOO_SMALL = "too_small"


@dataclass(frozen=True, slots=True, kw_only=True)
class AiTheme:
    """How AI did in a theme; shares with intervals of 95 %.

    Parameters
    ----------
    theme: its number as text; "" for tickets without one.
    tickets: created in the period. begun: of these, those that AI handled first.
    begun_share: of the tickets.
    contained: share that AI solved alone and that was not reopened so far, of those that it began and that are solved or were taken.
    lost: how many of these were not contained.
    handed_over, escalated: share of those that AI began.
    reopened: share so far of those that AI solved alone.
    csat_ai, csat_persons: satisfied shares of the ratings of tickets that AI and that persons handled last.
    csat_difference: AI less persons, with its interval; without a value where one of the two has no rating.
    verdict: of `contained` against all other themes, at a rate of false discoveries of 5 % over all themes.
    could_take: how many more tickets AI would have contained at the lower limit of `contained`, had it begun all; None where the sample
        is too small or its ratings are shown to be worse.
    """

    theme: str
    tickets: int
    begun: int
    begun_share: Figure
    contained: Figure
    lost: int
    handed_over: Figure
    escalated: Figure
    reopened: Figure
    csat_ai: Figure
    csat_persons: Figure
    csat_difference: Figure
    verdict: ThemeVerdict
    could_take: float | None


def ai_themes(sums: CaseSums, limit: int | None = None) -> list[AiTheme]:
    """Return how AI did in the themes with most tickets (`limit` of them), those in which it lost most tickets first.

    `sums` has those of `FOR_AI`. Verdicts are against all themes.
    """
    themes, rated = sums.by_theme(), {who: _rated(sums, who) for who in (_AI, _PERSONS)}
    created = themes.count("created")
    verdicts = _verdicts(themes.count("ai_alone") - themes.count("ai_reopened"), themes.count("ai_decided"))
    some = [at for at in np.argsort(-created, kind="stable")[:limit].tolist() if created[at]]
    found = []
    for at, one in zip(some, themes.at(some).records(), strict=True):
        theme = themes.keys[at].theme
        made = _theme(theme, one, rated[_AI].get(theme, (0, 0)), rated[_PERSONS].get(theme, (0, 0)))
        found.append(replace(made, verdict=verdicts[at]))
    return sorted(found, key=lambda one: (-one.lost, -one.tickets, one.theme))


def _rated(sums: CaseSums, handlers: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Return (satisfied, rated) by theme."""
    found: dict[str, tuple[int, int]] = {}
    for key, hits, number in zip(
        sums.keys, sums.count("satisfied").tolist(), sums.count("rated").tolist(), strict=True
    ):
        if number and key.handler in handlers:
            before = found.get(key.theme, (0, 0))
            found[key.theme] = (before[0] + hits, before[1] + number)
    return found


def _theme(theme: str, one: Mapping[str, int], ai: tuple[int, int], persons: tuple[int, int]) -> AiTheme:
    kept, decided = one["ai_alone"] - one["ai_reopened"], one["ai_decided"]
    contained = share_figure(kept, decided)
    csat_ai, csat_persons = share_figure(*ai), share_figure(*persons)
    difference = share_difference(csat_ai, csat_persons)
    is_worse = difference.high is not None and difference.high < 0
    can_tell = decided >= FEW_CASES and not is_worse
    return AiTheme(
        theme=theme, tickets=one["created"], begun=one["ai_begun"], begun_share=share_figure(one["ai_begun"], one["created"]),
        contained=contained, lost=decided - kept, handed_over=share_figure(one["ai_handed_over"], one["ai_begun"]),
        escalated=share_figure(one["ai_escalated"], one["ai_begun"]),
        reopened=share_figure(one["ai_reopened"], one["ai_alone"]), csat_ai=csat_ai, csat_persons=csat_persons,
        csat_difference=difference, verdict=ThemeVerdict.TOO_SMALL,
        could_take=(one["created"] - one["ai_begun"]) * (contained.low or 0.0) if can_tell else None,
    )  # fmt: skip


def share_difference(first: Figure, second: Figure) -> Figure:
    """Return the difference of two independent shares with its interval (Newcombe 1998); none where one of them has no value."""
    ours, theirs = _limits(first), _limits(second)
    if ours is None or theirs is None:
        return Figure(None)
    return Figure(ours[0] - theirs[0], *difference_limits(ours, theirs), first.number + second.number)


def _limits(one: Figure) -> tuple[float, float, float] | None:
    return None if one.value is None or one.low is None or one.high is None else (one.value, one.low, one.high)


def _verdicts(kept: Ints, decided: Ints) -> list[ThemeVerdict]:
    """Compare each share with that of all others by the score test of two proportions (Pearson 1900), where the sample is enough."""
    hits, number = kept.astype(np.float64), decided.astype(np.float64)
    others, other_hits = number.sum() - number, hits.sum() - hits
    enough = (number >= FEW_CASES) & (others >= FEW_CASES)
    pooled = hits.sum() / max(number.sum(), 1.0)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / np.maximum(number, 1) + 1 / np.maximum(others, 1)))
    difference = hits / np.maximum(number, 1) - other_hits / np.maximum(others, 1)
    z = np.abs(difference) / np.maximum(spread, 1e-12)
    normal = NormalDist()
    p_values = np.array([2 * normal.cdf(-one) for one in z[enough].tolist()])
    q_values = np.ones(len(number))
    q_values[enough] = false_discovery_rates(p_values, int(enough.sum()))
    return [
        ThemeVerdict.TOO_SMALL if not able
        else ThemeVerdict.NOT_SHOWN if q >= DOUBT
        else ThemeVerdict.WORSE if side < 0
        else ThemeVerdict.BETTER
        for able, q, side in zip(enough.tolist(), q_values.tolist(), difference.tolist(), strict=True)
    ]  # fmt: skip
