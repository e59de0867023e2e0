"""A message as Markdown, in which nothing of a ticket is markup."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.digest.escape import escape_markdown, web_address
from alerts.messages.content import MessageContent, MessageFact, MessageLink


def render_message(content: MessageContent) -> str:
    """Write a message as CommonMark; quotes are written as digests write them, so that they are found for erasure."""
    return "\n".join(_blocks(content)) + "\n"


def _blocks(content: MessageContent) -> Iterator[str]:
    head = f"**{escape_markdown(content.headline)}**"
    yield f"{head} – {escape_markdown(content.reason)}" if content.reason else head
    if content.facts:
        yield from ("", *(_fact(fact) for fact in content.facts))
    if content.causes:
        yield from ("", "What explains it:", "")
        yield from (f"{number}. {escape_markdown(cause)}" for number, cause in enumerate(content.causes, 1))
    for quote in content.quotes:
        yield from ("", f"> {escape_markdown(quote.text)} — *{escape_markdown(quote.ticket_id)}*")
    links = [written for one in (content.page, *content.feedback) if (written := _link(one))]
    if links:
        yield from ("", " · ".join(links))


def _fact(fact: MessageFact) -> str:
    address = web_address(fact.url)
    value = escape_markdown(fact.value)
    return f"- **{fact.label}:** {f'[{value}](<{address}>)' if address else value}"


def _link(link: MessageLink | None) -> str:
    address = None if link is None else web_address(link.url)
    return f"[{escape_markdown(link.label)}](<{address}>)" if link is not None and address else ""
