"""The clock: passed in by whoever starts a process, so that code and tests read no time of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Returns the wall-clock time, timezone-aware."""
