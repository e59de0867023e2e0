"""What changed since the digest before: new, growing, steady, fading, resolved."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.digest.comparison import ItemFigures, PreviousItems, Trend, resolved_since, trend_of
from store.digests import DigestKind, DigestWindow
from tests.alerts.launch_day import DAY

BEFORE = DigestWindow(DAY - timedelta(days=1), DAY)


def previous(excess=20.0, *, open_=True, kind=DigestKind.DAILY, hours=24.0):
    """A digest before with theme 1."""
    return PreviousItems(BEFORE, kind, {1: ItemFigures(1, excess, open_, hours)})


@pytest.mark.parametrize(
    ("excess", "open_", "before", "trend"),
    [
        (30.0, True, previous(), Trend.GROWING),
        (21.0, True, previous(), Trend.STEADY),
        (10.0, True, previous(), Trend.FADING),
        (20.0, False, previous(), Trend.FADING),
        (20.0, False, previous(open_=False), Trend.STEADY),
        (2.0, True, previous(1.0), Trend.STEADY),
        (30.0, True, PreviousItems(BEFORE, DigestKind.DAILY, {}), Trend.NEW),
        (30.0, True, None, None),
    ],
)
def test_an_item_is_compared_with_the_digest_before(excess, open_, before, trend):
    """By the pace of its excess, where the difference is more than a few tickets; an end is fading."""
    assert trend_of(ItemFigures(1, excess, open_, 24.0), before) is trend


@pytest.mark.parametrize(
    ("excess", "trend"), [(40.0, Trend.GROWING), (25.0, Trend.STEADY), (21.0, Trend.FADING), (20.0, Trend.FADING)]
)
def test_digests_of_a_launch_are_compared_by_what_was_added(excess, trend):
    """The fifth hour of a launch is compared with the pace of the four hours before, though both digests begin with the launch."""
    before = previous(20.0, kind=DigestKind.LAUNCH_DAY, hours=4.0)
    assert trend_of(ItemFigures(1, excess, open=True, hours=5.0), before) is trend


def test_a_repeated_hour_changes_nothing():
    """A digest of the same hours as the one before has nothing to compare."""
    assert (
        trend_of(ItemFigures(1, 90.0, open=True, hours=4.0), previous(kind=DigestKind.LAUNCH_DAY, hours=4.0))
        is Trend.STEADY
    )


def test_what_is_gone_is_resolved():
    """A theme that was an item and is none any more is resolved; without a digest before nothing is."""
    assert resolved_since(previous(), [2]) == (1,)
    assert resolved_since(previous(), [1, 2]) == ()
    assert resolved_since(None, []) == ()


@given(excess=st.floats(-50, 500), hours=st.floats(1, 200))
def test_the_same_pace_is_steady(excess, hours):
    """An item that goes on at the pace of the digest before is neither growing nor fading, whatever the lengths of the windows."""
    before = previous(excess, hours=24.0)
    assert trend_of(ItemFigures(1, excess / 24.0 * hours, open=True, hours=hours), before) is Trend.STEADY
