"""The receiver composed: the inbox before the answer, the drain after it, kills in between, and the console in the same process."""

import asyncio
import json
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psutil
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, OperationalError

from bench.receive.load import ReceiverUnderTest, send_all
from console.app import create_app
from groundswell.commands.serve import mount_receiver
from groundswell.drain_process import drain_process
from groundswell.draining import drain_thread
from groundswell.errors import GroundswellError
from groundswell.health import Stalls, serving
from groundswell.inbox import InboxDrain, InboxLoop, LiveFrontier
from groundswell.metrics import Metrics
from groundswell.mounted import MountedReceiver
from groundswell.receiver import ReceiverPortTaken
from groundswell.receiving import Given, InboxHealth, inbox_receiver
from groundswell.session import Session
from groundswell.settings import Settings
from groundswell.telemetry import ReceiverTelemetry
from models.bucket import BUCKET_SECONDS
from models.embedding import HashingEmbedder
from store.database import open_database, reading, upgrade
from store.inbox import InboxDelivery, inbox_size, next_deliveries, oldest_delivery, put_deliveries
from store.schema import changes, events, inbox, launches, quarantine, tickets
from stream.admission_rules import AdmissionRules
from stream.clock_skew import ClockSkew
from stream.connectors.zendesk import Zendesk
from stream.processing import Processor
from stream.raw import RefusalReason, RefusedEvent
from stream.receive.admission import LiveAdmission
from stream.receive.delivery import Delivery, DeliveryReader, Received
from stream.receive.inbox_writer import InboxWriter
from stream.receive.refusals import DeliveryProblem
from stream.receive.settings import ReceiveSettings, WebhookSystem
from stream.receive.stored import restored_event, stored_event
from tests.console.conftest import console_parts
from tests.harness.children import PATIENCE_SECONDS
from tests.harness.webhooks import AppClient, encoded, shared_headers, ticket_event, zendesk_headers

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
KEY = b"k" * 32


class Quiet:
    """A follower that keeps what the drain reports."""

    def __init__(self):
        self.outcomes = []
        self.failures = []

    def stored(self, topic, outcome, messages):
        """Keep it."""
        self.outcomes.append((topic, outcome, messages))

    def failed(self, topic, error, attempt):
        """Keep it."""
        self.failures.append((type(error).__name__, attempt))


@pytest.fixture
def engine(database_url):
    """Return an empty database at head, of each kind."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite(sqlite_url):
    """Return an empty SQLite database at head."""
    opened = open_database(sqlite_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def make_delivery(name: str, *contents, refused=()) -> Delivery:
    """Return a delivery of events as the reader makes it."""
    batch = encoded(list(contents))
    read = DeliveryReader({}, ZoneInfo("UTC"), LiveAdmission(AdmissionRules.of(KEY), ClockSkew({}))).read(
        Received(WebhookSystem.EVENTS, {}, batch, NOW, "application/cloudevents-batch+json")
    )
    assert not read.refused
    return Delivery(WebhookSystem.EVENTS, name, NOW, read.events, refused)


def store_all(engine, *deliveries, settings=None):
    """Write deliveries to the inbox as requests do, all at once; returns which were new, or the errors."""
    writer = InboxWriter(engine, settings or ReceiveSettings(), KEY, wake=lambda: None)
    writer.start()

    async def store():
        return await asyncio.gather(*(writer.store(one) for one in deliveries), return_exceptions=True)

    try:
        return asyncio.run(store()), writer
    finally:
        writer.close()


def make_drain(engine, follower=None, batch=10):
    """Return a drain with an embedder that loads nothing."""
    return InboxDrain(
        engine,
        lambda: Processor(HashingEmbedder(), KEY, lambda: NOW),
        epoch=timedelta(seconds=BUCKET_SECONDS),
        batch=batch,
        follower=follower or Quiet(),
    )


def count(engine, table):
    """Count the rows of a table."""
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_delivery_waits_in_the_inbox_once(engine):
    """Repeats are recognised among those that come together, among those that wait, and among those that were processed."""
    one, two = make_delivery("a", ticket_event(1, NOW)), make_delivery("b", ticket_event(2, NOW), ticket_event(3, NOW))
    assert store_all(engine, one, two, one)[0] == [True, True, False]
    assert store_all(engine, two)[0] == [False]
    assert count(engine, inbox) == 2
    make_drain(engine).move()
    assert (count(engine, inbox), count(engine, events), count(engine, tickets)) == (0, 3, 3)
    assert store_all(engine, one, two)[0] == [False, False]
    assert count(engine, inbox) == 0


def test_the_inbox_holds_nothing_that_names_a_person(sqlite):
    """Card, address and requester are replaced before the row is written; the requester's hash is that of any other way in."""
    content = ticket_event(
        1, NOW, "card 4111 1111 1111 1111", requester="ana@example.com", custom={"mail": "ana@example.com"}
    )
    store_all(sqlite, make_delivery("a", content))
    with reading(sqlite) as connection:
        (row,) = connection.execute(select(inbox)).all()
    assert "4111" not in json.dumps(row.events)
    assert "ana@" not in json.dumps(row.events)
    make_drain(sqlite).move()
    with reading(sqlite) as connection:
        by_webhook = connection.execute(select(tickets.c.requester)).scalar_one()
    plain = make_delivery("b", {**content, "subject": "T-2", "id": "other"}).events[0]
    assert stored_event(plain, KEY)["data"]["requester"].endswith(by_webhook)


