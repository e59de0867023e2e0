"""Reports on AI and on effort: daily sums and rows give the same, and both what a count of the tickets gives."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models.access import EVERYTHING, AccessScope
from models.metrics.ai_quality import AI_DEFINITIONS, AiMetric
from models.metrics.case_sums import FOR_AI, FOR_COST, FOR_EFFORT
from models.metrics.columns import columns_of
from models.metrics.cost import CostTable, HandlerCost
from models.metrics.effort import EffortMeasure, rank_efforts
from models.metrics.figures import FigurePeriod
from pipelines.figures.ai import read_ai_report
from pipelines.figures.cases import read_case_sums, read_daily_ratings, read_series
from pipelines.figures.effort import read_effort_report
from pipelines.figures.query import FigureQuery
from pipelines.handling.cells import recount
from pipelines.handling.refresh import refresh
from store.database import open_database, reading, upgrade
from store.handling_sums import sum_rows
from store.schema import ticket_handling
from tests.pipelines.handling_desk import NOW, START, HandlingDesk

DAY = timedelta(days=1)
FIRST = START.replace(hour=0)
PERIOD = FigurePeriod(FIRST, FIRST + 3 * DAY, NOW)
EARLIER = FigurePeriod(FIRST - 3 * DAY, FIRST, NOW)
COSTS = CostTable(
    "EUR",
    {"ai": HandlerCost(0, 0.5), "human": HandlerCost(2, 1), "vendor": HandlerCost(1)},
    {"acme": HandlerCost(4, 2)},
)
STEPS: list[tuple[str, dict[str, object]]] = [
    ("comment.added", {"author_role": "bot"}), ("ticket.reassigned", {"handled_by": "vendor", "vendor": "acme"}),
    ("comment.added", {"author_role": "agent"}), ("ticket.updated", {"waits_for": "requester"}), ("ticket.solved", {}),
    ("ticket.reopened", {}), ("ticket.escalated", {}), ("ticket.solved", {}), ("ticket.rated", {"csat": 5}),
    ("ticket.reassigned", {"handled_by": "human"}), ("ticket.reopened", {}), ("ticket.solved", {}), ("ticket.rated", {"csat": 2}),
    ("ticket.merged", {}),
]  # fmt: skip
"""What happens to tickets: each skips some of it."""


def _fill(desk: HandlingDesk, tickets: int) -> None:
    """Store tickets of four days that were handled in many ways, and refresh the figures."""
    for number in range(tickets):
        minute = 71 * number * 80 // tickets - 600
        desk.create(
            f"T-{number:02}", 1, minute, 7 + number % 4, handled_by=("ai", "ai", "human", None)[number % 4],
            vendor=None, business_line=("live", "shop")[number % 3 == 0],
        )  # fmt: skip
        for place, (kind, data) in enumerate(STEPS):
            if (number * (place + 3)) % 7 > 2 or (kind == "ticket.merged" and number % 9):
                continue
            desk.add(f"T-{number:02}", kind, 1, minute + 40 * (place + 1) + number % 13, **data)
    desk.close(2)
    refresh(desk.engine, NOW)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HandlingDesk]:
    """Return a desk with tickets of four days; tests only read it."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('figures') / 'g.db'}")
    upgrade(engine)
    desk = HandlingDesk(engine)
    _fill(desk, 60)
    yield desk
    engine.dispose()


def _by_key(sums: Any) -> dict[Any, dict[str, int]]:
    found: dict[Any, dict[str, int]] = {}
    for key, one in zip(sums.keys, sums.records(), strict=True):
        total = found.setdefault((key.theme, key.handler), dict.fromkeys(one, 0))
        found[key.theme, key.handler] = {name: total[name] + number for name, number in one.items()}
    return {key: one for key, one in found.items() if any(one.values())}


