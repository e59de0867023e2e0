"""The receiver over HTTP: what each kind of request is answered, and what reaches the sink."""

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from models.event import ChangeEvent, LaunchEvent, TicketEvent
from stream.admission_rules import AdmissionRules
from stream.clock_skew import ClockSkew
from stream.raw import RefusalReason, RefusedEvent
from stream.receive.admission import LiveAdmission
from stream.receive.app import Receiver, make_receiver_app
from stream.receive.delivery import DeliveryReader, Received
from stream.receive.settings import ReceiveSettings, WebhookSystem
from tests.harness.webhooks import AppClient, encoded, hub_signature, shared_headers, ticket_event, zendesk_headers

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
SETTINGS = {
    "zendesk_secret": "z", "jira_secret": "j", "github_secret": "g", "shared_secret": "s", "bearer_token": "b", "max_bytes": 4096,
}  # fmt: skip
BEARER = {"authorization": "Bearer b", "content-type": "application/json"}


class MemorySink:
    """A sink that keeps what it is given; `fails` makes it fail, `full` report pressure."""

    def __init__(self):
        self.kept = {}
        self.fails = False
        self.full = False

    async def store(self, delivery):
        """Keep a delivery once."""
        if self.fails:
            raise OSError("the disk is full")
        key = (delivery.system, delivery.delivery_id)
        fresh = key not in self.kept
        self.kept.setdefault(key, delivery)
        return fresh

    def is_full(self):
        """Return what the test set."""
        return self.full

    @property
    def events(self):
        """List all events that were kept."""
        return [event for delivery in self.kept.values() for event in delivery.events]

    @property
    def refused(self):
        """List all refusals that were kept."""
        return [refusal for delivery in self.kept.values() for refusal in delivery.refused]


class Outcomes:
    """A follower that notes what became of each request."""

    def __init__(self):
        self.noted = []

    def accepted(self, delivery, *, fresh, seconds):
        """Note it."""
        assert seconds >= 0
        self.noted.append("stored" if fresh else "repeated")

    def refused(self, system, problem):
        """Note it."""
        self.noted.append(problem.value)

    def unwritten(self, system, error):
        """Note it."""
        self.noted.append(type(error).__name__)


class PlainConnector:
    """A connector for tests: a payload's `tickets` become events, `bad` is refused, and `explode` breaks it."""

    name = "plain"

    def elements(self, payload):
        """Return the payload as its only element."""
        yield payload

    def events(self, payload):
        """Convert a payload."""
        if payload.get("explode"):
            raise RecursionError
        if payload.get("bad"):
            return RefusedEvent(RefusalReason.INVALID, "received a bad payload")
        return [ticket_event(number, NOW, **payload.get("data", {})) for number in payload.get("tickets", [])]


@pytest.fixture
def sink():
    """Return an empty sink."""
    return MemorySink()


@pytest.fixture
def outcomes():
    """Return a follower."""
    return Outcomes()


def make_receiver(settings, sink, outcomes):
    """Return a receiver whose clock stands still."""
    connectors = {WebhookSystem.ZENDESK: PlainConnector(), WebhookSystem.JIRA: PlainConnector()}
    admission = LiveAdmission(AdmissionRules.of(b"k" * 32), ClockSkew({}))
    reader = DeliveryReader(connectors, ZoneInfo("Europe/Berlin"), admission)
    return Receiver(settings, reader, sink, clock=lambda: NOW, follower=outcomes)


@pytest.fixture
def client(sink, outcomes):
    """Return a client of a receiver."""
    receiver = make_receiver(ReceiveSettings(**SETTINGS), sink, outcomes)
    yield AppClient(make_receiver_app(receiver))
    receiver.close()


def send_zendesk(client, payload):
    """Send a signed delivery as Zendesk does."""
    body = payload if isinstance(payload, bytes) else encoded(payload)
    return client.post("/zendesk", content=body, headers=zendesk_headers(body, "z", NOW))


