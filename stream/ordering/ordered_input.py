"""A finite input in the order of its times, with how far each of its sources was stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from more_itertools import chunked

from models.arrays import Mask
from models.event import Event, TicketEvent
from models.redaction import excerpt
from stream.ordering.first_pass import FirstPass, fingerprint
from stream.ordering.grain import Grain, grain_of, placement
from stream.ordering.later_rows import later_row
from stream.ordering.out_of_line import OutOfLine, find_out_of_line
from stream.ordering.spool import Spool, SpooledEvent, TicketTimes, microseconds, time_of
from stream.raw import Progress, Raw, RefusalReason, RefusedEvent
from stream.refused_subject import of_event
from stream.requester import sealed_hash
from stream.source import RowsOfTickets, Source


@dataclass
class InputFile:
    """A source of the input. `stored` is the progress that the database has for it, `progress` how far this run has come.

    resumed: events that an earlier run, which did not come to its end, stored of the same content. unchanged: an earlier run came
    to its end, so that it is not read again. set_aside: (position, excerpt) of records that are in quarantine as out of line.
    broken: the sentence about a source that breaks off.
    """

    source: Source
    progress: Progress
    resumed: int = 0
    unchanged: bool = False
    set_aside: frozenset[tuple[int, str]] = frozenset()
    broken: str | None = None

    @classmethod
    def of(cls, source: Source, stored: Progress | None) -> InputFile:
        """Compare a source with what the database says of it."""
        found = fingerprint(source)
        same = stored is not None and stored.fingerprint == found and bool(found)
        resumed = stored is not None and same and not stored.ended
        return cls(
            source,
            Progress(
                source.stream, fingerprint=found, newest=stored.newest if stored is not None and resumed else None
            ),
            resumed=stored.position if stored is not None and resumed else 0,
            unchanged=stored is not None and same and stored.ended,
        )


@dataclass(frozen=True, slots=True)
class RecordSpan:
    """The span of event time that the database holds: its first instant, and the first one that is not mined."""

    start: datetime
    end: datetime


class OrderedInput:
    """Sources that are read to their ends first, and then hand their events on in one order of time."""

    def __init__(
        self, spool: Spool, files: Sequence[InputFile], record: RecordSpan | None, *, history: bool = False
    ) -> None:
        """Take a new spool, the sources and the record; `history`: what is before the record extends it."""
        self._spool = spool
        self.files = files
        self._record = record
        self._history = history

    def read(self, first_pass: FirstPass, report: Callable[[int], bool]) -> None:
        """Read all sources that changed; `report` as in `FirstPass.read`."""
        for number, file in enumerate(self.files):
            if not file.unchanged:
                file.broken = first_pass.read(number, file.source, report)

    def join_rows(self) -> int:
        """Make comments of the later rows of tickets, in files whose rows are messages or states; returns how many there are."""
        return sum(
            self._spool.join_rows(number, later_row)
            for number, file in enumerate(self.files)
            if not file.unchanged and isinstance(file.source, RowsOfTickets) and file.source.joins_rows
        )

    def set_aside(self) -> Iterator[tuple[str, Raw, RefusedEvent]]:
        """Take what is out of line out of the order, and yield it: stream, record, refusal.

        Of a file that an earlier run has begun, the same records are set aside as then: by now the database has a record.
        """
        for number, file in enumerate(self.files):
            for position, content in sorted(file.set_aside if file.resumed else ()):
                # Without its excerpt, which was erased, a record is known by its position.
                same = self._spool.find(number, position, lambda event: content in ("", _shown(event)))  # noqa: B023 (called at once)
                self._spool.take_out(same)
        found = self._spool.ticket_times()
        for one in find_out_of_line(found, self._judged(found), behind=self._record is None or self._history):
            for event in self._spool.take_out([one.number]):
                stream = self.files[event.file].progress.stream
                yield stream, Raw(event.position, event.event), _refusal(event, one, stream)

    def place_coarse(self, known: Mapping[str, Grain], now: datetime) -> dict[str, Grain]:
        """Place the events of sources whose times are days or hours within these, and return the grain of every source.

        known: the grains that earlier inputs had.
        """
        grains: dict[str, Grain] = {}
        for source, written in self._spool.written_times().items():
            grains[source] = grain_of(written, known.get(source))
            if grains[source] is not Grain.SECOND:
                self._spool.move(source, placement(source, grains[source], written, microseconds(now)))
        return grains

    def skip_stored(self) -> int:
        """Leave out what an earlier run of the same content stored for certain; returns how many of the rest it may have stored.

        Not by number but by time: all events of a file before the newest one that was stored with its progress.
        """
        again = 0
        for number, file in enumerate(self.files):
            if file.resumed and file.progress.newest is not None:
                skipped = self._spool.drop_before(number, microseconds(file.progress.newest))
                file.progress = replace(file.progress, position=skipped, lines=skipped)
            again += file.resumed - file.progress.position
        return again

    def events(self) -> int:
        """Count the events that will be handed on."""
        return sum(self._spool.counts().values())

    def batches(self, size: int) -> Iterator[list[Raw]]:
        """Yield the events in order, so many at a time; the partition of each is the number of its file."""
        for part in chunked(self._spool.ordered(), size):
            yield [Raw(one.position, one.event, one.file) for one in part]

    def stored(self, batch: Sequence[Raw]) -> list[Progress]:
        """Move the progress of the files on by a batch, and return it as it is to be stored with the batch."""
        for number, count in Counter(raw.partition for raw in batch).items():
            times = [
                raw.content.time for raw in batch if raw.partition == number and isinstance(raw.content, TicketEvent)
            ]
            file, known = self.files[number], self.files[number].progress
            newest = max([*times, *([known.newest] if known.newest else [])], default=None)
            file.progress = replace(known, position=known.position + count, lines=known.lines + count, newest=newest)
        return [self.files[number].progress for number in sorted({raw.partition for raw in batch})]

    def ended(self, *, keep_open: bool) -> list[Progress]:
        """Return the progress of the files that were stored to their ends; with `keep_open` they are not finished."""
        read = [file for file in self.files if not file.unchanged]
        return [replace(file.progress, ended=not keep_open and file.broken is None) for file in read]

    def _judged(self, found: TicketTimes) -> Mask:
        """Events that may be out of line: none that the database's record covers, or that an earlier run has judged."""
        resumed = [number for number, file in enumerate(self.files) if file.resumed]
        judged: Mask = ~np.isin(found.files, resumed)
        if self._record is None:
            return judged
        start, end = microseconds(self._record.start), microseconds(self._record.end)
        return judged & ((found.times < start) | (found.times >= end))


def _shown(event: Event) -> str:
    return excerpt(event.model_dump_json(exclude_unset=True))


def _refusal(event: SpooledEvent, found: OutOfLine, stream: str) -> RefusedEvent:
    near = [time_of(one).isoformat() for one in (found.before, found.after) if one is not None]
    neighbours = (
        f"its neighbours in the file have {' and '.join(near)}" if near else "no other event of the file is near it"
    )
    detail = (
        f"line {event.position} of {stream} has the time {time_of(found.time).isoformat()}, far from all others: {neighbours}; "
        "correct it at the source, or ingest it in a file of its own where it is right"
    )
    subject, requester = of_event(event.event)
    hashed = sealed_hash(requester or "")
    return RefusedEvent(RefusalReason.OUT_OF_LINE, detail, _shown(event.event), subject, hashed)
