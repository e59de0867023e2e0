"""Figures that stay as they are until something is mined: counted once, for all who look.

Counts and bands change only in the transaction of an epoch, or of a decision that is applied at once. What is derived from them
for 5,000 themes takes as long as the rest of a page, so each process keeps it until `mined_state` is another one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Pool, func, select

from store.board.now import Now
from store.schema import decisions, miner

_Value = TypeVar("_Value")

ENTRIES = {"board": 64, "themes": 1_000}
"""Derived figures of each kind that are kept at the same time, those that were used last: those of one theme are small, and many."""


class _KindCache:
    """The derived figures of one kind and database, of one mined state."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._lock = Lock()
        self._mined: Hashable = None
        self._values: OrderedDict[Hashable, Future[Any]] = OrderedDict()

    def get(self, mined: Hashable, key: Hashable, count: Callable[[], Any]) -> Any:
        value, mine = self._place(mined, key)
        if mine:
            # Outside of the lock: who looks at something else does not wait for it.
            try:
                value.set_result(count())
            except BaseException as error:
                self._forget(key, value)
                value.set_exception(error)
                raise
        return value.result()

    def _place(self, mined: Hashable, key: Hashable) -> tuple[Future[Any], bool]:
        """Return the place of a value, and whether the caller is the one who has to count it."""
        with self._lock:
            if mined != self._mined:
                self._values.clear()
                self._mined = mined
            mine = key not in self._values
            if mine:
                self._values[key] = Future()
            self._values.move_to_end(key)
            value = self._values[key]
            while len(self._values) > self._entries:
                self._values.popitem(last=False)
            return value, mine

    def _forget(self, key: Hashable, value: Future[Any]) -> None:
        with self._lock:
            if self._values.get(key) is value:
                del self._values[key]


_DATABASES: WeakKeyDictionary[Pool, dict[str, _KindCache]] = WeakKeyDictionary()
_MAKING = Lock()


class FigureCache:
    """The figures derived from what a connection sees; `kind` is one of `ENTRIES`."""

    def __init__(self, connection: Connection, now: Now, kind: str = "board") -> None:
        with _MAKING:
            kinds = _DATABASES.setdefault(connection.engine.pool, {})
            self._kept = kinds.setdefault(kind, _KindCache(ENTRIES[kind]))
        self._mined = (now, mined_state(connection))

    def get(self, key: Hashable, count: Callable[[], _Value]) -> _Value:
        """Return what `count` returned for this key in this mined state; it is called once, while others with the same key wait."""
        value: _Value = self._kept.get(self._mined, key, count)
        return value


def mined_state(connection: Connection) -> tuple[int | None, int]:
    """Return what differs after each transaction that changes counts: the open epoch, and the number of applied decisions."""
    epoch = select(func.max(miner.c.next_epoch)).scalar_subquery()
    applied = select(func.count(decisions.c.applied_epoch)).scalar_subquery()
    row = connection.execute(select(epoch, applied)).one()
    return row[0], row[1]
