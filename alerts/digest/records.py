"""What a digest says, as records: themes, spikes, launches, quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from models.formats import amount, counted
from models.plan_position import PlanPosition, PlanVerdict
from models.segment import Segment
from store.board import HourlySeries
from store.digests import DigestWindow


@dataclass(frozen=True, slots=True)
class ChangeLink:
    """A change that a cause names; `url` as it was recorded, unchecked."""

    title: str
    kind: str
    time: datetime
    url: str | None


@dataclass(frozen=True, slots=True)
class DigestExplanation:
    """Why it happened, as far as the record shows; `share` is the share of the excess (or of what is missing), 0 to 1."""

    reason: str
    share: float
    change: ChangeLink | None = None


@dataclass(frozen=True, slots=True)
class SpikeStory:
    """One spike. `start` and `end` are cut to the window; `ended` is the real end, None while it is open."""

    spike_id: int
    sentence: str
    start: datetime
    end: datetime
    ended: datetime | None
    explanations: tuple[DigestExplanation, ...]
    verdict: str
    note: str | None
    withheld: str | None


@dataclass(frozen=True, slots=True)
class DigestEvidence:
    """A quote, in the customer's words after redaction, one line of visible characters."""

    ticket_id: str
    text: str
    segment: Segment


@dataclass(frozen=True, slots=True)
class KnownIssueFlag:
    """What a specialist said of the theme."""

    title: str
    jira: str | None
    workaround: str | None


@dataclass(frozen=True, slots=True)
class ThemeStory:
    """A theme that is reported in full.

    `labels` say why it is here; `expected` is None where the theme has no history. `hours` are those of the window, each with the
    share of it that the window contains.
    """

    theme_id: int
    name: str
    status: str
    labels: tuple[str, ...]
    observed: int
    expected: float | None
    previous: int
    hours: HourlySeries
    spikes: tuple[SpikeStory, ...]
    further_spikes: int
    evidence: tuple[DigestEvidence, ...]
    known_issue: KnownIssueFlag | None
    keywords: tuple[str, ...]

    @property
    def ratio(self) -> float | None:
        """Observed over expected; None where almost nothing was expected."""
        return None if self.expected is None or self.expected < 0.05 else self.observed / self.expected


@dataclass(frozen=True, slots=True)
class PlanLine:
    """The position of one theme under a launch's plan, over the hours of the window that the plan covers.

    `exceeded` is True where a spike above the plan was found in any of them.
    """

    theme_id: int
    name: str
    position: PlanPosition
    exceeded: bool = False

    @property
    def verdict(self) -> PlanVerdict:
        """Above the plan where the sum is, or where a spike was; else the side of the range that the sum is on."""
        return PlanVerdict.ABOVE if self.exceeded else self.position.verdict


@dataclass(frozen=True, slots=True)
class LaunchStory:
    """A launch whose window overlaps the digest's, with the audience's themes that it lifts."""

    title: str
    kind: str
    start: datetime
    end: datetime
    scope: Segment
    lines: tuple[PlanLine, ...]

    @property
    def summary(self) -> PlanVerdict:
        """The verdict of the launch: above plan where any theme is, else below plan where any is, else inside plan."""
        found = {line.verdict for line in self.lines}
        order = (PlanVerdict.ABOVE, PlanVerdict.BELOW, PlanVerdict.INSIDE)
        return next((verdict for verdict in order if verdict in found), PlanVerdict.UNKNOWN)

    def number(self, verdict: PlanVerdict) -> int:
        """Count the themes with a verdict."""
        return sum(line.verdict is verdict for line in self.lines)


@dataclass(frozen=True, slots=True)
class QuietTheme:
    """A theme of which only the number is reported; of a silent one, the number that is missing."""

    theme_id: int
    name: str
    observed: int
    expected: float | None


@dataclass(frozen=True, slots=True)
class Digest:
    """What is reported to one audience about one window.

    `tickets` are those of the audience's themes, `all_tickets` those of everybody; `further` are notable themes after the most severe
    ones, which have `stories`. `no_demand` counts the tickets that no customer wrote by kind, for `everyone` only.
    """

    audience: str
    window: DigestWindow
    tickets: int
    expected: float | None
    all_tickets: int
    themes: int
    stories: tuple[ThemeStory, ...] = ()
    further: tuple[QuietTheme, ...] = ()
    launches: tuple[LaunchStory, ...] = ()
    silent: tuple[QuietTheme, ...] = ()
    quiet: tuple[QuietTheme, ...] = ()
    labels: Mapping[str, int] = field(default_factory=dict)
    timezone: str = "UTC"
    no_demand: Mapping[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """True where no ticket of the audience's themes came, and none was missed."""
        return not (self.tickets or self.stories or self.silent or self.launches)

    @property
    def headline(self) -> str:
        """The digest in one sentence."""
        if self.empty:
            return f"No ticket came in the themes of {self.audience}, and none was missed."
        share = "" if self.tickets == self.all_tickets else f" of {self.all_tickets:,}"
        usual = "" if self.expected is None else f", where {amount(self.expected)} were expected"
        found = [f"{number} {label}" for label, number in self.labels.items() if number]
        notable = ", ".join(found) if found else "nothing out of the ordinary"
        return f"{self.tickets:,}{share} tickets in {counted(self.themes, 'theme')}{usual}: {notable}."
