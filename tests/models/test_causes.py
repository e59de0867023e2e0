from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.causes import CauseInputs, explain
from models.change import Change
from models.launch import Launch
from models.segment import EVERYTHING, Segment

ONSET = datetime(2026, 9, 21, 13, 20, tzinfo=UTC)
DIMENSIONS = ("business_line", "region", "payment_method", "platform", "app_version")
MIX = {
    "business_line": (["ecommerce", "live", "creator", "ads"], [0.45, 0.3, 0.15, 0.1]),
    "region": (["US", "BR", "IN", "GB", "DE"], [0.4, 0.2, 0.15, 0.15, 0.1]),
    "payment_method": (["card", "pix", "wallet", "upi"], [0.5, 0.1, 0.25, 0.15]),
    "platform": (["android", "ios", "web"], [0.5, 0.35, 0.15]),
    "app_version": (["38.0.0", "38.1.0", "38.2.0"], [0.4, 0.4, 0.2]),
}
PAIR = Segment.of({"region": "BR", "payment_method": "pix"})
ANDROID = Segment.of({"platform": "android", "app_version": "38.2.0"})


def tickets(random, n, segment=EVERYTHING):
    """Tickets of the usual mix, with the segment's values in place of their own."""
    return [
        {name: str(random.choice(values, p=weights)) for name, (values, weights) in MIX.items()} | segment.as_dict()
        for _ in range(n)
    ]


def change(identity, scope, hours_before, kind="release"):
    """A change some hours before the onset."""
    return Change(identity, kind, f"Rollout {identity}", scope, ONSET - timedelta(hours=hours_before))


def explained(random, window, expected, **given):
    """Explain with 300 usual tickets as the reference."""
    reference = given.pop("reference", tickets(random, 300))
    return explain(CauseInputs(window, reference, expected, start=ONSET, dimensions=DIMENSIONS, **given))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("planted", [PAIR, ANDROID, Segment.of({"business_line": "live"})], ids=str)
def test_planted_segment_is_found(seed, planted):
    """Of 200 tickets with 60 in one segment, the scan names exactly that segment, with its share and risk."""
    random = np.random.default_rng(seed)
    window = tickets(random, 140) + tickets(random, 60, planted)
    found = explained(random, window, 140.0)
    assert [cause.segment for cause in found.causes] == [planted]
    (cause,) = found.causes
    assert cause.kind == "segment"
    assert cause.contribution > 0.6
    assert cause.interval[0] < cause.relative_risk < cause.interval[1]
    assert cause.relative_risk > 1.5
    assert str(planted) in found.verdict


def test_two_causes_are_both_named():
    """One cause is explained away before the next is searched for."""
    random = np.random.default_rng(1)
    window = tickets(random, 100) + tickets(random, 60, PAIR) + tickets(random, 60, ANDROID)
    found = explained(random, window, 100.0, reference=tickets(random, 1000))
    assert {cause.segment for cause in found.causes} == {PAIR, ANDROID}


@pytest.mark.parametrize("seed", range(6))
def test_rise_that_is_alike_everywhere_has_no_segment(seed):
    """When every segment rises alike, no segment is named, and the verdict states it."""
    random = np.random.default_rng(seed)
    found = explained(random, tickets(random, 80), 4.0)
    assert found.causes == ()
    assert found.verdict.startswith("No supported cause")


@pytest.mark.parametrize("seed", range(6))
def test_usual_mix_has_no_cause(seed):
    """A window as large as expected, with the usual mix, has no cause."""
    random = np.random.default_rng(seed)
    assert explained(random, tickets(random, 100), 97.0).causes == ()


def test_change_is_named_and_decoys_are_not():
    """The change with the segment's scope, minutes before, is named; others by scope or by time are not."""
    random = np.random.default_rng(2)
    window = tickets(random, 10) + tickets(random, 60, PAIR)
    changes = [
        change("true", PAIR, 0.3),
        change("elsewhere", Segment.of({"region": "DE"}), 0.2),
        change("days-ago", PAIR, 50),
        change("everywhere-yesterday", EVERYTHING, 20),
        change("afterwards", PAIR, -2),
    ]
    found = explained(random, window, 10.0, changes=changes)
    named = [cause for cause in found.causes if cause.kind == "change"]
    assert [cause.change_id for cause in named] == ["true"]
    assert "18 minutes before" in named[0].reason
    assert "Rollout true" in found.verdict


