"""The text of a ticket that is embedded."""

from __future__ import annotations

import re

_QUOTE_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)
_QUOTE_HEAD = re.compile(r"^(?:On .{5,120} wrote:|-{2,}\s*Original Message\s*-{2,}).*", re.MULTILINE | re.DOTALL)
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))"
    r"(?: (?:there|all|team|support|sir|madam))*\s*[,.!]+\s+",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")


def ticket_text(title: str, body: str) -> str:
    """Join title and body into the text that is embedded, without greeting and quoted replies.

    A title that repeats the start of the body (many systems cut the title from it) adds nothing, so the body
    stands alone. Where everything is greeting or quotation, the text is kept as it is.

    >>> ticket_text("My card was swall", "My card was swallowed by the machine")
    'My card was swallowed by the machine'
    >>> ticket_text("Refund missing", "Hello, I cancelled on Monday.")
    'Refund missing. I cancelled on Monday.'
    """
    head, tail = _plain(title), _plain(body)
    own = _plain(_QUOTE_LINE.sub("", _QUOTE_HEAD.sub("", body)))
    own = _GREETING.sub("", own) or own or tail
    start = head.rstrip(".… ")
    if not start or tail.casefold().startswith(start.casefold()):
        return own
    return f"{head}{'' if head[-1] in '.!?' else '.'} {own}" if own else head


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
