"""Retention: what is older than it is kept goes, counts stay, and what arrives later is counted without its text."""

import json
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, insert, select, update

from alerts.channels.file import FileChannel
from alerts.outbox import deliver
from alerts.ownership_file import read_ownership
from alerts.publishing import publish_digests
from alerts.settings import AlertSettings
from groundswell.doctor import Doctor
from groundswell.settings import Settings
from models.quotation import EXPIRED
from pipelines.flows.context import VARIABLE, FlowContext
from pipelines.retention import RetentionRules, apply_retention, retention_status
from store.audit import record
from store.database import open_database, upgrade
from store.epochs import MinerRow, write_miner
from store.outbox import enqueue
from store.retention import removal
from store.retention.kinds import RetentionKind
from store.retention.register import KeptSince, kept_since, read_retained
from store.retention.settings import RetentionSettings
from store.schema import (
    assignments,
    audit,
    counts,
    digests,
    events,
    outbox,
    quarantine,
    spikes,
    themes,
    tickets,
    vectors,
)
from tests.alerts import launch_day
from tests.alerts.launch_day import WINDOW
from tests.groundswell.front import front_door
from tests.harness.sources import events_source
from tests.pipelines.chain import make_run, open_new, short_rules

DAY = timedelta(days=1)
NOON = WINDOW.start + DAY / 2
NOW = NOON + 30 * DAY
"""Tickets of the launch day's morning are older than 30 days, those of its afternoon are not."""
LIMITS = RetentionSettings(**dict.fromkeys((kind.value for kind in RetentionKind), 30 * DAY))


@pytest.fixture
def engine(database_url):
    """The launch day mined, with two comments, two refused records, two entries of the audit log and a published digest."""
    engine = open_database(database_url)
    upgrade(engine)
    launch_day.seed(engine)
    with engine.begin() as connection:
        write_miner(connection, MinerRow(10**7, 1, {"epoch_seconds": 300.0, "model": "m", "index": {"remembered": 2}}))
        connection.execute(update(tickets).values(mined_epoch=1))
        for name, time in (("old", NOON - DAY), ("new", NOON + DAY)):
            for kind in ("comment.added", "ticket.merged"):
                connection.execute(
                    insert(events).values(
                        source="/d",
                        id=f"{name}-{kind}",
                        type=kind,
                        subject="T-1001",
                        time=time,
                        late=False,
                        data={"body": name},
                    )
                )
            connection.execute(
                insert(quarantine).values(
                    stream=name, partition=0, position=1, reason="invalid", detail="d", excerpt="e", refused_at=time
                )
            )
            record(connection, at=time, actor="ana", action="a", subject=name, detail={})
        for ticket in connection.scalars(select(tickets.c.id)).all():
            vector = np.zeros(384, "<f2").tobytes()
            connection.execute(insert(vectors).values(ticket_id=ticket, model="m", vector=vector))
    yield engine
    engine.dispose()


@pytest.fixture
def rules(tmp_path):
    """Limits of 30 days, of which mining needs none."""
    folders = AlertSettings(digest_folder=tmp_path / "digests", outbox_folder=tmp_path / "sent")
    return RetentionRules(LIMITS, folders, timedelta(0))


def publish(engine, rules):
    """Publish and send the digest of the day."""
    owners = read_ownership(None)
    publish_digests(engine, owners, WINDOW, rules.alerts.digest_folder, rules.alerts)
    deliver(
        engine,
        {"file": FileChannel(rules.alerts.outbox_folder)},
        owners,
        clock=lambda: WINDOW.end,
        settings=rules.alerts,
    )


