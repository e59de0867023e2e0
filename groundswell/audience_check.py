"""Audience check: for each theme who must act, who also sees it, and what nobody gets."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from alerts.ownership import EVERYONE, Ownership
from alerts.recipients import recipients_of
from alerts.subscriptions import RecipientFacts
from models.event import MATCHED
from models.segment import Segment
from models.theme import ThemeState
from pipelines.launches.concerned import launches_concerned
from pipelines.ticket_mix import MIX_TICKETS
from store.board.now import now_of
from store.plans import read_launches
from store.themes import read_themes
from store.tickets import read_theme_attributes


def check_audiences(connection: Connection, ownership: Ownership) -> list[dict[str, Any]]:
    """List the live themes, the largest first, each with who gets its alerts and why.

    `owner` must act; `subscribers` also see it. `unowned` is True where no audience of the file matches it, so that only `everyone` is
    left to act.
    """
    now = now_of(connection)
    rows = [row for row in read_themes(connection).values() if row.state == ThemeState.LIVE]
    attributes = read_theme_attributes(connection, [row.id for row in rows], MIX_TICKETS, MATCHED)
    launches = [] if now is None else read_launches(connection, known_by=now.time + timedelta(microseconds=1))
    listed = []
    for row in sorted(rows, key=lambda one: (-one.size, one.id)):
        mix = Counter(Segment.of(one) for one in attributes[row.id])
        owner = ownership.audience_of(mix, row.id, row.name)
        concerned = () if now is None else launches_concerned(launches, now.time, mix, theme_id=row.id)
        facts = RecipientFacts(kind=None, theme_id=row.id, name=row.name, mix=mix, launches=concerned)
        acting, *others = recipients_of(ownership, owner.name, facts)
        listed.append({
            "theme_id": row.id, "theme_name": row.name, "size": row.size, "owner": acting.audience,
            "channels": list(ownership.audience(acting.audience).channels),
            "subscribers": [{"audience": one.audience, "why": one.why} for one in others],
            "unowned": acting.audience == EVERYONE,
        })  # fmt: skip
    return listed


def without_themes(listed: list[dict[str, Any]], ownership: Ownership) -> list[str]:
    """Return the audiences that none of the listed themes reaches, in the order of the file."""
    reached = {name for row in listed for name in (row["owner"], *(one["audience"] for one in row["subscribers"]))}
    return [one.name for one in ownership.audiences if one.name not in reached]
