"""The counts of an epoch: its changes, written to the store, to the miner's state and to the journal."""

from __future__ import annotations

from collections import Counter

from models.spikes import SeriesKey
from pipelines.context import EpochContext
from pipelines.epoch.journal import note_corrections
from store.counts import add_counts, write_segments


def write_count_changes(context: EpochContext, epoch: int | None = None) -> None:
    """Write the changes of counts; new segments are numbered in the order of their keys.

    `epoch` is the first epoch that is judged with them: by default the context's own.
    """
    counts, changes = context.state.counts, context.changes
    write_segments(
        context.connection, counts.number_new(segment.key for (_, _, segment), n in changes.changes.items() if n)
    )
    rows = []
    for (bucket, theme, segment), n in sorted(changes.changes.items()):
        if n:
            rows.append((theme, counts.number(segment), bucket, n))
            counts.add(bucket, SeriesKey(theme, segment), n)
    add_counts(context.connection, rows)
    for (bucket, theme, segment), n in sorted(changes.shifted.items()):
        counts.add(bucket, SeriesKey(theme, segment), n)
    changed = Counter({(theme, number, bucket): n for theme, number, bucket, n in rows})
    for (bucket, theme, segment), n in changes.shifted.items():
        changed[theme, counts.number(segment), bucket] += n
    note_corrections(context, changed, context.window.number if epoch is None else epoch)
