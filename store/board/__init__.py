"""The data of pages, in few bounded queries: volumes come from `counts` and `bands`, never from tickets."""

from store.board.board_query import FILTERED, STATES, STATUSES, BoardGrouping, BoardQuery, SortColumn
from store.board.figures import Day
from store.board.incidents import IncidentPage, IncidentRow, incident_page
from store.board.launches import LaunchPage, LaunchRow, LaunchTheme, launch_page, launch_rows
from store.board.now import Now, now_of
from store.board.pulse import mark_of
from store.board.series import Band, Hour, HourlySeries, total_series
from store.board.snapshot import snapshot
from store.board.spikes import CauseRow, SpikeRow
from store.board.theme import ThemePage, theme_page, theme_within
from store.board.theme_history import AlertRow, ChangeRow, LineageRow
from store.board.theme_quotes import Quote
from store.board.theme_tickets import TicketPage, theme_tickets
from store.board.themes import Board, BoardGroup, ThemeRow, board, every_row, matching_themes

__all__ = [
    "FILTERED",
    "STATES",
    "STATUSES",
    "AlertRow",
    "Band",
    "Board",
    "BoardGroup",
    "BoardGrouping",
    "BoardQuery",
    "CauseRow",
    "ChangeRow",
    "Day",
    "Hour",
    "HourlySeries",
    "IncidentPage",
    "IncidentRow",
    "LaunchPage",
    "LaunchRow",
    "LaunchTheme",
    "LineageRow",
    "Now",
    "Quote",
    "SortColumn",
    "SpikeRow",
    "ThemePage",
    "ThemeRow",
    "TicketPage",
    "board",
    "every_row",
    "incident_page",
    "launch_page",
    "launch_rows",
    "mark_of",
    "matching_themes",
    "now_of",
    "snapshot",
    "theme_page",
    "theme_tickets",
    "theme_within",
    "total_series",
]
