"""The windows before a digest's, for trends: tickets by theme in each."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, func, select

from models.bucket import bucket_of
from store.board.now import now_of
from store.board.series import window_totals
from store.digest_rows.records import DigestRows
from store.schema import counts

WEEKS = 6
"""Windows before: enough for a median that one odd week does not move."""


def add_weeks(connection: Connection, rows: DigestRows, weeks: int = WEEKS) -> DigestRows:
    """Add the tickets of the windows before by theme, the oldest first; windows before the first ticket are left out."""
    now = now_of(connection)
    if now is None:
        return rows
    oldest = connection.execute(
        select(func.min(counts.c.bucket)).where(counts.c.segment_id == now.segment_id, counts.c.theme_id == 0)
    ).scalar()
    windows = [rows.window]
    for _ in range(weeks):
        windows.insert(0, windows[0].before)
    complete = [one for one in windows[:-1] if oldest is not None and bucket_of(one.start) >= oldest]
    found: dict[int, list[int]] = {}
    for place, window in enumerate(complete):
        for theme_id, total in window_totals(connection, now, window.buckets).items():
            found.setdefault(theme_id, [0] * len(complete))[place] = total
    return replace(rows, weeks={theme_id: tuple(numbers) for theme_id, numbers in found.items()})
