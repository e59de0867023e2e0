"""Golden messages of every version, and the AsyncAPI document that describes them."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from alerts.channels.base import Message
from alerts.channels.kafka import KafkaChannel
from models.event import EVENT_TYPES
from models.outgoing import DeadLetterData
from store.database import reading
from store.schema import outbox
from stream.asyncapi import make_document, render
from stream.kafka.deadletters import letter
from stream.kafka.headers import content_of, event_message
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.validation import admit

NOW = datetime(2026, 12, 1, tzinfo=UTC)
FOLDER = Path(__file__).parent / "golden"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "asyncapi" / "groundswell.json"
GOLDEN = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.json"))
INCOMING = [name for name in GOLDEN if Path(name).stem in EVENT_TYPES]
OF_TYPE = {
    "alert.opened": "alertOpened", "theme.changed": "themeChanged",
    "launch.planned": "launchPlanned", "change.recorded": "changeRecorded",
}  # fmt: skip


def read(name):
    """A golden message: key, headers, value."""
    stored = orjson.loads((FOLDER / name).read_bytes())
    return stored["key"].encode(), [(key, value.encode()) for key, value in stored["headers"].items()], stored["value"]


def check(part, value):
    """Hold a value against a part of a message's description."""
    document = make_document()
    schema = {**part, "components": document["components"]}
    Draft202012Validator(schema).validate(value)


def test_there_is_one_of_each_type():
    """Version 1 has a message of every type that comes in or goes out."""
    assert {Path(name).stem for name in GOLDEN if name.startswith("v1/")} == {
        *EVENT_TYPES,
        "alert.opened",
        "theme.changed",
    }


@pytest.mark.parametrize("name", INCOMING)
def test_golden_messages_are_still_read(name):
    """An event that was written by an earlier version is admitted, and all that it said is kept."""
    key, headers, value = read(name)
    event = admit(Raw(0, content_of(headers, orjson.dumps(value))), NOW)
    assert not isinstance(event, RefusedEvent), event
    assert event.data.model_dump(mode="json", exclude_unset=True) == value
    assert event.subject.encode() == key


@pytest.mark.parametrize("name", [name for name in INCOMING if name.startswith("v1/")])
def test_golden_messages_are_still_written(name):
    """What is written now is version 1, byte for byte."""
    key, headers, value = read(name)
    event = admit(Raw(0, content_of(headers, orjson.dumps(value))), NOW)
    message = event_message(event, event.data.model_dump(mode="json", exclude_unset=True))
    assert (message.key, list(message.headers), orjson.loads(message.value)) == (key, headers, value)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_document_describes_the_golden_messages(name):
    """Headers and data of every golden message fit the AsyncAPI document."""
    _, headers, value = read(name)
    message = make_document()["components"]["messages"][OF_TYPE.get(Path(name).stem, "ticketEvent")]
    check(message["headers"], {key: text.decode() for key, text in headers})
    check(message["payload"], value)


def test_the_document_is_the_generated_one():
    """`docs/asyncapi` holds what the models give; `python -m stream.asyncapi` writes it anew."""
    assert DOCUMENT.read_bytes() == render(make_document())


def test_references_resolve():
    """Every reference of the document leads somewhere in it."""
    document = make_document()

    def follow(value):
        if isinstance(value, dict):
            if "$ref" in value:
                found = document
                for step in value["$ref"].removeprefix("#/").split("/"):
                    found = found[step]
            for part in value.values():
                follow(part)
        elif isinstance(value, list):
            for part in value:
                follow(part)

    follow(document)


def test_a_dead_letter_fits_its_description():
    """What is written for a refused record is what the document says."""
    key, value = letter("t", Raw(5, b"x", 2), RefusedEvent(RefusalReason.NOT_JSON, "no JSON", "x"))
    assert key == "t-2-5"
    DeadLetterData.model_validate_json(value)


class Future:
    """What a producer answers."""

    def get(self, timeout):
        """Confirm."""


class Producer:
    """A producer that keeps what it is given."""

    def __init__(self):
        self.sent = []

    def send(self, topic, *, value, key, headers):
        """Keep it."""
        self.sent.append((topic, key, headers, orjson.loads(value)))
        return Future()


@pytest.mark.parametrize("name", ["v1/alert.opened.json", "v1/theme.changed.json"])
def test_the_channel_writes_the_golden_messages(name):
    """Alerts and themes go out byte for byte as version 1 has them."""
    key, headers, value = read(name)
    producer = Producer()
    kind = Path(name).stem.split(".")[0]
    KafkaChannel(producer, "alerts", "themes").send(
        Message(dict(headers)["ce_id"].decode(), kind, "@machines", "", value)
    )
    assert producer.sent == [(f"{kind}s", key, headers, value)]


def test_what_mining_puts_out_fits_the_document(tmp_path):
    """Every message that a mined story leaves in the outbox for machines is as the document says."""
    from dataclasses import replace

    from tests.harness.sources import open_events
    from tests.pipelines.chain import make_rules, make_run, open_new
    from tests.pipelines.story import Story

    path = tmp_path / "story.jsonl"
    path.write_bytes(b"".join(one.line for one in Story().events()))
    engine = open_new(f"sqlite:///{tmp_path / 'story.db'}")
    with open_events(path) as source:
        make_run(engine, replace(make_rules(), broadcast=True)).ingest([source])
    with reading(engine) as connection:
        rows = connection.execute(select(outbox).where(outbox.c.audience == "@machines")).all()
    engine.dispose()
    assert {row.kind for row in rows} == {"alert", "theme"}
    messages = make_document()["components"]["messages"]
    for row in rows:
        check(messages["alertOpened" if row.kind == "alert" else "themeChanged"]["payload"], row.payload)
