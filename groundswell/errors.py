"""Wrong usage of the command line.

GroundswellError
└── UsageError
"""

from __future__ import annotations


class GroundswellError(Exception):
    """A failure that a person can act on; its text is one sentence."""


class UsageError(GroundswellError):
    """Something on the command line does not fit; exit code 2."""
