"""What a digest says of its items and launches in words: the same in every form, as plain text that each form escapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alerts.digest.language import ReaderDates
from alerts.digest.procedures import procedures_line
from alerts.digest.promises import promises_line
from alerts.digest.records import (
    Digest,
    DigestItem,
    ExcessPlace,
    LaunchStory,
    PlanLine,
    QuietTheme,
    SlowRise,
    WeekTrend,
)
from alerts.ownership import EVERYONE
from models.bucket import hour_start
from models.causes.sentences import times
from models.formats import amount, counted, figure, multiple, percent
from models.plan_position import PlanVerdict
from models.trends.trend import TrendOutcome

MOST_NAMED = 3
"""Themes that a one-line list names; the others are counted."""

MOST_LINES = 5
"""Lines of a plan that are shown; the others are counted."""

LEAST_BEYOND = 5
"""Tickets beyond its range from which a line of a plan is shown though no spike was found."""


def dates_of(digest: Digest) -> ReaderDates:
    """Return how the digest's readers write dates."""
    return ReaderDates(digest.timezone, digest.language)


def how_much(item: DigestItem) -> str:
    """Write `108 tickets where 21.8 were expected (+86, x4.9)`."""
    came = counted(item.observed, "ticket")
    if item.expected is None:
        before = f"{item.previous:,} in the window before" if item.previous else "not seen before"
        return f"{came}, no history yet: {before}"
    if item.comparable != item.observed:
        came = f"{came}, {item.comparable:,} of them in hours"
    return f"{came} where {amount(item.expected)} were expected ({difference(item)})"


def difference(item: DigestItem) -> str:
    """Write `+86, x4.9`; the ratio only where something was expected."""
    excess = item.excess or 0.0
    signed = f"{excess:+,.0f}".replace("-", "\N{MINUS SIGN}") if abs(excess) >= 0.5 else "as expected"
    return signed if item.ratio is None else f"{signed}, {multiple(item.ratio)}"


def reach(item: DigestItem) -> str:
    """Write `97 customers, 12 % escalated, 3 tickets missed a service level`; what no source states is left out.

    Where the item has a line on its service levels, they are not repeated.
    """
    parts = [counted(item.reach.customers, "customer")] if item.reach.customers else []
    if item.reach.escalated_share is not None:
        parts.append(f"{percent(item.reach.escalated_share)} escalated")
    if item.reach.breaches is not None and item.promises is None:
        parts.append(f"{counted(item.reach.breaches, 'ticket')} missed a service level")
    return ", ".join(parts)


def since(item: DigestItem, digest: Digest) -> str:
    """Write `10:35 to 14:35`, or `10:35, it lasts`; empty where the item has no onset."""
    if item.since is None:
        return ""
    dates = dates_of(digest)
    start = dates.moment(item.since, digest.window.start)
    if not item.signals:
        return start
    if item.until is None:
        return f"{start}, it lasts"
    return f"{start} to {dates.moment(item.until, item.since)}"


def chart_summary(item: DigestItem, digest: Digest) -> str:
    """Describe the chart of an item in words, for readers who do not see it."""
    dates = dates_of(digest)
    highest = max(item.hours, key=lambda hour: hour.observed)
    above = sum(hour.band is not None and hour.observed > hour.band.high for hour in item.hours)
    began, ended = hour_start(item.hours[0].hour), hour_start(item.hours[-1].hour + 1)
    return (
        f"Tickets an hour, {dates.span(began, ended)}: {counted(item.observed, 'ticket')}, at most {highest.observed:,} in the hour "
        f"from {dates.moment(hour_start(highest.hour), began)}, {counted(above, 'hour')} above the expected band."
    )


def place(where: ExcessPlace) -> str:
    """Write `Checkout iOS 38.2.0, with 100 % of the excess at more than 1,000 times the usual`."""
    risk = f" at {times(where.times)} the usual" if where.times is not None and where.times > 0 else ""
    return f"{where.name}, with {percent(where.share)} of it{risk}"


def owner(item: DigestItem) -> str:
    """Write who must act, and what is known of what they do."""
    taken = ", which acknowledged it" if item.acknowledged else ""
    nobody = item.owner == EVERYONE
    return f"everyone: no audience has it as its own{taken}" if nobody else f"{item.owner}{taken}"


def known_issue(item: DigestItem) -> str:
    """Write the known issue with its key and workaround; that there is none where there is none."""
    issue = item.known_issue
    if issue is None:
        return "not flagged yet"
    key = f" ({issue.jira})" if issue.jira else ""
    state = "" if issue.state == "known" else f", {issue.state}"
    workaround = f" Workaround: {issue.workaround}" if issue.workaround else " No workaround yet."
    return f"{issue.title}{key}{state}.{workaround}"


def trend(item: DigestItem) -> str:
    """Write what became of the item since the digest before; empty where there is none."""
    return "" if item.trend is None else f"{item.trend.value} since the last digest"


