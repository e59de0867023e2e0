"""CloudEvents that are ticket, launch and change events already: structured, or several in a batch."""

from __future__ import annotations

from collections.abc import Iterator

from stream.connectors.contract import Answer, Payload


class CloudEvents:
    """Passes events on as they are; validation says what is wrong with them."""

    name = "cloudevents"

    def events(self, payload: Payload) -> Answer:
        """Return the event; see `Connector`."""
        return [dict(payload)]

    def elements(self, payload: Payload) -> Iterator[Payload]:
        """Yield the events of a batch that is wrapped in an object (`events` or `records`), and an event as it is."""
        for name in ("events", "records"):
            batch = payload.get(name)
            if "specversion" not in payload and isinstance(batch, list) and all(isinstance(one, dict) for one in batch):
                yield from batch
                return
        yield payload
