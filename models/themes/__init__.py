"""Themes: groups of tickets about one problem, found early and maintained."""

from typing import TYPE_CHECKING

from models.lazy import lazy_names

if TYPE_CHECKING:
    from models.themes.assign.constraints import Constraints, Example
    from models.themes.index import ThemeIndex
    from models.themes.languages import LanguageIndexes
    from models.themes.lineage import (
        Assignment,
        Birth,
        Discovery,
        LineageReason,
        Merge,
        Move,
        NewTicket,
        RememberedTicket,
    )
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
    "LanguageIndexes",
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

__getattr__ = lazy_names(
    __name__,
    {
        "assign.constraints": ("Constraints", "Example"),
        "index": ("ThemeIndex",),
        "languages": ("LanguageIndexes",),
        "lineage": (
            "Assignment",
            "Birth",
            "Discovery",
            "LineageReason",
            "Merge",
            "Move",
            "NewTicket",
            "RememberedTicket",
        ),
        "naming.candidates": ("ThemeName",),
        "naming.evidence": ("representatives",),
        "naming.names": ("Namer", "name_themes"),
        "settings": ("ThemeSettings",),
    },
)
