"""What the board is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.theme import ThemeState, ThemeStatus

STATUSES = (
    ThemeStatus.ESCALATING,
    ThemeStatus.REGRESSED,
    ThemeStatus.NEW,
    ThemeStatus.KNOWN,
    ThemeStatus.ONGOING,
    ThemeStatus.RESOLVED,
    ThemeStatus.ARCHIVED,
)
"""The order in which people should look at them."""

STATES = (ThemeState.LIVE, ThemeState.DORMANT)
"""The states of themes on the board; the others hold no tickets."""

FILTERED = ("product", "region", "business_line", "user_type", "channel")
"""The dimensions that the board can be filtered by."""

PAGE_ROWS = 100


class SortColumn(StrEnum):
    """A column that the board can be sorted by; the values are used in addresses."""

    THEME = "theme"
    DAY = "day"
    EXPECTED = "expected"
    GROWTH = "growth"
    TREND = "trend"
    SIZE = "size"
    OWNER = "owner"
    ISSUE = "issue"


class BoardGrouping(StrEnum):
    """What the rows of the board are grouped by."""

    STATUS = "status"
    FAMILY = "family"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class BoardQuery:
    """What to show. `text` is looked for in names and keywords, or is a theme's number.

    Empty values filter nothing. Without `status` archived themes are left out. `segments` are pairs of a dimension and its value:
    themes with tickets there in the last 7 days are shown. Without `sort` the most severe themes come first. `page` counts from 1.
    """

    text: str = ""
    status: ThemeStatus | None = None
    owner: str = ""
    page: int = 1
    state: ThemeState | None = None
    segments: tuple[tuple[str, str], ...] = ()
    sort: SortColumn | None = None
    descending: bool = False
    group: BoardGrouping = BoardGrouping.STATUS

    @property
    def filters(self) -> bool:
        """Whether some themes are left out because a filter says so."""
        return bool(self.text or self.status or self.owner or self.state or self.segments)
