"""Digests that were published, for people: their archive, and which of them are about a theme.

A digest has no number: its window and audience name it, also in the address of its page.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select, tuple_

from models.formats import utc_range
from models.times import rfc3339
from store.board.paging import ROWS, ListPage, count_of, offset_of
from store.digests import DigestKind, DigestWindow, StoredDigest, load_digest
from store.schema import digest_themes, digests

KINDS = tuple(one.value for one in DigestKind)
AUDIENCES = 200
OF_THEME = 10
"""Newest digests that a theme's page links to."""

_TIME = "%Y%m%dT%H%M%S"
_ID = re.compile(
    r"(?P<review>review-)?(?P<start>\d{8}T\d{6})(?P<start_part>\.\d{6})?Z-(?P<end>\d{8}T\d{6})(?P<end_part>\.\d{6})?Z-(?P<audience>[^/]{1,128})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestQuery:
    """Which digests are listed: empty and None mean any; `since` and `until` bound the end of their windows."""

    audience: str = ""
    kind: str = ""
    theme: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class ListedDigest:
    """A digest without its content."""

    audience: str
    window: DigestWindow
    kind: DigestKind

    @property
    def digest_id(self) -> str:
        """Its name in addresses."""
        return digest_id(self.audience, self.window, self.kind)

    @property
    def title(self) -> str:
        """Its audience and window."""
        return f"{self.audience}, {utc_range(self.window.start, self.window.end)}"

    def as_json(self) -> dict[str, Any]:
        """Write it as the JSON API does."""
        return {
            "id": self.digest_id, "audience": self.audience, "kind": self.kind.value, "start": rfc3339(self.window.start),
            "end": rfc3339(self.window.end),
        }  # fmt: skip


def digest_id(audience: str, window: DigestWindow, kind: DigestKind = DigestKind.DAILY) -> str:
    """Name a digest as addresses do: `20261120T000000Z-20261121T000000Z-checkout`, and with `review-` before it a review."""
    return f"{'review-' if kind is DigestKind.REVIEW else ''}{_written(window.start)}-{_written(window.end)}-{audience}"


def digest_of(connection: Connection, text: str) -> StoredDigest | None:
    """Read the digest that an address names; None where there is none."""
    found = _ID.fullmatch(text)
    if found is None:
        return None
    try:
        start, end = (_read(found[name], found[f"{name}_part"]) for name in ("start", "end"))
        window = DigestWindow(start, end)
    except ValueError:
        return None
    kind = DigestKind.REVIEW if found["review"] else DigestKind.DAILY
    return load_digest(connection, found["audience"], window, kind)


def digest_list(connection: Connection, query: DigestQuery) -> ListPage[ListedDigest]:
    """List the digests that a query chooses, the newest first, a page of 100."""
    conditions: list[ColumnElement[bool]] = []
    if query.audience:
        conditions.append(digests.c.audience == query.audience)
    if query.kind:
        conditions.append(digests.c.kind == query.kind)
    if query.theme is not None:
        conditions.append(_is_about([query.theme]))
    if query.since is not None:
        conditions.append(digests.c.end >= query.since)
    if query.until is not None:
        conditions.append(digests.c.end <= query.until)
    chosen = select(digests.c.audience, digests.c.start, digests.c.end, digests.c.kind).where(*conditions)
    order = (digests.c.end.desc(), digests.c.start.desc(), digests.c.audience)
    rows = connection.execute(chosen.order_by(*order).limit(ROWS).offset(offset_of(query.page)))
    listed = (ListedDigest(row.audience, DigestWindow(row.start, row.end), DigestKind(row.kind)) for row in rows)
    return ListPage(tuple(listed), count_of(connection, chosen), query.page)


def digest_audiences(connection: Connection) -> tuple[str, ...]:
    """Read the audiences that digests were published for, by name."""
    query = select(digests.c.audience).distinct().order_by(digests.c.audience).limit(AUDIENCES)
    return tuple(connection.execute(query).scalars())


def digests_of_theme(connection: Connection, theme_id: int) -> tuple[ListedDigest, ...]:
    """Read the newest digests of which a theme was an item, newest first."""
    return digests_of_themes(connection, [theme_id])


def digests_of_themes(connection: Connection, theme_ids: Collection[int]) -> tuple[ListedDigest, ...]:
    """Read the newest digests of which one of the themes was an item, newest first."""
    query = (
        select(digests.c.audience, digests.c.start, digests.c.end, digests.c.kind)
        .where(_is_about(theme_ids))
        .order_by(digests.c.end.desc(), digests.c.start.desc(), digests.c.audience)
        .limit(OF_THEME)
    )
    return tuple(
        ListedDigest(row.audience, DigestWindow(row.start, row.end), DigestKind(row.kind))
        for row in connection.execute(query)
    )


def _is_about(theme_ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that one of the themes was an item of a digest."""
    about = digest_themes.c
    named = select(about.audience, about.start, about.end).where(about.theme_id.in_(list(theme_ids)))
    return and_(digests.c.review.is_(False), tuple_(digests.c.audience, digests.c.start, digests.c.end).in_(named))


def _written(time: datetime) -> str:
    utc = time.astimezone(UTC)
    return f"{utc.strftime(_TIME)}{f'.{utc.microsecond:06d}' if utc.microsecond else ''}Z"


def _read(text: str, part: str | None) -> datetime:
    return datetime.strptime(f"{text}{part or '.000000'}", f"{_TIME}.%f").replace(tzinfo=UTC)
