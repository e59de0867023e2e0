"""The procedures that digests name."""

from __future__ import annotations

from sqlalchemy import Connection

from store.digest_rows.records import DigestProcedure
from store.sop_links import themes_concerned
from store.sops import read_sops


def read_procedures(connection: Connection) -> tuple[DigestProcedure, ...]:
    """Read the newest version of each procedure by its slug, with the themes that it is for."""
    return tuple(
        DigestProcedure(
            one.slug,
            one.newest.procedure.title,
            one.newest.number,
            one.newest.procedure.review_on,
            frozenset(themes_concerned(connection, one)),
        )
        for one in read_sops(connection)
    )
