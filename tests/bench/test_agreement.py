"""Agreement of themes with labels, checked against counts made by hand."""

import pytest

from bench.themes.agreement import agreement


def test_full_agreement_is_one():
    """The same grouping under other numbers scores one everywhere."""
    found = agreement({"a": "x", "b": "x", "c": "y", "d": "y"}, {"a": 7, "b": 7, "c": 3, "d": 3})
    assert (found.precision, found.recall, found.f1) == (1.0, 1.0, 1.0)
    assert (found.ami, found.ari) == pytest.approx((1.0, 1.0))


def test_bcubed_by_hand():
    """One theme over two labels of two and one tickets: precision 5/9, recall 1."""
    found = agreement({"a": "x", "b": "x", "c": "y"}, {"a": 1, "b": 1, "c": 1})
    assert found.precision == pytest.approx(5 / 9)
    assert found.recall == 1.0
    assert found.f1 == pytest.approx(10 / 14)


def test_unthemed_tickets_are_singletons():
    """None and absence both count as a group of one, never as a group of their own kind."""
    found = agreement({"a": "x", "b": "x", "c": "x"}, {"a": None})
    assert found.precision == 1.0
    assert found.recall == pytest.approx(1 / 3)


def test_nothing_labelled_is_refused():
    """Agreement over no ticket has no value."""
    with pytest.raises(ValueError, match="needs at least one"):
        agreement({}, {"a": 1})
