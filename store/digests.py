"""Digests that were published: their windows, their pages, and the facts that the next one compares with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from models.bucket import BUCKET_SECONDS, bucket_of
from models.times import rfc3339
from store.schema import digest_themes, digests
from store.upsert import insert_new


class DigestKind(StrEnum):
    """How often a digest comes and what it is about.

    A digest of a launch day covers the launch from its start on; a review is the weekly business review, of figures in place of themes.
    """

    DAILY = "daily"
    WEEKLY = "weekly"
    LAUNCH_DAY = "launch_day"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class DigestWindow:
    """The window of a digest: event time from `start` up to, not including, `end`; both timezone-aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(
                f"received the window {self.start} to {self.end} without a zone; pass timezone-aware times"
            )
        if self.end <= self.start:
            raise ValueError(
                f"received a window that ends at {self.end}, not after its start {self.start}; swap the two"
            )

    @property
    def span(self) -> timedelta:
        """Length of the window."""
        return self.end - self.start

    @property
    def before(self) -> DigestWindow:
        """The window of the same length that ends where this one starts."""
        return DigestWindow(self.start - self.span, self.start)

    @property
    def hours(self) -> range:
        """Hours since 1970 that it overlaps."""
        return range(int(self.start.timestamp() // 3600), -int(-self.end.timestamp() // 3600))

    @property
    def buckets(self) -> range:
        """Buckets that start in it, the one it starts in included."""
        return range(bucket_of(self.start), -int(-self.end.timestamp() // BUCKET_SECONDS))


@dataclass(frozen=True, slots=True)
class StoredDigest:
    """A digest as it was published; there is one per audience and window, and a review of the same week.

    `facts` are its figures and sentences as JSON, without quotes (None where an earlier version published it); `narration` is what a
    narrator wrote, or why its text was not used.
    """

    audience: str
    window: DigestWindow
    markdown: str
    html: str
    kind: DigestKind = DigestKind.DAILY
    facts: Mapping[str, Any] | None = None
    narration: Mapping[str, Any] | None = field(default=None)


def digest_key(audience: str, window: DigestWindow, kind: DigestKind = DigestKind.DAILY) -> str:
    """Name a digest as its outbox row does; a review, which a week has in addition to its digest, has a name of its own."""
    return f"{'review' if kind is DigestKind.REVIEW else 'digest'}:{audience}:{window.start.isoformat()}:{window.end.isoformat()}"


def load_digest(
    connection: Connection, audience: str, window: DigestWindow, kind: DigestKind = DigestKind.DAILY
) -> StoredDigest | None:
    """Read the digest that was published for the audience and window, or its review; None where there is none.

    A window has one digest, whichever of the other kinds it is.
    """
    row = connection.execute(
        select(digests).where(
            digests.c.audience == audience,
            digests.c.start == window.start,
            digests.c.end == window.end,
            digests.c.review.is_(kind is DigestKind.REVIEW),
        )
    ).one_or_none()
    return None if row is None else _stored(row)


def load_previous(connection: Connection, audience: str, window: DigestWindow, kind: DigestKind) -> StoredDigest | None:
    """Read the digest that the audience read before: the newest of the kind that ended by the start of the window.

    Digests of a launch day all start with the launch: the one before ended before this one does.
    """
    same_launch = (digests.c.start == window.start, digests.c.end < window.end)
    earlier = same_launch if kind is DigestKind.LAUNCH_DAY else (digests.c.end <= window.start,)
    query = (
        select(digests)
        .where(digests.c.audience == audience, digests.c.kind == kind.value, *earlier)
        .order_by(digests.c.end.desc(), digests.c.start.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _stored(row)


def newest_end(
    connection: Connection, audience: str, before: datetime, kind: DigestKind = DigestKind.DAILY
) -> datetime | None:
    """Return the end of the newest published window of the audience that ends at or before a time; None without one."""
    query = select(func.max(digests.c.end)).where(
        digests.c.audience == audience, digests.c.end <= before, digests.c.kind == kind.value
    )
    end: datetime | None = connection.execute(query).scalar_one()
    return end


def insert_digest(connection: Connection, digest: StoredDigest, *, replace: bool = False) -> bool:
    """Keep a digest; where its audience and window have one, that stays unless `replace`.

    True where a row was written.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    content = {
        "markdown": digest.markdown, "html": digest.html, "kind": digest.kind.value, "facts": digest.facts,
        "narration": digest.narration,
    }  # fmt: skip
    statement = dialect.insert(digests).values(
        audience=digest.audience,
        start=digest.window.start,
        end=digest.window.end,
        review=digest.kind is DigestKind.REVIEW,
        **content,
    )
    key = [digests.c.audience, digests.c.start, digests.c.end, digests.c.review]
    if replace:
        statement = statement.on_conflict_do_update(index_elements=key, set_=content)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    written = connection.execute(statement.returning(digests.c.audience)).scalar_one_or_none() is not None
    if written and digest.kind is not DigestKind.REVIEW:
        _note_themes(connection, digest)
    return written


def _note_themes(connection: Connection, digest: StoredDigest) -> None:
    """Note which themes the items of a digest are about: the pages of these link to it."""
    key = {"audience": digest.audience, "start": digest.window.start, "end": digest.window.end}
    table = digest_themes.c
    connection.execute(
        delete(digest_themes).where(
            table.audience == key["audience"], table.start == key["start"], table.end == key["end"]
        )
    )
    items = (digest.facts or {}).get("items", ())
    themes = sorted({int(one["theme_id"]) for one in items if one.get("theme_id")})
    insert_new(connection, digest_themes, [{**key, "theme_id": theme} for theme in themes])


def list_digests(connection: Connection) -> list[dict[str, str]]:
    """Read published digests by window and audience, without wall-clock values."""
    columns = (digests.c.audience, digests.c.start, digests.c.end, digests.c.kind)
    query = select(*columns).order_by(digests.c.start, digests.c.end, digests.c.audience)
    return [
        {"audience": row.audience, "start": rfc3339(row.start), "end": rfc3339(row.end), "kind": row.kind}
        for row in connection.execute(query)
    ]


def _stored(row: Row[Any]) -> StoredDigest:
    window = DigestWindow(row.start, row.end)
    return StoredDigest(row.audience, window, row.markdown, row.html, DigestKind(row.kind), row.facts, row.narration)
