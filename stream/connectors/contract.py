"""What a connector is: payload in, ticket events out, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from models.redaction import excerpt, listed, redact_value, shortened
from stream.raw import RefusalReason, RefusedEvent

Payload = Mapping[str, Any]
"""A decoded JSON object of a ticket system."""

Answer = Sequence[dict[str, Any]] | RefusedEvent
"""Events (structured CloudEvents as dictionaries, not validated yet), none where the payload is of no use here, or a refusal."""

SHOWN = 16
"""Items of a refused payload's lists that its excerpt is made of: not all of a large page is redacted to quote 200 characters."""


@runtime_checkable
class Connector(Protocol):
    """Turns payloads of one ticket system into ticket events.

    The same thing that happened gives an event of the same `source` and `id`, whichever way it came: webhook, export or API.
    """

    @property
    def name(self) -> str:
        """Name of the system, as the command line and messages write it."""

    def events(self, payload: Payload) -> Answer:
        """Return the events of one payload. Pure, and raises nothing: what cannot be understood is a `RefusedEvent`."""

    def elements(self, payload: Payload) -> Iterator[Payload]:
        """Split a page into payloads of one element each, so that a damaged element does not cost the others.

        A payload that is no page is yielded as it is.
        """


class PayloadError(ValueError):
    """A payload that a connector cannot read; the message is one sentence without anything of the payload but redacted values."""

    def __init__(self, detail: str, reason: RefusalReason = RefusalReason.INVALID) -> None:
        super().__init__(detail)
        self.reason = reason


def convert(connector: Connector, payload: Payload) -> Iterator[dict[str, Any] | RefusedEvent]:
    """Yield the events and refusals of a payload; of a page, each element is read by itself."""
    for element in connector.elements(payload):
        answer = connector.events(element)
        if isinstance(answer, RefusedEvent):
            yield answer
        else:
            yield from answer


def split_pages(payload: Payload, names: Sequence[str]) -> Iterator[Payload]:
    """Yield a page as pages of one element each, with all else that the page says; `names` are the keys of its lists."""
    lists = [name for name in names if isinstance(payload.get(name), list)]
    if sum(len(payload[name]) for name in lists) <= 1:
        yield payload
        return
    rest = {name: value for name, value in payload.items() if name not in lists}
    for name in lists:
        for item in payload[name]:
            yield {**rest, name: [item]}


def answer(payload: Payload, read: Callable[[Payload], Iterator[dict[str, Any]]]) -> Answer:
    """Return what `read` yields, or a refusal where it raises `PayloadError`."""
    try:
        return list(read(payload))
    except PayloadError as error:
        return refusal(str(error), payload, error.reason)


def refusal(detail: str, payload: object, reason: RefusalReason = RefusalReason.INVALID) -> RefusedEvent:
    """Refuse a payload in one sentence, with a redacted excerpt of it."""
    quoted = json.dumps(redact_value(_short(payload, 3)), default=str, ensure_ascii=False)
    return RefusedEvent(reason, detail, excerpt(quoted))


def shown(value: object) -> str:
    """Quote a received value in an error message: redacted, and at most 60 characters."""
    return shortened(redact_value(_short(value, 2)), 60)


def unknown_record(payload: Payload, system: str, valid: str) -> PayloadError:
    """Say that an object is no record of a system, by the keys that it has; `valid` is the rest of the sentence."""
    known = listed(sorted(str(key) for key in payload if str(key).isidentifier()), 8)
    return PayloadError(f"received an object with {known or 'no keys'}, which is no record of {system}; {valid}")


def _short(value: object, levels: int) -> object:
    if isinstance(value, Mapping):
        return {str(key): _short(item, levels - 1) for key, item in list(value.items())[:SHOWN]} if levels else {}
    if isinstance(value, list | tuple):
        return [_short(item, levels - 1) for item in value[:SHOWN]] if levels else []
    return value
