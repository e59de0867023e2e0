"""Publishing: digests of a window are built, stored, written as files and put into the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine

from alerts.atomic import write_atomically
from alerts.digest.build import build, owners
from alerts.digest.html import render_html
from alerts.digest.markdown import render_markdown
from alerts.digest.records import Digest
from alerts.digest.title import window_folder
from alerts.ownership import Ownership
from alerts.settings import AlertSettings
from models.quotation import without_quotes
from store.database import reading
from store.digests import DigestWindow, StoredDigest, collect, insert_digest, load_digest
from store.outbox import enqueue
from store.quotations import QuotationKind, digest_key, record_quotations, unquotable


@dataclass(frozen=True, slots=True)
class PublishedDigest:
    """Where the files of a digest are."""

    audience: str
    path_md: Path
    path_html: Path


def build_digests(
    connection: Connection, ownership: Ownership, window: DigestWindow, settings: AlertSettings
) -> list[Digest]:
    """Build the digest of every audience of the file, and of `everyone`, without publishing any."""
    rows = collect(connection, window, quotes=3 * settings.digest_quotes)
    owner_of = owners(rows, ownership)
    return [build(rows, audience, owner_of, settings) for audience in ownership.audiences]


def publish_digests(
    engine: Engine,
    ownership: Ownership,
    window: DigestWindow,
    folder: Path,
    settings: AlertSettings,
    *,
    audience: str | None = None,
    rebuild: bool = False,
) -> list[PublishedDigest]:
    """Publish each audience's digest of a window, once; with `audience` only that one's.

    The order of effects:

    1. In a reading transaction, the digests that are not yet stored are built; no writer waits
       for it.
    2. In one short transaction they are inserted, each with its outbox row. A row's key is the audience and
       window, so that of two publishers that race one inserts, and both go on with what it inserted.
    3. The files are written from what the database stores, each one atomically:
       `folder/2026-11-20/<audience>.md` and `.html`.

    A process that dies in between leaves digests without files; the next run writes them. Run twice, it gives
    the same bytes and no second outbox row: a digest says what was known when it was published. `rebuild`
    builds it anew from what is known now; what was sent is not sent again.
    """
    with reading(engine) as connection:
        names = [one.name for one in ownership.audiences if audience in (None, one.name)]
        stored = {name: load_digest(connection, name, window) for name in names}
        missing = {name for name, digest in stored.items() if rebuild or digest is None}
        built = build_digests(connection, ownership, window, settings) if missing else []
    fresh = [digest for digest in built if digest.audience in missing]
    if fresh:
        with engine.begin() as connection:
            for digest in fresh:
                stored[digest.audience] = _remember(connection, digest, replace=rebuild)
    return [_write(engine, digest, folder) for digest in stored.values() if digest is not None]


def _remember(connection: Connection, digest: Digest, *, replace: bool) -> StoredDigest:
    key = digest_key(digest.audience, digest.window)
    quoted = {evidence.ticket_id for story in digest.stories for evidence in story.evidence}
    erased = unquotable(connection, quoted)
    texts = (without_quotes(text, erased)[0] for text in (render_markdown(digest), render_html(digest)))
    made = StoredDigest(digest.audience, digest.window, *texts)
    inserted = insert_digest(connection, made, replace=replace)
    if inserted:
        record_quotations(connection, QuotationKind.DIGEST, key, quoted - erased)
    start, end = digest.window.start.isoformat(), digest.window.end.isoformat()
    enqueue(
        connection,
        key=key,
        kind="digest",
        audience=digest.audience,
        payload={"start": start, "end": end, "reason": digest.headline},
    )
    if inserted:
        return made
    return load_digest(connection, digest.audience, digest.window) or made


def _write(engine: Engine, digest: StoredDigest, folder: Path) -> PublishedDigest:
    """Write the files of a digest, again where it changed meanwhile: what removed a quote from it found no file yet."""
    published = _write_files(digest, folder)
    while True:
        with reading(engine) as connection:
            now = load_digest(connection, digest.audience, digest.window)
        if now is None or now == digest:
            return published
        digest = now
        _write_files(digest, folder)


def _write_files(digest: StoredDigest, folder: Path) -> PublishedDigest:
    stem = folder / window_folder(digest.window) / digest.audience
    published = PublishedDigest(digest.audience, stem.with_suffix(".md"), stem.with_suffix(".html"))
    write_atomically(published.path_md, digest.markdown)
    write_atomically(published.path_html, digest.html)
    return published
