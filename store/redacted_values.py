"""Stored values redacted again: texts, JSON, the data of events, segments, and the text of HTML that we wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from models.redaction import Redactor, redact_fields, redact_value
from models.segment import Segment

IDENTITIES = frozenset(
    {"id", "source", "subject", "ticket_id", "event_id", "launch_id", "change_id", "stream", "delivery_id"}
)
"""Names of what other rows refer to, as columns and in stored JSON."""

KEYS_KEPT = IDENTITIES | {
    "into",
    "links",
    "requester",
    "tickets",
    "members",
    "attached",
    "quoted",
    "specversion",
    "time",
}
"""Names in the JSON that we compute whose values are identities, hashes and times."""

_SEALED = ("into", "links", "requester")
"""Fields of an event's data that are an identity and a hash."""


class StoredValues:
    """Redacts the values of a row. `found` counts what was replaced, by class."""

    def __init__(self, redactor: Redactor, found: Counter[str]) -> None:
        self._redactor = redactor
        self._found = found

    def text(self, text: str) -> str:
        """Redact a text."""
        done = self._redactor.redact(text)
        self._found.update(done.counts)
        return done.text

    def json(self, value: Any) -> Any:
        """Redact JSON that we compute: reports, evidence, payloads of decisions."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): part if key in KEYS_KEPT else self.json(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.json(part) for part in value]
        return redact_value(value, self._found, self._redactor)

    def fields(self, data: Any, source: str) -> Any:
        """Redact the data of an event or a ticket of a source, as it is redacted on its way in."""
        if not isinstance(data, Mapping):
            return self.json(data)
        rest = {name: value for name, value in data.items() if name not in _SEALED}
        redacted = redact_fields(rest, self._redactor, source, self._found)
        return {**redacted, **{name: data[name] for name in _SEALED if name in data}}

    def events(self, events: Sequence[Any]) -> list[Any]:
        """Redact the data of waiting events."""
        return [
            {**event, "data": self.fields(event["data"], str(event.get("source")))} if "data" in event else event
            for event in events
        ]

    def segment(self, key: str) -> str:
        """Redact the values of a segment's key."""
        pairs = Segment.from_key(key).as_dict()
        return Segment.of({name: self.text(value) for name, value in pairs.items()}).key

    def html(self, text: str) -> str:
        """Redact the text of an HTML document; its tags, with the coordinates of charts in them, and its styles stay."""
        pieces, quiet = [], False
        for at, part in enumerate(_split_tags(text)):
            if at % 2:
                quiet = part.startswith(("<style", "<script")) or (
                    quiet and not part.startswith(("</style", "</script"))
                )
            pieces.append(part if at % 2 or quiet or not part.strip() else self.text(part))
        return "".join(pieces)


def _split_tags(text: str) -> Sequence[str]:
    """Split at tags: texts at even places, tags at odd ones. What we write has no `<` or `>` but in tags."""
    parts: list[str] = []
    done = 0
    while (start := text.find("<", done)) >= 0 and (end := text.find(">", start)) >= 0:
        parts += [text[done:start], text[start : end + 1]]
        done = end + 1
    return [*parts, text[done:]]
