"""The pages of figures, in the order of their navigation."""

from __future__ import annotations

from console.figures.ai import AI
from console.figures.overview import OVERVIEW
from console.figures.page import FigurePage
from console.figures.segments import SEGMENTS
from console.figures.teams import TEAMS
from console.figures.themes import THEMES

PAGES: tuple[FigurePage, ...] = (OVERVIEW, SEGMENTS, TEAMS, AI, THEMES)
"""Each is a page, a file of each of its tables, and a route of the JSON API."""
