"""Names and evidence of themes."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes import name_themes, representatives

START = datetime(2026, 9, 1, tzinfo=UTC)
REFUNDS = [
    "I cancelled and my refund has not arrived",
    "Refund not arrived after cancel",
    "Hello, my refund hasn't arrived",
]
LOGINS = [
    "Cannot log in since the update",
    "Password reset mail does not come",
    "The password reset link is dead",
]
PAYOUTS = [
    "Creator payout is pending for [DATE]",
    "My payout still pending, card [CARD]",
    "payout pending 3 weeks",
]


def test_names_say_what_a_theme_is_about():
    """The phrase and the keywords come from what is frequent in the theme and rare elsewhere."""
    names = name_themes({1: REFUNDS, 2: LOGINS, 3: PAYOUTS})
    assert names[1].name == "Refund not arrived"
    assert "password" in names[2].name.lower()
    assert names[3].name == "Creator payout pending"
    assert "payout" in " ".join(names[3].keywords)


def test_names_hold_no_placeholders_and_no_numbers():
    """Redaction placeholders and digits never reach a name or a keyword."""
    for theme in name_themes({1: REFUNDS, 2: LOGINS, 3: PAYOUTS}).values():
        assert not re.search(r"[\d\[\]]|\bdate\b", " ".join((theme.name, *theme.keywords)), re.IGNORECASE)


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.integers(1, 40), st.lists(st.text(max_size=40), max_size=4), max_size=6),
    st.text(max_size=10),
)
def test_names_are_unique_and_in_no_order(documents, pinned):
    """Any texts, even empty ones: each theme gets a name of its own, free of digits, whatever the order."""
    names = name_themes(documents, taken=[pinned])
    assert set(names) == set(documents)
    spoken = [theme.name.casefold() for theme in names.values()]
    assert len({*spoken, pinned.casefold()}) == len(spoken) + 1
    assert not any(character.isdigit() for name in spoken for character in name)
    assert all(len(theme.keywords) <= 10 for theme in names.values())
    assert name_themes(dict(reversed(documents.items())), taken=[pinned]) == names


def test_alike_themes_get_two_names():
    """Two themes with the same texts are told apart."""
    names = name_themes({1: REFUNDS, 2: REFUNDS})
    assert names[1].name != names[2].name


def test_representatives_show_centre_newest_and_edge():
    """The first is the most central, and an outlier is not taken as the recent one."""
    random = np.random.default_rng(0)
    rows = np.array([1.0, 0.0, 0.0]) + 0.2 * random.standard_normal((40, 3))
    rows[39] = [0.0, 0.0, 1.0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    chosen = representatives(rows, [START + timedelta(hours=n) for n in range(40)])
    closeness = rows @ rows.mean(axis=0)
    assert len(set(chosen)) == 5
    assert chosen[0] == int(np.argmax(closeness))
    assert chosen[1] > 30
    assert 39 not in chosen


@pytest.mark.parametrize(("distinct", "expected"), [(0, 0), (1, 1), (2, 2), (3, 3), (9, 5)])
def test_representatives_are_distinct_tickets(distinct, expected):
    """Copies are shown once, and a small theme shows what it has."""
    rows = np.repeat(np.eye(12)[:distinct], 4, axis=0)
    times = [START] * len(rows)
    chosen = representatives(rows, times)
    assert len(chosen) == expected
    assert len({tuple(rows[row]) for row in chosen}) == expected
