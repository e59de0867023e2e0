"""A time limit for calls that have none of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class DeadlinePassed(Exception):
    """The call did not return in time; it may still do what it was to do."""


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """Return what a call returns within `seconds`, raise what it raises. Raises `DeadlinePassed` where it does neither.

    The timeouts of HTTP and SMTP clients are for one read: a receiver that sends a byte now and then never exceeds them. The call is
    made in a thread, which is left alone once it is late: its socket ends it.
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            errors.append(error)

    thread = threading.Thread(target=run, name="deadline", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise DeadlinePassed
    return results[0]
