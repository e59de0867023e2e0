"""Composing: the message of a row, with the texts of tickets looked up now, so that erased ones are in none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from sqlalchemy import Engine

from alerts.channels.base import Message, MessageFile
from alerts.digest.escape import excerpt, plain
from alerts.digest.mail import attachment_name, mail_page
from alerts.digest.pdf import render_pdf
from alerts.digest.slack import render_slack
from alerts.errors import PdfUnavailable
from alerts.feedback import FeedbackItem, FeedbackLinks
from alerts.messages.blocks import blocks_of_markdown, render_blocks
from alerts.messages.content import MessageContent, MessageLink, MessageQuote
from alerts.messages.html import render_page
from alerts.messages.incident import content_of, inert
from alerts.messages.markdown import render_message
from alerts.messages.plain import plain_of_markdown, render_plain
from alerts.ownership import BROADCAST
from alerts.review.numbers import numbers_of
from alerts.settings import AlertSettings
from models.text.ticket import customers_words
from models.times import parse_rfc3339
from store.board.digests import digest_id
from store.database import reading
from store.digest_rows import quote_rows
from store.digests import DigestKind, DigestWindow, StoredDigest, load_digest
from store.outbox import Claim
from store.quotations import QuotationKind, record_quotations, unquotable
from store.tickets import read_texts_of


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes the message of a row from its payload and the database as it is now."""

    engine: Engine
    settings: AlertSettings
    feedback: FeedbackLinks | None = None

    def __call__(self, claimed: Claim, *, pages: bool = True) -> Message:
        """Compose the message of a row. Without `pages`, the pictures and files of a digest, which take time, are left out."""
        if claimed.audience == BROADCAST:
            return Message(claimed.key, claimed.kind, claimed.audience, "", claimed.payload)
        if claimed.kind == "digest":
            stored = self._digest(claimed)
            if stored is not None:
                return self._digest_message(claimed, stored, pages=pages)
        return self._message(claimed, self._content(claimed))

    def _message(self, claimed: Claim, content: MessageContent) -> Message:
        payload = claimed.payload
        subject, revision = _subject(claimed.kind, payload)
        news = payload.get("news")
        return Message(
            key=claimed.key, kind=claimed.kind, audience=claimed.audience, payload=payload,
            title=content.headline, text=render_message(content), plain=render_plain(content), html=render_page(content),
            blocks=render_blocks(content), url=content.page.url if content.page else None,
            subject=subject, revision=revision, news=str(news) if news else None,
        )  # fmt: skip

    def _content(self, claimed: Claim) -> MessageContent:
        return content_of(
            claimed.kind, claimed.payload, self._quotes(claimed), page=self._page(claimed.payload),
            feedback=self._feedback(claimed),
        )  # fmt: skip

    def _feedback(self, claimed: Claim) -> list[MessageLink]:
        """Return the links by which a reader says what the message was worth; none without an address of the console."""
        item = _voted(claimed)
        if self.feedback is None or item is None:
            return []
        return [MessageLink(verdict.value.replace("_", " "), url) for verdict, url in self.feedback.links(item).items()]

    def _quotes(self, claimed: Claim) -> list[MessageQuote]:
        """Look up the evidence of a row, and note what it quotes before it is sent: an erasure lists who has the copy."""
        wanted = claimed.payload.get("evidence")
        asked = [one for one in wanted if isinstance(one, str)] if isinstance(wanted, list) else []
        chosen = asked[: self.settings.message_quotes]
        if not chosen:
            return []
        with self.engine.begin() as connection:
            erased: Collection[str] = unquotable(connection, chosen)
            texts = {one.id: one for one in read_texts_of(connection, chosen) if one.id not in erased}
            record_quotations(connection, QuotationKind.MESSAGE, claimed.key, list(texts))
        found = [(one, *customers_words(texts[one].title, texts[one].body)) for one in chosen if one in texts]
        return [MessageQuote(inert(ticket), inert(excerpt(title, body))) for ticket, title, body in found]

    def _page(self, payload: Mapping[str, Any]) -> MessageLink | None:
        base = self.settings.console_url.rstrip("/")
        if not base:
            return None
        theme, launch, incident = (payload.get(name) for name in ("theme_id", "launch_id", "incident_id"))
        if isinstance(incident, int):
            return MessageLink("Open the incident", f"{base}/incidents/{incident}")
        if isinstance(launch, str) and launch:
            return MessageLink("Open the launch", f"{base}/launches/{quote(launch, safe='')}")
        if isinstance(theme, int) and theme > 0:
            return MessageLink("Open the theme", f"{base}/themes/{theme}")
        return MessageLink("Open the console", f"{base}/")

    def _digest(self, claimed: Claim) -> StoredDigest | None:
        start, end = (parse_rfc3339(claimed.payload.get(name)) for name in ("start", "end"))
        if start is None or end is None:
            return None
        with reading(self.engine) as connection:
            return load_digest(connection, claimed.audience, DigestWindow(start, end), _kind(claimed.payload))

    def _digest_message(self, claimed: Claim, stored: StoredDigest, *, pages: bool) -> Message:
        title = plain(str(claimed.payload.get("reason") or "Digest"))
        page = self._digest_page(stored)
        html, files = _mail_parts(stored) if pages else (stored.html, ())
        return Message(
            key=claimed.key, kind=claimed.kind, audience=claimed.audience, payload=claimed.payload, title=title,
            text=stored.markdown, plain=plain_of_markdown(stored.markdown), html=html, files=files,
            blocks=self._digest_blocks(stored, page), url=page.url if page else None,
        )  # fmt: skip

    def _digest_page(self, stored: StoredDigest) -> MessageLink | None:
        base = self.settings.console_url.rstrip("/")
        name = quote(digest_id(stored.audience, stored.window, stored.kind), safe="")
        return MessageLink("Open the digest", f"{base}/digests/{name}") if base else None

    def _digest_blocks(self, stored: StoredDigest, page: MessageLink | None) -> tuple[Mapping[str, Any], ...]:
        """Write a digest as blocks, with the texts of its evidence as they are now."""
        if stored.facts is None:
            return blocks_of_markdown(stored.markdown, page)
        wanted = [one for item in stored.facts["items"] for one in item["evidence"]]
        with reading(self.engine) as connection:
            quotes = {one: (row.title, row.body) for one, row in quote_rows(connection, wanted).items()}
        written = render_slack(
            stored.facts, quotes, console=self.settings.console_url, narration=(stored.narration or {}).get("text")
        )
        return tuple(written["blocks"])


