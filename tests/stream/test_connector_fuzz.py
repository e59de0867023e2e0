"""Payloads near valid ones: a connector answers each with events or a refusal, and raises nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.ingest.fuzz import CONNECTORS, mutated, payloads_of
from stream.connectors.contract import convert
from stream.raw import RefusedEvent

ATTRIBUTES = {"specversion", "id", "source", "type", "time", "subject", "data"}

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("system", sorted(CONNECTORS))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_mutated_payload_is_answered(system, data):
    """Fields that are dropped, retyped, nested or swapped give events with the attributes of a CloudEvent, or one sentence."""
    payload = data.draw(st.sampled_from(payloads_of(GOLDEN, system)))
    for _ in range(data.draw(st.integers(1, 4))):
        payload = mutated(payload, data.draw(st.randoms(use_true_random=False)))
    for one in convert(CONNECTORS[system], payload):
        if isinstance(one, RefusedEvent):
            assert one.detail
            assert "\n" not in one.detail
        else:
            json.dumps(one)
            # CloudEvents are passed on as they are.
            assert system == "cloudevents" or one.keys() == ATTRIBUTES


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@pytest.mark.parametrize("system", sorted(CONNECTORS))
@given(payload=st.dictionaries(st.text(max_size=8), ANY_JSON, max_size=4))
def test_any_object_is_answered(system, payload):
    """An object of no system is refused, or gives nothing."""
    for one in convert(CONNECTORS[system], payload):
        assert isinstance(one, RefusedEvent | dict)


@pytest.mark.parametrize("system", ["jira", "zendesk", "chat"])
def test_a_deeply_nested_payload_is_answered(system):
    """Nesting that would exhaust the stack is cut or refused."""
    deep: object = "x"
    for _ in range(3000):
        deep = {"type": "paragraph", "content": [deep], "value": [deep]}
    payload = {"id": 1, "key": "A-1", "created_at": "2026-11-08T10:00:00Z", "subject": deep, "tags": [deep], "messages": [deep],
               "fields": {"created": "2026-11-08T10:00:00Z", "description": deep, "customfield_1": deep, "labels": [deep]}}  # fmt: skip
    assert list(convert(CONNECTORS[system], payload))