def test_a_delivery_is_stored_once_by_its_id(client, sink, outcomes):
    """A new delivery is answered 202, and 200 when it is repeated, also with another body."""
    first = send_zendesk(client, {"id": "d-1", "tickets": [1, 2]})
    again = send_zendesk(client, {"id": "d-1", "tickets": [1, 2]})
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json() == {"events": 2, "quarantined": 0, "repeated": False}
    assert again.json()["repeated"] is True
    assert [event.subject for event in sink.events] == ["T-1", "T-2"]
    assert outcomes.noted == ["stored", "repeated"]


def test_the_name_of_an_unnamed_delivery_is_a_keyed_hash():
    """Nobody without the key can find a card number by trying all of them, nor from the id of a revision."""
    body = encoded(
        {
            "title": "Sale 4111 1111 1111 1111",
            "start": "2026-11-30T00:00:00Z",
            "end": "2026-12-01T00:00:00Z",
            "kind": "launch",
        }
    )
    received = Received(WebhookSystem.LAUNCHES, {}, body, NOW)
    named = [
        DeliveryReader({}, ZoneInfo("UTC"), LiveAdmission(AdmissionRules.of(key), ClockSkew({}))).read(received)
        for key in (b"k" * 32, b"k" * 32, b"l" * 32)
    ]
    assert named[0].delivery_id == named[1].delivery_id != named[2].delivery_id
    assert named[0].position(0) != named[2].position(0)
    other = Received(WebhookSystem.LAUNCHES, {}, body.replace(b"4111 1111 1111 1111", b"5555 5555 5555 4444"), NOW)
    again = DeliveryReader({}, ZoneInfo("UTC"), LiveAdmission(AdmissionRules.of(b"k" * 32), ClockSkew({}))).read(other)
    assert again.delivery_id != named[0].delivery_id
    assert [one.id for one in again.events] == [one.id for one in named[0].events] != []


def test_jira_deliveries_are_known_by_their_identifier(client, sink):
    """`X-Atlassian-Webhook-Identifier` stays the same when Jira sends a delivery again."""
    for tickets, identifier in (([1], "a"), ([1], "a"), ([2], "b")):
        body = encoded({"tickets": tickets})
        headers = {
            "x-hub-signature": hub_signature(body, "j").decode(),
            "x-atlassian-webhook-identifier": identifier,
            "content-type": "application/json; charset=UTF-8",
        }
        assert client.post("/jira", content=body, headers=headers).status_code in (200, 202)
    assert [(key[1], len(one.events)) for key, one in sink.kept.items()] == [("a", 1), ("b", 1)]


def test_a_delivery_without_an_id_is_known_by_its_content(client, sink):
    """The same content twice is one delivery; an id that names a person or is no text is not used as one."""
    for given in (
        {"tickets": [1]},
        {"tickets": [1]},
        {"id": "ana@example.com", "tickets": [2]},
        {"id": 7, "tickets": [3]},
    ):
        send_zendesk(client, given)
    assert len(sink.kept) == 3
    assert all(key[1].startswith("hmac:") for key in sink.kept)


def test_what_is_kept_is_redacted(client, sink):
    """No card number and no address reaches the sink."""
    data = {"body": "my card 4111 1111 1111 1111, mail me at ana@example.com", "tags": ["4111111111111111"]}
    send_zendesk(client, {"id": "d", "tickets": [1], "data": data})
    kept = repr(sink.kept)
    assert "[CARD]" in kept
    assert "4111" not in kept
    assert "ana@example.com" not in kept


@pytest.mark.parametrize("payload", [{"id": "d", "bad": True}, {"id": "d", "explode": True}])
def test_a_payload_that_cannot_be_an_event_is_kept_in_quarantine(client, sink, payload):
    """A sender would give up at a 4xx, so what its connector refuses is answered 202 and kept as a refusal."""
    answered = send_zendesk(client, payload)
    assert answered.status_code == 202
    assert answered.json() == {"events": 0, "quarantined": 1, "repeated": False}
    assert [one.reason for one in sink.refused] == [RefusalReason.INVALID]


