"""Publishing: digests of a window are built, stored, written as files and put into the outbox."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine

from alerts.atomic import write_atomically
from alerts.audience_promises import read_audience_promises
from alerts.digest.build import DigestOccasion, build
from alerts.digest.comparison import PreviousItems
from alerts.digest.facts import facts_of
from alerts.digest.formats import PAGES, DigestFormat
from alerts.digest.html import render_html
from alerts.digest.items import NotableThemes, find_notable, parts_of
from alerts.digest.leadership import headline
from alerts.digest.links import DigestLinks, ItemLinks
from alerts.digest.markdown import render_markdown
from alerts.digest.pdf import render_pdf
from alerts.digest.readers import readers_of
from alerts.digest.records import ClosingFigures, Digest
from alerts.digest.slack import render_slack
from alerts.digest.title import REVIEWS, window_folder
from alerts.narration import Narration, Narrator
from alerts.ownership import Ownership
from alerts.review.numbers import numbers_of
from alerts.settings import AlertSettings
from models.quotation import without_quotes
from store.database import reading
from store.digest_rows import DigestRows, add_detail, add_weeks, collect, quote_rows
from store.digests import DigestKind, DigestWindow, StoredDigest, digest_key, insert_digest, load_digest, load_previous
from store.outbox import enqueue
from store.quotations import QuotationKind, record_quotations, unquotable, without_evidence


@dataclass(frozen=True, slots=True)
class DigestOrder:
    """What is published and how.

    `audiences` limits it to some; `rebuild` builds anew what was published. `formats` are written as files in addition to Markdown and
    HTML. `closing` are the figures of launches that are over, and `followed` the launches that a digest of a launch day is about, by
    their ids. `narrator` writes the first paragraph, and `item_links` gives links to add to an item.
    """

    kind: DigestKind = DigestKind.DAILY
    audiences: Collection[str] | None = None
    rebuild: bool = False
    formats: Collection[DigestFormat] = ()
    closing: Mapping[str, ClosingFigures] = field(default_factory=dict)
    followed: Collection[str] = ()
    narrator: Narrator | None = None
    item_links: ItemLinks | None = None


@dataclass(frozen=True, slots=True)
class PublishedDigest:
    """Where the files of a digest are; `others` has those of the formats that were asked for in addition."""

    audience: str
    path_md: Path
    path_html: Path
    others: tuple[Path, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it."""
        paths = (self.path_md, self.path_html, *self.others)
        return {"audience": self.audience, "files": [str(path) for path in paths]}


def build_digests(
    connection: Connection,
    ownership: Ownership,
    window: DigestWindow,
    settings: AlertSettings,
    order: DigestOrder | None = None,
) -> list[Digest]:
    """Build the digest of every audience of the file, and of `everyone`, without publishing any."""
    order = order or DigestOrder()
    rows, notable = _rows(connection, window, settings, order.kind)
    audiences = [one for one in ownership.audiences if order.audiences is None or one.name in order.audiences]
    occasion = DigestOccasion(
        order.kind,
        {one.name: previous for one in audiences if (previous := _previous(connection, one.name, window, order.kind))},
        order.closing,
        order.followed,
        read_audience_promises(connection, audiences, rows),
    )
    readers = readers_of(rows, notable, ownership)
    return [build(rows, audience, readers, settings, occasion) for audience in audiences]


def narrator_facts(digest: Digest) -> dict[str, Any]:
    """Return what a narrator is given: the facts of a digest, with the quotes of each item (redacted, as the digest shows them)."""
    facts = facts_of(digest)
    for item, given in zip(digest.items, facts["items"], strict=True):
        given["quotes"] = [evidence.text for evidence in item.evidence]
    return facts


def links_of(settings: AlertSettings, order: DigestOrder | None = None) -> DigestLinks:
    """Return where digests link to."""
    return DigestLinks(settings.console_url, None if order is None else order.item_links)


