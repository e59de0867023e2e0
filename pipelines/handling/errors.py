"""What can be wrong with the files that figures are made with."""

from __future__ import annotations


class FigureError(Exception):
    """The base class; its text is one sentence for a person."""


class ServiceLevelsInvalid(FigureError):
    """The file of service levels cannot be used; its sentence says where and why."""


class CostsInvalid(FigureError):
    """The file of costs cannot be used; its sentence says where and why."""
