"""What became of a case that a person took."""

from __future__ import annotations

from enum import StrEnum


class ClaimState(StrEnum):
    """What became of a case that a person took; the values are stored."""

    TAKEN = "taken"
    LABELLED = "labelled"
    SKIPPED = "skipped"
