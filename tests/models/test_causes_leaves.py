"""What real tickets bring: absent attributes, hundreds of values, any script; and the shares estimated from them."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.causes import CauseInputs, explain
from models.causes.combinations import Combinations
from models.causes.leaves import Leaves, tally
from models.causes.subset_scan import scan
from models.segment import EVERYTHING, Segment

ONSET = datetime(2026, 9, 21, 13, 20, tzinfo=UTC)
DIMENSIONS = ("region", "payment_method", "app_version", "handled_by")
VALUES = st.one_of(st.none(), st.sampled_from(["BR", "日本", "भारत", "مصر", "", "a, b", "Ω😀", "None", "-1"]))
TICKETS = st.lists(st.fixed_dictionaries(dict.fromkeys(DIMENSIONS, VALUES)), max_size=40)


def leaves_of(window, reference, expected=10.0, background=()):
    """Leaves over the dimensions of this module."""
    return Leaves(*(tally(rows, DIMENSIONS) for rows in (window, reference, background)), expected, DIMENSIONS)


@settings(deadline=None, max_examples=60)
@given(TICKETS, TICKETS)
def test_any_tickets_can_be_explained(window, reference):
    """Absent values, any text and any numbers of tickets give an answer whose figures are in range."""
    found = explain(CauseInputs(window, reference, 3.0, start=ONSET, dimensions=DIMENSIONS))
    assert found.verdict
    for cause in found.causes:
        assert 0.0 <= cause.contribution <= 1.0
        assert cause.interval[0] <= cause.relative_risk <= cause.interval[1]
        assert any(cause.segment.holds(ticket) for ticket in window)


@settings(deadline=None, max_examples=60)
@given(TICKETS.filter(bool), TICKETS.filter(bool))
def test_combinations_agree_with_counting_one_segment(window, reference):
    """The figures of a combination in the flat arrays equal those of counting its segment."""
    leaves = leaves_of(window, reference)
    found = Combinations(leaves)
    for at in range(len(found)):
        observed, expected, support = leaves.counted(found.segment(at))
        assert observed == found.observed[at] == sum(found.segment(at).holds(ticket) for ticket in window)
        assert support == pytest.approx(found.support[at])
        assert 0.0 < found.share[at] * 10.0 <= expected * (1 + 1e-9)


@settings(deadline=None, max_examples=60)
@given(TICKETS.filter(bool), TICKETS.filter(bool), st.randoms(use_true_random=False))
def test_order_of_tickets_does_not_matter(window, reference, random):
    """The same tickets in another order are the same leaves, and the scan finds the same with the same figures."""
    one = scan(leaves_of(window, reference, 1.0), 1.0)
    random.shuffle(window)
    random.shuffle(reference)
    assert scan(leaves_of(window, reference, 1.0), 1.0) == one


@settings(deadline=None, max_examples=60)
@given(TICKETS)
def test_everything_is_all_tickets(reference):
    """Everything contains all tickets of the window and all that are expected."""
    assert leaves_of(reference, reference, 7.0).counted(EVERYTHING)[:2] == (len(reference), 7.0)


def test_absent_value_is_in_no_segment_of_its_dimension():
    """Tickets without a version count for their region, and are in no segment of any version."""
    window = [{"region": "BR", "app_version": None}] * 6 + [{"region": "US", "app_version": "1"}] * 4
    leaves = leaves_of(window, window)
    assert leaves.counted(Segment.of({"region": "BR"}))[0] == 6
    assert leaves.counted(Segment.of({"app_version": "1"}))[0] == 4
    assert leaves.counted(Segment.of({"app_version": "None"}))[0] == 0


def usual(random, n, versions=300):
    """Tickets whose version is one of hundreds, and absent in one of ten."""
    return [
        {
            "region": str(random.choice(["US", "BR", "IN"])),
            "payment_method": str(random.choice(["card", "pix", "upi"])),
            "app_version": None if random.random() < 0.1 else f"38.{random.integers(versions)}.0",
            "handled_by": str(random.choice(["ai", "human"])),
        }
        for _ in range(n)
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("version", ["38.7.0", "39.0.0-β"], ids=["known", "new"])
def test_one_version_of_hundreds_is_found(seed, version):
    """A version that fails is found among hundreds, also one that was never seen before; no other cause is named."""
    random = np.random.default_rng(seed)
    failing = [ticket | {"app_version": version} for ticket in usual(random, 30)]
    found = explain(
        CauseInputs(usual(random, 60) + failing, usual(random, 1000), 60.0, start=ONSET, dimensions=DIMENSIONS)
    )
    assert [cause.segment for cause in found.causes] == [Segment.of({"app_version": version})]


@pytest.mark.parametrize("seed", range(3))
def test_new_value_with_a_place_of_its_own_is_reported_with_its_place(seed):
    """A version never seen before that fails in one region only is reported with the region."""
    random = np.random.default_rng(seed)
    failing = [ticket | {"app_version": "39.0.0", "region": "BR"} for ticket in usual(random, 40)]
    found = explain(
        CauseInputs(usual(random, 60) + failing, usual(random, 1000), 60.0, start=ONSET, dimensions=DIMENSIONS)
    )
    assert [cause.segment for cause in found.causes] == [Segment.of({"app_version": "39.0.0", "region": "BR"})]


@pytest.mark.parametrize("seed", range(3))
def test_handler_is_a_dimension_like_others(seed):
    """An excess of tickets that the AI handled is found in that dimension."""
    random = np.random.default_rng(seed)
    failing = [ticket | {"handled_by": "ai", "region": "IN"} for ticket in usual(random, 60)]
    found = explain(
        CauseInputs(usual(random, 80) + failing, usual(random, 800), 80.0, start=ONSET, dimensions=DIMENSIONS)
    )
    assert [cause.segment for cause in found.causes] == [Segment.of({"handled_by": "ai", "region": "IN"})]


def test_dimension_that_is_always_absent_is_set_aside():
    """A dimension without any value leaves the others to explain."""
    random = np.random.default_rng(0)
    strip = [{**ticket, "app_version": None} for ticket in usual(random, 400)]
    failing = [{**ticket, "payment_method": "pix"} for ticket in strip[:50]]
    found = explain(CauseInputs(strip[50:150] + failing, strip[150:], 100.0, start=ONSET, dimensions=DIMENSIONS))
    assert [cause.segment for cause in found.causes] == [Segment.of({"payment_method": "pix"})]
