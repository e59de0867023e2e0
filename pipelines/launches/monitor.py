"""The monitor of a launch: all that a person who follows it must see, and the verdict on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models.bucket import bucket_of
from models.change import Change
from models.launch import Launch
from models.launch_verdict import LaunchSituation, LaunchVerdict, NamedPosition, OpenSignal, verdict_of
from models.plan_position import PlanPosition, position_of
from models.segment import EVERYTHING, Segment
from models.spikes.settings import SpikeSettings
from models.theme import Theme
from models.times import rfc3339
from pipelines.launches.concerned import MAJORITY
from pipelines.launches.plan_preview import usual_windows
from pipelines.launches.review import launch_state, review_of
from pipelines.launches.scope_volume import ScopeVolume, volume_of
from store.board import HourlySeries, LaunchPage, LaunchTheme, Now, SpikeRow, launch_page, now_of, total_series
from store.board.launch_context import RisingTheme, changes_around, count_segments, rising_themes
from store.launch_counts import count_in_scope, read_segment_number
from store.plans import launch_of, newest_revision
from store.promises import PromisePeriod, PromiseState, read_handled_until, read_promises, within_segment

BEFORE = timedelta(hours=2)
"""A change so long before the launch may have caused what is seen in it."""

DAY = timedelta(days=1)

HANDLERS = ("ai", "human", "vendor")
"""Who handles a ticket."""


@dataclass(frozen=True, slots=True)
class HandlerShare:
    """The share of all tickets that one kind of handler has had since the launch began, and its usual share in these hours."""

    handler: str
    tickets: int
    share: float
    usual: float | None

    def as_json(self) -> dict[str, Any]:
        """Write the share as the JSON interface shows it."""
        usual = None if self.usual is None else round(self.usual, 4)
        return {"handled_by": self.handler, "tickets": self.tickets, "share": round(self.share, 4), "usual": usual}


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchMonitor:
    """A launch as it is now.

    Parameters
    ----------
    page: the launch with the themes under its envelope, new themes and spikes. state: planned, running, over or cancelled.
    series, total: what the plan means in all, by hour and in sum. of_all_tickets: whether that is all tickets.
    rows: the themes of the plan with their positions, those that it means first. meant: ids of those that it means.
    volume: the tickets inside the scope. rising: themes outside the plan that rise. shares: who handles the tickets.
    changes: those recorded since shortly before it began.
    promises: those to tickets in the scope: due next, and decided in the last 24 hours. review: what `launches review` shows.
    """

    page: LaunchPage
    state: str
    verdict: LaunchVerdict
    series: HourlySeries
    total: PlanPosition
    of_all_tickets: bool
    rows: tuple[tuple[LaunchTheme, PlanPosition], ...]
    meant: frozenset[int]
    volume: ScopeVolume
    rising: tuple[RisingTheme, ...]
    shares: tuple[HandlerShare, ...]
    changes: tuple[Change, ...]
    promises: PromiseState | None
    review: Mapping[str, Any]


def monitor_launch(
    connection: Connection, launch_id: str, settings: SpikeSettings, clock: datetime
) -> LaunchMonitor | None:
    """Read the monitor of a launch; None where there is none. `clock` is the wall clock, by which silence is noticed."""
    now = now_of(connection)
    page = launch_page(connection, now, launch_id)
    row = newest_revision(connection, "launch", launch_id, None)
    if page is None or row is None:
        return None
    launch = launch_of(row)
    state = "cancelled" if row.cancelled else launch_state(launch, now)
    review = review_of(connection, now, launch, settings)
    meant = frozenset(one["theme_id"] for one in review["themes"])
    named = [one for one in page.themes if one.theme is not None]
    everything = next((one.series for one in page.themes if one.theme is None), None)
    series = total_series(one.series for one in named if one.theme_id in meant) if everything is None else everything
    rows, total = _positions(named, meant), position_of(series)
    rising = _rising(connection, now, page, launch) if state == "running" else ()
    silent_for = clock - now.time if now is not None and state == "running" else None
    situation = LaunchSituation(
        begun=state in ("running", "over"), over=state == "over", planned=bool(launch.lifts), total=total,
        themes=[NamedPosition(_name(one), position) for one, position in rows if one.theme_id in meant],
        signals=_signals(page, launch, over=state == "over", inside=_inside(connection, now, page, launch)),
        newcomers=[(one.name, one.size) for one in page.newcomers if one.theme_id not in meant],
        rising=[NamedPosition(one.name, one.position) for one in rising], scoped=launch.scope != EVERYTHING,
        silent_for=silent_for,
    )  # fmt: skip
    return LaunchMonitor(
        page=page, state=state, verdict=verdict_of(situation), series=series, total=total, of_all_tickets=everything is not None,
        rows=rows, meant=meant, volume=volume_of(connection, now, launch, settings), rising=rising,
        shares=_shares(connection, now, page), changes=_changes(connection, page), review=review,
        promises=_promises(connection, launch),
    )  # fmt: skip


def _rising(connection: Connection, now: Now | None, page: LaunchPage, launch: Launch) -> tuple[RisingTheme, ...]:
    """Find what rises outside the plan; what is new or has an open spike is shown as that."""
    if now is None:
        return ()
    left_out = {one.theme_id for one in page.themes} | {one.theme_id for one in page.newcomers}
    left_out |= {one.theme_id for one in page.spikes if one.end is None}
    number = None if launch.scope == EVERYTHING else read_segment_number(connection, launch.scope)
    return rising_themes(connection, now, left_out, number)


def _positions(rows: Sequence[LaunchTheme], meant: Collection[int]) -> tuple[tuple[LaunchTheme, PlanPosition], ...]:
    """Give each theme with its position: those that the plan means first, then the furthest above its envelope first."""
    positions = [(row, position_of(row.series)) for row in rows]
    return tuple(sorted(positions, key=lambda pair: (pair[0].theme_id not in meant, -pair[1].beyond, pair[0].theme_id)))


def _name(row: LaunchTheme) -> str:
    return row.theme.name if row.theme is not None else "All tickets"


def _signals(page: LaunchPage, launch: Launch, *, over: bool, inside: Collection[int]) -> list[OpenSignal]:
    """Return the open spikes; once the launch is over, those of its window, ended or not."""
    own = launch.launch_id
    chosen = [one for one in page.spikes if over or one.end is None]
    return [
        OpenSignal(
            one.theme_name, one.kind, one.launch_id == own, one.segment.within(launch.scope) or one.theme_id in inside,
            one.observed, one.expected,
        )
        for one in chosen
    ]  # fmt: skip


def _inside(connection: Connection, now: Now | None, page: LaunchPage, launch: Launch) -> set[int]:
    """Return the themes with a spike in all segments of which most tickets are inside the scope."""
    asked = {one.theme_id for one in page.spikes if not one.segment.pairs}
    if now is None or not asked or launch.scope == EVERYTHING:
        return set()
    span = (bucket_of(launch.start), max(now.bucket + 1, bucket_of(launch.start) + 1))
    length = span[1] - span[0]
    part = count_in_scope(connection, launch.scope, asked, [span], length)
    whole = count_in_scope(connection, EVERYTHING, asked, [span], length)
    return {theme for theme in asked if part.total(theme, 0) > MAJORITY * whole.total(theme, 0)}


def _shares(connection: Connection, now: Now | None, page: LaunchPage) -> tuple[HandlerShare, ...]:
    """Compare who handles all tickets since the launch began with the same hours of earlier weeks."""
    launch = page.launch
    if now is None or now.time <= launch.start:
        return ()
    span = (bucket_of(launch.start), min(now.bucket + 1, bucket_of(launch.end)))
    if span[1] <= span[0]:
        return ()
    earlier = usual_windows(connection, span, EVERYTHING, launch.launch_id).windows
    asked = [Segment.of({"handled_by": handler}) for handler in HANDLERS]
    found = count_segments(connection, [EVERYTHING, *asked], [span, *earlier])
    all_tickets = found.get(EVERYTHING, [0])
    usual = sum(all_tickets[1:])
    return tuple(
        HandlerShare(
            segment.pairs[0][1],
            found[segment][0],
            found[segment][0] / max(all_tickets[0], 1),
            sum(found[segment][1:]) / usual if usual else None,
        )
        for segment in asked
        if segment in found
    )


def _changes(connection: Connection, page: LaunchPage) -> tuple[Change, ...]:
    launch = page.launch
    return tuple(changes_around(connection, launch.start - BEFORE, launch.end, launch.scope))


def _promises(connection: Connection, launch: Launch) -> PromiseState | None:
    """Read the promises to the tickets in the scope as of their last refresh: of the last 24 hours, not before the launch began."""
    known = read_handled_until(connection)
    if known is None or known <= launch.start:
        return None
    end = min(known, launch.end)
    period = PromisePeriod(max(launch.start, end - DAY), end, known)
    found = read_promises(connection, period, None if launch.scope == EVERYTHING else within_segment(launch.scope))
    return found if found.any else None


def monitor_json(monitor: LaunchMonitor) -> dict[str, Any]:
    """Write the monitor as the JSON interface shows it."""
    launch = monitor.page.launch
    return {
        "id": launch.launch_id, "title": launch.title, "kind": launch.kind, "state": monitor.state,
        "start": rfc3339(launch.start), "end": rfc3339(launch.end), "scope": launch.scope.as_dict(),
        **monitor.verdict.as_json(), "total": _position(monitor.total), "of_all_tickets": monitor.of_all_tickets,
        "themes": [
            {"theme_id": row.theme_id, "name": _name(row), "meant": row.theme_id in monitor.meant, **_position(position)}
            for row, position in monitor.rows
        ],
        "volume": monitor.volume.as_json(),
        "new_themes": [_theme(one) for one in monitor.page.newcomers],
        "spikes": [_spike(one, launch.launch_id, launch.scope) for one in monitor.page.spikes],
        "rising": [
            {"theme_id": one.theme_id, "name": one.name, "inside_scope": one.inside, **_position(one.position)}
            for one in monitor.rising
        ],
        "shares": [one.as_json() for one in monitor.shares],
        "changes": [
            {"id": one.change_id, "kind": one.kind, "title": one.title, "time": rfc3339(one.time)} for one in monitor.changes
        ],
        "promises": None if monitor.promises is None else monitor.promises.as_json(),
        "review": dict(monitor.review),
    }  # fmt: skip


def _position(position: PlanPosition) -> dict[str, Any]:
    envelope = position.envelope
    limits = None if envelope is None else [round(one, 1) for one in (envelope.low, envelope.mean, envelope.high)]
    return {"actual": position.actual, "envelope": limits, "position": position.verdict.value}


def _theme(theme: Theme) -> dict[str, Any]:
    return {"theme_id": theme.theme_id, "name": theme.name, "size": theme.size, "first_seen": rfc3339(theme.first_seen)}


def _spike(one: SpikeRow, launch_id: str, scope: Segment) -> dict[str, Any]:
    return {
        "id": one.spike_id, "theme_id": one.theme_id, "theme_name": one.theme_name, "kind": one.kind,
        "segment": one.segment.as_dict(), "start": rfc3339(one.start), "end": rfc3339(one.end), "observed": one.observed,
        "expected": one.expected, "of_this_plan": one.launch_id == launch_id, "inside_scope": one.segment.within(scope),
    }  # fmt: skip
