"""Themes: groups of tickets about one problem, found early and maintained."""

from models.themes.assign.constraints import Constraints, Example
from models.themes.index import ThemeIndex
from models.themes.lineage import Assignment, Birth, Discovery, LineageReason, Merge, Move, NewTicket, RememberedTicket
from models.themes.naming.candidates import ThemeName
from models.themes.naming.evidence import representatives
from models.themes.naming.names import Namer, name_themes
from models.themes.settings import ThemeSettings

__all__ = [
    "Assignment",
    "Birth",
    "Constraints",
    "Discovery",
    "Example",
    "LineageReason",
    "Merge",
    "Move",
    "Namer",
    "NewTicket",
    "RememberedTicket",
    "ThemeIndex",
    "ThemeName",
    "ThemeSettings",
    "name_themes",
    "representatives",
]
