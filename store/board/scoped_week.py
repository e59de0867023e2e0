"""The last week within a limited scope: counted from its tickets, without expectations, names or figures that others are part of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from models.access import AccessScope
from models.known_issues import IssueState
from models.theme import Theme, ThemeState
from store.board.biggest import DAYS, NEW, SHOWN, Week, WeekTheme
from store.board.now import Now
from store.board.theme_rows import theme_of
from store.schema import assignments, known_issue_tickets, known_issues, themes, tickets
from store.scoped import in_scope, scoped_figures, scoped_themes, with_figures

LOOKED_AT = 100
"""New themes of all tickets among which those of the scope are looked for."""

ISSUES = 10


def read_scoped_week(connection: Connection, now: Now, scope: AccessScope) -> Week:
    """Count the last seven days of a scope by theme. Costs a look at each of these tickets: keep it until something is mined."""
    since = now.time - timedelta(days=DAYS)
    query = (
        select(assignments.c.theme_id, func.count())
        .select_from(tickets.outerjoin(assignments, assignments.c.ticket_id == tickets.c.id))
        .where(tickets.c.time >= since, tickets.c.time < now.time, tickets.c.counted, in_scope(scope))
        .group_by(assignments.c.theme_id)
    )
    found = {row[0]: int(row[1]) for row in connection.execute(query)}
    total = sum(found.values())
    largest = sorted((one for one in found if one is not None), key=lambda one: (-found[one], one))[:SHOWN]
    listed = _seen(connection, scope, largest)
    by_volume = tuple(
        WeekTheme(listed[one], found[one], 0, None, None, is_new=False, signals=False)
        for one in largest
        if one in listed
    )
    return Week(since, total, (), by_volume)


def read_scoped_new_themes(
    connection: Connection, scope: AccessScope, since: datetime
) -> tuple[int, tuple[Theme, ...]]:
    """Read the live themes whose first ticket came after a time, those with tickets in the scope, with what they are within it."""
    query = select(themes.c.id).where(themes.c.state == ThemeState.LIVE.value, themes.c.first_seen >= since)
    ids = connection.execute(query.order_by(themes.c.size.desc(), themes.c.id).limit(LOOKED_AT)).scalars().all()
    figures = {one: found for one in ids if (found := scoped_figures(connection, scope, one)) is not None}
    largest = sorted(figures, key=lambda one: (-figures[one].size, one))[:NEW]
    listed = _seen(connection, scope, largest)
    return len(figures), tuple(with_figures(listed[one], figures[one]) for one in largest if one in listed)


def read_scoped_issues(connection: Connection, scope: AccessScope) -> list[tuple[int, str, int]]:
    """Read the known issues that are not closed and have attached tickets in the scope: number, title, and how many."""
    number = func.count().label("number")
    query = (
        select(known_issues.c.id, known_issues.c.title, number)
        .join(known_issue_tickets, known_issue_tickets.c.known_issue_id == known_issues.c.id)
        .join(tickets, tickets.c.id == known_issue_tickets.c.ticket_id)
        .where(
            known_issues.c.state != IssueState.CLOSED.value, known_issue_tickets.c.how != "detached", tickets.c.counted, in_scope(scope)
        )
        .group_by(known_issues.c.id, known_issues.c.title)
        .order_by(number.desc(), known_issues.c.id)
        .limit(ISSUES)
    )  # fmt: skip
    return [(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def _seen(connection: Connection, scope: AccessScope, theme_ids: list[int]) -> Mapping[int, Theme]:
    """Read themes as a person with the scope may see them."""
    rows = connection.execute(select(themes).where(themes.c.id.in_(theme_ids)))
    return scoped_themes(connection, scope, [theme_of(row) for row in rows])
