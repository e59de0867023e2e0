"""Tables of allowed changes from one state to another, and the sentence that refuses another one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias, TypeVar

State = TypeVar("State", bound=StrEnum)

Transitions: TypeAlias = Mapping[State, tuple[State, ...]]
"""By state, the states that may follow it."""


class TransitionRefused(ValueError):
    """A change that is not allowed; its text is one sentence that names those which are."""


def check(table: Transitions[State], subject: str, before: State, after: State) -> None:
    """Check a change. `subject` is what changes, such as `theme 7`.

    Raises
    ------
    TransitionRefused
        The table does not allow it.
    """
    allowed = table[before]
    if after in allowed:
        return
    said = f"{subject} is {before.value}" + (" already" if before is after else f", which cannot become {after.value}")
    raise TransitionRefused(f"{said}; {_valid(allowed)}")


def _valid(allowed: tuple[StrEnum, ...]) -> str:
    if not allowed:
        return "no change follows this state: undo the decision that led to it"
    *others, last = (one.value for one in allowed)
    named = f"{', '.join(others)} or {last}" if others else last
    return f"valid is a change to {named}"
