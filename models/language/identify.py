"""Which language a text is written in."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from models.language.names import primary_subtag

_MOST_CHARACTERS = 2_000
"""The beginning of a text says what it is written in; the cut bounds the time for a long one."""

_NONCHARACTERS = "".join(chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
_UNWRITTEN = re.compile(
    r"\[[A-Z][A-Z_ -]*\]|https?://[!-~]+|(?<![!-~])[!-~]*[@\d][!-~]*"
    rf"|[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff{_NONCHARACTERS}]+"
)
"""What says nothing of a language: redaction marks, addresses, words with digits such as order numbers; and what is no character."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")
_LETTER = re.compile(r"[^\W\d_]")

_FEWEST_LETTERS, _FEWEST_WORDS = 12, 2
"""What a text in Latin script has at least whose language is recognised without a field: fewer may be names."""

_FEWEST_STATED = 4
"""Letters of a text that a field of its event can decide on: OK and Hi are written in all languages."""

_CERTAIN_WORDS = 4
"""Words of a text in Latin script that overrule a field that states a different language."""

_MOST_OF_A_NAME = 7
"""Capitalised words that a name with its titles has at most; more are a text that is written so."""

_MOST_SHARE_OF_ENGLISH = 30
"""Percentage of English with which a text is another language's: names of products and quoted errors are in English."""

ENGLISH = "en"

_SAME = {
    "ms": "id",
    "iw": "he",
    "in": "id",
    "jw": "jv",
    "nb": "no",
    "nn": "no",
    "bs": "hr",
    "sr": "hr",
    "mo": "ro",
    "fil": "tl",
}
"""Codes of one language, and languages that a short text cannot tell apart: their words are grouped together."""

_LARGER = {"gl": "es"}
"""Languages that a short text of a larger one is taken for."""

_LATIN_LANGUAGES = frozenset((
    "af", "az", "ca", "cs", "cy", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "hr", "ht", "hu", "id", "is", "it",
    "jv", "lt", "lv", "mt", "nl", "no", "pl", "pt", "ro", "sk", "sl", "so", "sq", "sv", "sw", "tl", "tr", "uz", "vi", "zu",
))  # fmt: skip
"""Languages in Latin script that tickets are written in. For two words of English the identifier may find Scots, Interlingua or
Malagasy instead, which no ticket has been seen in."""


def identify(text: str, stated: str | None = None) -> str | None:
    """Identify the language that a text is written in: an ISO 639 code such as `es`, or None where that is not certain.

    The decision is careful for texts in Latin script, since an English text that is taken for another is compared with the
    wrong tickets. A short one is recognised only if the identifier (CLD2, Sites 2013: a naive Bayes classifier of four letters,
    in other scripts of one character) calls its answer reliable, if the words that are not capitalised, which names are, do
    not contradict, and if no large part is English. Another script speaks for itself.

    Parameters
    ----------
    text : str
        Redacted; numbers, addresses and redaction marks in it say nothing.
    stated : str, optional
        Language that the ticket's event states, as a code or locale. It decides where the text alone is too short, if it is
        plausible for the text; the text decides where it is clear.
    """
    written = " ".join(_UNWRITTEN.sub(" ", text[:_MOST_CHARACTERS]).split())
    letters = _LETTER.findall(written)
    if not letters:
        return None
    said = _plain(primary_subtag(stated)) if stated else None
    latin = sum(len(_LATIN.findall(word)) for word in _WORD.findall(written) if word == word.lower())
    if 2 * latin < len(letters) - len(_LATIN.findall(written)):
        return _of_script(written, said)
    found = _reliable(written)
    if found is None:
        return _by_field(written, said) if said and len(letters) >= _FEWEST_STATED else None
    words = len(_WORD.findall(written))
    if said is not None and said != found and words < _CERTAIN_WORDS:
        return None if ENGLISH in (said, found) else (_by_field(written, said) or found)
    enough = words >= _FEWEST_WORDS and len(letters) >= _FEWEST_LETTERS
    return found if enough or found in {said, ENGLISH} else None


def _of_script(written: str, said: str | None) -> str | None:
    """Identify a text in another script than Latin; few languages share one, so that little text is enough."""
    _, shares = _detect(written, best_effort=True)
    found = next((code for code, _ in shares if code not in _LATIN_LANGUAGES), None)
    if found is None or said is None or said in _LATIN_LANGUAGES:
        return found
    # The field distinguishes languages of one script, where the text is too short for it.
    _, shares = _detect(written, best_effort=True, hint=said)
    return next((code for code, _ in shares if code not in _LATIN_LANGUAGES), found)


def _reliable(written: str) -> str | None:
    """Return the language of a text in Latin script if that is certain, whatever names are in it."""
    reliable, shares = _detect(written)
    if not reliable or not shares:
        return None
    found = _larger(written, shares[0][0])
    if found not in _LATIN_LANGUAGES or (found != ENGLISH and _share(shares, ENGLISH) > _MOST_SHARE_OF_ENGLISH):
        return None
    return found if found == ENGLISH or _holds_without_names(written) else None


def _larger(written: str, found: str) -> str:
    """Return the larger language that a text can be of as well, else what was found."""
    larger = _LARGER.get(found)
    if larger is None:
        return found
    _, shares = _detect(written, best_effort=True, hint=larger)
    return shares[0][0] if shares else found


def _holds_without_names(written: str) -> bool:
    """Return whether the words that are not capitalised do not look English; where all are, they must be too many for a name."""
    words = _WORD.findall(written)
    plain = [word for word in words if word == word.lower()]
    if not plain:
        return len(words) > _MOST_OF_A_NAME
    _, shares = _detect(" ".join(plain), best_effort=True)
    return not shares or shares[0][0] != ENGLISH


def _by_field(written: str, said: str) -> str | None:
    """Return the language that a field states if the text can be of it and does not look English."""
    if said == ENGLISH:
        return said
    _, alone = _detect(written, best_effort=True)
    _, hinted = _detect(written, best_effort=True, hint=said)
    plausible = bool(hinted) and hinted[0][0] == said and _share(alone, ENGLISH) <= _MOST_SHARE_OF_ENGLISH
    return said if plausible else None


def _share(shares: list[tuple[str, int]], code: str) -> int:
    return sum(percent for found, percent in shares if found == code)


def _plain(code: str) -> str:
    return _SAME.get(code, code)


def _detect(text: str, *, best_effort: bool = False, hint: str | None = None) -> tuple[bool, list[tuple[str, int]]]:
    """Return whether the answer is reliable, and up to three languages with their percentages of the text."""
    detect, known = _detector()
    hints = {"hintLanguage": hint} if hint in known else {}
    reliable, _, found = detect(text, isPlainText=True, bestEffort=best_effort, **hints)
    return reliable, [(_plain(code.split("-")[0]), percent) for _, code, percent, _ in found if code != "un"]


@cache
def _detector() -> tuple[Callable[..., Any], frozenset[str]]:
    """Return the identifier's function, and the codes that it takes as hints; importing it takes some milliseconds."""
    import pycld2

    return pycld2.detect, frozenset(code for _, code in pycld2.LANGUAGES)
