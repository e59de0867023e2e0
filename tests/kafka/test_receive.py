"""Deliveries written to the topics: answered when the broker has them, redacted, and once."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
import pytest

from groundswell.health import Stalls
from groundswell.metrics import Metrics
from groundswell.receiving import Given, kafka_receiver
from groundswell.settings import Settings
from models.embedding import HashingEmbedder
from stream.admission_rules import AdmissionRules
from stream.clock_skew import ClockSkew
from stream.kafka.errors import KafkaUnreachable, RequesterKeyMissing
from stream.kafka.topics import Topics
from stream.raw import RefusalReason, RefusedEvent
from stream.receive.admission import LiveAdmission
from stream.receive.delivery import Delivery, DeliveryReader, Received
from stream.receive.kafka_sink import KafkaSink
from stream.receive.settings import WebhookSystem
from tests.harness.webhooks import AppClient, encoded, shared_headers, ticket_event

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
KEY = b"k" * 32


class Confirmation:
    """What `send` returns: it is confirmed, or fails, from another thread, as a producer's own thread does."""

    def __init__(self, error):
        self._error = error
        self._calls = {}

    def add_callback(self, call):
        """Keep what is to be called on success."""
        self._calls["success"] = call

    def add_errback(self, call):
        """Keep what is to be called on failure, and answer."""
        if self._error is None:
            threading.Thread(target=self._calls["success"], args=(None,)).start()
        else:
            threading.Thread(target=call, args=(self._error,)).start()

    def get(self, timeout):
        """Wait for the confirmation."""
        if self._error is not None:
            raise self._error


class MemoryProducer:
    """A producer that keeps what it sends; `error` makes it fail."""

    def __init__(self, error=None):
        self.sent = []
        self.closed = False
        self._error = error

    def send(self, topic, *, key, value, headers):
        """Keep a message."""
        self.sent.append((topic, key, orjson.loads(value), dict(headers)))
        return Confirmation(self._error)

    def close(self, timeout):
        """Note it."""
        self.closed = True


def make_delivery(name="a", refused=(), **data):
    """Return a delivery of one ticket, one change and refusals."""
    change = {
        "specversion": "1.0", "id": "c", "source": "/x", "subject": "38.2", "type": "change.recorded", "time": NOW.isoformat(),
        "data": {"kind": "release", "title": "38.2"},
    }  # fmt: skip
    reader = DeliveryReader({}, ZoneInfo("UTC"), LiveAdmission(AdmissionRules.of(KEY), ClockSkew({})))
    body = encoded([ticket_event(1, NOW, **data), change])
    read = reader.read(Received(WebhookSystem.EVENTS, {}, body, NOW))
    return Delivery(WebhookSystem.EVENTS, name, NOW, read.events, refused)


def store(sink, *deliveries):
    """Store deliveries one after the other."""

    async def each():
        return [await sink.store(one) for one in deliveries]

    return asyncio.run(each())


def test_events_go_to_their_topics_in_binary_mode():
    """The key is the ticket's id; the text is redacted and the requester hashed; a repeat is sent once."""
    producer = MemoryProducer()
    sink = KafkaSink(lambda: producer, Topics(), KEY)
    delivery = make_delivery(body="card 4111 1111 1111 1111", requester="ana@example.com")
    assert store(sink, delivery, delivery) == [True, False]
    (topic, key, data, headers), (other, *_) = producer.sent
    assert (topic, key, other) == ("groundswell.tickets", b"T-1", "groundswell.changes")
    assert headers["ce_id"] == b"T-1:ticket.created"
    assert "[CARD]" in data["body"]
    assert "ana" not in data["requester"]
    assert not sink.is_full()
    sink.close()
    assert producer.closed


def test_refusals_go_to_the_dead_letters():
    """Each with its reason, under the name of its route."""
    producer = MemoryProducer()
    refusal = RefusedEvent(RefusalReason.INVALID, "received a bad payload")
    store(KafkaSink(lambda: producer, Topics(), KEY), make_delivery(refused=[refusal]))
    topic, key, value, _ = producer.sent[-1]
    assert topic == "groundswell.deadletters"
    assert key.startswith(b"/receive/events")
    assert value["reason"] == "invalid_event"


def test_what_the_broker_does_not_confirm_is_not_answered():
    """The failure reaches the sender as 503; the next attempt has a new connection, and is no repeat."""
    bad, good = MemoryProducer(TimeoutError("no answer")), MemoryProducer()
    producers = iter([bad, good])
    sink = KafkaSink(lambda: next(producers), Topics(), KEY)
    with pytest.raises(TimeoutError):
        store(sink, make_delivery())
    assert bad.closed
    assert store(sink, make_delivery()) == [True]
    assert len(good.sent) == 2


def test_a_receiver_for_kafka_needs_the_shared_key(tmp_path):
    """Without `stream.requester_key` it does not start: workers could not tell that two requesters are one person."""
    settings = Settings(data=tmp_path)
    parts = Given(settings, lambda: NOW, Metrics(), Stalls(), HashingEmbedder, {})
    with pytest.raises(RequesterKeyMissing), kafka_receiver(parts):
        pass


def test_without_a_broker_the_sender_is_asked_to_come_again(tmp_path, monkeypatch):
    """503 with Retry-After, and nothing is kept in memory for later."""

    def unreachable(settings):
        raise KafkaUnreachable(settings.brokers, "NoBrokersAvailable")

    monkeypatch.setattr("groundswell.receiving.make_producer", unreachable)
    stream, receive = {"requester_key": "k" * 32}, {"shared_secret": "s"}
    settings = Settings(data=tmp_path, stream=stream, receive=receive)
    parts = Given(settings, lambda: NOW, Metrics(), Stalls(), HashingEmbedder, {})
    body = encoded(ticket_event(1, NOW))
    with kafka_receiver(parts) as app:
        answered = AppClient(app).post("/events", content=body, headers=shared_headers(body, "s", NOW))
    assert answered.status_code == 503
    assert answered.headers["retry-after"] == "30"


@pytest.mark.kafka
def test_a_webhook_reaches_a_real_topic(broker, tmp_path):
    """From a signed request to a message that a consumer reads."""
    from kafka import KafkaConsumer

    from stream.kafka.topics import create_topics

    stream = {"requester_key": "k" * 32, "brokers": broker.address, "topics": {"prefix": "webhooks"}}
    settings = Settings(
        data=tmp_path, stream=stream, receive={"shared_secret": "s", "answer_within": timedelta(seconds=60)}
    )
    create_topics(settings.stream)
    parts = Given(settings, lambda: NOW, Metrics(), Stalls(), HashingEmbedder, {})
    body = encoded(ticket_event(1, NOW))
    with kafka_receiver(parts) as app:
        assert AppClient(app).post("/events", content=body, headers=shared_headers(body, "s", NOW)).status_code == 202
    consumer = KafkaConsumer(
        "webhooks.tickets", bootstrap_servers=broker.address, auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    message = next(iter(consumer))
    consumer.close()
    assert message.key == b"T-1"
    assert dict(message.headers)["ce_type"] == b"ticket.created"
