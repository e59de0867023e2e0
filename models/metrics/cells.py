"""Cells: sums of tickets' handling by day and by the values of one or two dimensions, which pages of figures read.

A cell is a day and a group, which is a value of one dimension or a pair of values of two. The sums are of integers, so the cells of all
tickets are those of some of them and the changes since: `cells_of` makes both, with weights of 1 and -1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.metrics.columns import HandlingColumns, handling_seconds
from models.metrics.figures import GOOD_RATING, alone_by_ai, begun_by_ai, decided_of
from models.metrics.histogram import DurationKind, duration_entries, moment_entries

DAY = 86_400

DIMENSIONS = (
    "business_line", "user_type", "product", "payment_method", "region", "platform", "channel", "language", "priority",
    "created_by", "handled_by", "vendor", "team", "source", "theme_id",
)  # fmt: skip
"""Columns by which there are cells, and by which figures are grouped and filtered."""

PAIRED = ("business_line", "user_type", "product", "region", "channel", "handled_by", "vendor", "team")
"""Columns of which any two have cells together."""

PAIRED_WITH_THEME = ("business_line", "user_type", "handled_by", "vendor", "team")
"""Columns that have cells together with the theme."""

NO_DIMENSION = ""
"""The dimension of all tickets together, and the second one of a group by one dimension."""

GROUPINGS: tuple[tuple[str, str], ...] = (
    (NO_DIMENSION, NO_DIMENSION),
    *((dimension, NO_DIMENSION) for dimension in DIMENSIONS),
    *combinations(PAIRED, 2),
    *(("theme_id", other) for other in PAIRED_WITH_THEME),
)
"""The pairs of dimensions that have cells, each in one order."""

TARGETS = ("first_reply", "next_reply", "resolution", "stated")
"""Targets of promises."""

PROMISE_COUNTS = tuple(f"{target}_{how}" for target in TARGETS for how in ("kept", "missed"))

COUNTS = (
    "created", "escalated", "transferred", "ai_begun", "ai_decided", "ai_alone", "resolved", "reopened", "one_touch",
    "rated", "satisfied", "opened", "closed", *PROMISE_COUNTS,
    "ai_handed_over", "ai_escalated", "ai_reopened", "replies", "human_replies", "transfers", "handled", "handled_seconds",
)  # fmt: skip
"""What a cell counts. The first six and the last eight are dated by the creation, the next three by the first solution, ratings by
when they were given, and `opened` and `closed` are the changes of the backlog: their running sum is the backlog when the day ends. The
last five are sums over tickets: of their public answers, those of persons, their transfers; tickets that are solved now, and the
seconds in which these were open and waited neither for the requester nor for a third party."""

_PLACE = {name: place for place, name in enumerate(COUNTS)}


@dataclass(frozen=True, slots=True)
class CellTickets:
    """Tickets that cells are made of.

    Parameters
    ----------
    columns: n tickets, with the times of those that were reopened more than once.
    dimensions: values by name of `DIMENSIONS`, as text, "" where there is none, each of n.
    promises: the ticket's position, the place in `COUNTS` and the second since 1970 at which it was decided, of each decided promise.
    weights: 1, or -1 for a row that is replaced, shape (n,).
    """

    columns: HandlingColumns
    dimensions: Mapping[str, Sequence[str]]
    promises: tuple[Ints, Ints, Floats]
    weights: Ints


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one pair of dimensions; those that are zero throughout are left out.

    Parameters
    ----------
    dimension, filter_dimension: the pair, of `GROUPINGS`.
    groups: the pair of values of each of g groups.
    group, day: position of the group and days since 1970 of each of c cells, ascending, shape (c,).
    counts: by cell and name of `COUNTS`, shape (c, len(COUNTS)).
    cell, entries, numbers: the histograms' entries: the position of the cell, the entry and its count, shape (e,).
    """

    dimension: str
    filter_dimension: str
    groups: Sequence[tuple[str, str]]
    group: Ints
    day: Ints
    counts: Ints
    cell: Ints
    entries: Ints
    numbers: Ints


def without(dimension: str) -> str:
    """Return what tickets without a value of a dimension are called, such as "no vendor"."""
    return f"no {dimension.removesuffix('_id').replace('_', ' ')}"


def count_place(target: str, *, kept: bool) -> int | None:
    """Return the place in `COUNTS` of promises of a target that were kept or missed; None for an unknown target."""
    return _PLACE.get(f"{target}_{'kept' if kept else 'missed'}")


