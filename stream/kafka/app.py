"""The Faust app: one agent per incoming topic, one consumer group, and no exception that leaves an agent.

Faust 0.15.3 acknowledges a batch whose handler raised, and so loses it. So a handler here never raises: the intake tries again
in place until a batch is stored, and what cannot be mended ends the process at once, which commits nothing and lets Kafka
deliver the batch to another worker.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from stream.kafka.client import CLIENT, faust_credentials
from stream.kafka.intake import Arrived, Intake
from stream.kafka.settings import StreamSettings
from stream.kafka.topics import Topics

COMMIT_EVERY = timedelta(seconds=1)
HEARTBEATS_PER_SESSION = 4
"""Kafka's own advice is at least three; one lost packet must not cost a rebalance."""


class WorkerApp:
    """A Faust app whose agents hand their batches to the intake, in one thread, so that heartbeats go on while it embeds."""

    def __init__(self, settings: StreamSettings, intake: Intake, *, die: Callable[[BaseException], None]) -> None:
        """`die` ends the process at once, without any commit; it does not return."""
        self._settings = settings
        self._intake = intake
        self._die = die
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="intake")
        # Faust makes a folder for its tables wherever it is started; there are none, so it gets one that is deleted with the process.
        self._folder = tempfile.TemporaryDirectory(prefix="groundswell-faust-", ignore_cleanup_errors=True)
        self.topics = Topics(settings.topics.prefix)
        self.joined = False
        self.faust = self._make()
        for name in self.topics.incoming:
            self._add_agent(name)

    def assigned(self) -> int:
        """Number of partitions that this worker reads now."""
        return len(self.faust.consumer.assignment()) if self.joined else 0

    def lag(self) -> dict[tuple[str, int], int]:
        """Messages behind the end of each partition that this worker reads, as of the last fetch."""
        if not self.joined:
            return {}
        consumer = self.faust.consumer
        behind = {}
        for part in consumer.assignment():
            end, done = consumer.highwater(part), consumer._committed_offset.get(part)  # noqa: SLF001 (Faust has no other way to ask)
            if end is not None:
                behind[part.topic, part.partition] = max(0, end - (done or 0))
        return behind

    def close(self) -> None:
        """End the intake's thread and delete Faust's folder."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._folder.cleanup()

    def _make(self) -> Any:
        import faust

        settings = self._settings
        session = settings.session_timeout.total_seconds()
        app = faust.App(
            settings.group,
            broker=[f"kafka://{broker.strip()}" for broker in settings.brokers.split(",")],
            broker_client_id=CLIENT,
            broker_credentials=faust_credentials(settings.security),
            broker_session_timeout=session,
            broker_heartbeat_interval=session / HEARTBEATS_PER_SESSION,
            broker_commit_interval=COMMIT_EVERY.total_seconds(),
            consumer_auto_offset_reset="earliest",
            store="memory://",
            datadir=self._folder.name,
            value_serializer="raw",
            key_serializer="raw",
            # A topic that appears later would not be read: `topics create` makes them, and Faust makes none.
            topic_allow_declare=False,
            topic_disable_leader=True,
            # The default, written out because False loses the batch of a worker that is stopped.
            stream_wait_empty=True,
            web_enabled=False,
            autodiscover=False,
        )
        app.on_partitions_assigned.connect(self._on_assigned, weak=False)
        return app

    async def _on_assigned(self, *_: Any, **__: Any) -> None:
        self.joined = True

    def _add_agent(self, name: str) -> None:
        topic = self.faust.topic(name, key_type=bytes, value_type=bytes, value_serializer="raw", key_serializer="raw")

        async def take(stream: Any) -> None:
            async for events in stream.take_events(self._settings.batch, within=self._settings.wait.total_seconds()):
                await self._hand_over(name, events)

        # Order within a partition and commits without holes both need one handler at a time.
        self.faust.agent(topic, name=f"{name}-intake", concurrency=1)(take)

    async def _hand_over(self, topic: str, events: Any) -> None:
        try:
            messages = [_arrived(event.message) for event in events]
            await asyncio.get_running_loop().run_in_executor(self._thread, self._intake.take, topic, messages)
        except asyncio.CancelledError:
            # The app is being torn down with a batch unfinished: ending at once keeps Faust from committing it.
            self._die(asyncio.CancelledError("cancelled in a batch"))
            raise
        except BaseException as error:  # noqa: BLE001 (nothing may leave an agent: Faust would commit the batch)
            self._die(error)


def _arrived(message: Any) -> Arrived:
    headers = message.headers or {}
    pairs = headers.items() if hasattr(headers, "items") else headers
    return Arrived(message.partition, message.offset, [(name, value or b"") for name, value in pairs], message.value)
