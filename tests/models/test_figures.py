"""Figures of a period: each metric from the rows of tickets."""

from datetime import UTC, datetime, timedelta

import pytest

from models.metrics.columns import NEEDED, columns_of
from models.metrics.cost import CostTable, HandlerCost
from models.metrics.figures import FigurePeriod, figures
from models.metrics.metric import DEFINITIONS, ServiceMetric

START = datetime(2026, 11, 20, tzinfo=UTC)
PERIOD = FigurePeriod(START, START + timedelta(days=1), START + timedelta(days=10))


def hours(number):
    """Return a time so many hours after the start of the period."""
    return None if number is None else START + timedelta(hours=number)


def ticket(created=1.0, **values):
    """Make a row; times are given in hours after the start of the period."""
    row = dict.fromkeys(NEEDED) | {
        "created_by": "human", "handled_by": "human", "reopens": 0, "replies": 0, "human_replies": 0,
        "replies_before_resolution": 0, "transfers": 0, "had_human": False,
    }  # fmt: skip
    times = {name: hours(value) for name, value in values.items() if name.endswith("_at")}
    return row | values | {"created_at": hours(created)} | times


def made(*rows, reopened=None, period=PERIOD, **options):
    """Compute the figures of rows."""
    return figures(columns_of(rows, reopened), period, **options)


def test_every_metric_is_defined_and_made():
    """Every metric is defined and made."""
    costs = CostTable("EUR", {}, {})
    assert list(made(ticket(), costs=costs)) == list(ServiceMetric)
    assert list(DEFINITIONS) == list(ServiceMetric)


def test_a_count_belongs_to_when_it_happened_and_a_removed_ticket_to_no_period():
    """A count belongs to when it happened and a removed ticket to no period."""
    found = made(
        ticket(-5, first_resolved_at=2, resolved_at=2), ticket(3), ticket(30), ticket(4, removed_at=5),
        ticket(6, first_resolved_at=40, resolved_at=40),
    )  # fmt: skip
    assert (found[ServiceMetric.CREATED].value, found[ServiceMetric.RESOLVED].value) == (2, 1)


def test_the_backlog_counts_a_ticket_while_it_is_open():
    """The backlog counts a ticket while it is open."""
    rows = [
        ticket(-5),
        ticket(-5, first_resolved_at=-1, resolved_at=-1),
        ticket(-5, first_resolved_at=-4, first_reopened_at=-2, resolved_at=12, reopens=1),
        ticket(-5, first_resolved_at=-4, first_reopened_at=20, reopens=1),
        ticket(-5, removed_at=3),
        ticket(2, first_resolved_at=30, resolved_at=30),
    ]
    found = made(*rows)
    assert (found[ServiceMetric.BACKLOG_OPENING].value, found[ServiceMetric.BACKLOG_CLOSING].value) == (3, 3)
    assert found[ServiceMetric.BACKLOG_AGE].value == 29 * 3600


def test_a_ticket_that_was_reopened_twice_is_closed_while_it_was_solved():
    """A ticket that was reopened twice is closed while it was solved."""
    row = ticket(-50, first_resolved_at=-40, first_reopened_at=-30, resolved_at=None, reopens=2)
    spans = {0: [(hours(-40), hours(-30)), (hours(-10), hours(10))]}
    found = made(row, reopened=spans)
    assert (found[ServiceMetric.BACKLOG_OPENING].value, found[ServiceMetric.BACKLOG_CLOSING].value) == (0, 1)


def test_open_tickets_count_in_durations():
    """Open tickets count in durations."""
    solved = [ticket(1, first_resolved_at=1 + n, resolved_at=1 + n) for n in range(1, 5)]
    found = made(*solved, *[ticket(1) for _ in range(4)])[ServiceMetric.FULL_RESOLUTION_MEDIAN]
    assert (found.value, found.number, found.waiting) == (4 * 3600, 8, 4)
    assert made(*solved)[ServiceMetric.FULL_RESOLUTION_MEDIAN].value == 2 * 3600


