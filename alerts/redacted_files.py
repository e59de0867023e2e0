"""Files that quote tickets, redacted again: the published digests, and the copies that the file channel wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from alerts.atomic import write_atomically
from alerts.digest.formats import DigestFormat
from alerts.page_files import rewrite_page
from alerts.settings import AlertSettings
from models.quotation import without_quotes
from models.redaction import Redactor
from store.redacted_values import StoredValues
from store.redaction import WITHDRAWN


@dataclass
class FileRedaction:
    """What was redacted, or would be, in files: files looked at, files changed, and what was found by class."""

    files: int = 0
    changed: int = 0
    found: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it."""
        return {
            "table": "files",
            "rows": self.files,
            "changed": self.changed,
            "found": dict(sorted(self.found.items())),
        }


def redact_files(
    settings: AlertSettings, redactor: Redactor, quoted: Collection[str], *, dry_run: bool = False
) -> FileRedaction:
    """Redact the files below the folders of digests and notifications, each atomically; quotes of the given tickets are replaced.

    A PDF is made anew from its page where that changes. Any other file that is not UTF-8 is none of ours, and left alone.
    """
    done = FileRedaction()
    for path in _files(settings):
        try:
            before = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        done.files += 1
        after = _redacted(path, before, quoted, StoredValues(redactor, done.found))
        if after != before:
            done.changed += 1
            if not dry_run:
                _write(path, after)
    return done


def _write(path: Path, text: str) -> None:
    if path.suffix == DigestFormat.HTML.suffix:
        rewrite_page(path, text)
    else:
        write_atomically(path, text)


def _files(settings: AlertSettings) -> Iterator[Path]:
    for folder in (settings.digest_folder, settings.outbox_folder):
        yield from sorted(
            path for path in folder.rglob("*") if path.is_file() and path.suffix != DigestFormat.PDF.suffix
        )


def _redacted(path: Path, text: str, quoted: Collection[str], values: StoredValues) -> str:
    if path.suffix == ".jsonl":
        lines = [values.json(orjson.loads(line)) for line in text.splitlines()]
        return "".join(orjson.dumps(line, option=orjson.OPT_SORT_KEYS).decode() + "\n" for line in lines)
    if path.suffix == ".json":
        return (
            orjson.dumps(values.json(orjson.loads(text)), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
            + "\n"
        )
    shown = without_quotes(text, quoted, WITHDRAWN)[0]
    return values.html(shown) if path.suffix == ".html" else values.text(shown)