def test_a_stored_event_comes_back_as_it_was():
    """What was admitted is not read, redacted or cut a second time."""
    content = ticket_event(1, NOW, "1 &lt; 2 and <b>bold</b>", custom={"plan": {"a": [1, None]}}, tags=["x"])
    (event,) = make_delivery("a", content).events
    back = restored_event(json.loads(json.dumps(stored_event(event, KEY))))
    assert back == event
    assert isinstance(restored_event({"type": "ticket.created", "id": "x"}), RefusedEvent)


def test_refusals_are_quarantined_once(engine):
    """A delivery that is repeated because of a lost answer leaves one row for each refusal."""
    refusal = RefusedEvent(RefusalReason.INVALID, "received a bad payload")
    bad = make_delivery("bad", refused=[refusal, refusal])
    store_all(engine, bad)
    store_all(engine, bad)
    with reading(engine) as connection:
        rows = connection.execute(select(quarantine.c.stream, quarantine.c.reason)).all()
    assert rows == [("/receive/events", "invalid_event")] * 2


def test_launches_and_changes_pass_the_inbox(engine):
    """They reach their own tables."""
    plan = {
        "specversion": "1.0", "id": "p", "source": "/x", "subject": "sale", "type": "launch.planned", "time": NOW.isoformat(),
        "data": {"kind": "sale", "title": "Sale", "start": "2026-12-01T00:00:00Z", "end": "2026-12-02T00:00:00Z",
                 "expected": [{"about": "where is my coupon", "lift": 2}]},
    }  # fmt: skip
    change = {
        **plan,
        "id": "c",
        "subject": "38.2",
        "type": "change.recorded",
        "data": {"kind": "release", "title": "38.2"},
    }
    store_all(engine, make_delivery("a", plan, change))
    make_drain(engine).move()
    assert (count(engine, launches), count(engine, changes), count(engine, inbox)) == (1, 1, 0)


def test_a_drain_that_fails_keeps_the_deliveries(sqlite, monkeypatch):
    """Nothing leaves the inbox without being stored; the next attempt takes it."""
    store_all(sqlite, make_delivery("a", ticket_event(1, NOW)))
    follower = Quiet()
    drain = make_drain(sqlite, follower)
    record = Processor.record

    def failing(self, connection, batch, places):
        record(self, connection, batch, places)
        raise OperationalError("INSERT", {}, Exception("the disk is full"))

    monkeypatch.setattr(Processor, "record", failing)
    assert not drain.move()
    assert not drain.move()
    assert (count(sqlite, inbox), count(sqlite, events)) == (1, 0)
    monkeypatch.setattr(Processor, "record", record)
    drain.move()
    assert (count(sqlite, inbox), count(sqlite, events)) == (0, 1)
    assert follower.failures == [("OperationalError", 1), ("OperationalError", 2)]


def test_a_delivery_that_the_database_refuses_does_not_stop_the_others(sqlite, monkeypatch):
    """It goes to quarantine alone."""
    store_all(sqlite, *(make_delivery(str(number), ticket_event(number, NOW)) for number in range(3)))
    record = Processor.record

    def refusing(self, connection, batch, places):
        if any(event.subject == "T-1" for event in batch.events):
            raise DataError("INSERT", {}, Exception("out of range"))
        return record(self, connection, batch, places)

    monkeypatch.setattr(Processor, "record", refusing)
    make_drain(sqlite).move()
    assert (count(sqlite, inbox), count(sqlite, events), count(sqlite, quarantine)) == (0, 2, 1)
    with reading(sqlite) as connection:
        assert connection.execute(select(quarantine.c.reason)).scalar_one() == RefusalReason.UNSTORABLE


