"""The end of an ingest in plain sentences, and the exit code that goes with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from models.demand.figures import demand_sentence
from models.formats import counted
from models.language.sentences import unread_sentence

if TYPE_CHECKING:
    from groundswell.embedded import Summary
    from store.quarantine import QuarantineTotal
    from stream.optional_fields import FieldNote

SHOWN = 5
"""Values of one field that are written out; the others are counted together."""

REASONS = {
    "too_large": "too large",
    "not_json": "not JSON",
    "unknown_type": "of an unknown type",
    "invalid_event": "without something that an event needs",
    "in_the_future": "dated more than an hour ahead",
    "ambiguous_time": "with a time that can be read in two ways",
    "card_in_identity": "with a card number as an id",
    "unmapped_row": "that cannot be mapped",
    "unclosed_quote": "after a quote that is never closed",
    "unstorable": "refused by the database",
    "time_out_of_line": "far from the times of all others",
}
"""What a reason of quarantine means, after a number of records."""

ISSUES = {
    "unknown_value": "",
    "wrong_type": "a value of the wrong kind",
    "too_long": "a value that is too long",
    "like_a_card": "an id that looks like a card number",
}


TABLE_NOTES = {
    "preamble": ("row", "above the header left out"),
    "repeated_header": ("repeated header", "left out"),
    "blank": ("blank row", "left out"),
    "footer": ("row", "of totals or notes at the end left out"),
    "padded": ("short row", "filled up with empty cells"),
    "repaired_quotes": ("row", "with wrong quotes repaired"),
    "nul_replaced": ("NUL character", "replaced by a space"),
    "undecodable": ("character", "that could not be decoded replaced by \ufffd (`--encoding` names another encoding)"),
}
"""What was skipped or changed of a table (`stream.files.table.TableNote`): the noun after its number, and what was done."""


@dataclass(frozen=True)
class IngestResult:
    """What a run left behind.

    summary: what the run did. refused: what is in quarantine of its streams. read: records of each stream that became events.
    whole: all of the input was to be read. noted: what was skipped or changed of the tables among the streams.
    """

    summary: Summary
    refused: Sequence[QuarantineTotal] = ()
    read: Mapping[str, int] = field(default_factory=dict)
    whole: bool = True
    noted: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Write what was stored, repeated, late, set aside and moved, one sentence each."""
        run, found = self.summary, self.summary.outcome
        tickets, epochs = counted(found.tickets, "ticket"), counted(run.epochs, "epoch")
        said = [f"{counted(found.stored, 'event')} stored ({tickets}); {epochs} mined."]
        if run.stopped:
            begun = "Stopped; run the same command to go on."
            unread = (
                "Stopped while the input was read, before any of it was mined; run the same command to begin again."
            )
            said.insert(0, begun if run.events else unread)
        if run.history:
            said.append(f"{run.history:,} of them mined as history.")
        if found.repeated:
            said.append(f"{counted(found.repeated, 'repeat')} left out: stored before, or more than once in the input.")
        if run.later_rows:
            rows, became = counted(run.later_rows, "later row"), "a comment" if run.later_rows == 1 else "comments"
            said.append(f"{rows} of tickets that were there already became {became}.")
        if run.unchanged:
            names = ", ".join(map(stream_name, run.unchanged))
            said.append(f"Nothing was read of {names}, unchanged since it was ingested.")
        if sentence := demand_sentence(found.no_demand):
            said.append(f"{sentence[:1].upper()}{sentence[1:]} (`groundswell demand list` shows them).")
        if sentence := unread_sentence(found.unread):
            said.append(sentence)
        if run.macros:
            said.append(f"{counted(run.macros, 'standard sentence')} of agents or forms learned and left out.")
        if run.zone:
            said.append(run.zone)
        said += _redaction_sentences(run)
        said += [table_sentence(stream, notes) for stream, notes in self.noted.items() if notes]
        return [*said, *run.notes(), *_refused_sentences(self.refused), *note_sentences(found.notes)]

    def failure(self) -> str | None:
        """Return the sentence that makes the run a failure: nothing could be read of a file, or more than half was refused."""
        if self.summary.stopped:
            return None
        refused = Counter[str]()
        for one in self.refused:
            refused[one.stream] += one.records
        unread = [stream for stream in refused if not self.read.get(stream)]
        if unread:
            return f"nothing could be read of {', '.join(map(stream_name, unread))}; {_REMEDY}"
        mostly = [stream for stream, records in refused.items() if self.read[stream] < records]
        if mostly:
            shares = ", ".join(
                f"{stream_name(one)} ({refused[one]:,} of {refused[one] + self.read[one]:,} records)" for one in mostly
            )
            return f"more than half is in quarantine of {shares}; {_REMEDY}"
        empty = [stream for stream, records in self.read.items() if not records and self.whole]
        return (
            f"no record was found in {', '.join(map(stream_name, empty))}; look at how it was exported"
            if empty
            else None
        )