def cells_of(tickets: CellTickets, groupings: Sequence[tuple[str, str]] = GROUPINGS) -> Iterator[Cells]:
    """Yield the cells of tickets, by pair of dimensions."""
    if not len(tickets.columns):
        return
    happened = _occurrences(tickets)
    lasted = _durations(tickets.columns)
    coded = {name: _codes(values) for name, values in tickets.dimensions.items()}
    everything = (np.zeros(len(tickets.columns), dtype=np.int64), [""])
    for first, second in groupings:
        pair = coded.get(first, everything), coded.get(second, everything)
        yield _summed((first, second), pair, tickets.weights, happened, lasted)


_Coded = tuple[Ints, list[str]]
_Dated = tuple[Ints, Ints, Ints, Ints]
"""Positions of tickets, days since 1970, places in `COUNTS` or entries of histograms, and how much each adds."""


def _codes(values: Sequence[str]) -> _Coded:
    known: dict[str, int] = {}
    codes = np.fromiter((known.setdefault(value, len(known)) for value in values), np.int64, len(values))
    return codes, list(known)


def _summed(
    names: tuple[str, str], pair: tuple[_Coded, _Coded], weights: Ints, happened: _Dated, lasted: _Dated
) -> Cells:
    (codes, values), (others, filters) = pair
    joint, group_of = np.unique(codes * len(filters) + others, return_inverse=True)
    first_day = min(int(dated[1].min(initial=2**40)) for dated in (happened, lasted))
    keys = [(group_of[at] << 24) + (days - first_day) for at, days, _, _ in (happened, lasted)]
    cells, where = np.unique(np.concatenate(keys), return_inverse=True)
    counted, binned = where[: len(keys[0])], where[len(keys[0]) :]
    amounts = weights[happened[0]] * happened[3]
    counts = _sums(counted * len(COUNTS) + happened[2], amounts, len(cells) * len(COUNTS))
    counts = counts.reshape(len(cells), len(COUNTS))
    bins, position = np.unique((binned << 32) + lasted[2], return_inverse=True)
    numbers = _sums(position, weights[lasted[0]], len(bins))
    bins, numbers = bins[numbers != 0], numbers[numbers != 0]
    kept: Mask = (counts != 0).any(axis=1)
    kept[bins >> 32] = True
    return Cells(
        *names,
        [(values[one // len(filters)], filters[one % len(filters)]) for one in joint.tolist()],
        cells[kept] >> 24,
        (cells[kept] & 0xFFFFFF) + first_day,
        counts[kept],
        (np.cumsum(kept) - 1)[bins >> 32],
        bins & 0xFFFFFFFF,
        numbers,
    )


def _sums(places: Ints, weights: Ints, length: int) -> Ints:
    # Sums of doubles are exact up to 2**53.
    return np.bincount(places, weights, length).astype(np.int64)


def _occurrences(tickets: CellTickets) -> _Dated:
    """Return what is counted, and when it happened."""
    columns = tickets.columns
    times, counts = columns.times, columns.counts
    alive = np.isnan(times["removed_at"])
    begun = begun_by_ai(columns)
    alone = begun & alone_by_ai(columns)
    found = [
        _dated(name, times[time], alive & chosen)
        for name, time, chosen in (
            ("created", "created_at", alive),
            ("escalated", "created_at", ~np.isnan(times["escalated_at"])),
            ("transferred", "created_at", counts["transfers"] > 0),
            ("ai_begun", "created_at", begun),
            ("ai_decided", "created_at", decided_of(columns, begun, alone)),
            ("ai_alone", "created_at", alone),
            ("resolved", "first_resolved_at", alive),
            ("reopened", "first_resolved_at", counts["reopens"] > 0),
            ("one_touch", "first_resolved_at", counts["replies_before_resolution"] <= 1),
            ("rated", "rated_at", alive),
            ("satisfied", "rated_at", counts["csat"] >= GOOD_RATING),
            ("ai_handed_over", "created_at", begun & (counts["had_human"] > 0)),
            ("ai_escalated", "created_at", begun & ~np.isnan(times["escalated_at"])),
            ("ai_reopened", "created_at", alone & (counts["reopens"] > 0)),
            ("handled", "created_at", ~np.isnan(times["resolved_at"])),
        )
    ]
    found += [
        _dated(name, times["created_at"], alive & (counts[name] > 0), counts[name])
        for name in ("replies", "human_replies", "transfers")
    ]
    seconds = _handled_seconds(columns)
    found.append(_dated("handled_seconds", times["created_at"], alive & (seconds > 0), seconds))
    at, places, decided = tickets.promises
    counted = alive[at]
    found.append((at[counted], _days(decided[counted]), places[counted], np.ones(int(counted.sum()), dtype=np.int64)))
    found += _backlog_changes(columns)
    return _joined(found)


def _dated(name: str, moments: Floats, chosen: Mask, amounts: Ints | None = None) -> _Dated:
    at = np.flatnonzero(chosen & ~np.isnan(moments))
    number = np.ones(len(at), dtype=np.int64) if amounts is None else amounts[at]
    return at, _days(moments[at]), np.full(len(at), _PLACE[name]), number


def _handled_seconds(columns: HandlingColumns) -> Ints:
    """Return the seconds of `handling_seconds`, 0 for tickets that are open."""
    seconds = handling_seconds(columns)
    return np.where(np.isnan(seconds), 0.0, seconds).astype(np.int64)


def _days(moments: Floats) -> Ints:
    return np.floor_divide(moments, DAY).astype(np.int64)


def _joined(parts: Sequence[_Dated]) -> _Dated:
    at, days, places, amounts = (np.concatenate(column) for column in zip(*parts, strict=True))
    return at, days, places, amounts


def _backlog_changes(columns: HandlingColumns) -> Iterator[_Dated]:
    """Yield when tickets came into the backlog and left it: the spans in which they are open, until they are removed.

    What happens at midnight has happened when the day begins, so it belongs to the day before: the running sum until a day begins is
    then what `HandlingColumns.open_at` counts.
    """
    times, number = columns.times, len(columns)
    at = np.arange(number)
    once = ~np.isin(at, np.fromiter(columns.reopened, np.int64, len(columns.reopened)))
    again = np.where(columns.counts["reopens"] == 1, times["resolved_at"], np.nan)
    spans = [
        (at[once], times["created_at"][once], times["first_resolved_at"][once]),
        (at[once], times["first_reopened_at"][once], again[once]),
    ]
    for place, pairs in columns.reopened.items():
        starts = np.concatenate((times["created_at"][[place]], pairs[:, 1]))
        spans.append((np.full(len(starts), place), starts, np.append(pairs[:, 0], np.nan)))
    for places, opened, solved in spans:
        begins = np.maximum(opened, times["created_at"][places])
        ends = np.fmin(solved, times["removed_at"][places])
        is_span = ~np.isnan(begins) & ~(ends <= begins)
        for name, moments in (("opened", begins), ("closed", ends)):
            chosen = is_span & ~np.isnan(moments)
            day = np.ceil(moments[chosen] / DAY).astype(np.int64) - 1
            yield places[chosen], day, np.full(len(day), _PLACE[name]), np.ones(len(day), dtype=np.int64)


def _durations(columns: HandlingColumns) -> _Dated:
    """Return the entries of the histograms, by the day of creation, of tickets that were not removed."""
    times = columns.times
    alive, created = np.isnan(times["removed_at"]), times["created_at"]
    day = np.floor_divide(created, DAY) * DAY
    replied, first, last = (times[name] for name in ("first_reply_at", "first_resolved_at", "resolved_at"))
    has = {name: ~np.isnan(values) for name, values in (("replied", replied), ("first", first), ("last", last))}
    begun = begun_by_ai(columns)
    alone, handed = begun & alone_by_ai(columns), begun & (columns.counts["had_human"] > 0)
    again, human = times["first_reopened_at"], times["first_human_reply_at"]
    has["human"] = ~np.isnan(human)
    lasting: tuple[tuple[DurationKind, Floats, Mask], ...] = (
        (DurationKind.FIRST_REPLY, replied - created, has["replied"]),
        (DurationKind.UNANSWERED, last - created, ~has["replied"] & has["last"]),
        (DurationKind.FIRST_RESOLUTION, first - created, has["first"]),
        (DurationKind.FULL_RESOLUTION, last - created, has["last"]),
        (DurationKind.REOPENED_AFTER_AI, again - first, alone & ~np.isnan(again)),
        (DurationKind.PERSON_AFTER_AI, human - created, handed & has["human"]),
        (DurationKind.NO_PERSON_AFTER_AI, last - created, handed & ~has["human"] & has["last"]),
    )
    since: tuple[tuple[DurationKind, Floats, Mask], ...] = (
        (DurationKind.WAITING_REPLY, created - day, ~has["replied"] & ~has["last"]),
        (DurationKind.WAITING_FIRST_RESOLUTION, created - day, ~has["first"]),
        (DurationKind.WAITING_FULL_RESOLUTION, created - day, ~has["last"]),
        (DurationKind.KEPT_SINCE_AI, first - day, alone & has["first"] & np.isnan(again)),
        (DurationKind.WAITING_PERSON_AFTER_AI, created - day, handed & ~has["human"] & ~has["last"]),
    )
    found: list[_Dated] = []
    for make, entries in ((duration_entries, lasting), (moment_entries, since)):
        for kind, seconds, chosen in entries:
            at = np.flatnonzero(chosen & alive)
            found.append((at, _days(created[at]), make(kind, seconds[at]), np.ones(len(at), dtype=np.int64)))
    return _joined(found)
