"""The counts of an epoch: its changes, written to the store, to the miner's state and to the journal."""

from __future__ import annotations

from collections import Counter

from pipelines.context import EpochContext
from pipelines.epoch.journal import note_corrections
from store.counts import add_counts, write_segments


def write_count_changes(context: EpochContext, epoch: int | None = None) -> bool:
    """Write the changes of counts; new segments are numbered in the order of their keys.

    `epoch` is the first epoch that is judged with them: by default the context's own. Returns whether counts of other epochs are
    among them.
    """
    counts, changes = context.state.counts, context.changes
    if not changes.changes and not changes.shifted:
        return False
    changed = sorted((key, n) for key, n in changes.changes.items() if n)
    write_segments(context.connection, counts.number_new({segment for (_, _, segment), _ in changed}))
    counts.add_all(changed)
    rows = [(theme, counts.number(segment), bucket, n) for (bucket, theme, segment), n in changed]
    add_counts(context.connection, rows)
    counts.add_all(sorted(changes.shifted.items()))
    cells = Counter({(theme, number, bucket): n for theme, number, bucket, n in rows})
    for (bucket, theme, segment), n in changes.shifted.items():
        cells[theme, counts.number(segment), bucket] += n
    return note_corrections(context, cells, context.window.number if epoch is None else epoch)
