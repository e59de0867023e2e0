"""How series add up."""

from hypothesis import given
from hypothesis import strategies as st

from store.board import Band, Hour, total_series

bands = st.builds(
    lambda mean, below, above: Band(mean, max(0.0, mean - below), mean + above, None),
    st.floats(0, 1000),
    st.floats(0, 500),
    st.floats(0, 500),
)
hours = st.builds(Hour, st.integers(0, 500_000), st.integers(0, 2000), st.floats(0, 1), st.none() | bands)


@given(st.lists(st.lists(hours, max_size=10), max_size=5))
def test_adding_up_themes_loses_no_ticket(parts: list[list[Hour]]) -> None:
    """Each hour is there once, in order, with the tickets of all themes."""
    added = total_series(tuple(part) for part in parts)
    assert [hour.hour for hour in added] == sorted({hour.hour for part in parts for hour in part})
    assert sum(hour.observed for hour in added) == sum(hour.observed for part in parts for hour in part)