def test_one_delivery_that_cannot_be_written_does_not_take_the_others_with_it(sqlite, monkeypatch):
    """Those that shared its transaction are written in one of their own, and its sender hears of the failure."""
    good, bad = make_delivery("good", ticket_event(1, NOW)), make_delivery("bad", ticket_event(2, NOW))
    row = InboxWriter._row

    def failing(self, delivery):
        if delivery.delivery_id == "bad":
            raise DataError("INSERT", {}, Exception("out of range"))
        return row(self, delivery)

    monkeypatch.setattr(InboxWriter, "_row", failing)
    first, second = store_all(sqlite, good, bad)[0]
    assert first is True
    assert isinstance(second, DataError)
    assert count(sqlite, inbox) == 1


def test_a_long_inbox_is_pressure(sqlite):
    """Beyond the limit the receiver answers 429 until the drain has made room."""
    settings = ReceiveSettings(inbox_limit=2)
    writer = InboxWriter(sqlite, settings, KEY, wake=lambda: None)
    writer._count()
    assert not writer.is_full()
    store_all(sqlite, *(make_delivery(str(number), ticket_event(number, NOW)) for number in range(2)))
    writer._count()
    assert writer.is_full()
    make_drain(sqlite).move()
    writer._count()
    assert not writer.is_full()


def test_nothing_closes_beyond_what_waits(sqlite):
    """The clock moves the watermark, but not past the time at which the oldest waiting delivery came."""
    settings = Settings(data="unused").mining
    seconds = settings.epoch.total_seconds()
    frontier = LiveFrontier(sqlite, settings, lambda: NOW + timedelta(hours=1))
    after = (NOW + timedelta(hours=1) - settings.lateness).timestamp() // seconds
    assert frontier.until() == after
    with sqlite.begin() as connection:
        put_deliveries(connection, [InboxDelivery("events", "a", NOW, [])])
    assert frontier.until() == (NOW - settings.lateness).timestamp() // seconds


def test_deliveries_leave_in_the_order_in_which_they_came(sqlite):
    """The oldest first, up to the batch; the loop goes on while more waits."""
    store_all(sqlite, *(make_delivery(str(number), ticket_event(number, NOW)) for number in range(25)))
    drain = make_drain(sqlite, batch=10)

    class NoMiner:
        """A miner with nothing to mine."""

        def round(self):
            """Mine nothing."""
            return False

        def release(self):
            """Hold nothing."""

    rounds = []
    loop = InboxLoop(drain, NoMiner(), wait=rounds.append, gather=rounds.append, stop=lambda: len(rounds) > 0)
    loop.run()
    assert (count(sqlite, inbox), count(sqlite, events)) == (0, 25)
    with reading(sqlite) as connection:
        assert (inbox_size(connection), oldest_delivery(connection), next_deliveries(connection, 5)) == (0, None, [])


ZENDESK_CREATED = {
    "type": "zen:event-type:ticket.created", "account_id": 22129848, "id": "d4f5c389-0000-4000-8000-000000000001",
    "time": "2026-11-29T07:50:30.123456789Z", "zendesk_event_version": "2022-11-06", "subject": "zen:ticket:5158",
    "event": {},
    "detail": {
        "id": "5158", "subject": "Card declined", "description": "My card was declined twice", "status": "NEW", "priority": "HIGH",
        "created_at": "2026-11-29T07:50:30Z", "updated_at": "2026-11-29T07:50:30Z", "requester_id": "8447388090494",
        "via": {"channel": "mail"}, "tags": ["card"],
    },
}  # fmt: skip


def given_parts(tmp_path, clock, **receive) -> Given:
    """Return collaborators that load no model."""
    settings = Settings(data=tmp_path / "data", embedding={"model": "hashing"}, receive=receive)
    return Given(
        settings,
        clock,
        Metrics(),
        Stalls(),
        HashingEmbedder,
        {WebhookSystem.ZENDESK: Zendesk(), WebhookSystem.JIRA: Zendesk()},
    )


