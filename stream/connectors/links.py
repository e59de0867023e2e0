"""Links between tickets: problems and their incidents at Zendesk, links between issues at Jira.

They come in events of their own, because a ticket is created once and linked at any time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from models.event import TicketLinkKind
from stream.connectors.values import identity, mapping, objects, stamp, text, ticket_event
from stream.tables.cells import cell_texts
from stream.tables.headers import plain

MOST = 200
"""Links of one ticket that are kept: an issue with more is a list."""

_PHRASES: Mapping[TicketLinkKind, tuple[str, ...]] = {
    TicketLinkKind.DUPLICATE: ("duplic", "dupliz", "doublon", "重複", "重复"),
    TicketLinkKind.PROBLEM: (
        "caused by", "incident of", "has problem", "verursacht durch", "causé par", "causée par", "causado por", "causada por",
        "provoqué par", "causato da", "veroorzaakt door", "原因",
    ),
    TicketLinkKind.INCIDENT: ("causes", "problem of", "verursacht", "provoque", "causa", "veroorzaakt", "has incident"),
}  # fmt: skip
"""Parts of the phrases of a link type that say what the other issue is, in the order in which they are looked for."""

_TYPES = ("problem/incident", "problem incident", "incident/problem", "problem-incident", "problem")
"""Names of link types whose direction alone says which issue is the problem."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}-[0-9]{1,12}")
_WITH_LINKS = frozenset(("jira", "zendesk"))
"""Systems whose exports have columns of links."""

_COLUMN = re.compile(r"\s*(inward|outward)\s+issue\s+link\s*\((.{1,80})\)\s*", re.IGNORECASE)
_PROBLEM_COLUMNS = frozenset(
    plain(name) for name in ("problem id", "problem ticket id", "problem-id", "id du problème")
)


def link(kind: TicketLinkKind, other: str, *, removed: bool = False) -> dict[str, Any]:
    """Write a link as an event has it."""
    return {"kind": kind.value, "ticket": other, **({"removed": True} if removed else {})}


def link_events(
    source: str, subject: str, time: datetime, links: list[dict[str, Any]], *, change: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield an event for each link of a ticket that was made or taken away.

    A link that is read again, as with every export, makes the same event. A `change` is an event of its own each time: a link may be
    made, taken away and made again.
    """
    for one in [one for one in links if one["ticket"] != subject][:MOST]:
        removed = ":removed" if one.get("removed") else ""
        at = f":{stamp(time)}" if change or removed else ""
        key = f"link:{one['kind']}:{one['ticket']}{removed}{at}"
        yield ticket_event(source, subject, "ticket.updated", time, data={"links": [one]}, key=key)


def problem_links(current: object, previous: object = None) -> list[dict[str, Any]]:
    """Return the links that a change of a Zendesk ticket's `problem_id` made and took away."""
    now, before = _number(current), _number(previous)
    found = []
    if before is not None and before != now:
        found.append(link(TicketLinkKind.PROBLEM, before, removed=True))
    if now is not None:
        found.append(link(TicketLinkKind.PROBLEM, now))
    return found


def issue_links(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the links in the fields of a Jira issue."""
    found = []
    for one in objects(fields.get("issuelinks")):
        inward = isinstance(one.get("inwardIssue"), Mapping)
        key = identity(mapping(one.get("inwardIssue" if inward else "outwardIssue")).get("key"))
        if key is not None:
            kind = mapping(one.get("type"))
            phrase = text(kind.get("inward" if inward else "outward"))
            found.append(link(kind_of(text(kind.get("name")), phrase, inward=inward), key))
    return found


def changed_links(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the links that an item of a Jira changelog (`field` "Link") made and took away."""
    found = []
    for key, phrase, removed in (
        (item.get("from"), item.get("fromString"), True),
        (item.get("to"), item.get("toString"), False),
    ):
        other = identity(key) or _key_in(text(phrase))
        if other is not None and _KEY.fullmatch(other):
            said = text(phrase).replace(other, " ")
            found.append(link(kind_of("", said, inward=None), other, removed=removed))
    return found


def row_links(system: str, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the links in the columns of a row of an export: `Problem ID`, `Inward issue link (Problem/Incident)` and the like."""
    found: list[dict[str, Any]] = []
    if system not in _WITH_LINKS:
        return found
    for column, value in row.items():
        if system == "jira" and (named := _COLUMN.fullmatch(column)):
            inward = named[1].lower() == "inward"
            kind = kind_of(named[2], "", inward=inward)
            found += [link(kind, one.strip()) for one in cell_texts(value) if _KEY.fullmatch(one.strip())]
        elif system == "zendesk" and plain(column) in _PROBLEM_COLUMNS:
            found += [one for cell in cell_texts(value) for one in problem_links(cell)]
    return found


def kind_of(name: str, phrase: str, *, inward: bool | None) -> TicketLinkKind:
    """Return what the other issue is by the name of a link's type, the phrase of its direction, and the direction itself."""
    said = f"{name} {phrase}".lower()
    if any(one in said for one in _PHRASES[TicketLinkKind.DUPLICATE]):
        return TicketLinkKind.DUPLICATE
    for kind in (TicketLinkKind.PROBLEM, TicketLinkKind.INCIDENT):
        if any(one in phrase.lower() for one in _PHRASES[kind]):
            return kind
    if inward is not None and name.strip().lower() in _TYPES:
        return TicketLinkKind.PROBLEM if inward else TicketLinkKind.INCIDENT
    return TicketLinkKind.RELATES


def _number(value: object) -> str | None:
    found = identity(mapping(value).get("id") if isinstance(value, Mapping) else value)
    if found is None or found in ("0", "-", "null", "None"):
        return None
    return re.sub(r"\.0$", "", found.removeprefix("zen:ticket:"))


def _key_in(phrase: str) -> str | None:
    found = _KEY.search(phrase)
    return found.group() if found else None
