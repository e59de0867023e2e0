"""Figures that stay as they are until something is mined: counted once, for all who look.

Counts and bands change only in the transaction of an epoch, or of a decision that is applied at once. What is derived from them
for 5,000 themes takes as long as the rest of a page, so each process keeps it until `mined_state` is another one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import RLock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Pool, func, select

from store.board.now import Now
from store.schema import decisions, miner

_Value = TypeVar("_Value")

ENTRIES = 64
"""Derived figures that are kept at the same time, those that were used last."""


class _Kept:
    """The derived figures of one database, of one mined state."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._mined: Hashable = None
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, mined: Hashable, key: Hashable, count: Callable[[], Any]) -> Any:
        with self._lock:
            if mined != self._mined:
                self._values.clear()
                self._mined = mined
            if key not in self._values:
                self._values[key] = count()
            self._values.move_to_end(key)
            while len(self._values) > ENTRIES:
                self._values.popitem(last=False)
            return self._values[key]


_DATABASES: WeakKeyDictionary[Pool, _Kept] = WeakKeyDictionary()
_MAKING = RLock()


class Remembered:
    """The figures derived from what a connection sees."""

    def __init__(self, connection: Connection, now: Now) -> None:
        with _MAKING:
            self._kept = _DATABASES.setdefault(connection.engine.pool, _Kept())
        self._mined = (now, mined_state(connection))

    def get(self, key: Hashable, count: Callable[[], _Value]) -> _Value:
        """Return what `count` returned for this key in this mined state; it is called once, while others wait."""
        value: _Value = self._kept.get(self._mined, key, count)
        return value


def mined_state(connection: Connection) -> tuple[int | None, int]:
    """Return what differs after each transaction that changes counts: the open epoch, and the number of applied decisions."""
    epoch = select(func.max(miner.c.next_epoch)).scalar_subquery()
    applied = select(func.count(decisions.c.applied_epoch)).scalar_subquery()
    row = connection.execute(select(epoch, applied)).one()
    return row[0], row[1]