def publish_digests(
    engine: Engine,
    ownership: Ownership,
    window: DigestWindow,
    folder: Path,
    settings: AlertSettings,
    order: DigestOrder | None = None,
) -> list[PublishedDigest]:
    """Publish each audience's digest of a window, once; with audiences in `order` only theirs.

    The order of effects:

    1. In a reading transaction, the digests that are not yet stored are built; no writer waits
       for it. Then a narrator, if there is one, writes their first paragraphs; no transaction is open meanwhile.
    2. In one short transaction they are inserted, each with its outbox row. A row's key is the audience and
       window, so that of two publishers that race one inserts, and both go on with what it inserted.
    3. The files are written from what the database stores, each one atomically:
       `folder/2026-11-20/<audience>.md` and `.html`, and the formats that were asked for.

    A process that dies in between leaves digests without files; the next run writes them. Run twice, it gives
    the same bytes and no second outbox row: a digest says what was known when it was published. `rebuild`
    builds it anew from what is known now; what was sent is not sent again.
    """
    order = order or DigestOrder()
    with reading(engine) as connection:
        names = [one.name for one in ownership.audiences if order.audiences is None or one.name in order.audiences]
        stored = {name: load_digest(connection, name, window) for name in names}
        missing = {name for name, digest in stored.items() if order.rebuild or digest is None}
        built = build_digests(connection, ownership, window, settings, order) if missing else []
    fresh = [_narrated(digest, order.narrator) for digest in built if digest.audience in missing]
    if fresh:
        links = links_of(settings, order)
        with engine.begin() as connection:
            for digest, narration in fresh:
                made = _stored(digest, narration, links)
                stored[digest.audience] = _remember(connection, digest, made, replace=order.rebuild)
    return [_write(engine, digest, folder, order.formats) for digest in stored.values() if digest is not None]