def test_a_webhook_becomes_a_mined_ticket(sqlite, tmp_path):
    """From a signed request to a ticket that was mined, with the clock alone moving the watermark."""
    time = [NOW]
    parts = given_parts(tmp_path, lambda: time[0], zendesk_secret="z")
    body = encoded(ZENDESK_CREATED)
    with drain_thread(parts, sqlite) as wake, inbox_receiver(parts, sqlite, wake) as app:
        client = AppClient(app)
        assert client.post("/zendesk", content=body, headers=zendesk_headers(body, "z", NOW)).status_code == 202
        assert client.post("/zendesk", content=body, headers=zendesk_headers(body, "z", NOW)).status_code == 200
        assert wait_until(lambda: count(sqlite, events) >= 1 and count(sqlite, inbox) == 0)
        time[0] = NOW + timedelta(minutes=30)
        assert wait_until(lambda: mined(sqlite))
    with reading(sqlite) as connection:
        row = connection.execute(select(tickets)).one()
    assert (row.id, row.title, row.counted) == ("5158", "Card declined", True)


def mined(engine) -> bool:
    """Return whether the ticket was mined."""
    with reading(engine) as connection:
        return connection.execute(select(tickets.c.mined_epoch)).scalar_one() is not None


def wait_until(true, patience=PATIENCE_SECONDS):
    """Wait until something is true, at most so many seconds."""
    waiting = threading.Event()
    for _ in range(int(patience / 0.02)):
        if true():
            return True
        waiting.wait(0.02)
    return False


@pytest.mark.long
def test_what_was_answered_survives_the_process(tmp_path):
    """The receiver is killed twice under load: each accepted delivery becomes exactly one event."""
    with ReceiverUnderTest(tmp_path, {"GROUNDSWELL_RECEIVE__DRAIN_DELAY": "PT0S"}) as receiver:
        sent = asyncio.run(send_all(receiver, rate=40, seconds=5, kills=2))
        opened = open_database(receiver.database)
        assert wait_until(lambda: count(opened, inbox) == 0 and count(opened, events) >= 200)
        assert receiver.stop() == 0
    assert len(sent.accepted) == 200
    with reading(opened) as connection:
        subjects = connection.execute(select(events.c.subject)).scalars().all()
        requesters = connection.execute(select(tickets.c.requester)).scalars().all()
    opened.dispose()
    assert sorted(subjects) == sorted(f"T-{number}" for number in sent.accepted)
    assert len(set(requesters)) == 200
    log = (tmp_path / "receive.log").read_text()
    assert "example.com" not in log
    assert "bench" not in log
    assert "stopped" in log


def test_the_receiver_beside_the_console(sqlite, tmp_path):
    """`serve --receive` receives below /receive whatever the Host header says, and the console's guard stays for its own pages."""
    parts = given_parts(tmp_path, lambda: NOW, shared_secret="s")
    app = create_app(
        sqlite, clock=lambda: NOW, settings=parts.settings.console, mining=parts.settings.mining, parts=console_parts()
    )
    body = encoded(ticket_event(1, NOW))
    with inbox_receiver(parts, sqlite, lambda: None) as receiver:
        app.add_middleware(MountedReceiver, receiver=receiver)
        client = AppClient(app)
        assert client.post("/receive/events", content=body, headers=shared_headers(body, "s", NOW)).status_code == 202
        assert client.get("/receive/healthz").json() == {"status": "ok"}
        assert client.get("/healthz").status_code == 400
        assert client.post("/events", content=body, headers=shared_headers(body, "s", NOW)).status_code == 400
    assert count(sqlite, inbox) + count(sqlite, events) >= 1


def test_mounting_starts_what_ends_with_the_server(sqlite, tmp_path, monkeypatch):
    """The command's receiver writes what it accepted before it ends."""
    monkeypatch.setenv("GROUNDSWELL_RECEIVE__SHARED_SECRET", "s")
    settings = Settings(data=tmp_path / "data", embedding={"model": "hashing"})
    app = create_app(
        sqlite, clock=lambda: NOW, settings=settings.console, mining=settings.mining, parts=console_parts()
    )
    at = datetime.now(UTC)
    body = encoded(ticket_event(1, at))
    with ExitStack() as running:
        mount_receiver(app, Session(settings, sqlite), running)
        client = AppClient(app)
        assert client.post("/receive/events", content=body, headers=shared_headers(body, "s", at)).status_code == 202
    assert count(sqlite, inbox) + count(sqlite, events) == 1


