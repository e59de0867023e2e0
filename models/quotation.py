"""Quotes of tickets in rendered digests: found by the ticket that they name, and replaced.

A digest writes each quote with the id of its ticket, as `alerts.digest.markdown` and the template of `alerts.digest.html` do. All
that is ticket text in it is escaped, so that neither text nor id can contain what ends a quote: finding is exact, however the text
was shortened or escaped, and needs no copy of the text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection

REMOVED = "[removed at a person's request]"
"""What replaces a quote of an erased ticket."""

EXPIRED = "[older than ticket text is kept]"
"""What replaces a quote of a ticket whose text is no longer kept."""

WITHHELD = "[quoted in the digest itself]"
"""What replaces every quote in copies that nobody can erase from later."""

_STYLE = '(?: style="[^"<>]*")?'
"""Mail programs keep no other styles than those of an element itself; earlier versions wrote none."""

_QUOTE = re.compile(
    r"^> .* — \*(?P<markdown>(?:[^*\\\n]|\\.)*)\*$"
    f"|<blockquote{_STYLE}><p{_STYLE}>“[^<]*”</p><footer{_STYLE}>(?P<html>[^<]*)"
    r'(?:<span class="muted">[^<]*</span>)?</footer></blockquote>',
    re.MULTILINE,
)
_ESCAPED = re.compile(r"\\(.)")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def quoted_tickets(text: str) -> list[str]:
    """List the tickets that a rendered digest (Markdown or HTML) quotes, each id as `quote_key` writes it, in order."""
    return [_ticket_of(found) for found in _QUOTE.finditer(text)]


def without_quotes(text: str, ticket_ids: Collection[str] | None, sentence: str = REMOVED) -> tuple[str, int]:
    """Replace the quotes of tickets in a rendered digest by a sentence; returns the text and how many were replaced.

    `ticket_ids` None means all tickets. The id and the attributes of a replaced quote go, too. Applying it again changes nothing.
    """
    wanted = None if ticket_ids is None else {quote_key(one) for one in ticket_ids}
    replaced = 0

    def replace(found: re.Match[str]) -> str:
        nonlocal replaced
        if wanted is not None and _ticket_of(found) not in wanted:
            return found.group()
        replaced += 1
        return (
            f"> {sentence}"
            if found["html"] is None
            else f"<blockquote><p>{html.escape(sentence, quote=False)}</p></blockquote>"
        )

    return _QUOTE.sub(replace, text), replaced


def quote_key(ticket_id: str) -> str:
    """Reduce a ticket id to its visible characters: a digest shows no others."""
    return "".join(one for one in ticket_id if not one.isspace() and unicodedata.category(one) not in _HIDDEN)


def _ticket_of(found: re.Match[str]) -> str:
    if found["html"] is not None:
        return quote_key(html.unescape(found["html"]))
    return quote_key(_ESCAPED.sub(r"\1", html.unescape(found["markdown"])))
