"""Card numbers and accounts that are divided between values next to each other: between title and body, or the items of a list."""

from __future__ import annotations

from collections.abc import Sequence

from models.redaction.keep import ANYWHERE, Place
from models.redaction.kinds import SensitiveKind
from models.redaction.ordinary import is_ordinary
from models.redaction.redactor import Redactor, SensitiveFinding

MOST_ITEMS = 64
LONGEST_ITEMS = 512
"""Items of a list, and characters of all of them: more are records or sentences, which are looked at one by one."""

LONGEST = 80
"""Characters on either side of a border that are looked at: more than the longest number has in any writing."""

_DIVIDED = frozenset((SensitiveKind.CARD, SensitiveKind.TRACK, SensitiveKind.IBAN))


def may_be_divided(first: object, second: object) -> bool:
    """Return whether a number may go on from the end of a text at the beginning of the next one; False where one is no text."""
    if not isinstance(first, str) or not isinstance(second, str):
        return False
    return first.rstrip()[-1:].isdigit() and second.lstrip()[:1].isdigit()


def may_be_in_items(items: Sequence[object]) -> bool:
    """Return whether the items of a list are short texts that can contain something together which none has alone."""
    if not 1 < len(items) <= MOST_ITEMS:
        return False
    texts = [item for item in items if isinstance(item, str)]
    return len(texts) == len(items) and sum(map(len, texts)) <= LONGEST_ITEMS and not is_ordinary(" ".join(texts))


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
    """Redact what the items of a list say together: tags are made by splitting a text at its spaces.

    Items that are parts of one number become one item.
    """
    kept, starts, end = list(items), [], 0
    for item in items:
        starts.append(end)
        end += len(item) + 1
    found = redactor.findings(" ".join(items), place)
    for one in reversed(found):
        parts = [at for at, start in enumerate(starts) if start < one.end and one.start < start + len(items[at])]
        first, last = parts[0], parts[-1]
        head, tail = kept[first][: one.start - starts[first]], kept[last][one.end - starts[last] :]
        kept[first : last + 1] = [f"{head}[{one.kind.value}]{tail}"]
    return kept, found
