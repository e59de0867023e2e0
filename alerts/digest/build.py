"""Building a digest: from plain rows to what is told, in the order it is told. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from alerts.digest.escape import excerpt, plain
from alerts.gates import ALL_TICKETS
from alerts.ownership import EVERYONE, Audience, Ownership
from alerts.reason import amount, counted, excess_sentence, where
from alerts.settings import AlertSettings
from models.alert import AlertKind, Gate
from models.segment import Segment
from models.theme import ThemeStatus
from store.digests import BandRow, DigestLaunch, DigestRows, DigestSpike, DigestTheme, DigestWindow

NOTABLE_RATIO = 2.0
"""From twice the expected volume on a theme is told in full even where no spike was found."""

SILENT_FROM = 5.0
"""No ticket where so many are expected has a chance under 1 % (Poisson: exp(-5))."""

MOST_SPIKES = 3
"""Spikes told per theme; the others are in the listing."""

_MINOR = (
    Gate.FEWER_TICKETS_THAN_MINIMUM,
    Gate.FEWER_REQUESTERS_THAN_MINIMUM,
    Gate.KNOWN_ISSUE_WITHIN_ENVELOPE,
)
"""Withheld for these, a spike is told under its theme but is no reason to tell of the theme."""


@dataclass(frozen=True, slots=True)
class DigestHour:
    """Tickets of an hour against what was expected of it; None where nothing was said of it."""

    start: datetime
    observed: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ChangeLink:
    """A change that a cause names; `url` as it was recorded, unchecked."""

    title: str
    kind: str
    time: datetime
    url: str | None


@dataclass(frozen=True, slots=True)
class DigestExplanation:
    """Why it happened, as far as the record tells; `share` is the share of the excess (or of what is missing), 0 to 1."""

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
    """A theme that is told in full.

    `labels` say why it is here; `expected` is None where the theme has no history.
    """

    theme_id: int
    name: str
    status: str
    labels: tuple[str, ...]
    observed: int
    expected: float | None
    previous: int
    hours: tuple[DigestHour, ...]
    spikes: tuple[SpikeStory, ...]
    further_spikes: int
    evidence: tuple[DigestEvidence, ...]
    known_issue: KnownIssueFlag | None
    keywords: tuple[str, ...]

    @property
    def ratio(self) -> float | None:
        """Observed over expected; None where nothing to speak of was expected."""
        return None if self.expected is None or self.expected < 0.05 else self.observed / self.expected


@dataclass(frozen=True, slots=True)
class PlanLine:
    """How one theme did under a launch's plan, over the hours that the plan covers."""

    theme_id: int
    name: str
    observed: int
    planned: float
    most: float
    above: bool

    @property
    def verdict(self) -> str:
        """`above plan` or `inside plan`."""
        return "above plan" if self.above else "inside plan"


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
    def above(self) -> int:
        """Themes above plan."""
        return sum(line.above for line in self.lines)


@dataclass(frozen=True, slots=True)
class QuietTheme:
    """A theme of which only the number is told; of a silent one, the number that is missing."""

    theme_id: int
    name: str
    observed: int
    expected: float | None


@dataclass(frozen=True, slots=True)
class Digest:
    """What one audience is told of one window.

    `tickets` are those of the audience's themes, `all_tickets` those of everybody; `untold` counts themes
    that were worth telling but came after the most severe ones.
    """

    audience: str
    window: DigestWindow
    tickets: int
    expected: float | None
    all_tickets: int
    themes: int
    stories: tuple[ThemeStory, ...] = ()
    untold: tuple[QuietTheme, ...] = ()
    launches: tuple[LaunchStory, ...] = ()
    silent: tuple[QuietTheme, ...] = ()
    quiet: tuple[QuietTheme, ...] = ()
    labels: Mapping[str, int] = field(default_factory=dict)

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
        told = ", ".join(found) if found else "nothing out of the ordinary"
        return f"{self.tickets:,}{share} tickets in {counted(self.themes, 'theme')}{usual}: {told}."


def owners(rows: DigestRows, ownership: Ownership) -> dict[int, str]:
    """Which audience each theme belongs to: its noted owner while there is one, else as its tickets say."""
    names = {audience.name for audience in ownership.audiences}
    return {
        theme.theme_id: theme.owner
        if theme.owner in names
        else ownership.audience_of(theme.mix, theme.theme_id, theme.name).name
        for theme in rows.themes
    }