def test_what_concerns_no_ticket_is_answered_and_not_kept(client, sink):
    """A payload without an event is answered 200, so that its sender does not repeat it."""
    answered = send_zendesk(client, {"id": "d"})
    assert answered.status_code == 200
    assert answered.json() == {"events": 0, "quarantined": 0, "repeated": False}
    assert sink.kept == {}


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1, 2", b"[" * 5000, b"{}}"])
def test_a_body_that_is_not_json_is_400_and_kept_in_quarantine(client, sink, body):
    """Its sender is known, so what it sent is not lost silently."""
    body = body[:4000]
    answered = send_zendesk(client, body)
    assert answered.status_code == 400
    assert "not JSON" in answered.json()["error"]
    assert [one.reason for one in sink.refused] == [RefusalReason.NOT_JSON]


@pytest.mark.parametrize("body", [b"[]", b"7", b'"text"', b"null"])
def test_json_that_is_no_object_is_400(client, sink, body):
    """Zendesk and Jira send one object."""
    assert send_zendesk(client, body).status_code == 400
    assert len(sink.refused) == 1


def test_an_unknown_sender_leaves_nothing(client, sink, outcomes):
    """A delivery with a wrong signature is answered 401; neither it nor its refusal is stored."""
    body = encoded({"id": "d", "tickets": [1]})
    wrong = client.post("/zendesk", content=body, headers=zendesk_headers(body, "not z", NOW))
    late = client.post("/zendesk", content=body, headers=zendesk_headers(body, "z", NOW - timedelta(minutes=6)))
    none = client.post("/zendesk", content=body, headers={"content-type": "application/json"})
    assert [wrong.status_code, late.status_code, none.status_code] == [401, 401, 401]
    assert sink.kept == {}
    assert outcomes.noted == ["signature_wrong", "stale_time_stamp", "unsigned"]


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_body_is_400(client, sink, body):
    """Its signature may be right: it still brings nothing."""
    assert send_zendesk(client, body).status_code == 400
    assert sink.kept == {}


def chunks(total, size=1024):
    """Yield a body in parts: it is sent without Content-Length."""
    for _ in range(0, total, size):
        yield b" " * size


@pytest.mark.parametrize("content", [b" " * 4097, b" " * 1_000_000, "chunked 5 KiB", "chunked 1 MiB"])
def test_a_body_over_the_limit_is_413(client, sink, content):
    """The limit holds with and without Content-Length."""
    if isinstance(content, str):
        content = chunks(5_120 if "KiB" in content else 1_048_576)
    answered = client.post("/zendesk", content=content, headers={"content-type": "application/json"})
    assert answered.status_code == 413
    assert sink.kept == {}


def test_a_compressed_body_is_415(client, sink):
    """A small body that unpacks to a large one is not unpacked."""
    body = gzip.compress(b" " * 1_000_000)
    headers = zendesk_headers(body, "z", NOW) | {"content-encoding": "gzip"}
    assert client.post("/zendesk", content=body, headers=headers).status_code == 415
    assert sink.kept == {}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "", "application/json; charset=utf-16", "multipart/form-data"]
)
def test_another_content_type_is_415(client, kind):
    """The answer names the valid ones."""
    body = encoded({"id": "d"})
    answered = client.post("/zendesk", content=body, headers=zendesk_headers(body, "z", NOW) | {"content-type": kind})
    assert answered.status_code == 415
    assert "application/json" in answered.json()["error"]


def test_pressure_is_429_with_a_time(client, sink):
    """While too much waits nothing is stored, and the sender learns when to come again."""
    sink.full = True
    answered = send_zendesk(client, {"id": "d", "tickets": [1]})
    assert answered.status_code == 429
    assert int(answered.headers["retry-after"]) == 30
    sink.full = False
    assert send_zendesk(client, {"id": "d", "tickets": [1]}).status_code == 202


