"""Errors of erasures; each text is one sentence.

GroundswellError
└── ErasureError
    ├── ProofInvalid
    └── ManifestInvalid
"""

from __future__ import annotations

from pathlib import Path

from groundswell.errors import GroundswellError


class ErasureError(GroundswellError):
    """An erasure, or the check of one, cannot be done."""


class ProofInvalid(ErasureError):
    """The file is no proof, or not one that this installation signed."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}; valid is a proof as `groundswell erase` wrote it")


class ManifestInvalid(ErasureError):
    """A line of the manifest cannot be trusted."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(
            f"{path}, line {line}: {problem}; restore the manifest and "
            "the key of the setting erasure.key from their own backup; nothing was applied or erased"
        )
