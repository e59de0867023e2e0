"""The order of a finite input: any order of its records gives one order of its events."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedding import HashingEmbedder
from models.event import TicketEvent
from stream.errors import SourceTruncated, SpoolFailed
from stream.ordering.first_pass import FirstPass, fingerprint
from stream.ordering.ordered_input import InputFile, OrderedInput, RecordSpan
from stream.ordering.out_of_line import DAY, find_out_of_line
from stream.ordering.spool import Spool, TicketTimes
from stream.processing import Processor
from stream.raw import Progress, Raw, RefusalReason
from stream.requester import hash_requester

NOW = datetime(2026, 12, 24, tzinfo=UTC)
START = datetime(2026, 11, 1, tzinfo=UTC)
KEY = b"k" * 32


class Records:
    """A source in memory, which may break off at its end."""

    def __init__(self, *contents: bytes, stream: str = "memory", breaks: bool = False):
        self.stream = stream
        self._contents = contents
        self._breaks = breaks

    def records(self):
        """Each record, by line."""
        for line, content in enumerate(self._contents, start=1):
            yield Raw(line, content)
        if self._breaks:
            raise SourceTruncated(self.stream, len(self._contents))

    def fingerprint(self) -> str | None:
        """Of the contents."""
        return str(hash(self._contents))

    def read_share(self):
        """Unknown."""

    def close(self):
        """Nothing is open."""


def record(number: int, time: datetime, kind: str = "ticket.created", **data: object) -> bytes:
    """One line of a file."""
    named = {
        "launch.planned": {
            "kind": "sale",
            "title": "Sale",
            "start": "2026-12-01T00:00:00Z",
            "end": "2026-12-02T00:00:00Z",
        }
    }
    filled = named.get(kind) or {"title": "", "body": f"text {number}"} | data
    return json.dumps({
        "specversion": "1.0", "id": f"T-{number}:{kind}", "source": "/desk", "type": kind, "time": time.isoformat(),
        "subject": f"T-{number}", "data": filled,
    }).encode()  # fmt: skip


def ordered(*sources: Records, known: RecordSpan | None = None, stored: Sequence[Progress | None] = ()):
    """Read sources; the events in order, and what was refused by (stream, position, reason)."""
    refused = []

    def refuse(stream, records):
        refused.extend((stream, raw.position, refusal.reason) for raw, refusal in records)

    processor = Processor(HashingEmbedder(), KEY, lambda: NOW)
    with Spool() as spool:
        files = [
            InputFile.of(one, before) for one, before in zip(sources, [*stored, *[None] * len(sources)], strict=False)
        ]
        found = OrderedInput(spool, files, known)
        found.read(FirstPass(spool, processor, lambda: NOW, refuse), lambda _: False)
        for stream, raw, refusal in found.set_aside():
            refuse(stream, [(raw, refusal)])
        events = [raw.content for batch in found.batches(7) for raw in batch]
    return events, refused


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """Records with repeated times, repeated identities of other content, updates at the time of the creation, plans, and rubbish."""
    lines = []
    for number in range(draw(st.integers(1, 12))):
        time = START + timedelta(minutes=draw(st.integers(0, 4)))
        lines.append(record(number, time, requester="ada@example.com"))
        kinds = st.sampled_from(["ticket.solved", "ticket.updated", "launch.planned", "ticket.created", "nonsense"])
        for kind in draw(st.lists(kinds, max_size=3)):
            later, body = time + timedelta(minutes=draw(st.integers(0, 1))), draw(st.sampled_from("ab"))
            lines.append(record(number, later, kind, body=body))
    return lines


@given(lines=histories(), seed=st.integers(0, 1_000), cut=st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_any_order_of_the_records_gives_one_order_of_the_events(lines, seed, cut):
    """Shuffled, reversed and split over two files in any order, an input hands on the very same sequence of events."""
    expected, refused = ordered(Records(*lines))
    mixed = random.Random(seed).sample(lines, len(lines))
    for parts in ([mixed], [lines[::-1]], [mixed[cut:], mixed[:cut]]):
        events, bad = ordered(*(Records(*part) for part in parts))
        assert events == expected
        assert len(bad) == len(refused)
    times = [event.time for event in expected]
    assert times == sorted(times)


def test_at_one_time_plans_come_first_and_creations_before_what_happens_to_the_ticket():
    """A plan holds for the tickets of its own second; a ticket exists before it is rated in the same second."""
    kinds = ["comment.added", "ticket.created", "launch.planned", "ticket.solved"]
    events, _ = ordered(Records(*(record(1, START, kind) for kind in kinds)))
    assert [event.type for event in events] == ["launch.planned", "ticket.created", "comment.added", "ticket.solved"]


def test_what_is_spooled_is_redacted_and_its_requester_hashed(monkeypatch):
    """The spool's file holds no mail address and no requester; the hash is that of the requester."""
    written = []
    add = Spool.add
    monkeypatch.setattr(Spool, "add", lambda self, *given: (written.append(given[2]), add(self, *given))[1])
    line = record(1, START, body="I am ada@example.com", requester="ada@example.com")
    (event,), _ = ordered(Records(line))
    assert "ada" not in written[0].model_dump_json()
    assert isinstance(event, TicketEvent)
    assert hash_requester(event.data.requester or "", KEY) == hash_requester("ada@example.com", KEY)


