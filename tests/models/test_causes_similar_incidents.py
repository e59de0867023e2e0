"""A spike is called similar to an earlier one only where segments and growth support it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.causes import CauseInputs, PastSpike, explain
from models.causes.similar_incidents import segment_similarity, shape_similarity, similar_incidents
from models.segment import EVERYTHING, Segment

THEN = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
PIX = Segment.of({"region": "BR", "payment_method": "pix"})
SEGMENTS = st.dictionaries(st.sampled_from(["region", "platform", "channel"]), st.sampled_from("abc")).map(Segment.of)


def burst(start, n=60, hours=6.0, power=1.0):
    """Arrivals that grow as a power of time."""
    return tuple(start + timedelta(hours=hours * ((at + 0.5) / n) ** (1.0 / power)) for at in range(n))


def past(number=12, segments=(PIX,), start=THEN, arrivals=None, recorded=None):
    """An earlier spike of six hours."""
    return PastSpike(number, start, start + timedelta(hours=6), segments, arrivals or burst(start), recorded)


def test_same_place_and_growth_is_alike_and_says_so():
    """A spike with the same segment and growth is named with its number, day, similarity and recorded cause."""
    found = similar_incidents([past(recorded="rule update Pix limits")], [PIX], NOW, burst(NOW))
    assert found is not None
    assert (found.spike.name, found.segment) == ("spike:12", PIX)
    assert found.score > 0.95
    assert found.reason == (
        "Like spike 12 of 3 November 2026: the theme is the same, the excess was in BR pix and grew alike; it was put "
        "down to rule update Pix limits, and it lasted 6 hours."
    )


def test_other_place_is_not_alike():
    """A spike elsewhere is not named, however alike it grew."""
    assert similar_incidents([past(segments=(Segment.of({"region": "IN"}),))], [PIX], NOW, burst(NOW)) is None
    assert similar_incidents([past(segments=())], [PIX], NOW, burst(NOW)) is None


def test_rises_everywhere_must_grow_alike():
    """Two rises that are everywhere are compared by growth: a sudden one and a gradual one are not similar."""
    assert similar_incidents([past(segments=())], [EVERYTHING], NOW, burst(NOW)) is not None
    assert similar_incidents([past(segments=())], [EVERYTHING], NOW, burst(NOW, power=4.0)) is None


def test_latest_of_equals_is_named():
    """Of several earlier spikes that are equally alike the latest is named."""
    later = THEN + timedelta(days=7)
    found = similar_incidents([past(1), past(2, start=later, arrivals=burst(later))], [PIX], NOW, burst(NOW))
    assert found is not None
    assert found.spike.spike_id == 2


@given(SEGMENTS, SEGMENTS)
def test_likeness_of_place_is_symmetric_and_full_only_for_equals(one, other):
    """It is between 0 and 1, the same from both sides, and 1 for equal segments alone."""
    likeness = segment_similarity(one, other)
    assert likeness == segment_similarity(other, one)
    assert 0.0 <= likeness <= 1.0
    assert (likeness == 1.0) == (one == other)


@given(st.lists(st.integers(0, 20_000), max_size=40), st.lists(st.integers(0, 20_000), max_size=40))
def test_likeness_of_shape_is_a_share(one, other):
    """It is between 0 and 1, and 1 for a spike compared with itself, given five tickets."""
    mine = sorted(NOW + timedelta(seconds=each) for each in one)
    theirs = sorted(THEN + timedelta(seconds=each) for each in other)
    assert 0.0 <= shape_similarity(THEN, theirs, NOW, mine) <= 1.0
    assert shape_similarity(NOW, mine, NOW, mine) == (1.0 if len(mine) >= 5 else 0.0)


@pytest.mark.parametrize("segment", [PIX, EVERYTHING], ids=str)
def test_explanation_names_the_earlier_spike(segment):
    """The earlier spike is a cause of the kind incident with figures of this excess, after the causes that were found in it."""
    random = np.random.default_rng(0)
    usual = [
        {"region": str(random.choice(["US", "BR", "IN"])), "payment_method": str(random.choice(["card", "pix", "upi"]))}
        for _ in range(700)
    ]
    window = usual[:5] + [ticket | segment.as_dict() for ticket in usual[5:65]]
    found = explain(
        CauseInputs(
            window,
            usual[65:],
            5.0,
            start=NOW,
            dimensions=("region", "payment_method"),
            arrivals=burst(NOW, 65),
            past=[past(segments=(segment,) if segment.pairs else ())],
        )
    )
    last = found.causes[-1]
    assert (last.kind, last.change_id, last.segment) == ("incident", "spike:12", segment)
    assert last.contribution > 0.9
    assert 0.0 < last.score <= 1.0
    assert "Like spike 12 of 3 November 2026" in found.verdict
