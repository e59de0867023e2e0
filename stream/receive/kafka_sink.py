"""Writing deliveries to the topics: a sender is answered when all replicas have every event."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from models.event import TicketEvent
from stream.kafka.deadletters import KafkaDeadLetters
from stream.kafka.headers import event_message
from stream.kafka.topics import Topics
from stream.raw import Raw
from stream.receive.delivery import Delivery
from stream.requester import seal_requester

REMEMBERED = 50_000
"""Deliveries whose ids are kept in memory: repeats come within minutes. One that is forgotten has no effect twice either, since
workers leave out events that are stored."""


class KafkaSink:
    """Sends the events of deliveries, redacted, in binary mode, with the ticket's id as key; refusals go to the dead letters."""

    def __init__(self, connect: Callable[[], Any], topics: Topics, key: bytes) -> None:
        """`connect` makes a producer with acks=all; it is called when the first delivery comes, and anew after a failure."""
        self._connect = connect
        self._topics = topics
        self._key = key
        self._producer: Any = None
        self._connecting = asyncio.Lock()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def store(self, delivery: Delivery) -> bool:
        """Send a delivery and wait for the broker; False where it was sent before. Raises what prevents it."""
        key = (delivery.system.value, delivery.delivery_id)
        if key in self._known:
            return False
        producer = await self._connected()
        try:
            await asyncio.gather(*(self._sent(producer, *message) for message in self._messages(delivery)))
            if delivery.refused:
                await asyncio.to_thread(self._bury, producer, delivery)
        except Exception:
            await self._drop(producer)
            raise
        self._known[key] = None
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return True

    def is_full(self) -> bool:
        """Return False: what waits here is limited by the deliveries that are answered at once."""
        return False

    def close(self) -> None:
        """Close the connection; what was answered is at the broker."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=5)

    async def _connected(self) -> Any:
        async with self._connecting:
            if self._producer is None:
                self._producer = await asyncio.to_thread(self._connect)
            return self._producer

    async def _drop(self, producer: Any) -> None:
        # A producer whose send failed may keep failing; other deliveries that wait for it fail and are sent again.
        if self._producer is producer:
            self._producer = None
            await asyncio.to_thread(producer.close, timeout=1)

    def _messages(self, delivery: Delivery) -> Sequence[tuple[str, Any]]:
        messages = []
        for event in delivery.events:
            data = event.data.model_dump(mode="json", exclude_unset=True)
            if isinstance(event, TicketEvent) and event.data.requester:
                data["requester"] = seal_requester(event.data.requester, self._key)
            messages.append((self._topics.of(event), event_message(event, data)))
        return messages

    async def _sent(self, producer: Any, topic: str, message: Any) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def confirmed(_: Any) -> None:
            loop.call_soon_threadsafe(_settle, done, None)

        def failed(error: BaseException) -> None:
            loop.call_soon_threadsafe(_settle, done, error)

        # `send` waits for the topic's metadata the first time, and while the producer's memory is full.
        sending = await asyncio.to_thread(
            producer.send, topic, key=message.key, value=message.value, headers=list(message.headers)
        )
        sending.add_callback(confirmed)
        sending.add_errback(failed)
        await done

    def _bury(self, producer: Any, delivery: Delivery) -> None:
        letters = [
            (Raw(delivery.position(number), refusal), refusal) for number, refusal in enumerate(delivery.refused)
        ]
        KafkaDeadLetters(self._topics.deadletters, lambda: producer).send(delivery.stream, letters)


def _settle(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
