"""A guess at which column of a table is which field, from the names of the columns and from their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from models.event import EVENT_TYPES
from stream.tables.cells import cell_text
from stream.tables.column_values import ColumnValues, column_values
from stream.tables.field_names import FIELDS, JOINED, LATER
from stream.tables.headers import (
    CLOCKS,
    CREATION,
    NOT_CREATION,
    PEOPLE,
    PERSON,
    USUAL,
    Names,
    field_columns,
    plain,
    unprefixed,
)

SURE = 0.7
"""Confidence from which a column is taken without being asked for."""

NAMED, VALUED, ONE_OF_SEVERAL = 0.95, 0.75, 0.4
AUTHORS = frozenset({
    "senderrole", "speakerrole", "userrole", "messagerole", "sender", "speaker", "author", "from", "sentby", "messagefrom", "writtenby",
    "participant", "participanttype", "actor", "actortype", "who", "nick", "absender", "expediteur", "remitente", "remetente",
})  # fmt: skip
"""Names of columns that say who wrote, by name or by role."""

STEP = 0.004
"""What a name loses for each that is more certain than it."""

BY_SYSTEM, BY_HEADER = "the system calls it so", "the header says so"
CLOCK_OF_DATE = "it is the time of day of the date"
CONVERSATIONS = frozenset(
    ("conversationid", "chatid", "sessionid", "threadid", "dialogid", "dialogueid", "ticketid", "caseid", "callid")
)
"""Names of ids that many rows share: those of messages."""

FEW = 40
"""Different values that a column of fixed values has at most."""

OWN = tuple(name for name in FIELDS if name not in ("custom", "channel", "type", "source", *LATER))
"""Headers of a table of our own events."""

CUSTOM, DROPPED = "custom", ""
"""What becomes of columns that are no field: kept under their own name, or left out because they are about people."""


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """What a column was taken for: a field, `custom`, or "" for one that is left out; `confidence` is in [0, 1]."""

    column: str
    field: str
    confidence: float
    reason: str


class TableGuess:
    """The guesses for all columns of a table, in its order, and what could not be decided."""

    def __init__(self, guesses: Sequence[ColumnGuess], candidates: Mapping[str, Sequence[str]]) -> None:
        self.guesses = guesses
        self.candidates = candidates
        """For each of subject, time and text that is not sure: the columns that it may be."""

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Return the columns of each field."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.guesses:
            if one.field:
                found[one.field] = (*found.get(one.field, ()), one.column)
        if "time" in found:
            # The date is before the time of day, whatever the order of the columns.
            clocks = {one.column for one in self.guesses if one.reason == CLOCK_OF_DATE}
            found["time"] = tuple(sorted(found["time"], key=lambda column: column in clocks))
        return found


def guess_columns(
    header: Sequence[str],
    sample: Sequence[Mapping[str, object]],
    *,
    given: Mapping[str, Sequence[str]] | None = None,
    system: Names | None = None,
) -> TableGuess:
    """Guess the field of every column.

    `given` are the columns that a mapping names, by field: these are not guessed again. `system` are the names that the ticket
    system which wrote the file is known to use; they are looked up before the usual ones.
    """
    return _Guessing(header, sample, given or {}, system or {}).guess()


class _Guessing:
    """The columns that are not taken yet, while fields take them one by one."""

    def __init__(
        self,
        header: Sequence[str],
        sample: Sequence[Mapping[str, object]],
        given: Mapping[str, Sequence[str]],
        system: Names,
    ) -> None:
        self._header = header
        self._sample = sample
        self._system = system
        self._values = {column: column_values(sample, column) for column in header}
        self._taken: dict[str, ColumnGuess] = {}
        self._fields: set[str] = set(given)
        self._candidates: dict[str, list[str]] = {}
        for field, columns in given.items():
            # Columns that identify a ticket together are fields of their own as well: its time, its text.
            for column in columns if field != "subject" or len(columns) == 1 else ():
                self._taken[column] = ColumnGuess(column, field, 1.0, "the mapping says so")

    def guess(self) -> TableGuess:
        self._take_envelope()
        self._take_named()
        self._take_by_values()
        self._take_clock()
        for column in self._free():
            self._take(column, *self._rest(column))
        return TableGuess([self._taken[column] for column in self._header], self._candidates)

    def _free(self) -> list[str]:
        return [column for column in self._header if column not in self._taken]

    def _take(self, column: str, field: str, confidence: float, reason: str) -> None:
        self._taken[column] = ColumnGuess(column, field, confidence, reason)
        if field:
            self._fields.add(field)

    def _take_envelope(self) -> None:
        """Take the columns of a table of our own events, whose headers are the names of the fields."""
        kinds = self._texts("type")
        typed = "type" not in self._fields and bool(kinds) and kinds <= set(EVENT_TYPES)
        free = set(self._free())
        # Where there is a title or a body as well, and its values are ids, `subject` is the ticket as in our own events.
        own = {"subject", "time"} <= free and bool({"title", "body"} & free) and self._values["subject"].ids >= 0.95
        # An id next to a subject that is itself an id is the event's own.
        keys = {"id", "subject"} <= free and self._values["subject"].is_key
        sources = self._texts("source")
        paths = bool(sources) and all(one.startswith("/") for one in sources)
        names = OWN if own or (typed and "subject" in free) else ("id",) if keys else ()
        for name in (*names, *(("type",) if typed else ()), *(("source",) if paths else ())):
            if name in self._free() and name not in self._fields:
                self._take(name, name, NAMED, "the header is the name of the field")

    def _texts(self, column: str) -> set[str]:
        if column not in self._free():
            return set()
        return {text for row in self._sample if (text := cell_text(row.get(column)))}

    def _take_named(self) -> None:
        found = [
            (NAMED + 0.04 - STEP / 4 * place, column, field, BY_SYSTEM)
            for column, field, place in field_columns(self._system, self._header)
        ] + [
            (NAMED - STEP * min(place, 40), column, field, BY_HEADER)
            for column, field, place in field_columns(USUAL, self._header)
        ]
        found = [
            (score * fit, column, field, reason)
            for score, column, field, reason in found
            if column not in self._taken and (fit := self._fit(field, column)) > 0
        ]
        # Of two columns of one rank the first one in the table wins.
        for score, column, field, reason in sorted(found, key=lambda one: -one[0]):
            if column in self._taken or (field in self._fields and not self._joins(field, column)):
                continue
            self._take(column, field, score, reason)

    def _joins(self, field: str, column: str) -> bool:
        """Whether a field that has a column takes another one: tags, and what the system names so."""
        return field == "tags" or (field in JOINED and plain(column) in self._system.get(field, ()))

    def _fit(self, field: str, column: str) -> float:
        """Return how well the values fit the field, in [0, 1]; 1 where there are none."""
        values = self._values[column]
        if not values.count:
            return 0.8
        fit = _FITS.get(field)
        return 1.0 if fit is None else fit(values, plain(column))

    def _take_by_values(self) -> None:
        if "time" not in self._fields:
            times = [one for one in self._free() if self._values[one].dated >= 0.95]
            created = [one for one in times if CREATION.search(plain(one)) and not NOT_CREATION.search(plain(one))]
            self._take_one("time", created if len(created) == 1 else times, "its values are times")
        if "subject" not in self._fields:
            keys = [
                one
                for one in self._free()
                if self._values[one].is_key and not self._is_person(one) and self._values[one].dated < 0.5
            ]
            self._take_one("subject", keys, "every row has its own value of an id's shape")
        if not {"title", "body"} & self._fields:
            texts = [one for one in self._free() if self._values[one].is_text and not self._is_person(one)]
            longest = max((self._values[one].length for one in texts), default=0)
            self._take_one(
                "body", [one for one in texts if self._values[one].length > longest / 3], "its values are sentences"
            )

    def _take_one(self, field: str, columns: Sequence[str], reason: str) -> None:
        if len(columns) == 1 and len(self._sample) > 1:
            self._take(columns[0], field, VALUED, reason)
        elif columns:
            self._candidates[field] = list(columns)

    def _take_clock(self) -> None:
        """Take the column of the time of day where the time's own column has dates only."""
        taken = [column for column, one in self._taken.items() if one.field == "time" and one.confidence < 1]
        if len(taken) == 1 and self._values[taken[0]].days >= 0.95:
            clocks = [one for one in self._free() if self._values[one].clocks >= 0.95 and plain(one) in CLOCKS]
            if len(clocks) == 1:
                self._take(clocks[0], "time", self._taken[taken[0]].confidence, CLOCK_OF_DATE)

    def _rest(self, column: str) -> tuple[str, float, str]:
        if self._is_person(column):
            return DROPPED, NAMED, "it is about a person"
        return CUSTOM, NAMED, "it is no field of Groundswell"

    def _is_person(self, column: str) -> bool:
        name = unprefixed(plain(column))
        # Who wrote is in a column already where one of these is left.
        return (
            name in PEOPLE
            or name in USUAL["requester"]
            or PERSON.fullmatch(name) is not None
            or self._values[column].people >= 0.3
        )


