"""What a miner keeps in memory between epochs, in a form in which two of them can be compared."""

from dataclasses import replace
from typing import Any

from models.bucket import BUCKETS_PER_HOUR
from models.spikes.counts import CountCells, SeriesCounts
from pipelines.state import MinerState
from store.reviews import StoredReview


def memory_of(state: MinerState, bucket: int) -> dict[str, Any]:
    """Read the memory at the end of an epoch, which `bucket` begins after: all that a later epoch may read, by what it is."""
    return {
        "row": state.as_json(),
        "tickets": [
            (one.ticket_id, one.theme_id, one.time, one.language, one.vector.tobytes()) for one in state.index.tickets()
        ],
        "themes": [(one, one.cause, one.noted_status) for one in state.themes.by_id()],
        "spikes": list(state.episodes),
        "incidents": list(state.incidents),
        "signals": state.incidents.pending,
        "reviews": {launch: _figures(one) for launch, one in state.plans.reviews.items()},
        "segments": state.counts.segments(),
        "counts": _counts(state.counts.series, bucket),
        "frame": state.frame,
        "began": (state.first_epoch, state.record_start),
    }


def _figures(review: StoredReview) -> tuple[StoredReview, dict[int, list[list[float]]]]:
    """Return a review without its figures, and these apart, since arrays are not compared as a whole."""
    seen = {theme: figures.tolist() for theme, figures in review.past.seen.items()}
    return replace(review, past=replace(review.past, seen={})), seen


def _counts(series: SeriesCounts, bucket: int) -> list[dict[Any, int]]:
    """Return the tickets by bucket and series, and by hour and series."""
    # An hour more than is read is kept until the next epoch begins, and the first hour may be a part of one after a restart.
    hour, room = bucket // BUCKETS_PER_HOUR, 2
    recent = series.recent(bucket - series.recent_buckets + room * BUCKETS_PER_HOUR, bucket + BUCKETS_PER_HOUR)
    hourly = series.hourly(hour - series.history_hours + room, hour + 1)
    return [_by_series(series, cells) for cells in (recent, hourly)]


def _by_series(series: SeriesCounts, cells: CountCells) -> dict[Any, int]:
    places = zip(cells.slots.tolist(), cells.rows.tolist(), cells.counts.tolist(), strict=True)
    return {(slot, series.keys[row]): tickets for slot, row, tickets in places}
