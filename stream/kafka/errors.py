"""What can go wrong with Kafka; a single bad message is quarantined instead.

SourceError
├── KafkaUnreachable
├── TopicsMissing
└── RequesterKeyMissing
"""

from __future__ import annotations

from collections.abc import Collection

from stream.errors import SourceError


class KafkaUnreachable(SourceError):
    """No broker answers."""

    def __init__(self, brokers: str, why: str) -> None:
        self.brokers = brokers
        super().__init__(
            f"no Kafka broker answers at {brokers} ({why}); start it, name others in GROUNDSWELL_STREAM__BROKERS, or, where "
            "it asks for TLS or a password, check GROUNDSWELL_STREAM__SECURITY__*"
        )


class TopicsMissing(SourceError):
    """Topics that are needed are not there."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(f"the topics {', '.join(self.names)} do not exist; run `groundswell topics create`")


class RequesterKeyMissing(SourceError):
    """Workers must hash a requester to the same value, so they share one key."""

    def __init__(self) -> None:
        super().__init__(
            "no requester key is set, and with Kafka all processes must share one; make it with `openssl rand -hex 32` "
            "and set GROUNDSWELL_STREAM__REQUESTER_KEY to it everywhere"
        )
