"""Earlier windows that say what is usual in a window: the same hours of earlier weeks, or of earlier days where there are no weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.bucket import BUCKETS_PER_DAY

BucketSpan = tuple[int, int]
"""Buckets [start, end)."""

WEEKS = 4
"""Earlier windows that are looked at: a month, so that one odd week does not decide."""

_STEPS = (("week", 7 * BUCKETS_PER_DAY), ("day", BUCKETS_PER_DAY))


@dataclass(frozen=True, slots=True)
class EarlierWindows:
    """The windows, the newest first, and by what step each is before the next: `week`, `day`, or nothing where there are none."""

    step: str
    windows: tuple[BucketSpan, ...]

    def moved(self, span: BucketSpan, of: BucketSpan) -> list[BucketSpan]:
        """Return where a part of the window `of` was in each of the earlier windows."""
        return [(start - of[0] + span[0], start - of[0] + span[1]) for start, _ in self.windows]

    @property
    def sentence(self) -> str:
        """What the usual volume is founded on."""
        number = len(self.windows)
        if not number:
            return "What is usual is not known: there is no earlier window of tickets to compare with."
        return f"Usual is the mean of the same hours of {number} earlier {self.step}{'' if number == 1 else 's'}."


def earlier_windows(window: BucketSpan, known: BucketSpan, unusual: Sequence[BucketSpan] = ()) -> EarlierWindows:
    """Find the newest windows a whole number of weeks before `window` that lie inside `known`, at most four.

    Parameters
    ----------
    known
        The span in which tickets are on record.
    unusual
        Spans in which something else was planned: a window that meets one is left out, unless all do.
    """
    for step, length in _STEPS:
        found = _inside(window, known, length)
        usual = [one for one in found if not any(one[0] < end and start < one[1] for start, end in unusual)]
        if found:
            return EarlierWindows(step, tuple((usual or found)[:WEEKS]))
    return EarlierWindows("", ())


def _inside(window: BucketSpan, known: BucketSpan, step: int) -> list[BucketSpan]:
    start, end = window
    first = max(1, -(-(end - known[1]) // step))
    found = []
    # As many again as are needed, so that windows under other launches can be left out.
    for number in range(first, first + 2 * WEEKS):
        if start - number * step < known[0]:
            break
        found.append((start - number * step, end - number * step))
    return found