def write_form(
    digest: StoredDigest,
    form: DigestFormat,
    quotes: Mapping[str, tuple[str, str]] | None = None,
    console: str | None = None,
) -> bytes:
    """Write a stored digest in one form.

    Slack blocks quote only the tickets in `quotes` (title and body by id). Raises `PdfUnavailable`, and ValueError where an earlier
    version stored the digest without facts.
    """
    if form is DigestFormat.MARKDOWN:
        return digest.markdown.encode()
    if form is DigestFormat.HTML:
        return digest.html.encode()
    if form is DigestFormat.PDF:
        return render_pdf(digest.html)
    if digest.facts is None:
        raise ValueError(
            f"the digest of {digest.audience} was published by an earlier version, which kept no figures of it; "
            "publish it again with --rebuild"
        )
    if form is DigestFormat.CSV:
        return numbers_of(digest.facts).encode()
    given = render_slack(digest.facts, quotes, console=console, narration=(digest.narration or {}).get("text"))
    return orjson.dumps(given, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def publish_stored(
    engine: Engine, made: StoredDigest, folder: Path, reason: str, order: DigestOrder
) -> PublishedDigest:
    """Store what was made without quotes, put it into the outbox and write its files, as `publish_digests` does.

    reason: one sentence, the title of messages. What was published before stays, unless the order is to build it again.
    """
    with engine.begin() as connection:
        stored = _insert(connection, made, reason, (), replace=order.rebuild)
    return _write(engine, stored, folder, order.formats)


def stored_form(digest: Digest, settings: AlertSettings) -> StoredDigest:
    """Return a digest as it would be stored, without storing it."""
    return _stored(digest, None, links_of(settings))


def quotes_of(connection: Connection, digest: StoredDigest) -> dict[str, tuple[str, str]]:
    """Read the texts that a stored digest quotes, title and body by ticket id; what was erased since is left out."""
    wanted = [one for item in (digest.facts or {}).get("items", ()) for one in item["evidence"]]
    return {ticket_id: (row.title, row.body) for ticket_id, row in quote_rows(connection, wanted).items()}


def _rows(
    connection: Connection, window: DigestWindow, settings: AlertSettings, kind: DigestKind
) -> tuple[DigestRows, NotableThemes]:
    rows = collect(connection, window)
    if kind is DigestKind.WEEKLY:
        rows = add_weeks(connection, rows)
    notable = find_notable(rows, settings)
    shown = {*notable.items, *(part.theme_id for theme_id in notable.items for part in parts_of(theme_id, rows))}
    return add_detail(connection, rows, shown, quotes=3 * settings.digest_quotes), notable


def _previous(connection: Connection, audience: str, window: DigestWindow, kind: DigestKind) -> PreviousItems | None:
    found = load_previous(connection, audience, window, kind)
    return None if found is None or found.facts is None else PreviousItems.of(found.facts)


def _narrated(digest: Digest, narrator: Narrator | None) -> tuple[Digest, Narration | None]:
    if narrator is None or digest.empty:
        return digest, None
    narration = narrator(narrator_facts(digest))
    return replace(digest, narration=narration.text), narration


def _stored(digest: Digest, narration: Narration | None, links: DigestLinks) -> StoredDigest:
    record = None if narration is None else {**narration.record, "text": narration.text}
    return StoredDigest(
        digest.audience, digest.window, render_markdown(digest, links), render_html(digest, links), digest.kind,
        facts_of(digest), record,
    )  # fmt: skip


def _remember(connection: Connection, digest: Digest, made: StoredDigest, *, replace: bool) -> StoredDigest:
    quoted = {evidence.ticket_id for item in digest.items for evidence in item.evidence}
    return _insert(connection, made, headline(digest), quoted, replace=replace)


def _insert(
    connection: Connection, made: StoredDigest, reason: str, quoted: Collection[str], *, replace: bool
) -> StoredDigest:
    key = digest_key(made.audience, made.window, made.kind)
    erased = unquotable(connection, quoted)
    made = _without(made, erased)
    inserted = insert_digest(connection, made, replace=replace)
    if inserted:
        record_quotations(connection, QuotationKind.DIGEST, key, set(quoted) - erased)
    start, end = made.window.start.isoformat(), made.window.end.isoformat()
    enqueue(
        connection,
        key=key,
        kind="digest",
        audience=made.audience,
        payload={"start": start, "end": end, "digest": made.kind.value, "reason": reason},
    )
    if inserted:
        return made
    return load_digest(connection, made.audience, made.window, made.kind) or made


def _without(made: StoredDigest, erased: Collection[str]) -> StoredDigest:
    """Return the digest without the quotes of tickets that were erased while it was built."""
    if not erased:
        return made
    markdown, html = (without_quotes(text, erased)[0] for text in (made.markdown, made.html))
    return replace(made, markdown=markdown, html=html, facts=without_evidence(made.facts, erased))


def _write(engine: Engine, digest: StoredDigest, folder: Path, formats: Collection[DigestFormat]) -> PublishedDigest:
    """Write the files of a digest, again where it changed meanwhile: what removed a quote from it found no file yet."""
    published = _write_files(digest, folder, formats)
    while True:
        with reading(engine) as connection:
            now = load_digest(connection, digest.audience, digest.window, digest.kind)
        if now is None or now == digest:
            return published
        digest = now
        _write_files(digest, folder, formats)


def _write_files(digest: StoredDigest, folder: Path, formats: Collection[DigestFormat]) -> PublishedDigest:
    place = folder / window_folder(digest.window)
    stem = (place / REVIEWS if digest.kind is DigestKind.REVIEW else place) / digest.audience
    others = [form for form in DigestFormat if form in formats and form not in PAGES]
    published = PublishedDigest(
        digest.audience, stem.with_suffix(".md"), stem.with_suffix(".html"),
        tuple(stem.with_suffix(form.suffix) for form in others),
    )  # fmt: skip
    write_atomically(published.path_md, digest.markdown)
    write_atomically(published.path_html, digest.html)
    for path, form in zip(published.others, others, strict=True):
        # No quotes are written here: from the files of these forms no erasure could take them away.
        write_atomically(path, write_form(digest, form))
    return published
