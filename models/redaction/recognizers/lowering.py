"""Letters as recognizers compare them: in lower case and without marks."""

from __future__ import annotations

import unicodedata


def lowered(text: str) -> str:
    """Return a text in lower case and of the same length: the few letters that become two characters stay as they are.

    The capital I with a dot of Turkish becomes an i, as its readers expect.
    """
    if text.isascii():
        return text.lower()
    text = text.replace("\u0130", "i")
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def without_marks(text: str) -> str:
    """Return a pattern or word without the marks above and below letters that the view of a text leaves out, as in Hindi and Thai."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Mn")
