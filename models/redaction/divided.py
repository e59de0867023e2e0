"""Card numbers and accounts that are divided between values next to each other: between title and body, or the items of a list."""

from __future__ import annotations

from collections.abc import Sequence

from models.redaction.keep import ANYWHERE, Place
from models.redaction.kinds import SensitiveKind
from models.redaction.redactor import Redactor, SensitiveFinding

FEWEST_DIGITS = 12
"""Digits of the shortest card number."""

LONGEST = 80
"""Characters on either side of a border that are looked at: more than the longest number has in any writing."""

_DIVIDED = frozenset((SensitiveKind.CARD, SensitiveKind.TRACK, SensitiveKind.IBAN))


def may_be_divided(first: object, second: object) -> bool:
    """Return whether a number may go on from the end of a text at the beginning of the next one; False where one is no text."""
    if not isinstance(first, str) or not isinstance(second, str):
        return False
    return first.rstrip()[-1:].isdigit() and second.lstrip()[:1].isdigit()


def may_be_in_items(items: Sequence[object]) -> bool:
    """Return whether the items of a list have as many digits as a card number, in parts of one."""
    return (
        len(items) > 1
        and sum(map(str.isdigit, "".join(item for item in items if isinstance(item, str)))) >= FEWEST_DIGITS
    )


def redacted_across(
    first: str, second: str, redactor: Redactor, place: Place = ANYWHERE
) -> tuple[str, str, list[SensitiveFinding]]:
    """Redact what begins at the end of a text and ends at the beginning of the next: the first one gets the placeholder."""
    left, right = first[-LONGEST:], second[:LONGEST]
    border = len(left) + 1
    found = [
        one
        for one in redactor.findings(f"{left}\n{right}", place)
        if one.kind in _DIVIDED and one.start < border <= one.end
    ]
    for one in found[:1]:
        first = f"{first[: len(first) - len(left) + one.start]}[{one.kind.value}]"
        second = second[one.end - border :]
    return first, second, found[:1]


def redacted_items(
    items: Sequence[str], redactor: Redactor, place: Place = ANYWHERE
) -> tuple[list[str], list[SensitiveFinding]]:
    """Redact numbers that go over several items; one placeholder takes the place of the items that are part of a number."""
    text, kept, found = " ".join(items), list(items), []
    starts = [sum(len(item) + 1 for item in items[:at]) for at in range(len(items))]
    for one in reversed(redactor.findings(text, place)):
        parts = [at for at, start in enumerate(starts) if start < one.end and one.start < start + len(items[at])]
        if one.kind in _DIVIDED and len(parts) > 1:
            kept[parts[0] : parts[-1] + 1] = [f"[{one.kind.value}]"]
            found.append(one)
    return kept, found