_REMEDY = "`groundswell quarantine` shows why; mend the file or its mapping and run `groundswell quarantine retry --mapping FILE`"


def table_sentence(stream: str, notes: Mapping[str, int]) -> str:
    """Write what was skipped or changed of a table in one sentence, in the order of its rows."""
    parts = [f"{counted(notes[note], noun)} {done}" for note, (noun, done) in TABLE_NOTES.items() if note in notes]
    return f"Of {stream_name(stream)}: {', '.join(parts)}."


def note_sentences(notes: Mapping[FieldNote, int]) -> list[str]:
    """Write the values that are in `custom` in place of their field: one sentence for each value, the most frequent first."""
    said: list[str] = []
    ordered = sorted(notes.items(), key=lambda pair: (pair[0].field, -pair[1], pair[0].value))
    for name, group in groupby(ordered, key=lambda pair: pair[0].field):
        found = list(group)
        said += [_note_sentence(note, number) for note, number in found[:SHOWN]]
        if rest := sum(number for _, number in found[SHOWN:]):
            values = len(found) - SHOWN
            said.append(
                f"`{name}` = {counted(values, 'other value')}: {counted(rest, 'ticket')}; the values are in `custom`."
            )
    return said


def _note_sentence(note: FieldNote, number: int) -> str:
    tickets = counted(number, "ticket")
    kind = ISSUES[note.issue.value]
    if note.issue.value == "like_a_card":
        return (
            f"{tickets} with {kind} {'is' if number == 1 else 'are'} stored under a keyed hash, `id-...`; declare the form of your "
            "ids in `redaction.keep`."
        )
    if kind:
        return f"`{note.field}` = {kind}: {tickets}; the values are in `custom`."
    if not note.value:
        return f"`{note.field}` = other values: {tickets}; the values are in `custom`."
    return f"`{note.field}` = `{note.value}`: {tickets}; add it to `[values.{note.field}]`."


def _redaction_sentences(run: Summary) -> list[str]:
    said = []
    if run.kept:
        formats = ", ".join(f"{name}: {number:,}" for name, number in sorted(run.kept.items()))
        said.append(f"{counted(run.kept.total(), 'id')} kept as declared in `redaction.keep` ({formats}).")
    if run.doubtful:
        said.append(
            f"{counted(run.doubtful, 'replacement')} of redaction in doubt: card numbers in words, with words between their groups, "
            "or with letters for digits (`groundswell redact try` shows why)."
        )
    return said


def _refused_sentences(refused: Sequence[QuarantineTotal]) -> list[str]:
    if not refused:
        return []
    total = sum(one.records for one in refused)
    parts = [
        f"{one.records:,} {REASONS.get(one.reason, one.reason.replace('_', ' '))} (`{one.reason}`, for example record "
        f"{one.first:,} of {stream_name(one.stream)})"
        for one in sorted(refused, key=lambda one: (-one.records, one.stream, one.reason))
    ]
    return [f"{total:,} quarantined: {'; '.join(parts)}. `groundswell quarantine` shows them."]


def stream_name(stream: str) -> str:
    """Write a stream's name for people: the file's name without its folders."""
    return "standard input" if stream.startswith("stdin:") else stream.rsplit("/", 1)[-1]