def test_sums_of_cells_are_those_of_rows(database_url: str):
    """Daily sums and rows give the same on both databases, handled seconds within a second a ticket."""
    engine = open_database(database_url)
    upgrade(engine)
    _fill(HandlingDesk(engine), 24)
    with reading(engine) as connection:
        for names in (FOR_AI, FOR_EFFORT, FOR_COST):
            cells = _by_key(read_case_sums(connection, FigureQuery(PERIOD), names))
            rows = _by_key(sum_rows(connection, (PERIOD.start, PERIOD.end), names, {}))
            assert cells.keys() == rows.keys()
            for key, one in cells.items():
                assert one.pop("handled_seconds", 0) == pytest.approx(rows[key].pop("handled_seconds", 0), abs=60)
                assert one == rows[key]
        everything = AccessScope.of({"business_line": ["live", "shop"]})
        ratings = [
            read_daily_ratings(connection, FigureQuery(PERIOD, scope=scope)) for scope in (EVERYTHING, everything)
        ]
    engine.dispose()
    assert [one.tolist() for one in ratings[0]] == [one.tolist() for one in ratings[1]]
    assert ratings[0][0].sum() > 3


def test_sums_of_rows_are_those_of_a_count(desk):
    """Sums equal a count of the tickets of each theme and handler, written out."""
    rows = [row for row in desk.rows().values() if row["removed_at"] is None]
    with reading(desk.engine) as connection:
        found = _by_key(
            sum_rows(connection, (PERIOD.start, PERIOD.end), tuple({*FOR_AI, *FOR_EFFORT} - {"handled_seconds"}), {})
        )
    counted: dict[Any, dict[str, int]] = {}
    for row in rows:
        begun = row["created_by"] == "ai"
        alone = begun and row["resolved_by"] == "ai" and not row["had_human"]
        created = PERIOD.start <= row["created_at"] < PERIOD.end
        rated = row["rated_at"] is not None and PERIOD.start <= row["rated_at"] < PERIOD.end
        one = {
            "created": 1, "escalated": row["escalated_at"] is not None, "ai_begun": begun, "ai_alone": alone,
            "ai_decided": begun and (row["had_human"] or row["first_resolved_at"] is not None),
            "ai_handed_over": begun and row["had_human"],
            "ai_escalated": begun and row["escalated_at"] is not None, "ai_reopened": alone and row["reopens"] > 0,
            "replies": row["replies"], "human_replies": row["human_replies"], "transfers": row["transfers"],
            "handled": row["resolved_at"] is not None,
        }  # fmt: skip
        values = {name: int(value) if created else 0 for name, value in one.items()}
        values |= {"rated": int(rated), "satisfied": int(rated and row["csat"] >= 4)}
        key = str(row["theme_id"]), row["handled_by"] or ""
        before = counted.setdefault(key, dict.fromkeys(values, 0))
        counted[key] = {name: before[name] + value for name, value in values.items()}
    assert found == {key: one for key, one in counted.items() if any(one.values())}
    assert sum(one["ai_reopened"] for one in found.values()) > 2


def test_the_cost_of_effort_is_that_of_each_ticket(desk):
    """Costs by theme are the sum of what each ticket costs by the table, with and without the daily sums."""
    counted: dict[str, float] = {}
    for row in desk.rows().values():
        if row["removed_at"] is None and PERIOD.start <= row["created_at"] < PERIOD.end:
            cost = float(COSTS.of(columns_of([row]))[0])
            counted[str(row["theme_id"])] = counted.get(str(row["theme_id"]), 0.0) + cost
    with reading(desk.engine) as connection:
        query = FigureQuery(PERIOD, costs=COSTS)
        from_cells = read_effort_report(connection, query, EARLIER, EffortMeasure.COST)
        scoped = FigureQuery(PERIOD, costs=COSTS, scope=AccessScope.of({"business_line": ["live", "shop"]}))
        from_rows = read_effort_report(connection, scoped, EARLIER, EffortMeasure.COST)
    for report in (from_cells, from_rows):
        assert {one.theme: one.cost for one in report.themes} == pytest.approx(counted)
        assert report.total["cost"] == pytest.approx(sum(counted.values()))
    assert from_cells.few == 4


