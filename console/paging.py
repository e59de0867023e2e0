"""Addresses of the pages of a list, with the filters that were chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BeforeValidator

from store.board.paging import MOST_PAGES, ListPage
from store.types import LARGEST_ID

MOST_TEXT = 200


def absent(value: object) -> object:
    """Take an empty field of a form as one that was not filled in."""
    return None if value == "" else value


PageAsked = Annotated[int, Query(ge=1, le=MOST_PAGES)]
SearchText = Annotated[str, Query(max_length=MOST_TEXT)]
ThemeAsked = Annotated[int | None, Query(ge=0, le=LARGEST_ID), BeforeValidator(absent)]
Least = Annotated[float | None, Query(ge=0, le=1e12, allow_inf_nan=False), BeforeValidator(absent)]


@dataclass(frozen=True, slots=True)
class Turning:
    """The links below a list: to the page before and after this one; None where there is none."""

    page: int
    pages: int
    matching: int
    before: str | None
    after: str | None


def turning(path: str, filters: Mapping[str, Any], found: ListPage[Any]) -> Turning:
    """Make the links of a list's page; filters that are empty are left out of the addresses."""

    def address(page: int) -> str:
        chosen = {name: value for name, value in filters.items() if value not in ("", None, False)}
        return f"{path}?{urlencode({**chosen, 'page': page})}"

    page, pages = found.page, found.pages
    return Turning(
        page, pages, found.matching, address(min(page - 1, pages)) if page > 1 else None, address(page + 1) if page < pages else None
    )  # fmt: skip


def list_json(found: ListPage[Any]) -> dict[str, Any]:
    """Write a page of a list as the JSON API does: `rows` have an `as_json` of their own."""
    return {
        "page": found.page,
        "pages": found.pages,
        "matching": found.matching,
        "rows": [one.as_json() for one in found.rows],
    }