def test_a_taken_port_is_named():
    """Starting at an address that is in use is one sentence."""

    async def twice():
        async with serving(None, "127.0.0.1", 0) as port, serving(None, "127.0.0.1", port, taken=ReceiverPortTaken):
            pass

    with pytest.raises(GroundswellError, match="webhooks cannot be received"):
        asyncio.run(twice())


def test_what_becomes_of_deliveries_is_counted():
    """Each request is one count under its system and outcome; refusals are counted by reason as well."""
    metrics = Metrics()
    telemetry = ReceiverTelemetry(metrics)
    refusal = RefusedEvent(RefusalReason.INVALID, "received a bad payload")
    telemetry.accepted(make_delivery("a", ticket_event(1, NOW)), fresh=True, seconds=0.1)
    telemetry.accepted(make_delivery("a", ticket_event(1, NOW)), fresh=False, seconds=0.1)
    telemetry.accepted(make_delivery("b", refused=[refusal]), fresh=True, seconds=0.1)
    telemetry.accepted(make_delivery("c"), fresh=False, seconds=0.1)
    telemetry.refused(WebhookSystem.JIRA, DeliveryProblem.FORGED)
    telemetry.unwritten(WebhookSystem.JIRA, OSError(28, "No space left on device"))

    def value(name, **labels):
        return metrics.registry.get_sample_value(name, labels)

    name = "groundswell_webhook_deliveries_total"
    assert value(name, system="events", outcome="stored") == 2
    assert value(name, system="events", outcome="repeated") == 1
    assert value(name, system="events", outcome="ignored") == 1
    assert value(name, system="jira", outcome="signature_wrong") == 1
    assert value("groundswell_quarantined_events_total", reason="invalid_event") == 1


def test_two_processes_that_drain_the_same_inbox_store_each_event_once(engine):
    """Both may read a delivery before one of them has moved it, as while a restarted receiver and `serve --receive` overlap."""
    store_all(
        engine, make_delivery("a", ticket_event(1, NOW), ticket_event(2, NOW)), make_delivery("b", ticket_event(3, NOW))
    )
    slow, quick = make_drain(engine), make_drain(engine)
    with reading(engine) as connection:
        seen_by_both = next_deliveries(connection, 10)
    quick.move()
    outcome = slow._move_all(seen_by_both)
    assert (outcome.stored, outcome.repeated) == (0, 3)
    assert (count(engine, inbox), count(engine, events), count(engine, tickets)) == (0, 3, 3)


def started_since(others: set[psutil.Process]) -> set[psutil.Process]:
    """Return the child processes that are not among these."""
    return set(psutil.Process().children()) - others


class NotedStalls(Stalls):
    """Stalls that remember what was stalled: a short one is over before a busy machine has looked."""

    def __init__(self):
        super().__init__()
        self.noted = []

    def set(self, part, why):
        """Note it, and that it was noted."""
        super().set(part, why)
        self.noted.append(self.check())


def test_a_drain_process_that_ends_is_started_again_and_ends_with_its_parent(sqlite, tmp_path):
    """Readiness says that it ended; a new one takes its place; and none is left behind."""
    parts = replace(given_parts(tmp_path, lambda: NOW), stalls=NotedStalls())
    # Other tests of this process may have left a server running.
    others = set(psutil.Process().children())
    with (tmp_path / "log").open("w") as log, drain_process(parts, sqlite, log) as wake:
        (first,) = started_since(others)
        wake()
        first.kill()
        assert wait_until(lambda: any(noted.startswith("drain: its process ended") for noted in parts.stalls.noted))
        assert wait_until(lambda: started_since(others | {first}))
        assert wait_until(lambda: parts.stalls.check() is None)
    assert not started_since(others)


def test_the_oldest_delivery_says_whether_the_inbox_is_drained(sqlite, tmp_path):
    """After two minutes the process is not ready any more; the gauge has the number that waits."""
    time = [NOW]
    parts = given_parts(tmp_path, lambda: time[0])
    health = InboxHealth(parts, sqlite)
    store_all(sqlite, make_delivery("a", ticket_event(1, NOW)))
    health.refresh()
    assert parts.metrics.registry.get_sample_value("groundswell_inbox_deliveries") == 1
    assert health.check() is None
    time[0] = NOW + timedelta(minutes=3)
    assert health.check() == "the oldest delivery waits for 180 s"
