"""Spikes, epochs and contexts for tests that fill a state by hand."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models.launch import Launch
from models.segment import Segment
from models.spike import SpikeKind
from pipelines.context import EpochContext, EpochWindow
from pipelines.count_changes import CountChanges
from pipelines.rules import Rules
from pipelines.state import MinerState
from store.spikes import StoredSpike


def make_spike(
    spike_id: int, theme_id: int, start: datetime, end: datetime | None = None, **changes: Any
) -> StoredSpike:
    """Make a rise in all segments: nine tickets where one was expected."""
    values: dict[str, Any] = {
        "spike_id": spike_id, "theme_id": theme_id, "segment": Segment(), "kind": SpikeKind.SPIKE, "start": start, "end": end,
        "detected_at": start, "observed": 9, "expected": 1.0, "ratio": 9.0, "p_value": 0.1, "q_value": 0.1, "severity": 3.0,
        "now_observed": 9, "launch_id": None, "gate": None,
    }  # fmt: skip
    return StoredSpike(**{**values, **changes})


def make_window(
    end: datetime, *launches: Launch, length: timedelta = timedelta(minutes=5), **changes: Any
) -> EpochWindow:
    """Make the window of the epoch that ends at a time, which is known at once."""
    number = int(end.timestamp() // length.total_seconds()) - 1
    values = {"number": number, "end": end, "detected_at": end, "launches": launches, "model": "none", "length": length}
    return EpochWindow(**{**values, **changes})


def make_context(connection: Connection, state: MinerState, window: EpochWindow, rules: Rules) -> EpochContext:
    """Make the context of an epoch in which no count has changed yet."""
    changes = CountChanges(rules.mining.dimensions, rules.mining.pairs)
    return EpochContext(connection, state, window, rules, changes)
