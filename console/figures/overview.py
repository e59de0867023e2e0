"""The overview for leaders: five figures by day with what is expected of them, and what explains their change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import isfinite

from sqlalchemy import Connection

from console.figures.drivers_table import driver_table
from console.figures.page import FigureAsk, FigureContent, FigurePage
from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureRow, FigureTable
from console.figures.theme_rows import linked_themes
from console.figures.trend_chart import TrendChart, TrendMark, trend_chart
from console.figures.waterfall import WaterfallStep, waterfall
from console.figures.wording import value_text
from models.arrays import Floats
from models.metrics.daily_figures import LeadFigure
from models.metrics.driver_sentences import driver_sentences
from models.metrics.expected_band import SeriesKind
from models.metrics.metric import BetterDirection
from pipelines.figures.overview import LeadNumber, LeadOverview, read_overview
from store.board import launch_rows
from store.plans import read_changes

MARKS = 9
"""Launches and changes that are marked on the trends: the newest ones of the period."""


@dataclass(frozen=True, slots=True)
class LeadWords:
    """How a figure is called and written, and which direction is better."""

    title: str
    kind: ColumnKind
    better: BetterDirection
    about: str


WORDS = {
    LeadFigure.CREATED: LeadWords("Volume", ColumnKind.TICKETS, BetterDirection.NEITHER, "tickets created"),
    LeadFigure.BACKLOG: LeadWords("Backlog", ColumnKind.TICKETS, BetterDirection.LOWER, "open tickets at the end"),
    LeadFigure.FIRST_REPLY: LeadWords(
        "First reply", ColumnKind.SECONDS, BetterDirection.LOWER, "median of the tickets created"
    ),
    LeadFigure.RESOLUTION: LeadWords(
        "Resolution", ColumnKind.SECONDS, BetterDirection.LOWER, "median of the tickets created, open ones included"
    ),
    LeadFigure.COMPLIANCE: LeadWords(
        "Promises kept", ColumnKind.SHARE, BetterDirection.HIGHER, "of all promises of the service levels"
    ),
    LeadFigure.CSAT: LeadWords("Satisfied", ColumnKind.SHARE, BetterDirection.HIGHER, "ratings of 4 and 5"),
}


@dataclass(frozen=True, slots=True)
class LeadCard:
    """A figure as the page shows it."""

    key: str
    title: str
    about: str
    value: str
    interval: str
    change: str
    direction: str
    chart: TrendChart | None


@dataclass(frozen=True, slots=True)
class DriverSection:
    """What explains a change as the page shows it: a waterfall, sentences, and the name of the table that has it in full."""

    title: str
    table: str
    steps: Sequence[WaterfallStep]
    sentences: Sequence[str]
    note: str


def read_page(connection: Connection, ask: FigureAsk) -> FigureContent:
    """Read the overview."""
    found = read_overview(connection, ask.query)
    marks = _marks(connection, ask)
    cards = [_card(number, ask, marks) for number in found.numbers]
    explained = [one for one in found.drivers if any(driver.theme for driver in one.drivers)]
    explained = [] if "theme_id" in ask.query.filters else explained
    themes = (driver.theme for one in explained for driver in one.drivers if driver.theme)
    linked = linked_themes(connection, ask.query.scope, themes)
    tables = [driver_table(one, found.names, linked).comparable(is_compared=ask.is_compared) for one in explained]
    tables += [_days(found, ask), _numbers(found)]
    sections = [
        DriverSection(
            one.metric.title_words, driver_table(one, found.names).name, waterfall(one, found.names, linked),
            driver_sentences(one, found.names), _note(one.horizon, one.medians),
        )
        for one in explained
    ]  # fmt: skip
    learned = max(int(number.band.learned.max(initial=0)) for number in found.numbers)
    values = {"cards": cards, "sections": sections, "marks": marks, "learned": learned}
    return FigureContent(tables=tables, values=values, from_cells=found.from_cells)


OVERVIEW = FigurePage(path="/figures", title="Overview", template="figures_overview.html", read=read_page)


def _card(number: LeadNumber, ask: FigureAsk, marks: Sequence[TrendMark]) -> LeadCard:
    words = WORDS[number.figure]
    say = partial(value_text, words.kind)
    low, high = number.now.low, number.now.high
    interval = "" if low is None or high is None else f"{say(low)} to {say(high)}"
    chart = trend_chart(number, words.title, ask.query.period.start, say, marks)
    return LeadCard(
        number.figure.value, words.title, words.about, say(number.now.value), interval, _change(number, words),
        _direction(number, words), chart,
    )  # fmt: skip


def _change(number: LeadNumber, words: LeadWords) -> str:
    """Write a change with its interval: `+12 % (+3 to +22)`."""
    if number.change is None:
        return "no comparison: too little is known of one of the periods"
    if number.figure is LeadFigure.CREATED:
        return f"{100 * number.change:+.0f} %{_range(number, lambda end: f'{100 * end:+.0f}')}"
    if words.kind is ColumnKind.TICKETS:
        return f"{number.change:+,.0f}" if number.change else "no change"
    kind = ColumnKind.POINTS if words.kind is ColumnKind.SHARE else ColumnKind.SECONDS_MORE
    return (
        f"{value_text(kind, number.change)}{_range(number, lambda end: value_text(kind, end).removesuffix(' points'))}"
    )


def _range(number: LeadNumber, say: Callable[[float], str]) -> str:
    return "" if number.interval is None else f" ({say(number.interval[0])} to {say(number.interval[1])})"


def _direction(number: LeadNumber, words: LeadWords) -> str:
    """Say whether a change is better or worse; one whose interval holds 0 is within chance.

    The backlog is counted and not estimated: it is judged by whether its last day lies in the band of usual changes over a week.
    """
    if not number.change:
        return ""
    if number.figure is LeadFigure.BACKLOG and len(number.days) - 1 not in number.outside:
        return "within usual changes" if isfinite(number.band.low[-1]) else ""
    if number.interval is not None and number.interval[0] <= 0 <= number.interval[1]:
        return "within chance"
    if words.better is BetterDirection.NEITHER:
        return "more" if number.change > 0 else "less"
    return "better" if (number.change > 0) == (words.better is BetterDirection.HIGHER) else "worse"


def _marks(connection: Connection, ask: FigureAsk) -> list[TrendMark]:
    """Return the launches that begin and the changes, procedures included, that happen in the period, in the order of time.

    They are of all tickets: whoever sees a part of them sees none.
    """
    period = ask.query.period
    if not ask.query.scope.is_everything:
        return []
    found = [
        TrendMark(one.time, one.title, one.kind.replace("_", " "))
        for one in read_changes(connection, period.start, period.end)
    ]
    found += [
        TrendMark(one.start, one.title, one.kind, f"/launches/{one.launch_id}")
        for one in launch_rows(connection)
        if period.start <= one.start < period.end
    ]
    return sorted(found, key=lambda mark: (mark.time, mark.title))[-MARKS:]


def _note(horizon: float | None, medians: tuple[float | None, float | None] | None) -> str:
    """Say how a time is measured; "" for shares."""
    if horizon is None or medians is None:
        return ""
    limit = value_text(ColumnKind.SECONDS, horizon)
    before, after = (value_text(ColumnKind.SECONDS, one) for one in medians)
    return (
        f"A median is no sum over themes: here a time is a mean in which whatever takes longer than {limit} counts as {limit}. "
        f"The median went from {before} to {after}."
    )


def _days(found: LeadOverview, ask: FigureAsk) -> FigureTable:
    """Return the table of the days, which has what the charts show."""
    columns = [FigureColumn(key="day", title="Day")]
    for number in found.numbers:
        words = WORDS[number.figure]
        columns.append(FigureColumn(key=number.figure.value, title=words.title, kind=words.kind, hint=words.about))
        columns.append(
            FigureColumn(
                key=f"{number.figure.value}_expected", title="expected", kind=words.kind, has_interval=True,
                hint="the expected value and the range in which 95 % of usual days lie",
            )
        )  # fmt: skip
    start = ask.query.period.start
    rows = [
        _day(found, (start + timedelta(days=day)).date().isoformat(), day) for day in range(len(found.numbers[0].days))
    ]
    return FigureTable(name="days", title="By day", columns=columns, rows=rows)


def _day(found: LeadOverview, name: str, day: int) -> FigureRow:
    row = {"day": FigureCell(value=name)}
    for number in found.numbers:
        band = number.band
        row[number.figure.value] = FigureCell(value=_known(number.days, day))
        row[f"{number.figure.value}_expected"] = FigureCell(
            value=_known(band.middle, day), low=_known(band.low, day), high=_known(band.high, day)
        )
    return row


def _known(values: Floats, day: int) -> float | None:
    value = float(values[day])
    return value if isfinite(value) else None


def _numbers(found: LeadOverview) -> FigureTable:
    """Return the table of the five figures, for files and the API; the page shows them as cards."""
    number = ColumnKind.NUMBER
    columns = [
        FigureColumn(key="figure", title="Figure"), FigureColumn(key="unit", title="Unit"),
        FigureColumn(key="value", title="Now", kind=number, has_interval=True, has_number=True, has_earlier=True),
        FigureColumn(key="change", title="Change", kind=number, has_interval=True, hint="of volume a share, else a difference"),
        FigureColumn(key="days_outside", title="Days outside", kind=number, hint="days outside the expected band"),
    ]  # fmt: skip
    return FigureTable(
        name="numbers", title="Five figures", columns=columns, rows=[_lead_row(one) for one in found.numbers]
    )


def _lead_row(number: LeadNumber) -> FigureRow:
    low, high = number.interval or (None, None)
    is_count = number.figure.kind in (SeriesKind.COUNT, SeriesKind.STOCK)
    return {
        "figure": FigureCell(value=number.figure.value),
        "unit": FigureCell(value=WORDS[number.figure].kind.value),
        "value": FigureCell.of(
            number.now, None if is_count and number.change is None else number.before, is_count=is_count
        ),
        "change": FigureCell(value=number.change, low=low, high=high),
        "days_outside": FigureCell(value=len(number.outside)),
    }
