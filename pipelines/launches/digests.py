"""Digests of launch days: hourly while a launch runs, and a closing review against its plan and past launches when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.digest.readers import follows_launches
from alerts.digest.records import ClosingFigures
from alerts.ownership import EVERYONE, Ownership
from alerts.publishing import DigestOrder, PublishedDigest, publish_digests
from alerts.settings import AlertSettings
from models.formats import counted, figure, plan_error
from models.spikes.settings import SpikeSettings
from pipelines.launches.review import LaunchUnknown, review_launch
from store.board import LaunchRow, launch_rows, now_of
from store.database import reading
from store.digests import DigestKind, DigestWindow

HOUR = timedelta(hours=1)

MOST_HOURS = timedelta(days=7)
"""A longer plan is a season: hourly digests of it would be read by nobody, and its days have daily digests."""


def publish_launch_digests(
    engine: Engine,
    ownership: Ownership,
    at: datetime,
    settings: AlertSettings,
    spikes: SpikeSettings,
    order: DigestOrder | None = None,
    *,
    catch_up: timedelta = HOUR,
) -> list[PublishedDigest]:
    """Publish the digests of the launches that run at `at`, or ended at most `catch_up` before, each up to the last full hour.

    A digest covers its launch from the start on, and the last one all of it; hours that no run published are left out, since the next
    digest includes them. Launches of the same window share a digest. It goes to the audiences whose themes or scope the launches
    concern, to those that follow launches, and to `everyone`.
    """
    order = order or DigestOrder()
    with reading(engine) as connection:
        now = now_of(connection)
        due = {} if now is None else _due(launch_rows(connection), at, catch_up)
        orders = {window: launch_order(connection, rows, window, spikes, order) for window, rows in due.items()}
    published = []
    for window, one in orders.items():
        audiences = [name for name in readers_of_launches(due[window], ownership) if _wanted(name, order)]
        published += publish_digests(
            engine, ownership, window, settings.digest_folder, settings, replace(one, audiences=audiences)
        )
    return published


def launch_order(
    connection: Connection,
    launches: Sequence[LaunchRow],
    window: DigestWindow,
    spikes: SpikeSettings,
    order: DigestOrder | None = None,
) -> DigestOrder:
    """Return the order of a digest that is about launches; those that are over at the window's end have their closing figures."""
    reviews = [_review(connection, one.launch_id, spikes) for one in launches if one.end <= window.end]
    return replace(
        order or DigestOrder(),
        kind=DigestKind.LAUNCH_DAY,
        followed=tuple(one.launch_id for one in launches),
        closing={review["id"]: closing_figures(review) for review in reviews if review is not None},
    )


def readers_of_launches(launches: Sequence[LaunchRow], ownership: Ownership) -> list[str]:
    """Return the audiences that read the digests of launches: whose match a scope touches, who follow launches, then `everyone`."""
    found = [
        one.name
        for one in ownership.audiences
        if one.name != EVERYONE
        and (follows_launches(one) or any(not row.scope.pairs or one.match.touches(row.scope) for row in launches))
    ]
    return [*found, EVERYONE]


def closing_figures(review: Mapping[str, Any]) -> ClosingFigures:
    """Return how a launch ended, from its review (see `review_launch`)."""
    planned, whole = review["planned_themes"], review["all_tickets"]
    lift = None if whole is None else whole["lift_seen"]
    return ClosingFigures(
        sentence=_sentence(review["title"], planned, whole, lift),
        planned=None if planned is None else planned["plan"],
        actual=None if planned is None else planned["actual"],
        lift=lift,
        past=tuple(_past(one) for one in review["past"]),
    )


def _due(rows: Iterable[LaunchRow], at: datetime, catch_up: timedelta) -> dict[DigestWindow, list[LaunchRow]]:
    found: dict[DigestWindow, list[LaunchRow]] = {}
    for row in rows:
        if row.start >= at or row.end + catch_up < at or row.end - row.start > MOST_HOURS:
            continue
        hours = (at - row.start) // HOUR
        end = row.end if at >= row.end else row.start + hours * HOUR
        if end > row.start:
            found.setdefault(DigestWindow(row.start, end), []).append(row)
    return dict(sorted(found.items(), key=lambda pair: (pair[0].start, pair[0].end)))


def _wanted(name: str, order: DigestOrder) -> bool:
    return order.audiences is None or name in order.audiences


def _review(connection: Connection, launch_id: str, spikes: SpikeSettings) -> dict[str, Any] | None:
    try:
        return review_launch(connection, launch_id, spikes)
    except LaunchUnknown:
        return None


def _sentence(
    title: str, planned: Mapping[str, Any] | None, whole: Mapping[str, Any] | None, lift: float | None
) -> str:
    if planned is not None and planned["plan"]:
        said = (
            f"its planned themes had {counted(planned['actual'], 'ticket')} where {figure(planned['plan'])} were planned "
            f"({_error(planned)}), with {counted(planned['hours_above'], 'theme-hour')} above the range"
        )
    elif whole is not None and whole["plan"]:
        said = f"all themes had {counted(whole['actual'], 'ticket')}, and {figure(whole['plan'])} were expected ({_error(whole)})"
    else:
        said = "nothing was planned for it"
    return f"{title} is over: {said}{'' if lift is None else f'; all tickets were {lift:.1f} times the usual'}."


def _error(figures: Mapping[str, Any]) -> str:
    return plan_error(figures["actual"], figures["plan"], within=figures["within_range"])


def _past(one: Mapping[str, Any]) -> str:
    planned = one["planned_themes"]
    error = (
        "no plan" if planned is None or planned["error"] is None else f"planned themes {_error(planned)} against plan"
    )
    lift = one["lift_all_tickets"]
    return f"{one['id']}, {one['start'][:10]}: {error}{'' if lift is None else f', all tickets {lift:.1f} times the usual'}."
