"""Messages as Block Kit of Slack: ticket text is only in elements that Slack does not parse, so that it is no mention and no link.

Rich text elements of type `text`, and plain text objects, are shown as they are; `mrkdwn` would read `<!channel>` in them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from alerts.digest.escape import web_address
from alerts.messages.content import MessageContent, MessageLink
from alerts.messages.plain import plain_of_markdown

Block: TypeAlias = dict[str, Any]

MOST_BLOCKS = 50
LONGEST_HEADER = 150
LONGEST_TEXT = 3_000
"""Limits of Block Kit, https://docs.slack.dev/reference/block-kit/blocks: blocks of a message, characters of a header and of a text."""

MOST_CHARACTERS = 12_000
"""Of a whole message. Slack documents no such limit and refuses at about 13,200 (`msg_blocks_too_long`)."""

OVERFLOW = "The rest is too long for a message."

_PIECES = re.compile(
    r"(?<!\\)\[(?P<label>(?:[^\]\\]|\\.)*)\]\(<(?P<url>[^>]*)>\)|(?<![\\*])\*\*(?P<bold>(?:[^*\\]|\\.)+)\*\*"
)


def render_blocks(content: MessageContent) -> tuple[Block, ...]:
    """Write a message as blocks, within all limits; what does not fit is replaced by a sentence and the link to its page."""
    return fitted(_blocks(content), content.page)


def blocks_of_markdown(markdown: str, page: MessageLink | None = None) -> tuple[Block, ...]:
    """Write Markdown as digests are written in (headings, lists, quotes, bold, links) as blocks, within all limits."""
    return fitted(_from_markdown(markdown), page)


def fitted(blocks: Iterable[Block], page: MessageLink | None) -> tuple[Block, ...]:
    """Return as many of the blocks as one message may have."""
    kept: list[Block] = []
    end = _rich([_section([_text(OVERFLOW), *_linked(page, before=" ")])])
    room = MOST_CHARACTERS - _characters(end)
    for block in blocks:
        room -= _characters(block)
        if room < 0 or len(kept) == MOST_BLOCKS - 1:
            return (*kept, end)
        kept.append(block)
    return tuple(kept)


def fallback(content_or_title: str) -> str:
    """Escape a text for the field that Slack shows in notifications, where `& < >` are its markup."""
    return html.escape(content_or_title, quote=False)


def _blocks(content: MessageContent) -> Iterator[Block]:
    yield _header(content.headline)
    if content.reason:
        yield _rich([_section([_text(content.reason)])])
    if content.facts:
        # One list: a line for each fact, which Slack keeps together.
        yield _rich([_list("bullet", [
            [_text(f"{fact.label}: ", bold=True), *_value(fact.value, fact.url)] for fact in content.facts
        ])])  # fmt: skip
    if content.causes:
        items = [[_text(cause)] for cause in content.causes]
        yield _rich([_section([_text("What explains it", bold=True)]), _list("ordered", items)])
    for quote in content.quotes:
        yield _rich([{"type": "rich_text_quote", "elements": [_text(f"“{quote.text}” — {quote.ticket_id}")]}])
    if content.page is not None and _linked(content.page):
        yield _rich([_section(_linked(content.page))])
    if content.feedback:
        parts = [_linked(link, before=" · " if number else "") for number, link in enumerate(content.feedback)]
        yield _rich([_section([element for part in parts for element in part])])


def _from_markdown(markdown: str) -> Iterator[Block]:
    items: list[list[Block]] = []
    for line in [*markdown.splitlines(), ""]:
        if items and not line.startswith("- "):
            yield _rich([_list("bullet", items)])
            items = []
        if line.startswith("- "):
            items.append(_inline(line[2:]))
        elif line.startswith("# "):
            yield _header(plain_of_markdown(line[2:]))
        elif line.startswith("#"):
            yield _rich([_section([_text(plain_of_markdown(line.lstrip("# ")), bold=True)])])
        elif line.startswith("> "):
            yield _rich([{"type": "rich_text_quote", "elements": [_text(plain_of_markdown(line[2:]))]}])
        elif line.strip():
            yield _rich([_section(_inline(line))])


def _inline(line: str) -> list[Block]:
    elements: list[Block] = []
    at = 0
    for found in _PIECES.finditer(line):
        elements += _words(line[at : found.start()])
        if found["bold"] is not None:
            elements += _words(found["bold"], bold=True)
        else:
            elements += _value(plain_of_markdown(found["label"]), html.unescape(found["url"]))
        at = found.end()
    return [*elements, *_words(line[at:])] or [_text(" ")]


def _words(markdown: str, *, bold: bool = False) -> list[Block]:
    text = plain_of_markdown(markdown)
    return [_text(text, bold=bold)] if text else []


def _value(text: str, url: str | None) -> list[Block]:
    address = web_address(url)
    return (
        [{"type": "link", "url": address, "text": _cut(text)}]
        if address and len(address) <= LONGEST_TEXT
        else [_text(text)]
    )


def _linked(link: MessageLink | None, *, before: str = "") -> list[Block]:
    address = None if link is None else web_address(link.url)
    if link is None or address is None or len(address) > LONGEST_TEXT:
        return []
    return [*([_text(before)] if before else []), {"type": "link", "url": address, "text": _cut(link.label)}]


def _header(text: str) -> Block:
    # Without emoji: `:name:` in a ticket stays what it is.
    return {"type": "header", "text": {"type": "plain_text", "text": _cut(text, LONGEST_HEADER) or " ", "emoji": False}}


def _rich(elements: list[Block]) -> Block:
    return {"type": "rich_text", "elements": elements}


def _section(elements: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": elements}


def _list(style: str, items: list[list[Block]]) -> Block:
    return {"type": "rich_text_list", "style": style, "elements": [_section(item) for item in items]}


def _text(text: str, *, bold: bool = False) -> Block:
    element: Block = {"type": "text", "text": _cut(text) or " "}
    return {**element, "style": {"bold": True}} if bold else element


def _cut(text: str, longest: int = LONGEST_TEXT) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _characters(part: Any) -> int:
    """Count the characters of all texts and addresses in a block."""
    if isinstance(part, Mapping):
        return sum(
            len(value) if key in ("text", "url") and isinstance(value, str) else _characters(value)
            for key, value in part.items()
        )
    return sum(map(_characters, part)) if isinstance(part, list) else 0
