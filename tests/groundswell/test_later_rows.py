"""Tables with several rows for a ticket, through the command line: nothing that a later row says is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from store.database import open_database, reading
from store.schema import events, tickets
from tests.groundswell.front import Run, front_door

# A dozen short texts have so little in common that scikit-learn divides by their variance of zero.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line in a folder of its own, with the embedding that needs no model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDSWELL_EMBEDDING__MODEL", "hashing")
    monkeypatch.setenv("NO_COLOR", "1")
    return front_door(monkeypatch, capfd)


def kept(database: str) -> tuple[dict[str, int], dict[str, tuple[str, str]]]:
    """Return how many events of each type are stored, and body and requester's absence of each ticket."""
    engine = open_database(database)
    with reading(engine) as connection:
        kinds = connection.execute(select(events.c.type, func.count()).group_by(events.c.type)).all()
        rows = connection.execute(select(tickets.c.id, tickets.c.body, tickets.c.requester)).all()
    engine.dispose()
    return {row[0]: row[1] for row in kinds}, {row[0]: (row[1], row[2]) for row in rows}


WORDS = [
    "refund",
    "parcel",
    "password",
    "invoice",
    "coins",
    "login",
    "screen",
    "delivery",
    "coupon",
    "address",
    "card",
    "update",
]
TURNS = [
    f"{chat},{who},{text} {WORDS[int(chat[1:])]},2026-10-0{day}T0{hour}:0{minute}:00Z"
    for chat, day, hour in ((f"C{n}", n % 2 + 1, n % 8) for n in range(12))
    for minute, who, text in ((1, "bot", "hello"), (2, "customer", "it failed"), (3, "agent", "sorry"), (4, "customer", "thanks"))
]  # fmt: skip


@pytest.mark.parametrize("sender", ["sender", "author", "from", "Sender Type", "role"])
def test_messages_of_a_conversation_are_a_ticket_and_comments(run: Run, tmp_path: Path, sender: str):
    """The first message of the customer is the ticket in any order of the rows, and all others are comments by their role."""
    for number in range(2):
        shuffled = random.Random(number).sample(TURNS, len(TURNS))
        path = tmp_path / f"{number}.csv"
        path.write_text("\n".join([f"conversation_id,{sender},message,created_at", *shuffled]))
        database = f"sqlite:///{tmp_path / str(number)}.db"
        done = run("ingest", str(path), "--database", database)
        assert done.code == 0, done.err
        assert "36 later rows of tickets that were there already became comments." in done.err
        assert "repeat" not in done.err
        kinds, found = kept(database)
        assert kinds == {"ticket.created": 12, "comment.added": 36}
        assert found == {f"C{n}": (f"it failed {WORDS[n]}", None) for n in range(12)}


def test_other_later_rows_are_comments_and_repeats_stay_repeats(run: Run, tmp_path: Path):
    """A second row with another text or time is a comment; the same row again is a repeat."""
    rows = [
        f"{n},2026-10-0{n % 9 + 1} 0{hour}:00,Refund,{text} {WORDS[n % 12]} {n}"
        for n in range(20)
        for hour, text in ((1, "lost"), (2, "locked"))
    ]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["Ticket ID,Created,Subject,Comment", *rows, *rows[:10]]))
    database = f"sqlite:///{tmp_path / 'rows.db'}"
    done = run("ingest", str(path), "--database", database)
    kinds, found = kept(database)
    assert kinds == {"ticket.created": 20, "comment.added": 20}
    assert found["8"] == ("lost coupon 8", None)
    assert "10 repeats left out" in done.err