def test_a_delivery_that_cannot_be_written_is_503_with_a_time(client, sink, outcomes):
    """Nothing is acknowledged that is not written; the same delivery is accepted afterwards."""
    sink.fails = True
    answered = send_zendesk(client, {"id": "d", "tickets": [1]})
    assert answered.status_code == 503
    assert int(answered.headers["retry-after"]) == 30
    assert "disk" not in answered.text
    assert outcomes.noted == ["OSError", "not_written"]
    sink.fails = False
    assert send_zendesk(client, {"id": "d", "tickets": [1]}).status_code == 202


def test_other_routes_and_methods(client):
    """There is a health answer, and nothing else that a sender did not ask for."""
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/zendesk").status_code == 405
    assert client.post("/freshdesk").status_code == 404
    assert client.get("/docs").status_code == 404
    assert client.get("/openapi.json").status_code == 404


def test_cloudevents_in_all_three_modes(client, sink):
    """Structured, batched and binary requests bring the same events."""
    one, two, three = (ticket_event(number, NOW) for number in (1, 2, 3))
    body = encoded(one)
    assert client.post("/events", content=body, headers=shared_headers(body, "s", NOW)).status_code == 202
    batch = encoded([one, two])
    headers = shared_headers(batch, "s", NOW) | {"content-type": "application/cloudevents-batch+json"}
    assert client.post("/events", content=batch, headers=headers).status_code == 202
    attributes = {f"ce-{name}": value for name, value in three.items() if name != "data"}
    attributes["ce-subject"] = "T%2D3"
    binary = client.post("/events", content=encoded(three["data"]), headers=BEARER | attributes)
    assert binary.status_code == 202
    assert [event.subject for event in sink.events] == ["T-1", "T-1", "T-2", "T-3"]
    assert all(isinstance(event, TicketEvent) for event in sink.events)


def test_one_bad_event_of_a_batch_does_not_cost_the_others(client, sink):
    """The good ones are stored, the bad ones are kept in quarantine."""
    batch = encoded([ticket_event(1, NOW), {"specversion": "1.0"}, 7, ticket_event(2, NOW + timedelta(days=2))])
    headers = BEARER | {"content-type": "application/cloudevents-batch+json"}
    answered = client.post("/events", content=batch, headers=headers)
    assert answered.json() == {"events": 1, "quarantined": 3, "repeated": False}
    assert [one.reason for one in sink.refused] == [
        RefusalReason.UNKNOWN_TYPE, RefusalReason.NOT_JSON, RefusalReason.FUTURE,
    ]  # fmt: skip


def test_launches_and_changes_as_plain_json(client, sink):
    """An object is the data of an event; the same again is the same event, a revision has the same subject and another id."""
    plan = {
        "id": "eleven",
        "kind": "sale",
        "title": "11.11",
        "start": "2026-12-01T00:00:00Z",
        "end": "2026-12-02T00:00:00Z",
    }
    revised = plan | {"end": "2026-12-03T00:00:00Z"}
    for body in (plan, plan, revised):
        assert client.post("/launches", content=encoded(body), headers=BEARER).status_code in (200, 202)
    change = {"title": "Checkout 38.2", "time": "2026-11-29T07:00:00Z", "scope": {"app_version": "38.2"}}
    assert client.post("/changes", content=encoded([change]), headers=BEARER).status_code == 202
    first, second, made = sink.events
    assert isinstance(first, LaunchEvent)
    assert first.subject == second.subject == "eleven"
    assert first.id != second.id
    assert isinstance(made, ChangeEvent)
    assert made.data.kind == "release"
    assert made.data.scope == {"app_version": "38.2"}
    assert client.post("/launches", content=encoded({"title": "No dates"}), headers=BEARER).json()["quarantined"] == 1


