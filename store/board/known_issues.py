"""Known issues for people: their list with filters, and their volume against what was usual when they were flagged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, or_, select

from models.access import EVERYTHING, AccessScope
from models.bucket import bucket_of
from models.known_issues import IssueActivity, IssueState, stale_reasons
from models.theme import KnownIssue, ThemeState
from models.times import rfc3339
from store.board.now import Now
from store.board.paging import ROWS, ListPage, count_of, offset_of
from store.board.themes import theme_of
from store.known_issues import StoredIssue, issue_of
from store.records import chunks
from store.schema import counts, known_issue_themes, known_issues, themes
from store.scoped import scoped_figures, scoped_themes, themes_in_scope
from store.types import LARGEST_ID

STATES = tuple(one.value for one in IssueState)
WINDOW = timedelta(days=7)
"""Event time over which the list compares volumes."""
LONGEST = timedelta(days=400)
"""Event time over which a page adds up what came since the flag."""
OWNERS = 200
FOUND = 20
"""Themes that a search offers."""

_TAKING = (ThemeState.LIVE.value, ThemeState.DORMANT.value)
_URGENT = {IssueState.REGRESSED.value: 0, IssueState.RESOLVED.value: 2, IssueState.CLOSED.value: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueQuery:
    """Which known issues are listed; empty and None mean any, but closed ones are listed only where `state` asks for them."""

    state: str = ""
    owner: str = ""
    theme: int | None = None
    text: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class StaleRule:
    """When a known issue is stale: after so long without an update or a ticket, or without an owner among `owners` (None: any)."""

    after: timedelta
    owners: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class IssueVolume:
    """Tickets of an issue's themes since a time (event time), and how many are usual in so long; None where that is not known."""

    since: datetime
    observed: int
    usual: float | None

    @property
    def ratio(self) -> float | None:
        """How many times the usual volume it is; None without one."""
        return None if not self.usual else self.observed / self.usual

    def as_json(self) -> dict[str, Any]:
        """Write it as the JSON API does."""
        return {"since": rfc3339(self.since), "observed": self.observed, "usual": self.usual, "ratio": self.ratio}


