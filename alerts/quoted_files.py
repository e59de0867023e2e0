"""Files with quotes: the published digests and the copies that the file channel wrote, and the removal of quotes from them."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import orjson

from alerts.atomic import write_atomically
from alerts.channels.file import message_path
from alerts.digest.formats import PAGES, DigestFormat
from alerts.digest.title import REVIEWS, window_folder
from alerts.page_files import rewrite_page
from alerts.settings import AlertSettings
from models.quotation import REMOVED, quote_key, quoted_tickets, without_quotes
from store.phrases import Replacements
from store.quotations import digest_of

SUFFIXES = tuple(form.suffix for form in DigestFormat)
"""Endings of the files of a digest. Only those of its pages quote tickets; a PDF follows the page that it was made of."""

_QUOTING = frozenset(form.suffix for form in PAGES)


def remove_from_files(
    settings: AlertSettings, keys: Collection[str], ticket_ids: Collection[str], sentence: str = REMOVED
) -> int:
    """Replace the quotes of tickets in the files of digests, each file atomically; returns how many quotes were replaced.

    `keys` are those that `store.quotations.remove_quotations` returned. Files of an older build of a digest are included: the copies
    of the file channel keep what was sent first.
    """
    replaced = 0
    for path in sorted({path for key in keys for path in files_of(settings, key) if path.suffix in _QUOTING}):
        replaced += _clean(path, ticket_ids, sentence)
    return replaced


def replace_in_files(settings: AlertSettings, replacements: Replacements) -> int:
    """Replace names of themes in all files below the digest and notification folders; returns how many files changed."""
    if not replacements.escaped:
        return 0
    changed = 0
    for path in _files((settings.digest_folder, settings.outbox_folder)):
        if path.suffix == DigestFormat.PDF.suffix:
            continue
        text = _text(path)
        new = _with_phrases(path, text, replacements)
        if new != text:
            _rewrite(path, new)
            changed += 1
    return changed


def delete_digest_files(settings: AlertSettings, key: str) -> None:
    """Delete the files of a digest that is no longer kept."""
    for path in files_of(settings, key):
        path.unlink(missing_ok=True)


def delete_message_files(settings: AlertSettings, audience: str, key: str) -> None:
    """Delete the files of a notification whose content is no longer kept."""
    for suffix in (".md", ".jsonl"):
        for path in _copies(settings, audience, key, suffix):
            path.unlink(missing_ok=True)


def find_in_files(settings: AlertSettings, ticket_ids: Collection[str]) -> list[Path]:
    """List the files below the digest and notification folders that quote a ticket, by reading all of them.

    A PDF quotes what the page next to it does, which is why one without its page is listed whatever it quotes.
    """
    wanted = {quote_key(one) for one in ticket_ids}
    folders = (settings.digest_folder, settings.outbox_folder)
    return [path for path in _files(folders) if not _is_free_of(path, wanted)]


def files_of(settings: AlertSettings, key: str) -> tuple[Path, ...]:
    """Return where the files of a digest or of a message are, whether or not they exist."""
    if not key.startswith(("digest:", "review:")):
        # Keys of messages end with their audience, in which there is no colon.
        return _copies(settings, key.rpartition(":")[2], key, ".md")
    audience, window = digest_of(key)
    folder = settings.digest_folder / window_folder(window)
    stem = (folder / REVIEWS if key.startswith("review:") else folder) / audience
    published = (stem.with_suffix(suffix) for suffix in SUFFIXES)
    return (*published, *_copies(settings, audience, key, ".md"))


def _copies(settings: AlertSettings, audience: str, key: str, suffix: str) -> tuple[Path, ...]:
    """Return where channels that write files put a message: `file` into the folder, others into their own in it."""
    path = message_path(settings.outbox_folder, audience, key, suffix)
    others = settings.outbox_folder.glob(f"*/{path.parent.name}/{path.name}")
    return (path, *sorted(others))


def _is_free_of(path: Path, ticket_keys: Collection[str]) -> bool:
    if path.suffix == DigestFormat.PDF.suffix:
        path = path.with_suffix(DigestFormat.HTML.suffix)
        if not path.exists():
            return False
    return set(ticket_keys).isdisjoint(quoted_tickets(_text(path)))


def _with_phrases(path: Path, text: str, replacements: Replacements) -> str:
    if path.suffix == DigestFormat.CSV.suffix:
        rows = [[replacements.in_text(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
        written = io.StringIO(newline="")
        csv.writer(written, lineterminator="\r\n").writerows(rows)
        return written.getvalue()
    if path.name.endswith(DigestFormat.SLACK.suffix):
        value = orjson.loads(text)
        replaced = replacements.in_value(value)
        return (
            text
            if replaced == value
            else orjson.dumps(replaced, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
        )
    return _in_message(text, replacements) if path.suffix == ".jsonl" else replacements.in_page(text)


def _rewrite(path: Path, text: str) -> None:
    if path.suffix == DigestFormat.HTML.suffix:
        rewrite_page(path, text)
    else:
        write_atomically(path, text)


def _in_message(text: str, replacements: Replacements) -> str:
    value = orjson.loads(text)
    replaced = replacements.in_value(value)
    return text if replaced == value else orjson.dumps(replaced, option=orjson.OPT_SORT_KEYS).decode() + "\n"


def _clean(path: Path, ticket_ids: Collection[str], sentence: str) -> int:
    try:
        text, replaced = without_quotes(_text(path), ticket_ids, sentence)
    except FileNotFoundError:
        return 0
    if replaced:
        _rewrite(path, text)
    return replaced


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        # A temporary file that a killed writer left behind begins with a dot and has another ending.
        yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")