def not_sure(guess: TableGuess, fields: Collection[str] = ()) -> dict[str, Sequence[str]]:
    """Return which of ticket, time and text are not sure, with the columns that each may be. `fields` are known otherwise."""
    found = {one.field: one for one in guess.guesses}
    missing: dict[str, Sequence[str]] = {}
    for field in ("subject", "time"):
        if field not in fields and (field not in found or found[field].confidence < SURE):
            missing[field] = guess.candidates.get(field, ())
    texts = {"title", "body"} & {one for one in found if found[one].confidence >= SURE}
    if not texts and not {"title", "body"} & set(fields):
        missing["body"] = guess.candidates.get("body", ())
    return missing


def _subject_fit(values: ColumnValues, name: str) -> float:
    if values.people >= 0.1 or values.spaced >= 0.3 or values.length > 64 or values.dated >= 0.5:
        return 0.0
    if name == "subject":
        # Elsewhere it is the title; here only a key of its own is the ticket.
        return 1.06 if values.is_key and values.length <= 40 else 0.0
    # Messages of one ticket repeat its id; what hardly ever differs is no id.
    if name in CONVERSATIONS and values.ids >= 0.9 and values.distinct > 1:
        return 1.0
    return (
        1.0 if values.unique > 0.9 or (values.ids >= 0.9 and values.unique > 0.2) else 0.6 if values.count < 5 else 0.0
    )


