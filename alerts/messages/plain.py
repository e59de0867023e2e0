"""A message as plain text, for mails and for receivers that show no markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from alerts.messages.content import MessageContent

_MARKUP = re.compile(r"\\(?P<escaped>[!-/:-@\[-`{-~])|\*{1,2}|`")
_LINK = re.compile(r"(?<!\\)\[((?:[^\]\\]|\\.)*)\]\(<([^>]*)>\)")


def render_plain(content: MessageContent) -> str:
    """Write a message as text without any markup."""
    return "\n".join(_lines(content)) + "\n"


def plain_of_markdown(markdown: str) -> str:
    """Take the markup out of Markdown that digests are written in; what was escaped shows as it was written."""
    linked = _LINK.sub(lambda found: f"{found[1]} ({found[2]})", markdown)
    return html.unescape(_MARKUP.sub(lambda found: found["escaped"] or "", linked))


def _lines(content: MessageContent) -> Iterator[str]:
    yield content.headline
    if content.reason:
        yield content.reason
    if content.facts:
        yield ""
        yield from (
            f"{fact.label}: {fact.value}{f' <{fact.url}>' if fact.url and fact.url not in fact.value else ''}"
            for fact in content.facts
        )
    if content.causes:
        yield from ("", "What explains it:", *(f"{number}. {cause}" for number, cause in enumerate(content.causes, 1)))
    if content.quotes:
        yield from ("", "Customers say:", *(f"“{quote.text}” ({quote.ticket_id})" for quote in content.quotes))
    links = [one for one in (content.page, *content.feedback) if one is not None]
    if links:
        yield from ("", *(f"{link.label}: {link.url}" for link in links))
