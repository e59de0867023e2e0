"""The address of the board: what it says, and how it is written."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import HTTPException, Query

from models.redaction import quoted, redact
from models.theme import ThemeState, ThemeStatus
from store.board import FILTERED, STATES, STATUSES, BoardGrouping, BoardQuery, SortColumn

_Choice = TypeVar("_Choice", bound=StrEnum)

SEGMENT_LENGTH = 128
MOST_PAGES = 10_000
MOST_CHARACTERS = 200
MOST_FIELDS = 50


class ChartScale(StrEnum):
    """What the height of the small charts means; the values are used in addresses."""

    OWN = "own"
    COMMON = "common"


TEXT_COLUMNS = (SortColumn.THEME, SortColumn.OWNER, SortColumn.ISSUE)
"""Columns that are sorted from A to Z at first, and not from the greatest number on."""

FilterValue = Annotated[str, Query(max_length=SEGMENT_LENGTH)]


# FastAPI reads the fields from the signature, whose annotations must not be strings: nothing is imported from `__future__`.
@dataclass(frozen=True)
class BoardFilters:
    """The filters in the address of the board, the export and the API; empty ones filter nothing."""

    q: Annotated[str, Query(max_length=200, description="part of a name or keyword, or a theme's number")] = ""
    status: Annotated[str, Query(max_length=100, description=f"one of {', '.join(STATUSES)}")] = ""
    state: Annotated[str, Query(max_length=100, description=f"one of {', '.join(STATES)}")] = ""
    owner: FilterValue = ""
    product: FilterValue = ""
    region: FilterValue = ""
    business_line: FilterValue = ""
    user_type: FilterValue = ""
    channel: FilterValue = ""

    @property
    def given(self) -> bool:
        """Whether any filter is given."""
        return any(getattr(self, name) for name in BoardFilters.__dataclass_fields__)

    def query(self) -> BoardQuery:
        """Read the filters; an unknown value of a list is answered with status 422."""
        return BoardQuery(
            text=redact(self.q).text,
            status=_one_of(ThemeStatus, STATUSES, "status", self.status),
            state=_one_of(ThemeState, STATES, "state", self.state),
            owner=redact(self.owner).text,
            segments=tuple((name, getattr(self, name)) for name in FILTERED if getattr(self, name)),
        )


@dataclass(frozen=True)
class BoardOrder:
    """How the address of the board arranges what the filters let through."""

    sort: Annotated[str, Query(max_length=20, description="a column; `-` before it sorts from the greatest on")] = ""
    group: Annotated[str, Query(max_length=20, description=f"one of {', '.join(BoardGrouping)}")] = ""
    scale: Annotated[str, Query(max_length=20, description=f"one of {', '.join(ChartScale)}")] = ""
    page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1


@dataclass(frozen=True)
class BoardView:
    """What a person looks at: a query and the scale of the small charts."""

    query: BoardQuery = field(default_factory=BoardQuery)
    scale: ChartScale = ChartScale.OWN

    @property
    def search(self) -> str:
        """What stands after the `?` of the address, without the page; "" for the board as it is at first."""
        return urlencode(self._pairs())

    def address(self, path: str = "/themes", page: int = 1) -> str:
        """Write an address of this view."""
        pairs = self._pairs() + ([("page", str(page))] if page > 1 else [])
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def sorted_by(self, name: str) -> "BoardView":
        """Return the view that a column's heading leads to: sorted by it, and once it is, the other way round."""
        column = SortColumn(name)
        same = self.query.sort is column
        descending = not self.query.descending if same else column not in TEXT_COLUMNS
        return self._rearranged(sort=column, descending=descending)

    def order_of(self, name: str) -> str | None:
        """Return how the board is sorted by a column, as `aria-sort` says it; None where it is not."""
        if self.query.sort != name:
            return None
        return "descending" if self.query.descending else "ascending"

    def grouped_by(self, name: str) -> "BoardView":
        """Return the view with other groups."""
        return replace(self, query=replace(self.query, group=BoardGrouping(name)))

    def unsorted(self) -> "BoardView":
        """Return the view in the order that it has at first."""
        return self._rearranged(sort=None, descending=False)

    def scaled(self, name: str) -> "BoardView":
        """Return the view with small charts on another scale."""
        return replace(self, scale=ChartScale(name))

    def value_of(self, dimension: str) -> str:
        """Return the value that a dimension is filtered by; "" where it is not."""
        return dict(self.query.segments).get(dimension, "")

    def _rearranged(self, **changes: Any) -> "BoardView":
        changed = replace(self.query, **changes)
        if self.query.group is _first_grouping(self.query):
            changed = replace(changed, group=_first_grouping(changed))
        return replace(self, query=changed)

    def _pairs(self) -> list[tuple[str, str]]:
        query = self.query
        sort = "" if query.sort is None else f"{'-' if query.descending else ''}{query.sort}"
        pairs = [
            ("q", query.text),
            ("status", query.status or ""),
            ("state", query.state or ""),
            ("owner", query.owner),
        ]
        pairs += [*query.segments, ("sort", sort)]
        pairs += [("group", query.group if query.group is not _first_grouping(query) else "")]
        pairs += [("scale", self.scale if self.scale is not ChartScale.OWN else "")]
        return [(name, str(value)) for name, value in pairs if value]


def view_of(filters: BoardFilters, order: BoardOrder) -> BoardView:
    """Read an address; an unknown value of a list is answered with status 422."""
    column = _one_of(SortColumn, tuple(SortColumn), "column to sort by", order.sort.removeprefix("-"))
    query = replace(
        filters.query(), sort=column, descending=column is not None and order.sort.startswith("-"), page=order.page
    )
    grouping = _one_of(BoardGrouping, tuple(BoardGrouping), "grouping", order.group)
    query = replace(query, group=grouping or _first_grouping(query))
    return BoardView(query, _one_of(ChartScale, tuple(ChartScale), "scale", order.scale) or ChartScale.OWN)


def view_of_search(search: str) -> BoardView:
    """Read what stands after the `?` of an address of the board; what is no part of one is left out, as is the page."""
    given = {name: value.strip()[:MOST_CHARACTERS] for name, value in parse_qsl(search, max_num_fields=MOST_FIELDS)}
    filters = BoardFilters(**{name: given[name] for name in BoardFilters.__dataclass_fields__ if name in given})
    return view_of(filters, BoardOrder(given.get("sort", ""), given.get("group", ""), given.get("scale", "")))


def _first_grouping(query: BoardQuery) -> BoardGrouping:
    """Return the groups of a board whose address names none: a sorted column runs through all rows."""
    return BoardGrouping.STATUS if query.sort is None else BoardGrouping.NONE


def _one_of(kind: type[_Choice], valid: tuple[_Choice, ...], noun: str, text: str) -> _Choice | None:
    if not text:
        return None
    if text in valid:
        return kind(text)
    sentence = f"Received the {noun} {quoted(text)}; valid are {', '.join(valid)}: choose one in the filter."
    raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, sentence)