def test_a_ticket_that_is_solved_without_an_answer_waited_until_then():
    """A ticket that is solved without an answer waited until then."""
    answered = [ticket(1, first_reply_at=2) for _ in range(3)]
    found = made(*answered, ticket(1, first_resolved_at=1.5, resolved_at=1.5))[ServiceMetric.FIRST_REPLY_MEDIAN]
    assert (found.value, found.waiting) == (3600, 1)


def test_shares_name_what_they_are_founded_on():
    """Shares name what they are founded on."""
    found = made(
        ticket(1, first_resolved_at=2, resolved_at=2, replies_before_resolution=1, csat=5, rated_at=3),
        ticket(1, first_resolved_at=2, first_reopened_at=3, reopens=1, replies_before_resolution=2, csat=3, rated_at=4),
        ticket(1, escalated_at=2, transfers=1, csat=4, rated_at=30),
    )
    values = {metric: (figure.value, figure.number) for metric, figure in found.items()}
    assert values[ServiceMetric.REOPEN_RATE] == (0.5, 2)
    assert values[ServiceMetric.ONE_TOUCH_RATE] == (0.5, 2)
    assert values[ServiceMetric.CSAT] == (0.5, 2)
    assert values[ServiceMetric.ESCALATION_RATE] == values[ServiceMetric.TRANSFER_RATE] == (pytest.approx(1 / 3), 3)


def test_containment_needs_no_person_and_no_return_within_days():
    """Containment needs no person and no return within days."""
    ai = {"created_by": "ai", "handled_by": "ai", "resolved_by": "ai", "first_resolved_at": 2}
    kept = [ticket(1, **ai, resolved_at=2) for _ in range(6)]
    back = ticket(1, **ai, first_reopened_at=3, reopens=1)
    later = ticket(1, **ai, first_reopened_at=2 + 8 * 24, reopens=1)
    person = ticket(1, created_by="ai", had_human=True)
    found = made(*kept, back, later, person, ticket(1, created_by="ai"))[ServiceMetric.CONTAINMENT]
    assert (found.value, found.number) == (pytest.approx(8 / 9 * 7 / 8), 9)
    assert found.low < found.value < found.high


def test_containment_is_not_biased_by_tickets_of_the_last_days():
    """Containment is not biased by tickets of the last days."""
    soon = FigurePeriod(START, START + timedelta(days=1), START + timedelta(days=1))
    ai = {"created_by": "ai", "handled_by": "ai", "resolved_by": "ai", "first_resolved_at": 2, "resolved_at": 2}
    rows = [ticket(1, **ai) for _ in range(3)] + [ticket(1, created_by="ai", had_human=True)]
    found = made(*rows, period=soon)[ServiceMetric.CONTAINMENT]
    assert (found.value, found.waiting) == (0.75, 3)


def test_cost_is_that_of_the_last_handler_and_of_the_answers():
    """Cost is that of the last handler and of the answers."""
    costs = CostTable("EUR", {"ai": HandlerCost(0.1, 0.02), "human": HandlerCost(2, 1)}, {"acme": HandlerCost(3, 0.5)})
    solved = {"first_resolved_at": 2, "resolved_at": 2}
    found = made(
        ticket(1, **solved, replies=3, human_replies=2),
        ticket(1, **solved, handled_by="vendor", vendor="acme", replies=1, human_replies=1),
        costs=costs,
    )[ServiceMetric.COST_PER_RESOLUTION]
    assert found.value == pytest.approx((2 + 2 * 1 + 0.02 + 3 + 0.5) / 2)


def test_nothing_gives_no_figures_and_no_failure():
    """Nothing gives no figures and no failure."""
    found = made()
    assert found[ServiceMetric.CREATED].value == 0
    assert found[ServiceMetric.CSAT].value is None
    assert found[ServiceMetric.FULL_RESOLUTION_MEDIAN].value is None


def test_a_period_ends_after_it_starts_and_costs_are_not_negative():
    """A period ends after it starts and costs are not negative."""
    with pytest.raises(ValueError, match="valid is an end after the start"):
        FigurePeriod(START, START, START)
    with pytest.raises(ValueError, match="valid is a cost of 0 or more"):
        HandlerCost(-1)