def build(rows: DigestRows, audience: Audience, owner_of: Mapping[int, str], settings: AlertSettings) -> Digest:
    """Build one audience's digest of the window that `rows` were collected for.

    Themes that are new or spiking come first, each group by severity, then by tickets. What holds for all
    tickets together is told to `everyone`.
    """
    own = [theme for theme in rows.themes if owner_of[theme.theme_id] == audience.name]
    candidates = [_story(theme, rows, settings) for theme in own]
    if audience.name == EVERYONE and any(spike.theme_id == ALL_TICKETS for spike in rows.spikes):
        candidates.insert(
            0, _story(DigestTheme(ALL_TICKETS, "All tickets together", "ongoing", 0, None), rows, settings)
        )
    silent = [story for story in candidates if story.theme_id != ALL_TICKETS and _silent(story)]
    notable = sorted(
        (story for story in candidates if story.labels and story not in silent),
        key=lambda story: (*_rank(story, rows.spikes), story.theme_id),
    )
    told = notable[: settings.digest_themes]
    quiet = [story for story in candidates if not story.labels and story.observed and story not in silent]
    present = [story for story in candidates if story.theme_id != ALL_TICKETS and story.observed]
    return Digest(
        audience=audience.name,
        window=rows.window,
        tickets=sum(story.observed for story in present),
        expected=_sum(story.expected for story in candidates if story.theme_id != ALL_TICKETS),
        all_tickets=sum(rows.observed.get(ALL_TICKETS, {}).values()),
        themes=len(present),
        stories=tuple(told),
        untold=_listed(notable[settings.digest_themes :]),
        launches=_launches(rows, audience, {theme.theme_id: theme.name for theme in own}),
        silent=_listed(sorted(silent, key=lambda story: (-(story.expected or story.previous), story.theme_id))),
        quiet=_listed(sorted(quiet, key=lambda story: (-story.observed, story.theme_id))),
        labels=_tally(notable),
    )


def _story(theme: DigestTheme, rows: DigestRows, settings: AlertSettings) -> ThemeStory:
    hours = _hours(rows.window, rows.observed.get(theme.theme_id, {}), rows.bands.get(theme.theme_id, {}))
    observed = sum(hour.observed for hour in hours)
    expected = _expected(rows.window, hours)
    spikes = sorted(
        (spike for spike in rows.spikes if spike.theme_id == theme.theme_id),
        key=lambda spike: (-spike.severity, spike.spike_id),
    )
    return ThemeStory(
        theme_id=theme.theme_id,
        name=plain(theme.name),
        status=theme.status,
        labels=_labels(theme, rows, spikes, observed, expected, settings),
        observed=observed,
        expected=expected,
        previous=rows.previous.get(theme.theme_id, 0),
        hours=hours,
        spikes=tuple(_spike(spike, rows) for spike in spikes[:MOST_SPIKES]),
        further_spikes=max(0, len(spikes) - MOST_SPIKES),
        evidence=_evidence(theme.theme_id, rows, settings.digest_quotes),
        known_issue=_known_issue(theme.known_issue),
        keywords=tuple(theme.keywords[:6]),
    )


def _hours(window: DigestWindow, observed: Mapping[int, int], bands: Mapping[int, BandRow]) -> tuple[DigestHour, ...]:
    hours = []
    for hour in window.hours:
        band = bands.get(hour)
        said = (band.mean, band.low, band.high) if band else (None, None, None)
        hours.append(DigestHour(datetime.fromtimestamp(hour * 3600, UTC), observed.get(hour, 0), *said))
    return tuple(hours)


def _expected(window: DigestWindow, hours: tuple[DigestHour, ...]) -> float | None:
    """Tickets expected in the window; None where less than half of its hours have a band."""
    means = [_share(window, hour) * hour.mean for hour in hours if hour.mean is not None]
    return sum(means) if 2 * len(means) >= len(hours) else None


def _share(window: DigestWindow, hour: DigestHour) -> float:
    """Part of the hour that lies in the window, 0 to 1."""
    start, end = hour.start.timestamp(), hour.start.timestamp() + 3600
    return (min(end, window.end.timestamp()) - max(start, window.start.timestamp())) / 3600


def _labels(
    theme: DigestTheme,
    rows: DigestRows,
    spikes: list[DigestSpike],
    observed: int,
    expected: float | None,
    settings: AlertSettings,
) -> tuple[str, ...]:
    born = theme.first_seen is not None and theme.first_seen >= rows.window.start
    new = theme.theme_id in rows.announced or (theme.status == ThemeStatus.NEW and born)
    rising = [spike for spike in spikes if spike.kind != AlertKind.MISSING_VOLUME and spike.gate not in _MINOR]
    above = expected is not None and observed >= settings.min_tickets and observed >= NOTABLE_RATIO * expected
    labels = (
        ("new", new),
        ("spiking", any(spike.launch_id is None for spike in rising)),
        ("above plan", any(spike.launch_id is not None for spike in rising)),
        ("missing volume", any(spike.kind == AlertKind.MISSING_VOLUME for spike in spikes)),
        ("escalating", theme.status == ThemeStatus.ESCALATING),
        ("regressed", theme.status == ThemeStatus.REGRESSED),
        ("above expected", above and not new and not rising),
        ("known issue", theme.known_issue is not None and observed > 0),
    )
    return tuple(label for label, holds in labels if holds)


def _rank(story: ThemeStory, spikes: Iterable[DigestSpike]) -> tuple[bool, bool, float, int]:
    first = not {"new", "spiking", "above plan", "regressed", "escalating"}.isdisjoint(story.labels)
    severity = max((spike.severity for spike in spikes if spike.theme_id == story.theme_id), default=0.0)
    return (not first, story.known_issue is not None, -severity, -story.observed)


