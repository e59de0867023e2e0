"""Procedures and their versions, which are only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from models.redaction import quoted, redact
from models.sops.procedure import Procedure, checked, checked_slug
from models.times import rfc3339
from store.audit import record
from store.errors import StoreError
from store.schema import sop_links, sop_versions, sops
from store.upsert import insert_new


class SopLinkKind(StrEnum):
    """What a procedure may be for."""

    THEME = "theme"
    KNOWN_ISSUE = "known_issue"


class SopUnknown(StoreError):
    """No procedure has the slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"received the procedure {quoted(slug, 80)}, which does not exist; `groundswell sops list` shows those that do"
        )


class SopVersionUnknown(StoreError):
    """The procedure has no version of this number."""

    def __init__(self, slug: str, number: int, newest: int) -> None:
        super().__init__(f"received version {number} of {slug}, which does not exist; valid are 1 to {newest}")


class SopInvalid(StoreError):
    """What was sent is no procedure; the text is one sentence."""


class SopExists(StoreError):
    """A procedure that is to be added exists already."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"received a new procedure {slug}, which exists; revise it, or choose another slug")


class SopRevisedMeanwhile(StoreError):
    """Somebody else wrote a version after the one that a person looked at."""

    def __init__(self, slug: str, newest: int) -> None:
        super().__init__(f"{slug} was revised meanwhile: version {newest} is the newest; look at it and revise again")


@dataclass(frozen=True, slots=True, kw_only=True)
class SopVersion:
    """A version of a procedure. number: from 1. note: why it was written. at: the wall clock."""

    slug: str
    number: int
    procedure: Procedure
    note: str
    author: str
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """Write it as `sops history --json` and the API do."""
        said = self.procedure
        return {
            "id": self.slug, "version": self.number, "title": said.title, "owner": said.owner,
            "review_on": None if said.review_on is None else said.review_on.isoformat(), "note": self.note,
            "author": self.author, "at": rfc3339(self.at), "content_hash": said.content_hash,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSop:
    """A procedure: its newest version, and the numbers of the themes and known issues that it is for, ascending."""

    newest: SopVersion
    themes: tuple[int, ...] = ()
    known_issues: tuple[int, ...] = ()

    @property
    def slug(self) -> str:
        """Its name in addresses and commands."""
        return self.newest.slug

    def as_json(self, day: date) -> dict[str, Any]:
        """Write it as `sops list --json` and the API do; `day` decides whether its review is overdue."""
        return {
            **self.newest.as_json(), "overdue": self.newest.procedure.overdue(day), "themes": list(self.themes),
            "known_issues": list(self.known_issues),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class WrittenSop:
    """What became of a version that was written: its number, and whether it was added, revised or unchanged."""

    slug: str
    version: int
    state: Literal["added", "revised", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SopDraft:
    """A version to write.

    note: why. author: who. at: the wall clock. based_on: number of the version that the author looked at, 0 for a new procedure; None:
    whatever there is.
    """

    slug: str
    procedure: Procedure
    note: str = ""
    author: str
    at: datetime
    based_on: int | None = None


def write_sop(connection: Connection, draft: SopDraft) -> WrittenSop:
    """Add a version in the caller's transaction, with its line in the audit log; one that says what the newest says is left out.

    Texts are redacted, and validated as they are stored.

    Raises
    ------
    ProcedureInvalid
        The procedure cannot be taken.
    SopExists, SopRevisedMeanwhile
        There is another version than that which it is based on.
    """
    slug, procedure = checked_slug(draft.slug), checked(_redacted(checked(draft.procedure)))
    found = _newest(connection, slug)
    known = found[0] if found else None
    _check_base(slug, draft.based_on, known)
    if known is not None and known.procedure == procedure:
        return WrittenSop(slug, known.number, "unchanged")
    number = 1 if known is None else known.number + 1
    _count_version(connection, slug, number, draft.at)
    values = {
        "slug": slug, "number": number, "title": procedure.title, "body": procedure.body, "tree": procedure.tree,
        "owner": procedure.owner, "review_on": procedure.review_on, "note": redact(draft.note.strip()).text[:2_000],
        "author": draft.author, "at": draft.at,
    }  # fmt: skip
    connection.execute(insert(sop_versions).values(values))
    state: Literal["added", "revised"] = "added" if known is None else "revised"
    record(
        connection, at=draft.at, actor=draft.author, action=f"procedure {state}", subject=f"procedure {slug}",
        detail={"version": number},
    )  # fmt: skip
    return WrittenSop(slug, number, state)


def read_sops(connection: Connection) -> list[StoredSop]:
    """Read all procedures by slug."""
    links = _links(connection)
    return [_stored(one, links) for one in _newest(connection)]


def read_sop(connection: Connection, slug: str) -> StoredSop:
    """Read one procedure. Raises `SopUnknown`."""
    found = _newest(connection, slug)
    if not found:
        raise SopUnknown(slug)
    return _stored(found[0], _links(connection, slug))


def read_sop_version(connection: Connection, slug: str, number: int) -> SopVersion:
    """Read one version of a procedure. Raises `SopUnknown` and `SopVersionUnknown`."""
    versions = read_sop_versions(connection, slug)
    for one in versions:
        if one.number == number:
            return one
    raise SopVersionUnknown(slug, number, versions[0].number)


def most_overdue_first(found: Iterable[StoredSop], day: date) -> list[StoredSop]:
    """Order procedures: those that are overdue for review on a day, the longest overdue first; then the others by title."""

    def place(one: StoredSop) -> tuple[bool, date, str, str]:
        said = one.newest.procedure
        late = said.overdue(day)
        return (not late, said.review_on if late and said.review_on else date.max, said.title.casefold(), one.slug)

    return sorted(found, key=place)


def read_sop_versions(connection: Connection, slug: str) -> list[SopVersion]:
    """Read all versions of a procedure, the newest first. Raises `SopUnknown`."""
    query = select(sop_versions).where(sop_versions.c.slug == slug).order_by(sop_versions.c.number.desc())
    found = [_version(row) for row in connection.execute(query)]
    if not found:
        raise SopUnknown(slug)
    return found


def _check_base(slug: str, based_on: int | None, known: SopVersion | None) -> None:
    if based_on is None:
        return
    newest = 0 if known is None else known.number
    if based_on == 0 and newest:
        raise SopExists(slug)
    if newest == 0 and based_on:
        raise SopUnknown(slug)
    if newest != based_on:
        raise SopRevisedMeanwhile(slug, newest)


def _count_version(connection: Connection, slug: str, number: int, at: datetime) -> None:
    """Make it the newest version; of two writers at the same time the second is refused."""
    if number == 1:
        insert_new(connection, sops, [{"slug": slug, "version": 1, "created_at": at}])
        return
    mine = (sops.c.slug == slug) & (sops.c.version == number - 1)
    if connection.execute(update(sops).where(mine).values(version=number)).rowcount == 0:
        raise SopRevisedMeanwhile(slug, number)


def _redacted(procedure: Procedure) -> Procedure:
    return replace(
        procedure, title=redact(procedure.title).text, body=redact(procedure.body).text, tree=redact(procedure.tree).text,
        owner=redact(procedure.owner).text,
    )  # fmt: skip


def _newest(connection: Connection, slug: str | None = None) -> list[SopVersion]:
    mine = (sop_versions.c.slug == sops.c.slug) & (sop_versions.c.number == sops.c.version)
    query = select(sop_versions).join(sops, mine).order_by(sops.c.slug)
    if slug is not None:
        query = query.where(sops.c.slug == slug)
    return [_version(row) for row in connection.execute(query)]


def _links(connection: Connection, slug: str | None = None) -> Mapping[tuple[str, str], list[int]]:
    query = select(sop_links).order_by(sop_links.c.target)
    if slug is not None:
        query = query.where(sop_links.c.slug == slug)
    found: dict[tuple[str, str], list[int]] = {}
    for row in connection.execute(query):
        found.setdefault((row.slug, row.kind), []).append(row.target)
    return found


def _stored(newest: SopVersion, links: Mapping[tuple[str, str], Iterable[int]]) -> StoredSop:
    return StoredSop(
        newest=newest,
        themes=tuple(links.get((newest.slug, SopLinkKind.THEME.value), ())),
        known_issues=tuple(links.get((newest.slug, SopLinkKind.KNOWN_ISSUE.value), ())),
    )


def _version(row: Row[Any]) -> SopVersion:
    procedure = Procedure(title=row.title, body=row.body, owner=row.owner, review_on=row.review_on, tree=row.tree)
    return SopVersion(
        slug=row.slug, number=row.number, procedure=procedure, note=row.note, author=row.author, at=row.at
    )