def number(engine, table, *where):
    """How many rows a table has."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table).where(*where))


def apply(engine, rules, now=NOW):
    """Apply retention; returns how much of each kind was removed."""
    return {one.kind.value: one.older for one in apply_retention(engine, rules, now)}


def test_each_kind_goes_when_it_is_older_than_its_limit(engine, rules):
    """Text, vectors, contents of comments, refused records and audit: the older ones go, the newer ones and all counts stay."""
    old, new = tickets.c.time < NOON, tickets.c.time >= NOON
    total, older = number(engine, tickets), number(engine, tickets, old)
    kept = {table.name: number(engine, table) for table in (counts, themes, spikes, events)}
    with engine.connect() as connection:
        due = {one.kind.value: one.older for one in retention_status(connection, rules, NOW)}
    done = apply(engine, rules)
    assert done == due
    assert done["text"] == older > 0
    assert number(engine, tickets) == total
    assert number(engine, tickets, old, (tickets.c.title != "") | (tickets.c.body != "")) == 0
    assert number(engine, tickets, new, tickets.c.body != "") == total - older
    assert number(engine, vectors) == total - done["vectors"]
    assert number(engine, events, events.c.data.is_(None)) == done["events"] == 1
    assert (number(engine, quarantine), number(engine, audit)) == (1, 1)
    assert {table.name: number(engine, table) for table in (counts, themes, spikes, events)} == kept
    assert set(apply(engine, rules).values()) == {0}
    with engine.connect() as connection:
        assert {one.since for one in read_retained(connection).values()} == {NOON}


def test_a_limit_that_is_lengthened_or_cleared_holds_for_what_arrives_from_now_on(engine, rules):
    """The register moves back, so that late texts are stored by the new limit; what was removed does not come back."""
    names = [kind.value for kind in RetentionKind]
    apply(engine, rules)
    longer = replace(rules, limits=RetentionSettings(**dict.fromkeys(names, 40 * DAY)))
    assert set(apply(engine, longer).values()) == {0}
    with engine.connect() as connection:
        assert {one.since for one in read_retained(connection).values()} == {NOW - 40 * DAY}
    cleared = replace(rules, limits=RetentionSettings(**dict.fromkeys(names)))
    assert set(apply(engine, cleared).values()) == {0}
    with engine.begin() as connection:
        assert (read_retained(connection), kept_since(connection)) == ({}, KeptSince())
        connection.execute(update(tickets).where(tickets.c.time < NOON).values(body="late"))
    assert apply(engine, rules)["text"] == number(engine, tickets, tickets.c.time < NOON)


def test_tickets_that_new_ones_are_compared_with_keep_their_vectors(engine, rules):
    """The vectors of the tickets in the window stay, so that a miner that restarts finds them."""
    with engine.begin() as connection:
        connection.execute(update(tickets).values(time=WINDOW.start - DAY))
        connection.execute(update(assignments).values(remembered=True))
    assert apply(engine, rules)["vectors"] == number(engine, tickets) - 2
    assert number(engine, vectors) == 2


def test_quotes_follow_their_texts_and_digests_their_own_limit(engine, rules):
    """When a quoted text goes, its quote goes from digest and files; when the digest is too old itself, all of it goes."""
    publish(engine, rules)
    page = rules.alerts.digest_folder / "2026-11-20" / "everyone.md"
    (copy,) = rules.alerts.outbox_folder.rglob("*.md")
    assert EXPIRED not in page.read_text()
    later = apply(engine, rules, NOW + DAY / 2 - timedelta(seconds=1))
    assert (later["digests"], later["outbox"]) == (0, 0)
    assert EXPIRED in page.read_text()
    assert copy.read_text() == page.read_text()
    later = apply(engine, rules, NOW + DAY)
    assert (later["digests"], later["outbox"]) == (1, 1)
    assert (number(engine, digests), number(engine, outbox)) == (0, 1)
    assert [path for path in (page, copy, copy.with_suffix(".jsonl")) if path.exists()] == []
    with engine.begin() as connection:
        key = connection.scalars(select(outbox.c.key)).one()
        assert not enqueue(connection, key=key, kind="digest", audience="everyone", payload={})


def test_a_removal_that_is_killed_is_continued(engine, rules, monkeypatch):
    """A run that dies after any batch leaves whole batches; the next run ends as one that was never stopped would have."""
    monkeypatch.setattr(removal, "BATCH", 30)
    older = number(engine, tickets, tickets.c.time < NOON)
    note, calls = removal.note_retained, []

    def note_or_die(*arguments):
        calls.append(1)
        if len(calls) % 4 == 0:
            raise KeyboardInterrupt
        note(*arguments)

    monkeypatch.setattr(removal, "note_retained", note_or_die)
    died = 0
    for _ in range(50):
        try:
            apply(engine, rules)
            break
        except KeyboardInterrupt:
            died += 1
    assert died > 1
    assert number(engine, tickets, tickets.c.time < NOON, tickets.c.body != "") == 0
    assert number(engine, tickets, tickets.c.time >= NOON, tickets.c.body != "") == number(engine, tickets) - older


@pytest.mark.parametrize("same", [True, False])
def test_batches_end_between_tickets_of_one_time(engine, rules, monkeypatch, same):
    """Coarse times, of which a batch holds only some tickets, lose no ticket and take no ticket twice."""
    monkeypatch.setattr(removal, "BATCH", 5)
    with engine.begin() as connection:
        time = NOON - timedelta(hours=1) if same else NOON
        connection.execute(update(tickets).values(time=time))
    assert apply(engine, rules)["text"] == (number(engine, tickets) if same else 0)


def test_what_mining_still_reads_is_kept(engine, rules):
    """Where mining is behind the clock, as in a replay of an old year, texts stay until it has gone on."""
    with engine.begin() as connection:
        write_miner(connection, MinerRow(int(NOON.timestamp() // 300), 1, {"epoch_seconds": 300.0, "model": "m"}))
    behind = RetentionRules(LIMITS, rules.alerts, DAY)
    assert apply(engine, behind, NOW + 900 * DAY)["text"] == 0
    assert apply(engine, rules, NOW + 900 * DAY)["text"] > 0


START = datetime(2026, 11, 20, 0, 7, tzinfo=UTC)


def event_line(number, hours, kind="ticket.created"):
    """An event of a ticket."""
    time = (START + timedelta(hours=hours)).isoformat()
    said = {"title": "", "body": f"card declined {number}"} if kind != "ticket.merged" else {"into": "T-1"}
    event = {
        "specversion": "1.0", "id": f"{kind}-{number}", "source": "/desk", "type": kind, "time": time,
        "subject": f"T-{number}", "data": said,
    }  # fmt: skip
    return json.dumps(event).encode() + b"\n"


def test_what_arrives_later_is_counted_without_its_text(sqlite_url, tmp_path, rules):
    """After a removal, a replay counts nothing twice and brings no text back; an older ticket is counted without text."""
    engine = open_new(sqlite_url)
    first, late = tmp_path / "a.jsonl", tmp_path / "late.jsonl"
    lines = [event_line(n, n) for n in range(30)] + [
        event_line(3, 20, "comment.added"),
        event_line(4, 21, "ticket.merged"),
    ]
    first.write_bytes(b"".join(lines))
    late.write_bytes(b"".join([event_line(99, 2), event_line(5, 3, "comment.added"), event_line(100, 28), *lines]))

    def ingest(path):
        with closing(events_source(path)) as source:
            return make_run(engine, short_rules()).ingest([source]).outcome

    def counted():
        with engine.connect() as connection:
            return Counter(
                dict(
                    connection.execute(
                        select(counts.c.theme_id, func.sum(counts.c.n)).group_by(counts.c.theme_id)
                    ).all()
                )
            )

    def with_text():
        with engine.connect() as connection:
            held = set(connection.scalars(select(tickets.c.id).where(tickets.c.body != "")))
            data = set(
                connection.scalars(
                    select(events.c.id).where(events.c.type == "comment.added", events.c.data.is_not(None))
                )
            )
            return held, data

    ingest(first)
    before = counted()[0]
    assert apply(engine, rules, START + timedelta(hours=25.5) + 30 * DAY)["text"] == 26
    assert with_text() == ({"T-26", "T-27", "T-28", "T-29"}, set())
    outcome = ingest(late)
    assert (outcome.stored, outcome.repeated) == (3, 32)
    assert counted()[0] > before
    assert with_text() == ({"T-26", "T-27", "T-28", "T-29", "T-100"}, set())
    assert apply(engine, rules, START + timedelta(hours=25.5) + 30 * DAY)["text"] == 0
    engine.dispose()


@pytest.mark.parametrize(
    ("kind", "limit"), [("text", "P13D"), ("vectors", "P1D"), ("audit", "-P1D"), ("outbox", "soon")]
)
def test_limits_that_cannot_be_are_refused(kind, limit, monkeypatch):
    """A limit shorter than mining reads texts, and one that is no duration, is refused; `none` keeps a kind."""
    monkeypatch.setenv(f"GROUNDSWELL_RETENTION__{kind.upper()}", limit)
    with pytest.raises(ValueError, match=kind):
        Settings()
    monkeypatch.setenv(f"GROUNDSWELL_RETENTION__{kind.upper()}", "none")
    found = Settings().retention
    assert getattr(found, kind) is None
    assert found.limit(RetentionKind.EVENTS) == found.events


def test_what_was_made_of_text_is_kept_no_longer_than_the_text():
    """Vectors and the contents of comments go with the text where it is kept for less long."""
    limits = RetentionSettings(text=20 * DAY, vectors=None, events=60 * DAY)
    assert {limits.limit(kind) for kind in (RetentionKind.TEXT, RetentionKind.VECTORS, RetentionKind.EVENTS)} == {
        20 * DAY
    }
    assert RetentionSettings(text=None, vectors=20 * DAY).limit(RetentionKind.VECTORS) == 20 * DAY


def test_the_flow_does_what_the_plain_function_does(sqlite_url, rules, monkeypatch):
    """The task opens the database by its context, and removes the same."""
    from pipelines.flows.retention import retention_task

    engine = open_new(sqlite_url)
    launch_day.seed(engine)
    with engine.begin() as connection:
        write_miner(connection, MinerRow(10**7, 1, {"epoch_seconds": 300.0, "model": "m"}))
    context = FlowContext(database=sqlite_url, alerts=rules.alerts, retention=LIMITS)
    monkeypatch.setenv(VARIABLE, context.model_dump_json())
    done = {one["kind"]: one["older"] for one in retention_task.fn(NOW)}
    assert done["text"] > 0
    assert set(apply(engine, rules).values()) == {0}
    engine.dispose()


def test_the_command_shows_counts_and_removes(sqlite_url, tmp_path, monkeypatch, capfd):
    """`show` and a dry run count and change nothing, `apply` removes as many, and the doctor reports what is overdue until then."""
    engine = open_new(sqlite_url)
    launch_day.seed(engine)
    with engine.begin() as connection:
        write_miner(connection, MinerRow(10**7, 1, {"epoch_seconds": 300.0, "model": "m"}))
        connection.execute(update(tickets).values(time=NOW - 900 * DAY))
    for name, value in (("DATA", str(tmp_path)), ("DATABASE__URL", sqlite_url), ("RETENTION__DIGESTS", "none")):
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    run = front_door(monkeypatch, capfd)
    doctor = Doctor(Settings(), engine, "", lambda: NOW)
    assert [one.good for one in doctor._retention()] == [False]
    total = number(engine, tickets)
    for words in (("show",), ("apply", "--dry-run"), ("apply",)):
        assert {one["kind"]: one["older"] for one in json.loads(run("retention", *words, "--json").out)}[
            "text"
        ] == total
    assert "395 days" in run("retention", "show").out
    assert "ever" in run("retention", "show").out
    assert [one.good for one in doctor._retention()] == [True]
    monkeypatch.setenv("GROUNDSWELL_STREAM__TOPICS__RETENTION", "P900D")
    found = Doctor(Settings(), engine, "", lambda: NOW)._topic_retention()
    assert "set stream.topics.retention to 395 days" in found.remedy
    monkeypatch.setenv("GROUNDSWELL_RETENTION__TEXT", "P3D")
    refused = run("retention", "show")
    assert refused.code == 2
    assert "give at least that" in refused.err
    engine.dispose()
