"""What costs time to count is counted once for all who look, until something has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast

Value = TypeVar("Value")

MOST = 64
"""Values that are kept; beyond, all are counted again. Each scope that somebody has needs some of its own."""


class StateCache:
    """Keeps values by name, each for one state of what it was counted from, such as the mark of the pages."""

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[Hashable, object]] = {}
        self._locks: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, name: Hashable, state: Hashable, count: Callable[[], Value]) -> Value:
        """Return the value of this name and state; `count` makes it, once for all that ask at the same time."""
        with self._lock:
            if name not in self._values and len(self._values) >= MOST:
                self._values.clear()
                self._locks.clear()
            lock = self._locks.setdefault(name, Lock())
        with lock:
            found = self._values.get(name)
            if found is None or found[0] != state:
                found = (state, count())
                self._values[name] = found
            return cast("Value", found[1])