def _spike(spike: DigestSpike, rows: DigestRows) -> SpikeStory:
    launch = next((launch.title for launch in rows.launches if launch.launch_id == spike.launch_id), None)
    if spike.kind == AlertKind.MISSING_VOLUME:
        sentence = (
            f"only {counted(spike.observed, 'ticket')} since {spike.start:%Y-%m-%d %H:%M} UTC "
            f"where {amount(spike.expected)} were expected{where(spike.segment)}"
        )
    else:
        sentence = excess_sentence(
            spike.observed, spike.expected, spike.ratio, spike.start, spike.segment, rows.window.start,
            launch=None if spike.launch_id is None else launch or spike.launch_id,
        )  # fmt: skip
    return SpikeStory(
        spike_id=spike.spike_id,
        sentence=plain(sentence),
        start=max(spike.start, rows.window.start),
        end=min(spike.end or rows.window.end, rows.window.end),
        ended=spike.end,
        explanations=tuple(
            DigestExplanation(plain(cause.reason), cause.contribution, _change(cause.change_id, rows))
            for cause in spike.causes
        ),
        verdict=plain(spike.verdict),
        note=plain(spike.note) if spike.note else None,
        withheld=_withheld(spike.gate),
    )


def _withheld(gate: str | None) -> str | None:
    if gate is None:
        return None
    because = {one.value: one.because for one in Gate}  # a later version may have stored a gate of its own
    return because.get(gate, gate.replace("_", " "))


def _change(change_id: str | None, rows: DigestRows) -> ChangeLink | None:
    change = rows.changes.get(change_id) if change_id is not None else None
    return None if change is None else ChangeLink(plain(change.title), change.kind, change.time, change.url)


def _evidence(theme_id: int, rows: DigestRows, most: int) -> tuple[DigestEvidence, ...]:
    found: dict[str, DigestEvidence] = {}
    for quote in rows.quotes.get(theme_id, ()):
        text = excerpt(quote.title, quote.body)
        if text and text.casefold() not in found:  # the same words twice are one piece of evidence
            found[text.casefold()] = DigestEvidence(quote.ticket_id, text, quote.segment)
        if len(found) == most:
            break
    return tuple(found.values())


def _known_issue(issue: Mapping[str, object] | None) -> KnownIssueFlag | None:
    if issue is None:
        return None
    jira, workaround = issue.get("jira"), issue.get("workaround")
    return KnownIssueFlag(
        title=plain(str(issue.get("title") or "")),
        jira=plain(str(jira)) if jira else None,
        workaround=plain(str(workaround)) if workaround else None,
    )


def _silent(story: ThemeStory) -> bool:
    usual = story.expected if story.expected is not None else float(story.previous)
    return story.observed == 0 and usual >= SILENT_FROM


def _launches(rows: DigestRows, audience: Audience, names: Mapping[int, str]) -> tuple[LaunchStory, ...]:
    told = dict(names)
    if audience.name == EVERYONE:
        told = {ALL_TICKETS: "All tickets together", **names}
    stories = []
    for launch in rows.launches:
        lines = _plan(launch, rows, told)
        if lines or audience.name == EVERYONE or not launch.scope.pairs or audience.match.touches(launch.scope):
            stories.append(LaunchStory(plain(launch.title), launch.kind, launch.start, launch.end, launch.scope, lines))
    return tuple(stories)


def _plan(launch: DigestLaunch, rows: DigestRows, names: Mapping[int, str]) -> tuple[PlanLine, ...]:
    lines = []
    for theme_id, name in names.items():
        planned = {
            hour: band for hour, band in rows.bands.get(theme_id, {}).items() if band.launch_id == launch.launch_id
        }
        if not planned:
            continue
        observed = sum(rows.observed.get(theme_id, {}).get(hour, 0) for hour in planned)
        most = sum(band.high for band in planned.values())
        found = any(spike.theme_id == theme_id and spike.launch_id == launch.launch_id for spike in rows.spikes)
        mean = sum(band.mean for band in planned.values())
        lines.append(PlanLine(theme_id, plain(name), observed, mean, most, found or observed > most))
    return tuple(sorted(lines, key=lambda line: (not line.above, -line.observed, line.theme_id)))


def _listed(stories: Iterable[ThemeStory]) -> tuple[QuietTheme, ...]:
    return tuple(QuietTheme(story.theme_id, story.name, story.observed, _usual(story)) for story in stories)


def _usual(story: ThemeStory) -> float | None:
    if story.expected is not None:
        return story.expected
    return float(story.previous) if story.observed == 0 else None


def _tally(stories: Collection[ThemeStory]) -> dict[str, int]:
    order = (
        "new",
        "spiking",
        "above plan",
        "missing volume",
        "escalating",
        "regressed",
        "above expected",
        "known issue",
    )
    return {label: sum(label in story.labels for story in stories) for label in order}


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
