"""Layout: tags of HTML between characters, and the marks of quoted lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.redaction.view.view import View

_TAG = re.compile(r"<(?!(?:at|dot|punkt|arroba|punto)>)(?:[/!?]?([A-Za-z\[][A-Za-z0-9]*)[^<>]*)>")
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*+-->")
_LINES = "address article aside blockquote br center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li"
_CELLS = "main nav ol option p pre section table tbody td tfoot th thead tr ul"
_BREAKS = frozenset(f"{_LINES} {_CELLS}".split())
"""Elements that begin a line or a cell; all others are in the line."""

_QUOTE_MARKS = re.compile(r"\n[ \t]*+(?:[A-Za-z]{1,12}>[ \t]?(?:[>|][ \t]?)*+|(?:[>|][ \t]?)++)")
"""Also with the initials or the name of who is quoted, as some programs for mail write them: `AS> `."""

_Characters = Iterator[tuple[str, int, int]]


def has_tags(text: str) -> bool:
    """Return whether a text has what tags look like."""
    return "<" in text and (_TAG.search(text) is not None or "<!--" in text)


def without_tags(view: View) -> View:
    """Return the view without tags and comments; a space is left where an element begins a line or a cell."""
    last = view.text.rfind("-->")
    if last >= 0 and "<!--" in view.text:
        # Every comment before the last end has an end, so the time is linear.
        view = view.rewritten(_COMMENT, _nothing)
    return view.rewritten(_TAG, _break)


def without_quote_marks(view: View) -> View:
    """Return the view without the marks of quoted lines."""
    if "\n" not in view.text or (">" not in view.text and "|" not in view.text):
        return view
    return view.rewritten(_QUOTE_MARKS, _newline)


def _nothing(_: re.Match[str]) -> _Characters:
    return iter(())


def _break(match: re.Match[str]) -> _Characters:
    if match[1].lower() in _BREAKS:
        yield " ", match.start(), match.end()


def _newline(match: re.Match[str]) -> _Characters:
    yield "\n", match.start(), match.start() + 1