def listed(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Write `A, B, C and 4 more`."""
    more = len(names) - most
    return f"{', '.join(names[:most])} and {more} more" if more > 0 else ", ".join(names)


def with_numbers(themes: Iterable[QuietTheme]) -> str:
    """Write themes with their tickets, `A (12, 8.1 expected), B (9) and 4 more`."""
    return listed([_with_number(theme) for theme in themes])


def _with_number(theme: QuietTheme) -> str:
    expected = "" if theme.expected is None else f", {amount(theme.expected)} expected"
    return f"{theme.name} ({theme.observed:,}{expected})"


def quiet_line(digest: Digest) -> str:
    """Summarize the quiet themes in one line; empty where there is none."""
    if not digest.quiet:
        return ""
    known = [theme for theme in digest.quiet if theme.expected is not None]
    young = [theme for theme in digest.quiet if theme.expected is None]
    parts = []
    if known:
        expected = amount(sum(theme.expected or 0.0 for theme in known))
        came = counted(sum(theme.observed for theme in known), "ticket")
        parts.append(f"{counted(len(known), 'quiet theme')} with {came} where {expected} were expected")
    if young:
        came = counted(sum(theme.observed for theme in young), "ticket")
        parts.append(f"{counted(len(young), 'quiet theme')} without a history yet, with {came}")
    return ", ".join(parts)


def one_liners(digest: Digest) -> list[tuple[str, str]]:
    """List what a digest says in one line each: a heading, and the line."""
    found = [
        ("Service levels", _promises(digest)),
        ("Procedures overdue for review", procedures_line(digest.overdue)),
        ("Also notable", with_numbers(digest.further)),
        ("Yours, where another acts", with_numbers(digest.elsewhere)),
        ("Over", listed(digest.resolved)),
        ("Fell silent: solved, or not coming through?", with_numbers(digest.silent)),
        ("Known issues within their envelopes", with_numbers(digest.known)),
        ("Trends of the week", "; ".join(week_trend(one) for one in digest.trends)),
        ("Slow rises of days and weeks", "; ".join(slow_rise(one, dates_of(digest)) for one in digest.slow_rises)),
        ("Recurring, and in no plan", "; ".join(f"{name}: {when}" for name, when in digest.recurring)),
        ("Quiet", quiet_line(digest)),
    ]
    return [(heading, line) for heading, line in found if line]


def _promises(digest: Digest) -> str:
    return "" if digest.promises is None else promises_line(digest.promises, dates_of(digest), digest.window.start)


def week_trend(one: WeekTrend) -> str:
    """Write `A: 120 tickets, usually 60 a week`."""
    return f"{one.name}: {counted(one.observed, 'ticket')}, usually {amount(one.usual)} a week"


def slow_rise(one: SlowRise, dates: ReaderDates) -> str:
    """Write `A: 214 tickets since Mon 9 Nov where 150 were expected (1.4x)`, and what became of it."""
    ratio = multiple(one.observed / max(one.expected, 1e-9))
    since = f"{counted(one.observed, 'ticket')} since {dates.short_day(one.start)}"
    known = f"{one.name}: {since} where {amount(one.expected)} were expected ({ratio})"
    if one.outcome is TrendOutcome.NEW_LEVEL:
        return f"{known}, by now its usual level"
    return known if one.end is None else f"{known}, over since {dates.short_day(one.end)}"


def launch_verdict(launch: LaunchStory) -> str:
    """Summarize a launch in a few words."""
    if not launch.lines:
        return "no theme of yours is in its plan"
    above, below = launch.number(PlanVerdict.ABOVE), launch.number(PlanVerdict.BELOW)
    if not above and not below:
        return f"inside plan ({counted(len(launch.lines), 'theme')})"
    of = f"of {len(launch.lines)}"
    if not below:
        return f"{above} {of} above plan"
    return f"{above} {of} above plan, {below} below" if above else f"{below} {of} below plan"


def shown_lines(launch: LaunchStory) -> list[PlanLine]:
    """Return the lines of a plan that a reader should see: where a spike was found, or clearly beyond the range."""
    return [line for line in launch.lines if _is_shown(line)][:MOST_LINES]


def _is_shown(line: PlanLine) -> bool:
    envelope = line.position.envelope
    if line.exceeded:
        return True
    if envelope is None or line.verdict is PlanVerdict.INSIDE:
        return False
    beyond = max(line.position.actual - envelope.high, envelope.low - line.position.actual)
    return beyond >= LEAST_BEYOND


def plan_line(line: PlanLine) -> str:
    """Write `167 tickets where 33 were planned (22 to 58): above plan`."""
    position = line.position
    planned = ""
    if position.envelope is not None:
        low, mean, high = (
            figure(value) for value in (position.envelope.low, position.envelope.mean, position.envelope.high)
        )
        planned = f" where {mean} were planned ({low} to {high})"
    return f"{counted(position.actual, 'ticket')}{planned}: {line.verdict}"


def launch_about(launch: LaunchStory, dates: ReaderDates) -> str:
    """Write what a launch is: its kind, window and scope."""
    scope = f", {launch.scope}" if launch.scope.pairs else ""
    return f"{launch.kind}, {dates.span(launch.start, launch.end)}{scope}"
