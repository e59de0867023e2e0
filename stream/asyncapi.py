"""The AsyncAPI 3.1 document of our topics, generated from the models: `python -m stream.asyncapi > docs/asyncapi/groundswell.json`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import BaseModel

from models.event import ChangeData, LaunchData, TicketData, TicketEventType
from models.outgoing import AlertData, DeadLetterData, ThemeData
from stream.kafka.headers import ATTRIBUTES, HeaderMark
from stream.kafka.topics import Topics

VERSION = "1"
"""Version of the messages. Fields are only ever added to it; `tests/kafka/golden` holds messages of each version."""


def make_document(topics: Topics | None = None) -> dict[str, Any]:
    """Describe each topic, its messages in CloudEvents binary mode, and who sends and who receives them."""
    channels = _channels(topics or Topics())
    schemas: dict[str, Any] = {}
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Groundswell",
            "version": VERSION,
            "description": "Support events in, themes and alerts out. Events are CloudEvents 1.0; on these topics in binary mode.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": _operations(channels),
        "components": {"messages": _messages(schemas), "schemas": schemas},
    }


def render(document: dict[str, Any]) -> bytes:
    """Write the document as bytes that do not change without a cause."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


_TICKET = [kind.value for kind in TicketEventType]
_OUT = ("specversion", "id", "source", "type", "subject")


def _channels(names: Topics) -> dict[str, Any]:
    return {
        "tickets": _channel(names.tickets, "Ticket events; the key is the ticket's id.", ["ticketEvent", "mark"]),
        "launches": _channel(names.launches, "Launches that are planned; the key is the launch's id.", ["launchPlanned"]),
        "changes": _channel(names.changes, "Changes that were made; the key is the change's id.", ["changeRecorded"]),
        "alerts": _channel(names.alerts, "Alerts as they are opened, at least once; `ce_id` identifies a repetition.", ["alertOpened"]),
        "themes": _channel(names.themes, "Themes as they now are; compacted, the key is the theme's id.", ["themeChanged"]),
        "deadletters": _channel(names.deadletters, "Records that could not be taken, each with its reason.", ["deadLetter"]),
    }  # fmt: skip


def _messages(schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "ticketEvent": _message("Something that happened to a ticket.", _data(TicketData, schemas), _TICKET),
        "mark": {"summary": "A replay begins or ends in a partition.", "headers": _headers(("specversion", "type"), list(HeaderMark))},
        "launchPlanned": _message("A launch was planned, or its plan revised.", _data(LaunchData, schemas), ["launch.planned"]),
        "changeRecorded": _message("A change was recorded, or its record revised.", _data(ChangeData, schemas), ["change.recorded"]),
        "alertOpened": _message("An alert was opened.", _data(AlertData, schemas), ["alert.opened"], _OUT),
        "themeChanged": _message("A theme was born or changed.", _data(ThemeData, schemas), ["theme.changed"], _OUT),
        "deadLetter": {"summary": "A refused record.", "payload": _data(DeadLetterData, schemas)},
    }  # fmt: skip


def _operations(channels: dict[str, Any]) -> dict[str, Any]:
    return {
        **{
            f"receive{name.title()}": _operation("receive", name, channels)
            for name in ("tickets", "launches", "changes")
        },
        **{f"send{name.title()}": _operation("send", name, channels) for name in ("alerts", "themes", "deadletters")},
    }


def _channel(address: str, description: str, messages: Sequence[str]) -> dict[str, Any]:
    found = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {"address": address, "description": description, "messages": found}


def _operation(action: str, channel: str, channels: dict[str, Any]) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in channels[channel]["messages"]]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": messages}


def _message(
    summary: str, payload: dict[str, Any], types: Sequence[str], attributes: Sequence[str] = ATTRIBUTES
) -> dict[str, Any]:
    return {
        "summary": summary, "contentType": "application/json", "headers": _headers(attributes, types), "payload": payload,
    }  # fmt: skip


def _headers(attributes: Sequence[str], types: Sequence[str]) -> dict[str, Any]:
    known: dict[str, Any] = {f"ce_{name}": {"type": "string"} for name in attributes}
    known["ce_specversion"] = {"const": "1.0"}
    known["ce_type"] = {"enum": [str(kind) for kind in types]}
    if "time" in attributes:
        known["ce_time"] = {"type": "string", "format": "date-time"}
    return {"type": "object", "properties": known, "required": sorted(known)}


def _data(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}


if __name__ == "__main__":
    sys.stdout.buffer.write(render(make_document()))