def test_refused_records_are_named_by_their_line():
    """What is refused in the first pass is set aside with the line of its file, also by the hundred."""
    lines = [b"{broken"] * 700 + [record(1, START)]
    events, refused = ordered(Records(*lines, stream="a.jsonl"))
    assert len(events) == 1
    assert refused == [("a.jsonl", line, RefusalReason.NOT_JSON) for line in range(1, 701)]


def test_a_source_that_breaks_off_hands_on_what_came_before():
    """The records before the break are ordered like any others; the file does not count as finished."""
    with Spool() as spool:
        files = [InputFile.of(Records(record(1, START), breaks=True), None)]
        found = OrderedInput(spool, files, None)
        found.read(
            FirstPass(spool, Processor(HashingEmbedder(), KEY, lambda: NOW), lambda: NOW, lambda *_: None),
            lambda _: False,
        )
        assert found.events() == 1
        assert "ends in the middle" in (files[0].broken or "")
        assert [one.ended for one in found.ended(keep_open=False)] == [False]


def test_a_full_disk_is_one_sentence(monkeypatch):
    """Where the temporary file cannot be written the error says what to do."""
    processor = Processor(HashingEmbedder(), KEY, lambda: NOW)

    def fill(spool: Spool) -> None:
        for number in range(5_000):
            spool.add(0, number, processor.admit(Raw(1, record(number, START)), NOW))

    with Spool() as spool:
        spool._database.execute("PRAGMA max_page_count = 20")
        with pytest.raises(SpoolFailed, match="TMPDIR"):
            fill(spool)


def test_an_unchanged_finished_file_is_recognised():
    """The same content that was read to its end is not read again; another content, or an unfinished one, is."""
    source, other = Records(record(1, START)), Records(record(2, START))
    done = Progress("memory", position=1, fingerprint=fingerprint(source), ended=True)
    assert InputFile.of(source, done).unchanged
    assert not InputFile.of(other, done).unchanged
    unfinished = InputFile.of(source, Progress("memory", position=1, fingerprint=fingerprint(source)))
    assert (unfinished.unchanged, unfinished.resumed) == (False, 1)
    assert not InputFile.of(
        source, Progress("memory", position=4_711, lines=3, fingerprint="ab" * 32, ended=True)
    ).unchanged


# ── times out of line ────────────────────────────────────────────────────────────────────────────────────────────────
def found_in(times: Sequence[float], files: Sequence[int] | None = None, tickets: Sequence[int] | None = None, **given):
    """Which events, given as days, are out of line: their places."""
    count = len(times)
    table = TicketTimes(
        np.arange(count), (np.asarray(times) * DAY).astype(np.int64), np.asarray(files or [0] * count),
        np.asarray(tickets or range(count)),
    )  # fmt: skip
    return [one.number for one in find_out_of_line(table, np.ones(count, np.bool_), **given)]


def steady(days: float, per_day: float, seed: int = 1) -> list[float]:
    """Times of a steady stream of tickets in ascending order."""
    chance = random.Random(seed)
    return sorted(chance.uniform(0, days) for _ in range(int(days * per_day)))


