"""A recognizer: how one kind of sensitive data is found in the view of a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.redaction.kinds import SensitiveKind
from models.redaction.span import Span


@dataclass(frozen=True, slots=True)
class Recognizer:
    """Finds one kind of sensitive data.

    mark: the character that covers what was found, so that later recognizers can see what it was.
    spans: takes the view of a text and returns spans [start, end) in it, in order and without overlap, in time linear in its length.
    hints: lower-case parts of words. One of them is in every text in which something is found that `models.redaction.signs` has no
    other sign for.
    hints_with_digit: further hints, which count only in a text with a digit.
    needs_digit: whether what is found has a digit in it or next to it, so that the hints count only in a text with digits.
    doubtful: whether what is found could also be something else; such findings are counted.
    """

    kind: SensitiveKind
    mark: str
    spans: Callable[..., list[Span]]
    hints: tuple[str, ...] = ()
    needs_digit: bool = True
    doubtful: bool = False
    hints_with_digit: tuple[str, ...] = ()
