"""Files of events as `groundswell ingest` opens them."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path

from stream.opening import InputFormat, OpenOptions, open_source
from stream.source import Source


def events_source(path: Path | str, *, keep_open: bool = False) -> Source:
    """Open a file of JSON lines; `keep_open` leaves a last line without its end."""
    return open_source(str(path), OpenOptions(InputFormat.JSONL, complete_lines_only=keep_open))


def open_events(path: Path | str) -> AbstractContextManager[Source]:
    """Open a file of JSON lines for a `with` block, which closes it."""
    return closing(events_source(path))