@dataclass(frozen=True, slots=True)
class IssueTheme:
    """A theme of a known issue: since when it belongs to it, when its newest ticket came, and its usual volume per day."""

    theme_id: int
    name: str
    status: str
    state: str
    since: datetime | None
    last_seen: datetime | None
    usual_per_day: float | None

    def as_json(self) -> dict[str, Any]:
        """Write it as the JSON API does."""
        return {
            "id": self.theme_id, "name": self.name, "status": self.status, "since": rfc3339(self.since),
            "last_seen": rfc3339(self.last_seen), "usual_per_day": self.usual_per_day,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedIssue:
    """A known issue with its themes, its volume (None for a limited scope), and why it is stale, if it is."""

    issue: StoredIssue
    themes: tuple[IssueTheme, ...]
    volume: IssueVolume | None
    stale: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Write it as the JSON API does, with keys of `known-issues list --json`."""
        one = self.issue
        return {
            "id": one.issue_id, "title": one.title, "state": one.state.value, "owner": one.owner, "jira": one.jira,
            "workaround": one.workaround, "sop": one.sop, "fix_version": one.fix_version,
            "fix_expected_at": rfc3339(one.fix_expected_at), "fixed_at": rfc3339(one.fixed_at), "opened_at": rfc3339(one.opened_at),
            "updated_at": rfc3339(one.updated_at), "themes": [theme.as_json() for theme in self.themes],
            "volume": None if self.volume is None else self.volume.as_json(), "stale": list(self.stale),
        }  # fmt: skip


def issue_list(
    connection: Connection, now: Now | None, query: IssueQuery, rule: StaleRule, scope: AccessScope = EVERYTHING
) -> ListPage[ListedIssue]:
    """List the known issues that a query chooses, regressed ones first, then the newest, a page of 100.

    For a limited scope these are the ones of which a theme has tickets in the scope, with these themes alone, and found by these alone;
    without volumes, and without why they are stale.
    """
    seen = None if scope.is_everything else themes_in_scope(connection, scope)
    chosen = select(known_issues).where(*_conditions(query, None if seen is None else list(seen)))
    order = (
        case(_URGENT, value=known_issues.c.state, else_=1),
        known_issues.c.updated_at.desc(),
        known_issues.c.id.desc(),
    )
    rows = connection.execute(chosen.order_by(*order).limit(ROWS).offset(offset_of(query.page))).all()
    members = issue_themes(connection, [row.id for row in rows])
    members = scoped_issue_themes(connection, scope, members)
    volumes = {} if seen is not None or now is None else _recent(connection, now, members)
    # Whether nobody follows an issue is judged by all its tickets.
    judged = (None if seen is not None else now, rule)
    listed = tuple(_listed(row, members.get(row.id, ()), volumes, judged) for row in rows)
    return ListPage(listed, count_of(connection, chosen), query.page)


def issue_themes(connection: Connection, issue_ids: Collection[int]) -> dict[int, tuple[IssueTheme, ...]]:
    """Read the themes that known issues have now, by issue, each in the order of its ids."""
    columns = (themes.c.id, themes.c.name, themes.c.status, themes.c.state, themes.c.last_seen, themes.c.known_issue)
    found: defaultdict[int, list[IssueTheme]] = defaultdict(list)
    for part in chunks(sorted(issue_ids)):
        query = (
            select(known_issue_themes.c.known_issue_id, known_issue_themes.c.since, *columns)
            .join(themes, themes.c.id == known_issue_themes.c.theme_id)
            .where(known_issue_themes.c.known_issue_id.in_(part), known_issue_themes.c.until.is_(None))
            .order_by(themes.c.id)
        )
        for row in connection.execute(query):
            usual = None if row.known_issue is None else KnownIssue.of(row.known_issue).usual_per_day
            found[row.known_issue_id].append(
                IssueTheme(row.id, row.name, row.status, row.state, row.since, row.last_seen, usual)
            )
    return {issue: tuple(own) for issue, own in found.items()}


def scoped_issue_themes(
    connection: Connection, scope: AccessScope, members: Mapping[int, tuple[IssueTheme, ...]]
) -> dict[int, tuple[IssueTheme, ...]]:
    """Keep the themes of which a scope has tickets, named and dated as its people may see them; without their volumes."""
    if scope.is_everything:
        return dict(members)
    asked = sorted({one.theme_id for own in members.values() for one in own})
    figures = {theme: found for theme in asked if (found := scoped_figures(connection, scope, theme)) is not None}
    rows = [
        row
        for part in chunks(sorted(figures))
        for row in connection.execute(select(themes).where(themes.c.id.in_(part)))
    ]
    named = scoped_themes(connection, scope, [theme_of(row) for row in rows])
    return {
        issue: tuple(
            replace(
                one, name=named[one.theme_id].name, status=named[one.theme_id].status, last_seen=figures[one.theme_id].last_seen,
                usual_per_day=None,
            )
            for one in own
            if one.theme_id in figures
        )
        for issue, own in members.items()
    }  # fmt: skip


def other_issues(
    connection: Connection, theme_ids: Collection[int], issue_id: int | None = None
) -> dict[int, list[int]]:
    """Read which known issues, other than one, themes belong to now, by theme: a theme in several of them is rarely meant."""
    belonging = known_issue_themes.c
    query = select(belonging.theme_id, belonging.known_issue_id).where(
        belonging.theme_id.in_(list(theme_ids)), belonging.until.is_(None)
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for theme, issue in connection.execute(query.order_by(belonging.theme_id, belonging.known_issue_id)):
        if issue != issue_id:
            found[theme].append(issue)
    return dict(found)


def find_themes(connection: Connection, text: str) -> tuple[tuple[int, str, int], ...]:
    """Search the themes that may be flagged, by their name or number: (id, name, size), the greatest first."""
    number = text.strip().lstrip("#")
    if number.isdecimal():
        chosen = themes.c.id == (int(number) if len(number) < len(str(LARGEST_ID)) else -1)
    else:
        chosen = themes.c.name.icontains(text.strip(), autoescape=True)
    query = select(themes.c.id, themes.c.name, themes.c.size).where(chosen, themes.c.state.in_(_TAKING))
    rows = connection.execute(query.order_by(themes.c.size.desc(), themes.c.id).limit(FOUND))
    return tuple((row.id, row.name, row.size) for row in rows)


def issue_volume(connection: Connection, now: Now, own: Iterable[IssueTheme], opened_at: datetime) -> IssueVolume:
    """Add up the tickets of an issue's themes since each was flagged (else since the issue was opened), against the usual volume."""
    observed, usual, known = 0, 0.0, False
    earliest = now.time - LONGEST
    begun = [(one, max(one.since or opened_at, earliest)) for one in own]
    for one, since in begun:
        query = select(func.coalesce(func.sum(counts.c.n), 0)).where(
            counts.c.theme_id == one.theme_id,
            counts.c.segment_id == now.segment_id,
            counts.c.bucket >= bucket_of(since),
        )
        observed += int(connection.execute(query).scalar_one())
        if one.usual_per_day is not None:
            known, usual = True, usual + one.usual_per_day * max((now.time - since) / timedelta(days=1), 0.0)
    return IssueVolume(min((since for _, since in begun), default=opened_at), observed, usual if known else None)


def issue_owners(connection: Connection) -> tuple[str, ...]:
    """Read who owns known issues, by name."""
    query = (
        select(known_issues.c.owner).distinct().where(known_issues.c.owner.is_not(None)).order_by(known_issues.c.owner)
    )
    return tuple(connection.execute(query.limit(OWNERS)).scalars())


def stale_sentences(
    issue: StoredIssue, own: Collection[IssueTheme], now: Now | None, rule: StaleRule
) -> tuple[str, ...]:
    """Return why an issue is stale, in sentences; nothing for one that is followed."""
    if now is None:
        return ()
    # No ticket can attach before the issue was opened: one that is new has not been without tickets for long.
    newest = max([issue.opened_at, *(one.last_seen for one in own if one.last_seen is not None)])
    activity = IssueActivity(
        state=issue.state, owner=None if issue.owner == "everyone" else issue.owner, updated_at=issue.updated_at,
        fix_expected_at=issue.fix_expected_at, fixed_at=issue.fixed_at, newest_ticket=newest,
        themes=sum(one.state in _TAKING for one in own),
    )  # fmt: skip
    return tuple(stale_reasons(activity, now.time, rule.after, rule.owners).values())


def _conditions(query: IssueQuery, seen: Collection[int] | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    member = known_issue_themes.c.known_issue_id
    lasting = known_issue_themes.c.until.is_(None)
    if query.state:
        found.append(known_issues.c.state == query.state)
    else:
        found.append(known_issues.c.state != IssueState.CLOSED.value)
    if query.owner:
        found.append(known_issues.c.owner == query.owner)
    if query.theme is not None:
        hidden = abs(query.theme) > LARGEST_ID or (seen is not None and query.theme not in seen)
        theme = -1 if hidden else query.theme
        found.append(known_issues.c.id.in_(select(member).where(known_issue_themes.c.theme_id == theme, lasting)))
    if seen is not None:
        found.append(known_issues.c.id.in_(select(member).where(known_issue_themes.c.theme_id.in_(seen), lasting)))
    if query.text:
        names = ("title", "jira", "workaround", "sop")
        found.append(or_(*(known_issues.c[name].icontains(query.text, autoescape=True) for name in names)))
    return found


def _recent(connection: Connection, now: Now, members: Mapping[int, tuple[IssueTheme, ...]]) -> dict[int, IssueVolume]:
    since = now.time - WINDOW
    theme_ids = sorted({one.theme_id for own in members.values() for one in own})
    seen: dict[int, int] = {}
    for part in chunks(theme_ids):
        query = (
            select(counts.c.theme_id, func.sum(counts.c.n))
            .where(
                counts.c.theme_id.in_(part), counts.c.segment_id == now.segment_id,
                counts.c.bucket.between(bucket_of(since), now.bucket),
            )
            .group_by(counts.c.theme_id)
        )  # fmt: skip
        seen.update((theme, int(n)) for theme, n in connection.execute(query))
    found = {}
    for issue, own in members.items():
        usual = [one.usual_per_day for one in own if one.usual_per_day is not None]
        observed = sum(seen.get(one.theme_id, 0) for one in own)
        found[issue] = IssueVolume(since, observed, sum(usual) * (WINDOW / timedelta(days=1)) if usual else None)
    return found


def _listed(
    row: Row[Any], own: tuple[IssueTheme, ...], volumes: Mapping[int, IssueVolume], rule: tuple[Now | None, StaleRule]
) -> ListedIssue:
    issue = issue_of(row)
    return ListedIssue(issue, own, volumes.get(issue.issue_id), stale_sentences(issue, own, *rule))
