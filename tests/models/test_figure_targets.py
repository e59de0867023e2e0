"""Targets of figures: which one is for a row, and what a figure is against it."""

import pytest

from models.metrics.figures import Figure
from models.metrics.targets import COMPLIANCE, FigureTarget, TargetStatus, target_of

SATISFIED = FigureTarget(metric="csat", limit=0.8, is_most=False)
REPLY = FigureTarget(metric="first_reply_median", limit=1800, is_most=True)


@pytest.mark.parametrize(("target", "figure", "status"), [
    (SATISFIED, Figure(0.9, 0.85, 0.94), TargetStatus.MET),
    (SATISFIED, Figure(0.7, 0.6, 0.79), TargetStatus.MISSED),
    (SATISFIED, Figure(0.9, 0.75, 0.97), TargetStatus.UNCLEAR),
    (SATISFIED, Figure(0.8, 0.8, 0.8), TargetStatus.MET),
    (SATISFIED, Figure(None), None),
    (REPLY, Figure(1700.0, 1600.0, 1790.0), TargetStatus.MET),
    (REPLY, Figure(1900.0, 1810.0, 2000.0), TargetStatus.MISSED),
    (REPLY, Figure(1700.0, 1600.0, None), TargetStatus.UNCLEAR),
    (FigureTarget(metric="backlog_closing", limit=100, is_most=True), Figure(101.0), TargetStatus.MISSED),
])  # fmt: skip
def test_a_figure_is_judged_by_its_interval(target: FigureTarget, figure: Figure, status: TargetStatus | None) -> None:
    """A target is met or missed where the interval does not hold the limit, else the sample does not say; counts have no interval."""
    assert target.status(figure) is status


def test_the_first_target_that_is_for_a_row_counts() -> None:
    """A target with conditions is for rows that are known to fulfil them."""
    acme = FigureTarget(metric="csat", limit=0.9, is_most=False, match={"vendor": frozenset({"acme", "brightdesk"})})
    assert target_of([acme, SATISFIED], "csat", {"vendor": "acme", "region": "BR"}) is acme
    assert target_of([acme, SATISFIED], "csat", {"team": "a"}) is SATISFIED
    assert target_of([acme], "csat", {}) is None
    assert target_of([acme], COMPLIANCE, {"vendor": "acme"}) is None


def test_targets_are_written_in_their_unit() -> None:
    """A length of time, a share, or a number."""
    backlog = FigureTarget(metric="backlog_closing", limit=1200, is_most=True)
    assert [one.in_words() for one in (SATISFIED, REPLY, backlog)] == [
        "at least 80 %",
        "at most 30 min",
        "at most 1,200",
    ]
