"""What the JSON routes of a theme answer, as the API's description shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from store.board import TicketPage
from store.board.similar_themes import SimilarTheme
from store.board.theme_segments import DimensionVolumes


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class TicketAnswer(_Answer):
    """A ticket with its redacted text; both parts are empty where no text is kept. `attributes` are its values by dimension."""

    id: str
    time: datetime
    title: str
    body: str
    attributes: dict[str, str]


class TicketsAnswer(_Answer):
    """A page of a theme's tickets, newest first: `matching` of the `looked_at` newest were found, of `total` that you may see."""

    query: str
    page: int
    pages: int
    matching: int
    looked_at: int
    total: int
    tickets: tuple[TicketAnswer, ...]

    @classmethod
    def of(cls, found: TicketPage) -> Self:
        """Write a page of tickets."""
        rows = tuple(
            TicketAnswer(
                id=row.ticket_id, time=row.time, title=row.title, body=row.body, attributes=row.attributes.as_dict()
            )
            for row in found.rows
        )
        return cls(
            query=found.text, page=found.page, pages=found.pages, matching=found.matching, looked_at=found.looked_at,
            total=found.total, tickets=rows,
        )  # fmt: skip


class ValueAnswer(_Answer):
    """Tickets with one value: of the last 24 hours and 7 days, their share of the latter, and the usual share, where one is known.

    `usual_of` is `theme` where that is the theme's own share in the four weeks before, `all_tickets` where the theme is too young.
    """

    value: str
    last_day: int
    last_week: int
    share: float
    usual_share: float | None
    usual_of: str | None


class SegmentAnswer(_Answer):
    """The values of a dimension with the most tickets of a theme; `others` counts further values, `without` tickets that have none."""

    dimension: str
    values: tuple[ValueAnswer, ...]
    others: int
    without: int

    @classmethod
    def of(cls, found: DimensionVolumes) -> Self:
        """Write the volumes of a dimension."""
        rows = tuple(
            ValueAnswer(
                value=row.value, last_day=row.day, last_week=row.week, share=row.share, usual_share=row.usual,
                usual_of=None if row.usual is None else "all_tickets" if row.of_all else "theme",
            )
            for row in found.rows
        )  # fmt: skip
        return cls(dimension=found.dimension, values=rows, others=found.others, without=found.without)


class SimilarAnswer(_Answer):
    """A similar theme; `similarity` is the cosine of the themes' centres, null for a person who sees a part of the tickets."""

    id: int
    name: str
    status: str
    size: int
    similarity: float | None

    @classmethod
    def of(cls, found: SimilarTheme) -> Self:
        """Write a similar theme."""
        theme = found.theme
        return cls(
            id=theme.theme_id, name=theme.name, status=theme.status.value, size=theme.size, similarity=found.similarity
        )
