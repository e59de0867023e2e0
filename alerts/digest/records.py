"""What a digest says, as records: items with their figures, places, causes and next step; launches; quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.digest.comparison import Trend
from alerts.digest.next_step import NextStep
from alerts.digest.procedures import ProcedureNote
from models.plan_position import PlanPosition, PlanVerdict
from models.segment import Segment
from models.trends.trend import TrendOutcome
from store.board import HourlySeries
from store.digest_rows import Reach
from store.digests import DigestKind, DigestWindow
from store.promises import PromiseState


@dataclass(frozen=True, slots=True)
class ExcessPlace:
    """Where an excess is: a segment with the share of the excess that it holds (0 to 1), and how many times the usual it has."""

    segment: Segment
    name: str
    share: float
    times: float | None


@dataclass(frozen=True, slots=True)
class SupportedCause:
    """Why it happened, as far as the record supports it: a change, a launch, or an incident recorded before the onset.

    `share` is the share of the excess (or of what is missing) in its scope, 0 to 1; `url` as it was recorded, unchecked. `title` names
    the change or launch; `owner` the source that recorded it.
    """

    kind: str
    title: str
    sentence: str
    share: float
    time: datetime | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class SignalStory:
    """One spike of an item. `start` and `end` are its own (end None while it is open); `sentence` has its figures."""

    spike_id: int
    kind: str
    sentence: str
    start: datetime
    end: datetime | None
    observed: int
    expected: float
    severity: float
    launch_id: str | None
    withheld: str | None
    note: str | None


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
    state: str


@dataclass(frozen=True, slots=True)
class PartTheme:
    """Another theme that shows the same event as an item, with its tickets of the window."""

    theme_id: int
    name: str
    observed: int


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One thing that a reader should know: a theme, or an incident with the theme that causes it.

    `labels` say why it is here; `expected` is None where the theme has no history, `previous` counts the window before.
    `compared` are the tickets of the hours that have an expectation, None where all have. `since` is the
    onset of its first signal, `until` the end of its last one, None while one is open. `owner` is the audience that must act,
    `seen_because` why the digest's audience sees it, and `sent` how many notifications of it went to that audience. `no_cause` says
    that nothing on record supports a cause, where `why` is empty. `promises` are those to its tickets, and `procedures` those of its
    themes. `subject` names the item for feedback, and `audience` who reads it.
    """

    theme_id: int
    name: str
    status: str
    labels: tuple[str, ...]
    observed: int
    expected: float | None
    previous: int
    hours: HourlySeries
    compared: int | None = None
    subject: str = ""
    audience: str = ""
    signals: tuple[SignalStory, ...] = ()
    further_signals: int = 0
    since: datetime | None = None
    until: datetime | None = None
    where: tuple[ExcessPlace, ...] = ()
    why: tuple[SupportedCause, ...] = ()
    seen_before: str | None = None
    no_cause: str = ""
    parts: tuple[PartTheme, ...] = ()
    evidence: tuple[DigestEvidence, ...] = ()
    known_issue: KnownIssueFlag | None = None
    owner: str = ""
    seen_because: str = "owner"
    acknowledged: bool = False
    sent: int = 0
    incident_ids: tuple[int, ...] = ()
    reach: Reach = field(default_factory=Reach)
    severity: float = 0.0
    trend: Trend | None = None
    procedures: tuple[ProcedureNote, ...] = ()
    promises: PromiseState | None = None
    next_step: NextStep | None = None

    @property
    def comparable(self) -> int:
        """Tickets of the hours that have an expectation."""
        return self.observed if self.compared is None else self.compared

    @property
    def excess(self) -> float | None:
        """Comparable tickets less expected ones; None where the theme has no history."""
        return None if self.expected is None else self.comparable - self.expected

    @property
    def ratio(self) -> float | None:
        """Comparable tickets over expected ones; None where almost nothing was expected."""
        return None if self.expected is None or self.expected < 0.05 else self.comparable / self.expected

    @property
    def open(self) -> bool:
        """True while one of its signals is."""
        return any(signal.end is None for signal in self.signals)


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
class ClosingFigures:
    """How a launch ended: planned themes against the plan, all tickets, and the same of past launches of its kind.

    `planned` and `actual` are over the themes that the plan means, None where it means none; `lift` is how many times the usual all
    tickets were, and `past` has one line for each past launch, the newest first.
    """

    sentence: str
    planned: float | None
    actual: int | None
    lift: float | None
    past: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LaunchStory:
    """A launch whose window overlaps the digest's, with the audience's themes that it lifts."""

    launch_id: str
    title: str
    kind: str
    start: datetime
    end: datetime
    scope: Segment
    lines: tuple[PlanLine, ...]
    closing: ClosingFigures | None = None

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
class WeekTrend:
    """A theme's tickets of the week against the median of the weeks before, which `weeks` lists, the oldest first."""

    theme_id: int
    name: str
    observed: int
    usual: float
    weeks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SlowRise:
    """A rise of days or weeks, of a theme (0: of all tickets, or of a business line); `end` and `outcome` are None while it lasts."""

    theme_id: int
    name: str
    start: datetime
    end: datetime | None
    observed: int
    expected: float
    outcome: TrendOutcome | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """What is reported to one audience about one window.

    `tickets` are those of the audience's themes, `expected` is that of the `expected_themes` themes that have a history; `all_tickets`
    are those of everybody, and `covers_all` says that no theme is another audience's. `items` has at most seven, in the order in which
    a reader should act; `further` are notable themes after these, and `elsewhere` own themes on which another audience acts. `known`
    are known issues within their envelopes. `resolved` names what the digest before reported and is over. `sent` counts the alerts and
    incidents of the window that went to the audience, `sent_elsewhere` those that went to others, by audience. `no_demand` counts the
    tickets that no customer wrote by kind, for `everyone` only. `narration` is the first paragraph that a narrator wrote, None where
    the rules wrote everything. `recurring` are names of themes that rise at the same hours in no plan, and when. `promises` are those
    to the audience's tickets, `overdue` its procedures whose review is overdue.
    """

    audience: str
    window: DigestWindow
    tickets: int = 0
    expected: float | None = None
    all_tickets: int = 0
    themes: int = 0
    all_expected: float | None = None
    expected_themes: int = 0
    covers_all: bool = False
    kind: DigestKind = DigestKind.DAILY
    items: tuple[DigestItem, ...] = ()
    further: tuple[QuietTheme, ...] = ()
    launches: tuple[LaunchStory, ...] = ()
    silent: tuple[QuietTheme, ...] = ()
    elsewhere: tuple[QuietTheme, ...] = ()
    known: tuple[QuietTheme, ...] = ()
    quiet: tuple[QuietTheme, ...] = ()
    trends: tuple[WeekTrend, ...] = ()
    slow_rises: tuple[SlowRise, ...] = ()
    recurring: tuple[tuple[str, str], ...] = ()
    resolved: tuple[str, ...] = ()
    compared_with: DigestWindow | None = None
    sent: int = 0
    sent_elsewhere: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    timezone: str = "UTC"
    language: str = "en"
    no_demand: Mapping[str, int] = field(default_factory=dict)
    narration: str | None = None
    promises: PromiseState | None = None
    overdue: tuple[ProcedureNote, ...] = ()

    @property
    def empty(self) -> bool:
        """True where no ticket of the audience's themes came, none was missed, and nothing went out."""
        return not (self.tickets or self.items or self.silent or self.launches or self.sent or self.sent_elsewhere)
