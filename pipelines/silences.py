"""The silences of an epoch: those in force, resolved to the themes of then, and those that ended and are not reported yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from alerts.silences.matching import ActiveSilence, covering
from models.segment import Segment
from models.silence import Silence
from pipelines.state import MinerState
from store.silences import read_silences


class EpochSilences:
    """Silences as they are at the end of an epoch. They are resolved to themes when the first signal is decided.

    Parameters
    ----------
    silences: those that have begun by then and whose end was not reported yet.
    time: the end of the epoch; event time decides which are in force, so that a replay gives the same answer.
    """

    def __init__(self, silences: Sequence[Silence], time: datetime) -> None:
        self.active = tuple(one for one in silences if one.active_at(time))
        self.ended = tuple(one for one in silences if one.over_at(time))
        self._resolved: tuple[ActiveSilence, ...] | None = None

    @classmethod
    def read(cls, connection: Connection, time: datetime) -> EpochSilences:
        """Read the silences of the epoch that ends at `time`."""
        return cls(read_silences(connection, unreported_at=time), time)

    def covering(self, state: MinerState, theme_id: int, segment: Segment) -> tuple[ActiveSilence, ...]:
        """List those in force that cover a signal of a theme in a segment."""
        if not self.active:
            return ()
        if self._resolved is None:
            self._resolved = tuple(resolved(state, one) for one in self.active)
        return covering(self._resolved, theme_id, state.themes.name_of(theme_id), segment)


def resolved(state: MinerState, silence: Silence) -> ActiveSilence:
    """Resolve a silence to the themes of now: those that have the tickets of the named ones, and those that its example text reaches.

    Nearness that misses the threshold of assignment does not count: what nobody asked to be hidden is not hidden.
    """
    threshold = state.index.threshold
    near = [] if silence.example is None or threshold is None else state.index.similar(silence.example)
    similar = {
        state.themes.survivor(theme): close for theme, close in reversed(near) if threshold and close >= threshold
    }
    ids = (one for one in silence.matchers.themes if isinstance(one, int))
    return ActiveSilence(
        silence=silence,
        survivors=frozenset(state.themes.survivor(one) for one in ids),
        similar=similar,
        threshold=threshold,
    )
