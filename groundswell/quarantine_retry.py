"""Reading refused records again: from their files, at their lines, with a mapping that was mended meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from groundswell.ingest_summary import note_sentences, stream_name
from models.formats import counted
from store.database import reading
from store.offsets import read_offsets, write_offsets
from store.quarantine import (
    ALL_REFUSED,
    QuarantineChoice,
    QuarantinedStream,
    is_file_stream,
    note_reading,
    quarantined_streams,
    remove_settled,
)
from stream.errors import SourceError
from stream.raw import Raw, RefusalReason
from stream.source import Fingerprinted, Source, file_fingerprint, file_stream

if TYPE_CHECKING:
    from groundswell.embedded import Summary
    from models.clock import Clock
    from stream.opening import OpenOptions


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How files were opened: the options of `groundswell ingest`; None: found by the content."""

    mapping: str | None = None
    format: str | None = None
    encoding: str | None = None
    zone: str | None = None

    @classmethod
    def used(cls, options: OpenOptions) -> ReadingOptions:
        """Return the options that files were opened with; the mapping by its whole path."""
        mapping = None if options.mapping is None else options.mapping.resolve().as_posix()
        zone = None if options.zone is None else options.zone.key
        return cls(mapping, options.format, options.encoding, zone)

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None, mapping: Path | None) -> ReadingOptions:
        """Return how a file was read, with another mapping where one is given."""
        known = {name: (stored or {}).get(name) for name in ("mapping", "format", "encoding", "zone")}
        return cls(**known | ({} if mapping is None else {"mapping": str(mapping)}))


Open = Callable[[str, ReadingOptions], Source]
Run = Callable[[Sequence[Source]], "Summary"]


def keep_reading(engine: Engine, streams: Collection[str], how: ReadingOptions) -> None:
    """Keep how files were read, and what they contained, with those of their records that were refused."""
    with reading(engine) as connection:
        refused = [one.stream for one in quarantined_streams(connection, streams) if is_file_stream(one.stream)]
    for stream in refused:
        content = _content(stream)
        with engine.begin() as connection:
            note_reading(connection, stream, {**asdict(how), "content": content})


class SelectedRecords:
    """The records of a source at some positions; `seen` are those of them that it still has."""

    def __init__(self, source: Source, positions: Collection[int]) -> None:
        self._source = source
        self._positions = frozenset(positions)
        self.stream = source.stream
        self.seen: set[int] = set()

    def records(self) -> Iterator[Raw]:
        """Yield the records at the positions, and read no further than the last of them."""
        last = max(self._positions)
        for raw in self._source.records():
            if raw.position > last:
                return
            if raw.position in self._positions:
                self.seen.add(raw.position)
                yield raw

    def fingerprint(self) -> str | None:
        """Return the source's own: after this, the file counts as read with the new mapping."""
        return self._source.fingerprint() if isinstance(self._source, Fingerprinted) else None

    def read_share(self) -> float | None:
        """Return the source's own."""
        return self._source.read_share()

    def close(self) -> None:
        """Close the source."""
        self._source.close()


@dataclass
class RetryReport:
    """What reading again came to: sentences for a person, and how many records are stored now or still refused."""

    sentences: list[str] = field(default_factory=list)
    settled: int = 0
    left: int = 0
    stopped: bool = False

    def as_json(self) -> dict[str, Any]:
        """Write it as `quarantine retry --json` prints it."""
        return {"settled": self.settled, "left": self.left, "stopped": self.stopped, "sentences": self.sentences}


