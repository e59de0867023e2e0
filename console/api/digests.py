"""Digests as JSON: their archive, and one of them by its facts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.pages.digest import changes_between, found_digest, listed_digest, quoted_in
from console.pages.page import Pages
from console.paging import PageAsked, SearchText, list_json
from console.parameters import Instant
from models.access import Permission, Person
from store.board import snapshot
from store.board.digests import DigestQuery, digest_list, digest_of
from store.digests import load_previous
from store.types import LARGEST_ID


def add_digests(router: APIRouter, pages: Pages) -> None:
    """Add the routes of digests."""

    @router.get("/digests", dependencies=[needs(Permission.LOOK)])
    def digests(
        audience: SearchText = "",
        kind: SearchText = "",
        since: Instant | None = None,
        until: Instant | None = None,
        theme: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
        page: PageAsked = 1,
    ) -> Response:
        """List the published digests, the newest first, 100 at a time; `since` and `until` bound the end of their windows."""
        query = DigestQuery(
            audience=audience, kind=kind, since=since, until=until, theme=theme, page=page
        )  # fmt: skip
        with snapshot(pages.engine) as connection:
            return answer(list_json(digest_list(connection, query)))

    @router.get("/digests/{digest}")
    def digest(digest: str, person: Annotated[Person, needs(Permission.LOOK)]) -> Response:
        """Describe one digest: its facts (without quotes), the one before it, and what changed since."""
        with snapshot(pages.engine) as connection:
            stored = found_digest(digest_of(connection, digest), digest)
            before = load_previous(connection, stored.audience, stored.window, stored.kind)
        pages.looks.note(person, f"digest {digest}", len(quoted_in(stored)))
        return answer({
            **listed_digest(stored).as_json(), "facts": stored.facts, "narration": stored.narration,
            "before": None if before is None else listed_digest(before).digest_id,
            "changes": [one.as_json() for one in changes_between(stored, before)],
        })  # fmt: skip
