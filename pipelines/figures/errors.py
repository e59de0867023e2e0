"""What can be wrong with a question about figures."""

from __future__ import annotations

from pipelines.handling.errors import FigureError


class FigureQueryInvalid(FigureError):
    """Something that was typed or chosen is not valid; the text is one sentence that says what is."""


class TargetsInvalid(FigureError):
    """The file of targets cannot be used; its sentence says where and why."""
