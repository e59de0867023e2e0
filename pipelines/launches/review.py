"""The review of a launch: plan against actual, by theme and in all, compared with past launches of its kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from models.bucket import BUCKETS_PER_HOUR, bucket_of
from models.count_range import CountRange, combine_ranges
from models.launch import Launch
from models.segment import EVERYTHING
from models.spikes.settings import SpikeSettings
from models.theme import ALL_TICKETS
from models.times import rfc3339
from pipelines.launches.common_lift import LaunchCommonLift, common_of
from store.board.now import Now, now_of
from store.board.series import Hour, series_of
from store.epochs import read_planned
from store.errors import StoreError
from store.plans import read_launches
from store.records import chunks
from store.reviews import StoredReview, read_reviews
from store.schema import bands, themes

AFTERWARDS = timedelta(days=1)
"""A launch is looked back at when it ends, and again once the day after it is known: that review is final."""

PAST = 5
"""Past launches of the kind that a review is compared with: the newest ones."""


class LaunchUnknown(StoreError):
    """There is no such launch."""

    def __init__(self, launch_id: str) -> None:
        super().__init__(
            f"received the launch {launch_id!r}, which is not on record; `groundswell launches list` shows them"
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """Plan and actual over the complete hours so far: tickets, and hours above and below the envelope.

    expected: the mean and the 95 % range of the total, with chance and the tolerance of the plan; None without a plan.
    """

    expected: CountRange | None
    actual: int
    hours: int
    hours_above: int
    hours_below: int

    @property
    def plan(self) -> float | None:
        """Tickets that were expected; None without a plan."""
        return None if self.expected is None else self.expected.mean

    @property
    def error(self) -> float | None:
        """Actual minus plan, as a share of the plan; None without a plan."""
        return None if not self.plan else (self.actual - self.plan) / self.plan

    @property
    def within(self) -> bool | None:
        """Whether the total is within what chance and the plan's tolerance allow; None without a plan.

        Where few tickets were planned an error of several hundred percent may be chance.
        """
        return None if self.expected is None else self.expected.low <= self.actual <= self.expected.high

    def as_json(self) -> dict[str, Any]:
        """Write the figures as listings show them."""
        expected = self.expected
        limits = None if expected is None else [round(expected.low, 2), round(expected.high, 2)]
        return {
            "plan": _rounded(self.plan, 2), "actual": self.actual, "error": _rounded(self.error, 4), "range": limits,
            "within_range": self.within, "hours": self.hours, "hours_above": self.hours_above, "hours_below": self.hours_below,
        }  # fmt: skip


def review_launch(connection: Connection, launch_id: str, settings: SpikeSettings) -> dict[str, Any]:
    """Return the review of a launch; of one that still runs, over its hours so far.

    `plan` is what was expected of each hour when it began, for the themes that the plan names, in all segments. `lift_seen` is the
    volume inside the scope divided by what is usual there, once the launch is over. Under a plan for all themes `common` is the lift
    that they have in common, planned and learned, with an interval of nine cases in ten, and `own_lift` of a theme is its lift
    divided by the common one; both are None without such a plan. `themes` are those that the plan means, `similar_themes` those that
    are only similar to a text of it: they may have what is planned, and do not count in `planned_themes`. `error` is a share of the
    plan; `within_range` says whether chance and the plan's tolerance explain it. `settings` are those that the launch is mined with.
    Raises `LaunchUnknown`.
    """
    launch = next((one for one in read_launches(connection) if one.launch_id == launch_id), None)
    if launch is None:
        raise LaunchUnknown(launch_id)
    return review_of(connection, now_of(connection), launch, settings)


def review_of(connection: Connection, now: Now | None, launch: Launch, settings: SpikeSettings) -> dict[str, Any]:
    """Return the review of a launch that was read already, see `review_launch`."""
    reviews = read_reviews(connection)
    review = reviews.get(launch.launch_id)
    common = common_of(connection, now, launch, review, tolerance_coverage=settings.tolerance_coverage)
    rows, planned = ([], None) if now is None else _themes(connection, now, launch, review, common)
    return {
        "id": launch.launch_id, "kind": launch.kind, "title": launch.title, "start": rfc3339(launch.start),
        "end": rfc3339(launch.end), "scope": launch.scope.as_dict(), "tolerance": launch.tolerance,
        "state": launch_state(launch, now), "reviewed": None if review is None else rfc3339(review.until),
        "common": None if common is None else common.as_json(), "planned_themes": planned,
        "all_tickets": _all_tickets(connection, now, launch, review),
        "themes": [one for one in rows if one["meant"]], "similar_themes": [one for one in rows if not one["meant"]],
        "past": [_past(connection, now, one) for one in _of_kind(reviews.values(), launch)],
    }  # fmt: skip


def launch_state(launch: Launch, now: Now | None) -> str:
    """Return whether a launch is planned, running or over, by the newest event time."""
    if now is None or now.time <= launch.start:
        return "planned"
    return "over" if now.time >= launch.end else "running"


def _themes(
    connection: Connection,
    now: Now,
    launch: Launch,
    review: StoredReview | None,
    common: LaunchCommonLift | None = None,
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return the themes that the plan means, those that it may mean, and other reviewed ones; of each the greatest error first.

    With them the figures of all that the plan means together; None where it means none, or nothing has been expected yet.
    """
    query = select(bands.c.theme_id).where(bands.c.launch_id == launch.launch_id).distinct()
    under = set(connection.execute(query).scalars()) - {ALL_TICKETS}
    seen = review.past.seen if review is not None else {}
    chosen = sorted((under | seen.keys()) - {ALL_TICKETS})
    names = {
        row.id: row.name
        for part in chunks(chosen)
        for row in connection.execute(select(themes.c.id, themes.c.name).where(themes.c.id.in_(part)))
    }
    series = _series(connection, now, launch, chosen)
    figures = {theme: _add([series[theme]], launch.launch_id) for theme in chosen}
    meant = _meant(connection, launch, chosen)
    rows = [
        {
            "theme_id": theme, "name": names.get(theme, ""), **figures[theme].as_json(),
            "meant": theme in meant, "lift_seen": _lift_seen(review, theme),
            "own_lift": None if common is None else _rounded(common.own.get(theme), 2),
        }
        for theme in chosen
    ]  # fmt: skip
    rows.sort(
        key=lambda row: (
            row["plan"] is None,
            not row["meant"],
            -abs(row["actual"] - (row["plan"] or 0)),
            row["theme_id"],
        )
    )
    planned = [row["theme_id"] for row in rows if row["plan"] is not None and row["meant"]]
    return rows, _add([series[theme] for theme in planned], launch.launch_id).as_json() if planned else None


