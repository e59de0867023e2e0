"""Comparisons of stored tickets: what is read of them, and how groups and themes are distinguished."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from models.comparison.outcomes import Outcome
from models.comparison.report import Verdict
from models.metrics.figures import FigurePeriod
from models.service_levels.levels import ServiceLevels
from models.service_levels.policy import ServicePolicy, ServiceTarget
from pipelines.handling.comparison import ComparedTickets, ThemeChange, compare_groups, evaluate_theme_change
from pipelines.handling.refresh import refresh
from store.database import open_database, reading, upgrade
from tests.pipelines.handling_desk import NOW, START, HandlingDesk

HOUR = timedelta(hours=1)
LEVELS = ServiceLevels([ServicePolicy(name="all", targets={ServiceTarget.RESOLUTION: 4 * HOUR})], {}, "all 4h")
TICKETS = ComparedTickets(FigurePeriod(START, START + 24 * HOUR, START + 48 * HOUR), {})


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[HandlingDesk]:
    """Return a desk on which vendor A gets the slow theme 2 and B the fast theme 1; both solve a theme's tickets alike."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    desk = HandlingDesk(engine)
    for vendor, numbers in (("A", {1: 20, 2: 60}), ("B", {1: 60, 2: 20})):
        for theme, number in numbers.items():
            for at in range(number):
                name = f"{vendor}-{theme}-{at}"
                desk.create(name, 1, theme=theme, handled_by="vendor", vendor=vendor)
                desk.add(name, "ticket.solved", 1, 60 * (theme * 3 - 1) + 5 * (at % 20))
                if at % 2:
                    desk.add(name, "ticket.rated", 1, 60 * 12, csat=5 if at % 4 == 1 else 2)
    desk.close(2)
    refresh(engine, NOW, LEVELS)
    yield desk
    engine.dispose()


def test_vendors_that_are_alike_are_alike_on_the_same_mix(desk):
    """A vendor with more slow tickets keeps fewer promises and takes longer, and on the same mix as many and as long as the other."""
    with reading(desk.engine) as connection:
        kept, satisfied, times = (
            compare_groups(connection, TICKETS, outcome, "vendor")
            for outcome in (Outcome.KEPT, Outcome.SATISFIED, Outcome.RESOLUTION)
        )
    assert [(one.group, one.unadjusted) for one in kept.groups] == [("A", 0.25), ("B", 0.75)]
    assert [one.adjusted for one in kept.groups] == pytest.approx([0.5, 0.5])
    assert {one.verdict for one in kept.groups} == {Verdict.NOT_SHOWN}
    assert sum(one.tickets for one in satisfied.groups) == 80
    assert [one.unadjusted for one in times.groups] == pytest.approx([5.75, 2.75], abs=0.6)
    assert times.groups[0].adjusted == times.groups[1].adjusted


def test_a_change_of_too_few_themes_or_of_a_time_is_refused(desk):
    """An evaluation says what it needs."""
    change = ThemeChange(themes=(1,), controls=(2,), start=date(2026, 11, 20))
    with reading(desk.engine) as connection:
        with pytest.raises(ValueError, match="an evaluation needs 1"):
            evaluate_theme_change(connection, TICKETS, change, Outcome.KEPT)
        with pytest.raises(ValueError, match="valid for a change are kept, satisfied"):
            evaluate_theme_change(connection, TICKETS, change, Outcome.RESOLUTION)
