"""A real broker for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.harness import needs
from tests.harness.kafka import Broker, KafkaMissingError, running_broker


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """Run one Kafka broker for the test process, from when it is first asked for."""
    try:
        with running_broker() as running:
            yield running
    except KafkaMissingError as absent:
        needs.missing("Kafka", f"{absent} (or set GROUNDSWELL_TEST_KAFKA=host:port)")