HONEST = {
    "a steady stream": steady(60, 30),
    "five tickets over a year": [1.0, 80, 81, 200, 365],
    "a quiet source": steady(700, 0.05),
    "a quiet source of a hundred tickets": steady(700, 0.2),
    "a new period after a pause": [*steady(30, 20), *(time + 90 for time in steady(10, 20))],
    "one month after another, a year apart": [*steady(30, 5), *(time + 365 for time in steady(30, 5))],
    "a day's tickets before the rest": [*steady(1, 8), *(time + 40 for time in steady(20, 40))],
    "weekends": [time + 2 * (time // 5) for time in steady(60, 10)],
    "the last ticket a week later": [*steady(60, 30), 67.5],
    "some old tickets among the new": [*(-400 + 13.0 * n for n in range(25)), *steady(60, 20)],
}


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("order", ["ascending", "newest first", "shuffled"])
def test_honest_gaps_are_left_alone(name, order):
    """Quiet sources, pauses, weekends and small files hold no time that is out of line, in any order of the file."""
    times = list(HONEST[name])
    if order == "newest first":
        times.reverse()
    if order == "shuffled":
        random.Random(3).shuffle(times)
    assert found_in(times) == []


@pytest.mark.parametrize(
    "wrong", [95.0, 60 + 6, -9_000, -5], ids=["ahead", "a-week-ahead", "25-years-behind", "days-behind"]
)
@pytest.mark.parametrize("order", ["ascending", "newest first"])
@pytest.mark.parametrize("place", [1, 300, 1_500])
def test_one_wrong_date_is_found_by_its_neighbours(wrong, order, place):
    """One date far from both neighbours of a file in order of time, and from all other times, is out of line."""
    times = steady(60, 30) if order == "ascending" else steady(60, 30)[::-1]
    times.insert(place, wrong)
    assert found_in(times) == [place]


@pytest.mark.parametrize("wrong", [140.0, -9_000])
@pytest.mark.parametrize("order", ["ascending", "newest first", "shuffled"])
def test_one_wrong_date_is_found_by_its_isolation(wrong, order):
    """A date weeks or years from all others is out of line wherever the file has it, also where the file was sorted by it."""
    times = sorted([*steady(60, 30), wrong])
    if order == "newest first":
        times.reverse()
    if order == "shuffled":
        random.Random(5).shuffle(times)
    assert found_in(times) == [times.index(wrong)]


def test_both_ends_and_a_few_tickets_at_once():
    """A date of 2001 and two in the future of the others, one of them with two events, are all found."""
    times = steady(60, 30)
    tickets = list(range(len(times)))
    for place, wrong, ticket in ((100, -9_000, -1), (400, 200, -2), (401, 200.1, -2), (900, 210, -3)):
        times.insert(place, wrong)
        tickets.insert(place, ticket)
    assert found_in(times, tickets=tickets) == [100, 400, 401, 900]


def test_what_is_behind_can_be_left_alone():
    """Where the record has begun, an old event moves nothing and is late, not out of line."""
    times = steady(60, 30)
    times.insert(100, -9_000)
    assert found_in(times, behind=False) == []


def test_neighbours_are_those_of_the_same_file():
    """The last row of one file and the first of the next are no neighbours."""
    first, second = steady(30, 30), [time + 30 for time in steady(30, 30)]
    times, files = [*second, *first], [0] * len(second) + [1] * len(first)
    assert found_in(times, files) == []


def test_what_is_out_of_line_goes_to_quarantine_by_name():
    """The refusal names the file's line, its time and those of its neighbours; the other events are as without it."""
    lines = [record(number, START + timedelta(hours=number)) for number in range(120)]
    wrong = record(999, START + timedelta(days=40))
    expected, _ = ordered(Records(*lines))
    events, refused = ordered(Records(*lines[:50], wrong, *lines[50:], stream="export.csv"))
    assert events == expected
    assert refused == [("export.csv", 51, RefusalReason.OUT_OF_LINE)]


def test_a_time_that_the_record_covers_is_never_out_of_line():
    """One old ticket in a small export is no wrong date where the database holds tickets of that time."""
    lines = [record(number, START + timedelta(minutes=number)) for number in range(120)]
    old = record(999, START - timedelta(days=40))
    known = RecordSpan(START - timedelta(days=60), START - timedelta(days=30))
    assert ordered(Records(*lines[:50], old, *lines[50:]))[1]
    assert not ordered(Records(*lines[:50], old, *lines[50:]), known=known)[1]