def test_figures_of_ai_are_the_same_of_cells_and_of_rows(desk):
    """Figures, themes and ratings do not depend on where they are read from, and a scope narrows all of them."""
    everything = AccessScope.of({"business_line": ["live", "shop"]})
    with reading(desk.engine) as connection:
        cells = read_ai_report(connection, FigureQuery(PERIOD), EARLIER)
        rows = read_ai_report(connection, FigureQuery(PERIOD, scope=everything), EARLIER)
        shop = read_ai_report(
            connection, FigureQuery(PERIOD, scope=AccessScope.of({"business_line": ["shop"]})), EARLIER
        )
        filtered = read_ai_report(connection, FigureQuery(PERIOD, filters={"business_line": "shop"}), EARLIER)
    assert list(cells.figures) == list(AI_DEFINITIONS)
    assert cells.figures == rows.figures
    assert cells.earlier == rows.earlier
    assert cells.themes == rows.themes
    assert shop.figures == filtered.figures
    assert shop.themes == filtered.themes
    assert 0 < shop.figures[AiMetric.BEGUN].number < cells.figures[AiMetric.BEGUN].number
    handed = cells.figures[AiMetric.PERSON_MEDIAN]
    assert handed.number == cells.figures[AiMetric.HANDED_OVER].value * cells.figures[AiMetric.HANDED_OVER].number
    assert handed.value is not None


@pytest.mark.parametrize(("name", "value"), [
    ("handled_by", "ai"), ("handled_by", "vendor"), ("vendor", "acme"), ("business_line", "shop"), ("region", "IN"),
])  # fmt: skip
def test_a_filter_gives_what_the_rows_of_its_tickets_give(desk, name, value):
    """Sums and costs under a filter are those of the rows, whether there are daily sums for it or not, in all measures."""
    with reading(desk.engine) as connection:
        for costs in (None, COSTS):
            query = FigureQuery(PERIOD, filters={name: value}, costs=costs)
            found = read_effort_report(connection, query, EARLIER, EffortMeasure.TRANSFERS)
            rows = sum_rows(connection, (PERIOD.start, PERIOD.end), FOR_EFFORT, query.filters)
            exact = rank_efforts(rows, EffortMeasure.TRANSFERS, costs)
            assert {one.theme: (one.tickets, one.effort, one.human_replies) for one in found.themes} == {
                one.theme: (one.tickets, one.effort, one.human_replies) for one in exact.listed()
            }
            if costs is not None:
                assert {one.theme: one.cost for one in found.themes} == pytest.approx(
                    {one.theme: one.cost for one in exact.listed()}
                )
        counted = _by_key(sum_rows(connection, (PERIOD.start, PERIOD.end), FOR_AI, {name: value}))
        assert _by_key(read_case_sums(connection, FigureQuery(PERIOD, filters={name: value}), FOR_AI)) == counted


def test_the_time_to_a_person_is_that_of_the_tickets_that_were_handed_over(desk):
    """The median is within 2 % of Kaplan and Meier's of the tickets themselves: here the median of those that a person answered."""
    answered = [
        row for row in desk.rows().values()
        if row["removed_at"] is None and row["created_by"] == "ai" and row["had_human"]
        and PERIOD.start <= row["created_at"] < PERIOD.end
    ]  # fmt: skip
    waits = sorted(
        (
            (row["first_human_reply_at"] or row["resolved_at"] or NOW) - row["created_at"],
            row["first_human_reply_at"] is None,
        )
        for row in answered
    )
    share, median = 1.0, None
    for place, (wait, is_open) in enumerate(waits):
        share *= 1 if is_open else 1 - 1 / (len(waits) - place)
        median = wait if median is None and share <= 0.5 + 1e-12 else median
    with reading(desk.engine) as connection:
        found = read_ai_report(connection, FigureQuery(PERIOD), EARLIER).figures[AiMetric.PERSON_MEDIAN]
    assert found.value == pytest.approx(median.total_seconds(), rel=0.021)
    assert found.number == len(answered)


def test_an_empty_database_has_reports_without_figures(sqlite_url: str):
    """Where there is nothing, figures are founded on nothing and no theme is listed."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    with engine.begin() as connection:
        recount(connection, NOW)
    with reading(engine) as connection:
        ai = read_ai_report(connection, FigureQuery(PERIOD), EARLIER)
        effort = read_effort_report(connection, FigureQuery(PERIOD), EARLIER, EffortMeasure.TRANSFERS)
        assert connection.execute(select(ticket_handling.c.ticket_id)).first() is None
        assert read_series(connection, FigureQuery(PERIOD, filters={"region": "IN", "team": "a"}), EARLIER).opening == 0
    engine.dispose()
    assert all(figure.value is None for figure in ai.figures.values())
    assert (ai.themes, ai.satisfaction, effort.themes, effort.few) == ([], None, [], None)
