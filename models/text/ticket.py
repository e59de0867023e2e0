"""The text of a ticket that is embedded: what its writer says about the problem, without the form around it."""

from __future__ import annotations

import re
from collections.abc import Collection

from models.text import languages
from models.text.boilerplate import (
    TYPICAL_MACROS,
    without_banners,
    without_disclaimers,
    without_ending,
    without_greeting,
    without_macros,
)
from models.text.encodings import without_base64
from models.text.html import IMAGE
from models.text.plain import to_plain
from models.text.quotations import split_mail

_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FORWARD_TITLE = re.compile(rf"^\s*(?:{languages.FORWARD_TITLES})(?:\[\d+\])?\s*[:：]\s*", re.IGNORECASE)  # noqa: RUF001
_REPLY_TITLE = re.compile(rf"^\s*(?:{languages.REPLY_TITLES})(?:\[\d+\]|\(\d+\))?\s*[:：]\s*", re.IGNORECASE)  # noqa: RUF001
_EXTERNAL = re.compile(
    r"^\s*(?:\[(?:external|extern|externe|externo|ext|spam)\]|\*{2,}(?:external|spam)\*{2,})\s*", re.IGNORECASE
)
_GENERIC = re.compile(rf"(?:{languages.GENERIC_TITLES})[\s.!?]*", re.IGNORECASE)


ENOUGH_WORDS = 3
"""Words of one's own, apart from those of cover notes, from which on a quoted message is not read."""

ENOUGH_WORDS_OF_FORWARDER = 6
"""Words about a problem, from which on what a person writes above a forwarded message is the problem itself."""

_DEEPEST = 4
"""Messages within messages that are searched for the problem."""


def ticket_text(title: str, body: str, macros: Collection[str] = TYPICAL_MACROS) -> str:
    r"""Join title and body into the text that is embedded, without the form around the problem.

    Removed are banners, legal notices, signatures, closings, a greeting at the start, encoded attachments, and sentences that begin
    like one of `macros` (in lower case). Of a mail with a quoted reply the sender's own words are used where there are enough, and the
    quoted message in addition where there are not. Of a forwarded mail the message that was forwarded is used. A title that repeats the
    start of the body (many systems cut the title from it) adds nothing, so the body is used alone; `Re:` and `Fwd:` are removed.
    Where everything would be removed, the body is used as it is. The same title and body always give the same text.

    >>> ticket_text("My card was swall", "My card was swallowed by the machine")
    'My card was swallowed by the machine'
    >>> ticket_text("Refund missing", "Hello, I cancelled on Monday.")
    'Refund missing. I cancelled on Monday.'
    >>> ticket_text("Fwd: help", "FYI\n\n-- Forwarded message --\nFrom: Ana\nSubject: help\n\nThe till is dead.")
    'The till is dead.'
    """
    title, body = to_plain(title), to_plain(body)
    heading, forwarded = _heading(title)
    head, tail = "" if heading == IMAGE else _single_spaced(heading), _single_spaced(body)
    own = _single_spaced(_problem(body, macros, forwarded=forwarded)) or tail
    start = head.rstrip(".… ")
    if not start or tail.casefold().startswith(start.casefold()):
        return own or _single_spaced(title)
    return f"{head}{'' if head[-1] in '.!?' else '.'} {own}" if own else head


def customers_words(title: str, body: str) -> tuple[str, str]:
    """Return the title and the body, both plain text, with which a ticket is quoted.

    Of a forwarded mail, and of a reply that only refers to the message below it, that is the message that the ticket is about, without
    the cover note and the names of those who passed it on. Other tickets are quoted as they are.
    """
    heading, forwarded = _heading(title)
    parts = split_mail(body)
    if heading == title and not parts.quoted:
        return title, body
    about = _problem(body, TYPICAL_MACROS, forwarded=forwarded).strip() if parts.quoted else body
    return heading if heading or about else title, about


def _heading(title: str) -> tuple[str, bool]:
    """Return the title without `Re:` and `Fwd:`, "" if nothing of meaning is left after them, and whether it was forwarded."""
    rest, forwarded, changed = title, False, True
    while changed:
        bare = _EXTERNAL.sub("", rest)
        without = _FORWARD_TITLE.sub("", bare, count=1)
        forwarded = forwarded or without != bare
        without = _REPLY_TITLE.sub("", without, count=1)
        changed, rest = without != rest, without
    if rest == title:
        return title, False
    return "" if _GENERIC.fullmatch(rest.strip()) else rest, forwarded


def _problem(body: str, macros: Collection[str], *, forwarded: bool, depth: int = 0) -> str:
    """Return the part of a body that is about the problem; each kind of form is kept where nothing else would be left."""
    text = without_base64(body)
    text = without_banners(text).strip() or text
    parts = split_mail(text)
    own = _without_form(parts.own, macros)
    below = parts.quoted or parts.subject
    if not below or depth >= _DEEPEST:
        return own
    if forwarded or parts.forwarded:
        enough, words = ENOUGH_WORDS_OF_FORWARDER, _words(own) - languages.FORM_WORDS
        some = ENOUGH_WORDS // 2 + 1
    else:
        enough, words = ENOUGH_WORDS, _words(own) - languages.COVER_WORDS
        some = 1
    if len(words) >= enough:
        return own
    quoted = _problem(below, macros, forwarded=False, depth=depth + 1)
    about, about_own = len(_words(quoted) - languages.COVER_WORDS), len(_words(own) - languages.COVER_WORDS)
    if not about or (about < ENOUGH_WORDS and about_own):
        return own
    return f"{own}\n{quoted}" if len(words) >= some else quoted


def _without_form(text: str, macros: Collection[str]) -> str:
    text = without_disclaimers(text).strip() or text
    text = without_ending(text)
    text = without_greeting(text)
    return without_macros(text, macros)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _single_spaced(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