def _mail_parts(stored: StoredDigest) -> tuple[str, tuple[MessageFile, ...]]:
    """Return the page of a digest for mails, with its pictures and its numbers as files; of a review also its PDF."""
    facts = stored.facts
    if facts is None:
        return stored.html, ()
    html, pictures = mail_page(stored.html, facts)
    inline = (MessageFile(one, "image/png", content, inline=True) for one, content in pictures.items())
    numbers = MessageFile(attachment_name(facts, ".csv"), "text/csv", numbers_of(facts).encode())
    return html, (*inline, numbers, *_review_files(stored, facts))


def _review_files(stored: StoredDigest, facts: Mapping[str, Any]) -> Iterator[MessageFile]:
    """Yield the PDF of a review; without the libraries that write it the mail is sent all the same."""
    if stored.kind is not DigestKind.REVIEW:
        return
    try:
        yield MessageFile(attachment_name(facts, ".pdf"), "application/pdf", render_pdf(stored.html))
    except PdfUnavailable:
        structlog.get_logger().warning("review_without_pdf", audience=stored.audience)


def _kind(payload: Mapping[str, Any]) -> DigestKind:
    return DigestKind.REVIEW if payload.get("digest") == DigestKind.REVIEW else DigestKind.DAILY


def _voted(claimed: Claim) -> FeedbackItem | None:
    """Return what a reader votes about: an incident or an alert."""
    payload, theme = claimed.payload, claimed.payload.get("theme_id")
    number = payload.get({"incident": "incident_id", "alert": "id"}.get(claimed.kind, ""))
    if not isinstance(number, int):
        return None
    return FeedbackItem(
        subject=f"{claimed.kind}:{number}", audience=claimed.audience, rule=str(payload.get("kind", claimed.kind)),
        theme_id=theme if isinstance(theme, int) else None,
    )  # fmt: skip


def _subject(kind: str, payload: Mapping[str, Any]) -> tuple[str | None, int]:
    """Return what a living message is about, and its revision; None for rows that are one message each."""
    incident, revision = payload.get("incident_id"), payload.get("revision")
    if kind != "incident" or not isinstance(incident, int) or not isinstance(revision, int):
        return None, 0
    return f"incident:{incident}", revision