class Retry:
    """Reads refused records of files again and stores what is readable by now."""

    def __init__(self, engine: Engine, open_: Open, run: Run, clock: Clock) -> None:
        """Take the database, what opens a file, what ingests sources, and the wall clock that `run` uses, too."""
        self._engine = engine
        self._open = open_
        self._run = run
        self._clock = clock

    def __call__(
        self, paths: Collection[str], mapping: Path | None, choice: QuarantineChoice = ALL_REFUSED
    ) -> RetryReport:
        """Read again what is in quarantine, of the named files or of all. Rows of records that are stored are deleted."""
        wanted = {file_stream(path) for path in paths}
        with reading(self._engine) as connection:
            found = [
                one for one in quarantined_streams(connection, choice=choice) if not wanted or one.stream in wanted
            ]
        report = RetryReport()
        report.sentences += [
            f"{stream_name(path)}: nothing of it is in quarantine."
            for path in sorted(wanted - {one.stream for one in found})
        ]
        with ExitStack() as opened:
            chosen: list[tuple[QuarantinedStream, SelectedRecords]] = []
            for one in found:
                source = self._source(one, mapping, report)
                if source is not None:
                    chosen.append((one, opened.enter_context(closing(source))))
            if chosen:
                self._read(chosen, mapping, report)
        return report

    def _source(self, one: QuarantinedStream, mapping: Path | None, report: RetryReport) -> SelectedRecords | None:
        """Open a stream's file at its refused records, or report why it cannot be read again."""
        total = sum(map(len, one.positions.values()))
        problem = self._problem(one)
        positions = [
            at for reason, found in one.positions.items() if reason != RefusalReason.OUT_OF_LINE for at in found
        ]
        if problem is None and not positions:
            problem = (
                "their times are far from all others; correct them at the source, or ingest them in a file of their own"
            )
        if problem is None:
            try:
                return SelectedRecords(self._open(one.stream, ReadingOptions.of(one.reading, mapping)), positions)
            except SourceError as error:
                problem = str(error)
        report.left += total
        report.sentences.append(
            f"{stream_name(one.stream)}: {counted(total, 'record')} cannot be read again: {problem}."
        )
        return None

    def _problem(self, one: QuarantinedStream) -> str | None:
        """Say why a stream's records cannot be found again; None where they can."""
        if one.stream.startswith("stdin:"):
            return "standard input is gone; save it to a file and ingest that"
        if not is_file_stream(one.stream):
            return "they came by Kafka or a webhook; send them again once their sender is mended (Kafka: see the dead-letter topic)"
        if not Path(one.stream).is_file():
            return "the file is gone; ingest it again where it is now"
        kept = (one.reading or {}).get("content")
        if kept is not None and kept != _content(one.stream):
            return "the file was changed since; `groundswell ingest FILE` reads all of it again"
        with reading(self._engine) as connection:
            ended = [row["ended"] for row in read_offsets(connection, [one.stream])]
        return None if ended == [True] else "the file was not read to its end yet; run `groundswell ingest FILE` first"

    def _read(
        self, chosen: Sequence[tuple[QuarantinedStream, SelectedRecords]], mapping: Path | None, report: RetryReport
    ) -> None:
        began, streams = self._clock(), [one.stream for one, _ in chosen]
        with reading(self._engine) as connection:
            before = {row["stream"]: row for row in read_offsets(connection, streams)}
        summary = self._run([source for _, source in chosen])
        report.stopped = summary.stopped
        self._restore(before, stopped=summary.stopped)
        for one, source in chosen:
            total, settled = sum(map(len, one.positions.values())), 0
            if not summary.stopped:
                with self._engine.begin() as connection:
                    settled = remove_settled(connection, one.stream, began, source.seen)
                keep_reading(self._engine, [one.stream], ReadingOptions.of(one.reading, mapping))
            report.settled += settled
            report.left += total - settled
            report.sentences.append(_sentence(one.stream, settled, total - settled))
        report.sentences += [*summary.truncated, *note_sentences(summary.outcome.notes)]

    def _restore(self, before: Mapping[str, Mapping[str, Any]], *, stopped: bool) -> None:
        """Let the progress of the files include what was read before; a stopped run leaves it as it was."""
        with self._engine.begin() as connection:
            rows = []
            for after in read_offsets(connection, before):
                known = before[after["stream"]]
                newest = max((time for time in (known["newest"], after["newest"]) if time is not None), default=None)
                grown = {name: known[name] + after[name] for name in ("position", "lines")}
                rows.append(dict(known) if stopped else {**after, **grown, "newest": newest})
            write_offsets(connection, rows)


def _content(stream: str) -> str | None:
    try:
        return file_fingerprint(stream)
    except OSError:
        return None


def _sentence(stream: str, settled: int, left: int) -> str:
    refused = f"; {counted(left, 'record')} {'is' if left == 1 else 'are'} still in quarantine" if left else ""
    return f"{stream_name(stream)}: {counted(settled, 'record')} read and taken out of quarantine{refused}."
