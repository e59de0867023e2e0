"""Procedures written from the command line and the console: each version of one that has themes is recorded as a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundswell.planning import Draft, LateEmbedder, write_plans
from store.database import reading
from store.sop_links import themes_concerned
from store.sops import SopVersion, read_sop, read_sop_versions

if TYPE_CHECKING:
    from groundswell.session import Session

SOURCE = "/groundswell/procedures"
"""Where the changes come from that are versions of procedures."""


def record_sop_changes(session: Session, slugs: Sequence[str]) -> None:
    """Record the newest change of each of some procedures as a change of the themes that it is for, or revise its record.

    The change is that of the last version whose content differs from the version before, with the version's time; a procedure
    without themes is none. Done twice, it changes nothing the second time. A version that was written is on record whether or not
    this is reached.
    """
    from groundswell.session import make_embedder, now
    from stream.processing import Processor

    with reading(session.engine) as connection:
        drafts = []
        for slug in slugs:
            themes = themes_concerned(connection, read_sop(connection, slug))
            if themes:
                drafts.append(_draft(last_change(read_sop_versions(connection, slug)), themes))
    if drafts:
        # Changes name no requester and have no example texts: there is nothing to hash or to embed.
        embedder = LateEmbedder(lambda: make_embedder(session.settings))
        processor = Processor(embedder, b"", now, session.settings.embedding.macros)
        write_plans(session.engine, processor, drafts, now())


def record_or_log(session: Session, slugs: Sequence[str]) -> None:
    """Record changes as `record_sop_changes` does; where somebody else just did, the next version or link does it again."""
    import structlog

    from groundswell.errors import GroundswellError

    try:
        record_sop_changes(session, slugs)
    except GroundswellError as error:
        structlog.get_logger(__name__).warning("a change of procedures was not recorded", problem=str(error))


def last_change(versions: Sequence[SopVersion]) -> SopVersion:
    """Return the version of a history, the newest first, from which the content is as it is now."""
    newest = versions[0]
    same = [one for one in versions if one.procedure.content_hash == newest.procedure.content_hash]
    found = newest
    for one in same:
        if one.number < found.number - 1:
            break
        found = one
    return found


def change_id(version: SopVersion) -> str:
    """Return the id of the change that a version is."""
    return f"sop-{version.slug}-v{version.number}"


def _draft(version: SopVersion, themes: Sequence[int]) -> Draft:
    title = f"Procedure “{version.procedure.title}”, version {version.number}"
    data = {
        "kind": "rule_update",
        "title": f"{title}: {version.note}" if version.note else title,
        "themes": list(themes),
    }
    return Draft("change", change_id(version), data, version.at, SOURCE)
