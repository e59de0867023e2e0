"""Themes: groups of tickets about one problem, found early and kept."""

from models.themes.constraints import Constraints, Example
from models.themes.evidence import representatives
from models.themes.index import ThemeIndex
from models.themes.lineage import Assignment, Birth, Discovery, Merge, Move, NewTicket, Reason, Remembered
from models.themes.naming import Namer, ThemeName, name_themes
from models.themes.settings import ThemeSettings

__all__ = [
    "Assignment",
    "Birth",
    "Constraints",
    "Discovery",
    "Example",
    "Merge",
    "Move",
    "Namer",
    "NewTicket",
    "Reason",
    "Remembered",
    "ThemeIndex",
    "ThemeName",
    "ThemeSettings",
    "name_themes",
    "representatives",
]
