"""The normalised views of a text, in which recognizers search, with a map back to the original.

A text has several views, because reading an escape can also hide what is there: `3%4111...` is three per cent and a number, and a link
has its number inside a tag.
"""

from __future__ import annotations

from dataclasses import replace

from models.redaction.view.characters import folded
from models.redaction.view.escapes import (
    has_escapes,
    has_mail_bytes,
    has_quoted_printable,
    is_mail,
    percent_decoded_once,
    unescaped,
    without_quoted_printable,
)
from models.redaction.view.layout import has_tags, without_quote_marks, without_tags
from models.redaction.view.view import View

__all__ = ["View", "fold", "views"]


def fold(text: str) -> View:
    """Return the view with escapes read and characters folded, but with tags: what identities are compared by."""
    return _settled(unescaped(folded(View(text))))


def views(text: str) -> list[View]:
    """Return the different views of a text.

    First the one in which most is read, then the one with tags. The raw ones are last: the text with folded characters only, and what
    is uncertain to be an escape at all.
    """
    plain = folded(View(text))
    may_be_mail = has_quoted_printable(plain.text)
    sure = may_be_mail and is_mail(plain.text)
    base = without_quoted_printable(plain, every=has_mail_bytes(plain.text)) if sure else plain
    read = unescaped(base) if has_escapes(base.text) else base
    candidates = [_without_tags(read), read] if has_tags(read.text) else [read]
    distinct: dict[str, View] = {}
    for view in map(_settled, candidates):
        distinct.setdefault(view.text, view)
    raw = [] if read is plain else [plain]
    if "%25" in plain.text:
        raw.insert(0, percent_decoded_once(plain))
    if may_be_mail and not sure:
        # Without a sign of mail, `pin=880013` is a parameter and no byte: what is read in it comes last.
        raw.append(_mail(plain))
    for view in map(_settled, raw):
        distinct.setdefault(view.text, replace(view, raw=True))
    return list(distinct.values())


def _without_tags(view: View) -> View:
    bare = without_tags(view)
    # A tag may divide an escape.
    return unescaped(bare) if has_escapes(bare.text) else bare


def _mail(plain: View) -> View:
    view = unescaped(without_quoted_printable(plain))
    return _without_tags(view) if has_tags(view.text) else view


def _settled(view: View) -> View:
    return folded(without_quote_marks(view))