def test_nearer_change_comes_first():
    """Of two changes of the same scope the later one ranks higher; an incident keeps its kind."""
    random = np.random.default_rng(3)
    window = tickets(random, 5) + tickets(random, 60, PAIR)
    changes = [change("older", PAIR, 4), change("newer", PAIR, 0.5, "incident")]
    named = [c for c in explained(random, window, 5.0, changes=changes).causes if c.kind != "segment"]
    assert [(cause.kind, cause.change_id) for cause in named] == [("incident", "newer"), ("change", "older")]


def test_change_without_scope_fits_a_rise_without_segment():
    """A change that touches everything is named for a rise that is everywhere."""
    random = np.random.default_rng(4)
    found = explained(random, tickets(random, 60), 3.0, changes=[change("global", EVERYTHING, 0.5)])
    assert [cause.change_id for cause in found.causes] == ["global"]


def test_running_launch_is_named_for_its_scope():
    """A launch that runs at the onset is a cause when the excess is in its scope, and none when it does not."""
    random = np.random.default_rng(5)
    live = Segment.of({"business_line": "live"})
    launch = Launch(
        "launch-1", "launch", "LIVE night", ONSET - timedelta(hours=2), ONSET + timedelta(hours=22), live, 0.3, ()
    )
    inside = explained(random, tickets(random, 5) + tickets(random, 50, live), 5.0, launches=[launch])
    assert ("launch", "launch-1") in [(cause.kind, cause.change_id) for cause in inside.causes]
    outside = explained(random, tickets(random, 60), 5.0, launches=[launch])
    assert outside.causes == ()


@pytest.mark.parametrize("window", [0, 1, 4])
def test_too_few_tickets_are_not_explained(window):
    """A handful of tickets has no cause, and the verdict states why."""
    random = np.random.default_rng(6)
    found = explained(random, tickets(random, window), 0.0)
    assert found.causes == ()
    assert "too few tickets" in found.verdict


def test_without_reference_only_changes_can_be_named():
    """Where nothing is known of the usual mix no segment is named."""
    random = np.random.default_rng(7)
    found = explained(random, tickets(random, 40, PAIR), 2.0, reference=[])
    assert [cause for cause in found.causes if cause.kind == "segment"] == []


def test_background_stands_in_for_the_reference():
    """A theme without usual tickets of its own is compared with the mix of all tickets."""
    random = np.random.default_rng(8)
    window = tickets(random, 5) + tickets(random, 40, PAIR)
    found = explained(random, window, 5.0, reference=[], background=tickets(random, 500))
    assert [cause.segment for cause in found.causes] == [PAIR]


def test_one_value_everywhere_is_no_explanation():
    """A dimension that has the same value in all tickets explains nothing, absent values neither."""
    window = [{"region": "US", "platform": None} for _ in range(40)]
    found = explain(CauseInputs(window, window, 4.0, start=ONSET, dimensions=("region", "platform", "product")))
    assert found.causes == ()


def test_answer_does_not_depend_on_the_order_of_tickets():
    """The same tickets in another order have the same causes."""
    random = np.random.default_rng(9)
    window, reference = tickets(random, 50) + tickets(random, 40, ANDROID), tickets(random, 200)
    one = explain(CauseInputs(window, reference, 50.0, start=ONSET, dimensions=DIMENSIONS))
    other = explain(CauseInputs(window[::-1], reference[::-1], 50.0, start=ONSET, dimensions=DIMENSIONS))
    assert [(c.segment, c.reason) for c in one.causes] == [(c.segment, c.reason) for c in other.causes]


@pytest.mark.parametrize("seed", range(3))
def test_a_large_window_is_explained_as_a_thousand_tickets_of_its_mix(seed):
    """Ten times a thousand tickets, in the same mix, against the same reference: the cause is the same, and not divided."""
    random = np.random.default_rng(seed)
    window, reference = tickets(random, 250) + tickets(random, 750, PAIR), tickets(random, 500)
    small = explained(random, window, 250.0, reference=reference)
    large = explained(random, window * 10, 2_500.0, reference=reference)
    assert PAIR in [cause.segment for cause in small.causes]
    assert [cause.segment for cause in large.causes] == [cause.segment for cause in small.causes]
    for one, other in zip(large.causes, small.causes, strict=True):
        assert one.relative_risk == pytest.approx(other.relative_risk, rel=1e-3)
