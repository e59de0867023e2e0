"""How numbers are written for people."""

import pytest

from models.formats import plan_error


@pytest.mark.parametrize(
    ("actual", "plan", "within", "said"),
    [
        (14, 10.0, False, "+40 %"),
        (8, 10.0, True, "as planned, -20 %"),
        (4, 1.5, True, "as planned, +2.5 tickets"),
        (0, 9.0, False, "-9.0 tickets"),
    ],
)
def test_an_error_is_a_share_of_many_and_a_difference_of_few(actual, plan, within, said):
    """A share of a few tickets says little, and what chance explains is no error."""
    assert plan_error(actual, plan, within=within) == said
