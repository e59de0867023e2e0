"""What was found when an installation was examined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was looked at, and what was found. `remedy` is empty where nothing needs to be done."""

    what: str
    good: bool
    found: str
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        """Write it as `doctor --json` prints it."""
        return {"what": self.what, "good": self.good, "found": self.found, "remedy": self.remedy}
