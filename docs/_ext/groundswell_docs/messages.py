"""The reference of topics and messages, generated from the AsyncAPI document that `stream.asyncapi` makes from the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from groundswell_docs.schema_text import schema_table


def message_reference() -> str:
    """Describe each topic, each message and each shared object as Markdown."""
    from stream.asyncapi import make_document

    document = make_document()
    return "\n\n".join([*_topics(document), *_messages(document), *_objects(document)])


def _topics(document: Mapping[str, Any]) -> Iterator[str]:
    yield "## Topics"
    rows = [
        f"| `{channel['address']}` | {channel.get('description', '')} | {', '.join(sorted(channel['messages']))} |"
        for channel in document["channels"].values()
    ]
    yield "| topic | what it carries | messages |\n| --- | --- | --- |\n" + "\n".join(rows)


def _messages(document: Mapping[str, Any]) -> Iterator[str]:
    parts = document["components"]["schemas"]
    for name, message in document["components"]["messages"].items():
        yield f"## Message `{name}`"
        yield message["summary"]
        headers = message.get("headers", {})
        if headers.get("properties"):
            yield "Headers:\n\n" + schema_table(headers, parts)
        payload = message.get("payload")
        if payload:
            kind = payload.get("$ref", "").rsplit("/", 1)[-1]
            yield f"Value: a JSON object, [`{kind}`](#object-{kind.lower()})." if kind else schema_table(payload, parts)


def _objects(document: Mapping[str, Any]) -> Iterator[str]:
    parts = document["components"]["schemas"]
    for name, schema in sorted(parts.items()):
        if schema.get("properties"):
            yield f"(object-{name.lower()})=\n## Object `{name}`"
            yield schema_table(schema, parts)