def _meant(connection: Connection, launch: Launch, among: Collection[int]) -> set[int]:
    """Return those of some themes that a plan means: of the themes that are similar to a text, only the first.

    Where each line has a text or names a theme, no other theme is meant. A plan for all themes, or like another launch, means all
    themes except those that come after the first one of a line. All are meant while the plan is not resolved.
    """
    groups = read_planned(connection, launch.launch_id)
    first = {group[0] for group in groups if group}
    later = {theme for group in groups for theme in group[1:]} - first
    by_text = not any(line.everything or line.like for line in launch.lifts)
    return set(among) & first if by_text and first else set(among) - later


def _all_tickets(
    connection: Connection, now: Now | None, launch: Launch, review: StoredReview | None
) -> dict[str, Any] | None:
    if now is None:
        return None
    found = _add([_series(connection, now, launch, [ALL_TICKETS])[ALL_TICKETS]], only=None)
    return {**found.as_json(), "lift_seen": _lift_seen(review, ALL_TICKETS)}


def _series(connection: Connection, now: Now, launch: Launch, chosen: Collection[int]) -> Mapping[int, Iterable[Hour]]:
    """Read the complete hours of the window so far, by theme."""
    first, last = _hours(launch.start, launch.end, now)
    return series_of(connection, now, chosen, first, last) if last >= first else dict.fromkeys(chosen, ())


def _hours(start: datetime, end: datetime, now: Now) -> tuple[int, int]:
    last = now.hour if now.share(now.hour) == 1.0 else now.hour - 1
    return bucket_of(start) // BUCKETS_PER_HOUR, min((bucket_of(end) - 1) // BUCKETS_PER_HOUR, last)


def _add(themes: Sequence[Iterable[Hour]], only: str | None) -> Figures:
    """Add up the hours of themes; those with an expectation (`only` of this launch) where there are any.

    `hours` are those of the theme with most.
    """
    hours = [list(one) for one in themes]
    said = [
        [(hour, hour.band) for hour in one if hour.band is not None and only in (None, hour.band.launch_id)]
        for one in hours
    ]
    every = [pair for one in said for pair in one]
    if not every:
        return Figures(None, sum(hour.observed for one in hours for hour in one), 0, 0, 0)
    return Figures(
        expected=combine_ranges((band, 1.0) for _, band in every),
        actual=sum(hour.observed for hour, _ in every),
        hours=max(len(one) for one in said),
        hours_above=sum(hour.observed > band.high for hour, band in every),
        hours_below=sum(hour.observed < band.low for hour, band in every),
    )


def _lift_seen(review: StoredReview | None, theme: int) -> float | None:
    if review is None or theme not in review.past.seen:
        return None
    seen, usual = review.past.inside(theme)
    return _rounded(seen / usual, 2) if usual > 0 else None


def _of_kind(reviews: Iterable[StoredReview], launch: Launch) -> list[StoredReview]:
    past = [
        one
        for one in reviews
        if one.past.kind == launch.kind and one.past.launch_id != launch.launch_id and one.end <= launch.start
    ]
    return past[-PAST:][::-1]


def _past(connection: Connection, now: Now | None, one: StoredReview) -> dict[str, Any]:
    """Return the figures by which a past launch is compared."""
    as_launch = Launch(one.past.launch_id, one.past.kind, "", one.start, one.end, EVERYTHING, 0.0, ())
    planned = None if now is None else _themes(connection, now, as_launch, one)[1]
    named = [one.past.inside(theme) for theme in sorted(one.past.planned) if theme in one.past.seen]
    usual = sum(float(figures[1]) for figures in named)
    return {
        "id": one.past.launch_id, "start": rfc3339(one.start), "end": rfc3339(one.end), "planned_themes": planned,
        "lift_planned_themes": _rounded(sum(float(figures[0]) for figures in named) / usual, 2) if usual else None,
        "lift_all_tickets": _lift_seen(one, ALL_TICKETS),
    }  # fmt: skip


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
