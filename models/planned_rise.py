"""Rises that a plan explains although its text does not reach their theme: like what is planned, and as large as planned.

A problem has several themes where people word it in several ways, and the text of a plan is close to one of these wordings. The
other themes rise with the plan, but are not close enough to its text to share the envelope. Whether such a rise belongs to the plan
is decided by two tests. By a rank test its theme is more like a planned theme than one that has nothing to do with the plan would be.
By the count it has as many tickets as the plan leads to expect, since the launch began, inside its scope, and no more than
usual outside. Both are needed: of themes that are alike most do not rise, and of those that rise most are not alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from models.formats import counted

LIKENESS_LEVEL = 0.05
"""Probability up to which a theme is more like a planned one than by chance; a problem that no plan means is withheld as rarely."""
ONSET_ERROR = timedelta(hours=1)
"""How much earlier than the launch a rise may seem to begin: an onset is known to an hour where little comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRise:
    """The line of a plan that explains a rise.

    Parameters
    ----------
    title: that of the launch.
    lift: what the line plans.
    p_value: probability that a theme which has nothing to do with the plan is as much like one of its themes; 0 where the text
        reaches the theme itself.
    observed: tickets in the scope since the launch began. expected: as many are planned.
    """

    title: str
    lift: float
    p_value: float
    observed: int
    expected: float

    @property
    def because(self) -> str:
        """Say why it is no news, as the end of a sentence."""
        alike = f"it is more like what {self.title} plans than other themes are (p = {self.p_value:.2g})"
        means = f"the plan of {self.title} means it" if self.p_value == 0 else alike
        figures = f"{counted(self.observed, 'ticket')} came where {self.expected:.1f} are planned (x{self.lift:g})"
        return f"{means}, and since the launch began {figures}"


def chance_of_likeness(likeness: Sequence[tuple[int, float]], theme_id: int, planned: Collection[int]) -> float:
    """Compute the probability that a theme is as much like a planned one as this, if it is any of those that the plan does not mean.

    It is the share of these themes that are as much like it, the theme itself included: the exact p-value of a rank test, valid
    whatever the distribution of likeness is.

    Parameters
    ----------
    likeness: (theme, cosine to the planned theme) of all other themes. planned: those that the plan means.

    Returns
    -------
    In (0, 1]; 1 for a theme that is not among them.
    """
    others = {theme: value for theme, value in likeness if theme not in planned}
    if theme_id not in others:
        return 1.0
    return sum(value >= others[theme_id] for value in others.values()) / len(others)


@dataclass(frozen=True, slots=True)
class RiseCount:
    """A count and what is expected of it: mean, variance around the mean, and the standard deviation of the mean itself."""

    observed: int
    mean: float
    variance: float
    deviation: float = 0.0

    def tails(self) -> tuple[float, float]:
        """Compute the probabilities of fewer and of more tickets than were observed, with half of that of as many in both."""
        from models.spikes.statistics.count_tails import mixed_tail

        if self.mean <= 0:
            return (1.0, 1.0 if self.observed == 0 else 0.0)
        more = float(mixed_tail(self.observed, self.mean, self.variance, self.deviation))
        return 1.0 - more, more


def is_as_planned(inside: RiseCount, elsewhere: Sequence[RiseCount], level: float) -> bool:
    """Check whether a rise is what a plan leads to expect: neither more nor less in its scope, and no more than usual elsewhere.

    elsewhere: counts outside the scope or after the launch. level: error level of each test.
    """
    return min(inside.tails()) >= level and all(one.tails()[1] >= level for one in elsewhere)
