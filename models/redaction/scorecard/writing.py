"""How people write the digits of a number: in groups, with separators, in the digits of their script, over lines and in lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

WrittenValue = tuple[tuple[str, bool], ...]
"""Characters of a value, each with whether it counts; the others are separators."""

SEPARATORS = {
    "none": "", "space": " ", "dash": "-", "dot": ".", "no-break space": "\u00a0", "narrow space": "\u202f", "thin space": "\u2009",
    "en dash": "\u2013", "em dash": "\u2014", "non-breaking hyphen": "\u2011", "minus": "\u2212", "slash": "/", "underscore": "_",
    "two spaces": "  ", "spaced dash": " - ", "tab": "\t", "line break": "\n", "reply mark": "\n> ", "middle dot": "\u00b7",
    "ideographic space": "\u3000", "comma and space": ", ", "bar": "|", "soft hyphen": "\u00ad", "zero-width space": "\u200b",
}  # fmt: skip
USUAL = ("none", "space", "dash", "none", "space", "dot")

DIGITS = {
    "full-width": 0xFF10, "Arabic-Indic": 0x0660, "Persian": 0x06F0, "Devanagari": 0x0966, "Bengali": 0x09E6, "Thai": 0x0E50,
    "mathematical bold": 0x1D7CE,
}  # fmt: skip


def grouped(text: str, sizes: Sequence[int], separator: str) -> WrittenValue:
    """Write characters in groups of the given sizes; what is left over is the last group."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for size in (*sizes, len(text)):
        group = text[at : at + size]
        if not group:
            break
        if pieces and separator:
            pieces.append((separator, False))
        pieces += [(sign, True) for sign in group]
        at += size
    return tuple(pieces)


def listed(text: str, sizes: Sequence[int], rng: Random) -> WrittenValue:
    """Write groups as the elements of a JSON list, of numbers or of strings."""
    quote, comma = rng.choice((("", ", "), ('"', '", "'), ('"', '","'), ("", ",")))
    return ((f"[{quote}", False), *grouped(text, sizes, comma), (f"{quote}]", False))


def in_script(written: WrittenValue, script: str) -> WrittenValue:
    """Write ASCII digits in the digits of another script."""
    zero = DIGITS[script]
    return tuple((chr(zero + int(sign)) if sign in "0123456789" else sign, counts) for sign, counts in written)


def number_writing(text: str, sizes: Sequence[int], rng: Random, *, rare: bool = True) -> tuple[WrittenValue, str]:
    """Write a number in one of many ways; return it with the name of the way. `rare`: also as few people would."""
    draw = rng.random()
    if draw < (0.5 if rare else 0.9):
        name = rng.choice(USUAL)
        return grouped(text, sizes, SEPARATORS[name]), name
    if not rare:
        script = rng.choice(list(DIGITS))
        return in_script(grouped(text, sizes, rng.choice(("", " "))), script), script
    return _rare(rng, lists=text.isdecimal())(text, sizes, rng)


def _rare(rng: Random, *, lists: bool) -> Callable[[str, Sequence[int], Random], tuple[WrittenValue, str]]:
    return rng.choices((_separated, _scripted, _spread, _regrouped, _in_list), (10, 4, 2, 2, 2 * lists))[0]


def _separated(text: str, sizes: Sequence[int], rng: Random) -> tuple[WrittenValue, str]:
    name = rng.choice(list(SEPARATORS))
    return grouped(text, sizes, SEPARATORS[name]), name


def _scripted(text: str, sizes: Sequence[int], rng: Random) -> tuple[WrittenValue, str]:
    script, name = rng.choice(list(DIGITS)), rng.choice(USUAL)
    return in_script(grouped(text, sizes, SEPARATORS[name]), script), f"{script} digits"


def _spread(text: str, _: Sequence[int], rng: Random) -> tuple[WrittenValue, str]:
    name = rng.choice(("space", "dash", "dot", "no-break space"))
    return grouped(text, [1] * len(text), SEPARATORS[name]), f"each digit, {name}"


def _regrouped(text: str, _: Sequence[int], rng: Random) -> tuple[WrittenValue, str]:
    size, name = rng.choice((2, 3, 4, 5, 8)), rng.choice(("space", "dash", "dot"))
    return grouped(text, [size] * len(text), SEPARATORS[name]), f"groups of {size}"


def _in_list(text: str, sizes: Sequence[int], rng: Random) -> tuple[WrittenValue, str]:
    return listed(text, sizes, rng), "JSON list"
