"""Which themes and known issues a procedure is for."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select

from store.audit import record
from store.known_issues import read_issue
from store.schema import known_issue_themes, sop_links
from store.sops import SopLinkKind, StoredSop, read_sop, read_sops
from store.survivors import family, surviving_theme
from store.upsert import insert_new

_SLUG = re.compile(r"(?<![\w-])[a-z0-9]+(?:-[a-z0-9]+)*(?![\w-])")


def sops_of_themes(connection: Connection, themes: Collection[int]) -> dict[int, list[StoredSop]]:
    """Read the procedures of each of some themes: those that are linked to it, to what was merged into it, or to its known issue."""
    links = list(connection.execute(select(sop_links)))
    if not links or not themes:
        return {}
    query = select(known_issue_themes.c.theme_id, known_issue_themes.c.known_issue_id).where(
        known_issue_themes.c.until.is_(None)
    )
    issues = {row.theme_id: row.known_issue_id for row in connection.execute(query)}
    stored = {one.slug: one for one in read_sops(connection)}
    found: dict[int, list[StoredSop]] = {}
    for theme in themes:
        wanted = {(SopLinkKind.THEME.value, one) for one in family(connection, theme)}
        wanted.add((SopLinkKind.KNOWN_ISSUE.value, issues.get(theme, 0)))
        slugs = sorted({row.slug for row in links if (row.kind, row.target) in wanted})
        if slugs:
            found[theme] = [stored[slug] for slug in slugs]
    return found


def sops_of_issue(connection: Connection, issue_id: int) -> list[StoredSop]:
    """Read the procedures that are linked to a known issue, by slug."""
    return [one for one in read_sops(connection) if issue_id in one.known_issues]


def sops_named(connection: Connection, text: str | None) -> list[StoredSop]:
    """Read the procedures that a text names by their slug, by slug; one of a single word counts only where it is the whole text."""
    words = set(_SLUG.findall(text or ""))
    return [
        one
        for one in read_sops(connection)
        if one.slug in words and ("-" in one.slug or (text or "").strip() == one.slug)
    ]


def themes_concerned(connection: Connection, sop: StoredSop) -> tuple[int, ...]:
    """Return the themes that a procedure is for: those that it is linked to, as they are merged now, and those of its known issues."""
    query = select(known_issue_themes.c.theme_id).where(
        known_issue_themes.c.known_issue_id.in_(sop.known_issues), known_issue_themes.c.until.is_(None)
    )
    given = {surviving_theme(connection, one) for one in sop.themes} | set(connection.execute(query).scalars())
    return tuple(sorted(given))


def link_sop(connection: Connection, slug: str, kind: SopLinkKind, target: int, *, actor: str, at: datetime) -> bool:
    """Link a procedure to a theme or known issue; return whether it was not linked before.

    Raises `SopUnknown`, `ThemeUnknown` and `KnownIssueUnknown`.
    """
    known = read_sop(connection, slug)
    if kind is SopLinkKind.THEME:
        target = surviving_theme(connection, target)
    else:
        read_issue(connection, target)
    if target in (known.themes if kind is SopLinkKind.THEME else known.known_issues):
        return False
    insert_new(connection, sop_links, [{"slug": slug, "kind": kind.value, "target": target, "actor": actor, "at": at}])
    _note_link(connection, "procedure linked", slug, kind, target, actor=actor, at=at)
    return True


def unlink_sop(connection: Connection, slug: str, kind: SopLinkKind, target: int, *, actor: str, at: datetime) -> bool:
    """Take a link away; return whether there was one. Raises `SopUnknown`."""
    read_sop(connection, slug)
    targets = family(connection, target) if kind is SopLinkKind.THEME else [target]
    mine = (sop_links.c.slug == slug) & (sop_links.c.kind == kind.value) & sop_links.c.target.in_(targets)
    if connection.execute(delete(sop_links).where(mine)).rowcount == 0:
        return False
    _note_link(connection, "procedure unlinked", slug, kind, target, actor=actor, at=at)
    return True


def _note_link(
    connection: Connection, action: str, slug: str, kind: SopLinkKind, target: int, *, actor: str, at: datetime
) -> None:
    record(connection, at=at, actor=actor, action=action, subject=f"procedure {slug}", detail={kind.value: target})