RELEASE = {
    "action": "published",
    "release": {
        "id": 7, "tag_name": "v38.2.0", "name": "Faster checkout", "draft": False, "published_at": "2026-11-29T07:30:00Z",
        "html_url": "https://example.com/r/7",
    },
    "repository": {"full_name": "acme/app"},
}  # fmt: skip
DEPLOYMENT = {"id": 42, "ref": "main", "environment": "production", "created_at": "2026-11-29T07:31:00Z"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(rb"half \ud83d a pair", "half \ufffd a pair"), (b"caf\xe9", "caf\ufffd"), (b'", "size": NaN, "x": "', "")],
)
def test_a_body_that_files_may_hold_is_read_from_a_webhook(client, sink, sent, kept):
    """Half a surrogate pair, a byte that is not UTF-8 and NaN cost no delivery, as they cost no record of a file."""
    body = b'{"id": "d-1", "tickets": ["1"], "data": {"title": "T", "body": "' + sent + b'"}}'
    answered = send_zendesk(client, body)
    assert answered.status_code == 202, answered.text
    assert not sink.refused
    assert [one.data.body for one in sink.events] == [kept]


def send_github(client, event, payload, delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958"):
    """Send a signed delivery as GitHub does."""
    body = encoded(payload)
    headers = {
        "x-github-event": event, "x-github-delivery": delivery, "content-type": "application/json",
        "x-hub-signature-256": hub_signature(body, "g").decode(),
    }  # fmt: skip
    return client.post("/changes", content=body, headers=headers)


def test_a_release_on_github_is_a_change(client, sink):
    """A published release is recorded once, however often it is delivered; a draft and other actions are not."""
    assert send_github(client, "release", RELEASE).status_code == 202
    assert send_github(client, "release", RELEASE).status_code == 200
    assert send_github(client, "release", RELEASE | {"action": "edited"}, "b").status_code == 200
    assert send_github(client, "ping", {"zen": "Design for failure."}, "c").status_code == 200
    (event,) = sink.events
    assert (event.source, event.subject) == ("/github/acme/app", "release/v38.2.0")
    assert event.time == datetime(2026, 11, 29, 7, 30, tzinfo=UTC)
    assert event.data.title == "acme/app v38.2.0: Faster checkout"
    assert event.data.url == "https://example.com/r/7"


def test_a_deployment_on_github_is_revised_by_its_outcome(client, sink):
    """Creation and outcome have one identity; steps on the way are not recorded."""
    base = {"deployment": DEPLOYMENT, "repository": {"full_name": "acme/app"}}
    send_github(client, "deployment", base | {"action": "created"}, "a")
    for number, state in enumerate(("queued", "in_progress", "success", "failure")):
        status = {"id": number, "state": state, "created_at": f"2026-11-29T07:4{number}:00Z", "target_url": ""}
        send_github(client, "deployment_status", base | {"deployment_status": status}, f"s-{number}")
    assert {event.subject for event in sink.events} == {"deployment/42"}
    assert [event.data.title for event in sink.events] == [
        "acme/app main to production", "acme/app main to production", "acme/app main to production failed",
    ]  # fmt: skip
    assert len({event.id for event in sink.events}) == 3


def test_a_github_payload_as_a_form(client, sink):
    """GitHub proposes form encoding first; the signature is of the body as it was sent."""
    from urllib.parse import urlencode

    body = urlencode({"payload": json.dumps(RELEASE)}).encode()
    headers = {
        "x-github-event": "release", "x-github-delivery": "d", "content-type": "application/x-www-form-urlencoded",
        "x-hub-signature-256": hub_signature(body, "g").decode(),
    }  # fmt: skip
    assert client.post("/changes", content=body, headers=headers).status_code == 202
    assert sink.events[0].subject == "release/v38.2.0"


@pytest.mark.parametrize(
    "payload", [{}, {"action": "published"}, {"action": "published", "release": None}, {"release": 7}]
)
def test_a_github_payload_without_its_fields_is_quarantined(client, sink, payload):
    """It is answered 202, and kept as a refusal."""
    assert send_github(client, "release", payload).json()["quarantined"] == 1
    assert len(sink.refused) == 1


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//acme//plans//EN
BEGIN:VEVENT
UID:eleven-eleven
DTSTART;VALUE=DATE:20261211
DTEND;VALUE=DATE:20261213
SUMMARY:Winter sale
CATEGORIES:SALE
DESCRIPTION:scope: region=BR\\nlift: 2.5
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n").encode()


def test_launches_from_a_calendar(client, sink):
    """An entry of iCalendar is a launch, its days in the zone of the settings; the same calendar again changes nothing."""
    headers = BEARER | {"content-type": "text/calendar; charset=utf-8"}
    assert client.post("/launches", content=CALENDAR, headers=headers).status_code == 202
    assert client.post("/launches", content=CALENDAR, headers=headers).status_code == 200
    (event,) = sink.events
    assert event.subject == "eleven-eleven"
    assert event.data.kind == "sale"
    assert event.data.start == datetime(2026, 12, 10, 23, tzinfo=UTC)
    assert event.data.scope == {"region": "BR"}


@pytest.mark.parametrize("content", [b"BEGIN:VCALENDAR", b"no calendar", CALENDAR.replace(b"20261211", b"sometime")])
def test_a_calendar_that_cannot_be_read_is_400(client, sink, content):
    """It is kept in quarantine, because its sender is known."""
    answered = client.post("/launches", content=content, headers=BEARER | {"content-type": "text/calendar"})
    assert answered.status_code == 400
    assert len(sink.refused) == 1


def test_a_body_that_does_not_end_is_408(sink, outcomes):
    """A sender that stops in the middle keeps nothing open for long."""
    settings = ReceiveSettings(**SETTINGS, body_timeout=timedelta(milliseconds=20))
    receiver = make_receiver(settings, sink, outcomes)

    async def never():
        yield b"{"
        await asyncio.Event().wait()

    async def send():
        transport = httpx.ASGITransport(make_receiver_app(receiver))
        async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
            return await client.post("/zendesk", content=never(), headers={"content-type": "application/json"})

    assert asyncio.run(send()).status_code == 408
    assert outcomes.noted == ["body_too_slow"]
    receiver.close()


def test_more_requests_at_once_than_the_setting_are_429(sink, outcomes):
    """Those that are under way are answered; one more is asked to come again before its body is read."""
    receiver = make_receiver(ReceiveSettings(**SETTINGS, in_flight=2), sink, outcomes)
    go, held = asyncio.Event(), asyncio.Semaphore(0)

    async def hold(delivery):
        held.release()
        await go.wait()
        return True

    sink.store = hold
    bodies = [encoded({"id": f"d-{number}", "tickets": [number]}) for number in range(3)]

    async def send():
        transport = httpx.ASGITransport(make_receiver_app(receiver))
        async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
            tasks = [
                asyncio.create_task(client.post("/zendesk", content=body, headers=zendesk_headers(body, "z", NOW)))
                for body in bodies[:2]
            ]
            for _ in tasks:
                await held.acquire()
            third = await client.post("/zendesk", content=bodies[2], headers=zendesk_headers(bodies[2], "z", NOW))
            go.set()
            return third, await asyncio.gather(*tasks)

    third, others = asyncio.run(send())
    assert third.status_code == 429
    assert [one.status_code for one in others] == [202, 202]
    receiver.close()


def test_a_source_whose_clock_is_ahead_is_learned(sink, outcomes):
    """Local time that is sent as UTC is refused as ahead until ten arrivals show it, and accepted afterwards."""
    receiver = make_receiver(ReceiveSettings(**SETTINGS), sink, outcomes)
    client = AppClient(make_receiver_app(receiver))
    for number in range(12):
        event = ticket_event(number, NOW + timedelta(hours=5, seconds=number))
        client.post(
            "/events", content=encoded(event), headers=BEARER | {"content-type": "application/cloudevents+json"}
        )
    assert [one.reason for one in sink.refused] == [RefusalReason.FUTURE] * 9
    assert len(sink.events) == 3
    receiver.close()
