"""Views of days: what happened to tickets by theme, and how the tickets of a day were handled by whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, and_, case, cast, func, literal_column, select, union_all

from store.schema import themes, ticket_handling
from store.views.view import SqlView, ValueKind, ViewColumn, seconds_between, shown, utc_day

_t = ticket_handling.c

_HAPPENED = {
    "created": (_t.created_at, "tickets created on the day"),
    "resolved": (_t.first_resolved_at, "tickets solved for the first time on the day"),
    "reopened": (_t.first_reopened_at, "tickets reopened for the first time on the day"),
    "escalated": (_t.escalated_at, "tickets escalated for the first time on the day"),
    "ratings": (_t.rated_at, "tickets whose last rating was given on the day"),
}


def _dated(name: str, time: Column[Any]) -> Any:
    rated = _t.csat if name == "ratings" else cast(None, Integer)
    return select(
        utc_day(time).label("day"), _t.theme_id, literal_column(f"'{name}'").label("what"), rated.label("csat")
    ).where(time.is_not(None), _t.removed_at.is_(None))


_events = union_all(*(_dated(name, time) for name, (time, _) in _HAPPENED.items())).subquery("happened")


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


_daily = (
    select(
        _events.c.day,
        _events.c.theme_id,
        *(_number(_events.c.what == name).label(name) for name in _HAPPENED),
        _number(_events.c.csat >= 4).label("satisfied"),
    )
    .group_by(_events.c.day, _events.c.theme_id)
    .subquery("daily")
)


def _count(column: ColumnElement[Any], name: str, meaning: str) -> ViewColumn:
    return shown(column, meaning, name=name, kind=ValueKind.INTEGER)


V_THEME_DAILY = SqlView(
    "v_theme_daily",
    "One row for each day (UTC) and theme with what happened on it; days on which nothing happened have none. A ticket belongs to the "
    "theme that it is in now.",
    (
        shown(_daily.c.day, "day in UTC", name="day", kind=ValueKind.DAY),
        shown(_daily.c.theme_id, "theme of the tickets; NULL: unthemed", name="theme_id", kind=ValueKind.INTEGER),
        shown(themes.c.name, "name of the theme; NULL: unthemed", name="theme_name"),
        *(_count(_daily.c[name], name, meaning) for name, (_, meaning) in _HAPPENED.items()),
        _count(_daily.c.satisfied, "satisfied", "of the ratings, those of 4 and 5"),
    ),
    _daily.outerjoin(themes, themes.c.id == _daily.c.theme_id),
    key=("day", "theme_id"),
    period="day",
)

_FIGURES = {
    "tickets": (func.count(), "tickets created on the day"),
    "answered": (func.count(_t.first_reply_at), "of these, tickets that had a public answer since"),
    "resolved": (func.count(_t.first_resolved_at), "of these, tickets that were solved since"),
    "open": (_number(_t.resolved_at.is_(None)), "of these, tickets that are not solved now"),
    "reopened": (_number(_t.reopens > 0), "of these, tickets that were reopened since"),
    "escalated": (func.count(_t.escalated_at), "of these, tickets that were escalated since"),
    "transferred": (_number(_t.transfers > 0), "of these, tickets whose handler, vendor or team changed since"),
    "with_human": (_number(_t.had_human), "of these, tickets that a person handled or answered at any time"),
    "one_touch": (
        _number(and_(_t.first_resolved_at.is_not(None), _t.replies_before_resolution <= 1)),
        "of these, tickets that were solved with at most one public answer",
    ),
    "ratings": (func.count(_t.csat), "of these, tickets that were rated"),
    "satisfied": (_number(_t.csat >= 4), "of the ratings, those of 4 and 5"),
}
_SUMS = {
    "first_reply_seconds": (
        func.sum(seconds_between(_t.created_at, _t.first_reply_at)),
        "sum of the seconds to the first public answer; divide it by `answered`",
    ),
    "first_resolution_seconds": (
        func.sum(seconds_between(_t.created_at, _t.first_resolved_at)),
        "sum of the seconds to the first solution; divide it by `resolved`",
    ),
}
_day = utc_day(_t.created_at)
_handled = (
    select(
        _day.label("day"),
        _t.handled_by,
        _t.vendor,
        _t.team,
        *(figure.label(name) for name, (figure, _) in (_FIGURES | _SUMS).items()),
    )
    .where(_t.removed_at.is_(None))
    .group_by(_day, _t.handled_by, _t.vendor, _t.team)
    .subquery("handled")
)

V_HANDLING = SqlView(
    "v_handling",
    "One row for each day (UTC), handler, vendor and team: the tickets that were created on the day and that they handled last, and "
    "what became of these until now. Newer days have more tickets that are still open: means of times look fast there.",
    (
        shown(_handled.c.day, "day of the tickets' creation in UTC", name="day", kind=ValueKind.DAY),
        *(
            shown(_handled.c[one.name], one.comment or "", name=one.name, kind=ValueKind.TEXT)
            for one in (_t.handled_by, _t.vendor, _t.team)
        ),
        *(_count(_handled.c[name], name, meaning) for name, (_, meaning) in _FIGURES.items()),
        *(shown(_handled.c[name], meaning, name=name, kind=ValueKind.NUMBER) for name, (_, meaning) in _SUMS.items()),
    ),
    _handled,
    key=("day", "handled_by", "vendor", "team"),
    period="day",
)