def _time_fit(values: ColumnValues, _: str) -> float:
    return 1.0 if values.times >= 0.5 else 0.0


def _text_fit(values: ColumnValues, name: str) -> float:
    if values.people >= 0.5 or values.dated >= 0.9:
        return 0.0
    if values.is_key and values.count > 1 and not (name == "description" and values.spaced >= 0.5):
        return 0.0
    # A job title, a topic of a list, a number of comments: a few values that repeat are no text of a ticket.
    listed = values.count >= 20 and values.distinct <= 3
    if values.numbers >= 0.9:
        return 0.0
    vague = listed or name in ("issue", "topic", "comments", "notes", "feedback")
    return 0.75 if vague and not values.is_text else 1.0


def _channel_fit(values: ColumnValues, _: str) -> float:
    return 0.0 if values.numbers >= 0.5 or not _repeats(values) else 1.0


def _fixed_fit(values: ColumnValues, _: str) -> float:
    return 1.0 if _repeats(values) and values.length <= 40 else 0.0


def _repeats(values: ColumnValues) -> bool:
    return values.distinct <= FEW or values.unique < 0.3


def _author_role_fit(values: ColumnValues, name: str) -> float:
    """Where the name may as well be a person's, all values have to be words for roles."""
    if name in AUTHORS:
        return 1.06 if values.roles >= 0.95 else 0.0
    return _fixed_fit(values, name)


def _requester_fit(values: ColumnValues, _: str) -> float:
    if values.roles >= 0.95:
        return 0.0
    return 0.0 if values.length > 80 or values.dated >= 0.5 else 1.0


_FITS = {
    "subject": _subject_fit, "time": _time_fit, "updated_at": _time_fit, "solved_at": _time_fit, "title": _text_fit,
    "body": _text_fit, "channel": _channel_fit, "priority": _fixed_fit, "team": _fixed_fit, "csat": _fixed_fit,
    "escalated": _fixed_fit, "language": _fixed_fit, "author_role": _author_role_fit, "direction": _fixed_fit, "handled_by": _fixed_fit,
    "requester": _requester_fit, "region": _fixed_fit, "payment_method": _fixed_fit, "platform": _fixed_fit,
}  # fmt: skip
