"""The context of an epoch: what each step of mining receives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from sqlalchemy import Connection

from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR, bucket_of
from models.epochs import epoch_end
from models.launch import Launch
from pipelines.count_changes import CountChanges
from pipelines.rules import Rules
from pipelines.silences import EpochSilences
from pipelines.state import MinerState
from store.news import EpochNews
from store.plans import read_launches


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochWindow:
    """One epoch of event time, and what is known at its end.

    Parameters
    ----------
    number: epochs of this length since 1970-01-01 UTC.
    end: its end. length: its length, a whole number of buckets.
    detected_at: when people can know of it: its end plus the allowed lateness.
    launches: the plans that are known by its end, in the order of the store.
    model: the embedding model whose vectors are compared.
    """

    number: int
    end: datetime
    detected_at: datetime
    launches: tuple[Launch, ...]
    model: str
    length: timedelta

    @property
    def start(self) -> datetime:
        """The start of the epoch."""
        return self.end - self.length

    @property
    def bucket(self) -> int:
        """The first bucket after the epoch."""
        return bucket_of(self.end)

    @property
    def ends_hour(self) -> bool:
        """Whether an hour ends with the epoch."""
        return self.bucket % BUCKETS_PER_HOUR == 0

    @property
    def ends_day(self) -> bool:
        """Whether a day, UTC, ends with the epoch."""
        return self.bucket % BUCKETS_PER_DAY == 0

    def end_of(self, number: int) -> datetime:
        """Return the end of another epoch of the same length."""
        return self.end - (self.number - number) * self.length

    def launch(self, launch_id: str | None) -> Launch | None:
        """Return a known launch by its id."""
        return next((one for one in self.launches if one.launch_id == launch_id), None)


def _no_silences() -> EpochSilences:
    return EpochSilences((), datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class EpochContext:
    """What every step of an epoch receives: it reads and writes through these, and returns what it changed.

    Parameters
    ----------
    connection: the transaction of the epoch.
    state: the miner's state, changed by the steps.
    window: the epoch.
    rules: what was passed in from outside.
    changes: the changes of counts that the steps before made and that are not written yet.
    silences: what people asked not to be notified of, as of the end of the epoch.
    news: what there may be of what others wrote.
    """

    connection: Connection
    state: MinerState
    window: EpochWindow
    rules: Rules
    changes: CountChanges
    silences: EpochSilences = field(default_factory=_no_silences)
    news: EpochNews = field(default_factory=EpochNews)

    @classmethod
    def begin(
        cls, connection: Connection, state: MinerState, number: int, rules: Rules, news: EpochNews | None = None
    ) -> Self:
        """Begin an epoch: read the plans that are known by its end and the silences, with no count changed yet.

        Without `news` everything is read, whether there is any of it or not.
        """
        seconds = rules.mining.epoch.total_seconds()
        news = news or EpochNews()
        launches = read_launches(connection, known_by=epoch_end(number, seconds)) if news.launches else []
        window = window_of(number, seconds, rules.mining.lateness, launches, rules.model)
        changes = CountChanges(rules.mining.dimensions, rules.mining.pairs)
        silences = EpochSilences.read(connection, window.end) if news.silences else EpochSilences((), window.end)
        return cls(connection, state, window, rules, changes, silences, news)


def window_of(number: int, seconds: float, lateness: timedelta, launches: Sequence[Launch], model: str) -> EpochWindow:
    """Describe an epoch by its number; `seconds` is the length of an epoch."""
    end = epoch_end(number, seconds)
    return EpochWindow(
        number=number, end=end, detected_at=end + lateness, launches=tuple(launches), model=model, length=timedelta(seconds=seconds)
    )  # fmt: skip
