"""Figures against an independent computation: the same histories, counted by SQL in DuckDB from the events themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.event import TicketEventType as Kind
from models.metrics.columns import NEEDED, columns_of
from models.metrics.figures import Figure, FigurePeriod, figures
from models.metrics.handling import summarize
from models.metrics.history import HistoryEvent, TicketCreation, fold_history
from models.metrics.metric import ServiceMetric

START = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = FigurePeriod(START, START + 24 * HOUR, START + 240 * HOUR)

FACTS = """
WITH live AS (
    SELECT t.*, (SELECT min(hour) FROM e WHERE e.ticket = t.ticket AND kind IN ('merged', 'spam')) AS removed FROM t
), turns AS (
    SELECT ticket, hour, number, kind, lag(kind, 1, 'reopened') OVER (PARTITION BY ticket ORDER BY hour, number) AS before
    FROM e WHERE kind IN ('solved', 'reopened')
), solved AS (
    SELECT ticket, hour, lead(hour) OVER (PARTITION BY ticket ORDER BY hour, number) AS again, kind
    FROM (SELECT * FROM turns WHERE kind <> before)
), closings AS (SELECT ticket, hour, again FROM solved WHERE kind = 'solved'),
facts AS (
    SELECT live.*,
        (SELECT min(hour) FROM closings c WHERE c.ticket = live.ticket) AS first_solved,
        (SELECT max(hour) FROM closings c WHERE c.ticket = live.ticket AND again IS NULL) AS solved_now,
        (SELECT count(again) FROM closings c WHERE c.ticket = live.ticket) AS reopens,
        (SELECT min(hour) FROM e WHERE e.ticket = live.ticket AND kind = 'reply') AS replied,
        (SELECT count(*) FROM e WHERE e.ticket = live.ticket AND kind = 'reply') AS replies,
        (SELECT min(hour) FROM e WHERE e.ticket = live.ticket AND kind = 'escalated') AS escalated,
        (SELECT arg_max(csat, (hour, number)) FROM e WHERE e.ticket = live.ticket AND kind = 'rated') AS rating,
        (SELECT max(hour) FROM e WHERE e.ticket = live.ticket AND kind = 'rated') AS rated
    FROM live
), touched AS (
    SELECT facts.*,
        (SELECT count(*) FROM e WHERE e.ticket = facts.ticket AND kind = 'reply' AND hour <= first_solved) AS touches
    FROM facts
), created AS (SELECT * FROM touched WHERE removed IS NULL AND created >= 0 AND created < 24),
closed AS (SELECT * FROM touched WHERE removed IS NULL AND first_solved >= 0 AND first_solved < 24)
"""

RECOUNT = """
SELECT
    (SELECT count(*) FROM created) AS created,
    (SELECT count(*) FROM closed) AS resolved,
    (SELECT count(*) FROM touched WHERE created <= 0 AND NOT coalesce(removed <= 0, false) AND NOT EXISTS (
        SELECT 1 FROM closings c WHERE c.ticket = touched.ticket AND c.hour <= 0 AND coalesce(c.again > 0, true)
    )) AS backlog_opening,
    (SELECT count(*) FROM touched WHERE created <= 24 AND NOT coalesce(removed <= 24, false) AND NOT EXISTS (
        SELECT 1 FROM closings c WHERE c.ticket = touched.ticket AND c.hour <= 24 AND coalesce(c.again > 24, true)
    )) AS backlog_closing,
    (SELECT avg((reopens > 0)::INT) FROM closed) AS reopen_rate,
    (SELECT avg((touches <= 1)::INT) FROM closed) AS one_touch_rate,
    (SELECT avg((escalated IS NOT NULL)::INT) FROM created) AS escalation_rate,
    (SELECT avg((rating >= 4)::INT) FROM touched WHERE removed IS NULL AND rated >= 0 AND rated < 24) AS csat
"""

PERCENTILE = """
WITH spans AS (
    SELECT coalesce({event}, 240) - created AS span, {event} IS NOT NULL AS happened FROM created_facts
), at_risk AS (
    SELECT span, sum(happened::INT) AS events, (SELECT count(*) FROM spans s WHERE s.span >= spans.span) AS risk
    FROM spans GROUP BY span
), curve AS (
    SELECT span, product(1 - events / risk) OVER (ORDER BY span) AS share FROM at_risk WHERE events > 0
)
SELECT min(span) FROM curve WHERE share <= {left} + 1e-12
"""

KINDS = (
    "solved",
    "solved",
    "solved",
    "reopened",
    "reply",
    "reply",
    "note",
    "message",
    "escalated",
    "rated",
    "merged",
    "spam",
)


def histories(random: Random) -> list[tuple[int, list[tuple[int, str, int]]]]:
    """Draw forty tickets: the hour of creation, and up to nine steps of (hours of waiting, kind, rating)."""
    return [
        (
            random.randint(-60, 40),
            [(random.randint(0, 20), random.choice(KINDS), random.randint(1, 5)) for _ in range(random.randint(0, 9))],
        )
        for _ in range(40)
    ]


def rows_of(tickets) -> Iterator[tuple[int, int, int, str, int | None]]:
    """Yield the events as rows (ticket, number, hour, kind, csat)."""
    for ticket, (created, steps) in enumerate(tickets):
        hour = created
        for number, (wait, kind, csat) in enumerate(steps):
            hour += wait
            yield ticket, number, hour, kind, csat if kind == "rated" else None


def made(tickets) -> dict[ServiceMetric, Figure]:
    """Compute the figures as the product does: events folded into histories, rows, columns."""
    kinds: dict[str, tuple[Kind, dict[str, Any]]] = {
        "solved": (Kind.SOLVED, {}), "reopened": (Kind.REOPENED, {}), "reply": (Kind.COMMENTED, {"author_role": "agent"}),
        "note": (Kind.COMMENTED, {"author_role": "agent", "public": False}), "message": (Kind.COMMENTED, {"author_role": "requester"}),
        "escalated": (Kind.ESCALATED, {"escalated": True}), "merged": (Kind.MERGED, {"into": "T"}), "spam": (Kind.SPAM, {}),
    }  # fmt: skip
    events: dict[int, list[HistoryEvent]] = {ticket: [] for ticket in range(len(tickets))}
    for ticket, _, hour, kind, csat in rows_of(tickets):
        type_, data = (Kind.RATED, {"csat": csat}) if kind == "rated" else kinds[kind]
        events[ticket].append(HistoryEvent(type_, START + hour * HOUR, data))
    folded = [
        fold_history(TicketCreation(time=START + created * HOUR, handled_by="human"), events[ticket])
        for ticket, (created, _) in enumerate(tickets)
    ]
    rows = [{name: getattr(summarize(one), name, "human") for name in NEEDED} for one in folded]
    often = {
        place: [(one.time, one.reopened_at) for one in history.resolutions]
        for place, history in enumerate(folded)
        if sum(one.reopened_at is not None for one in history.resolutions) > 1
    }
    return figures(columns_of(rows, often), PERIOD)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_figures_equal_a_recount_in_sql(random):
    """Counts and shares are equal; percentiles are those of the product-limit estimate, written out in SQL."""
    tickets = histories(random)
    found = made(tickets)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t (ticket INT, created INT);"
            "CREATE TABLE e (ticket INT, number INT, hour INT, kind TEXT, csat INT)"
        )
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(number, one[0]) for number, one in enumerate(tickets)])
        if events := list(rows_of(tickets)):
            connection.executemany("INSERT INTO e VALUES (?, ?, ?, ?, ?)", events)
        answer = connection.execute(FACTS + RECOUNT)
        names = [column[0] for column in answer.description]
        counted = dict(zip(names, answer.fetchone(), strict=True))
        connection.execute("CREATE TABLE created_facts AS " + FACTS + "SELECT * FROM created")  # noqa: S608 (our own text)
        for event, metric, left in (
            ("first_solved", ServiceMetric.FIRST_RESOLUTION_MEDIAN, 0.5), ("first_solved", ServiceMetric.FIRST_RESOLUTION_P90, 0.1),
            ("solved_now", ServiceMetric.FULL_RESOLUTION_MEDIAN, 0.5), ("solved_now", ServiceMetric.FULL_RESOLUTION_P90, 0.1),
        ):  # fmt: skip
            ((span,),) = connection.execute(PERCENTILE.format(event=event, left=left)).fetchall()
            value = found[metric].value
            assert (value is None) == (span is None), metric
            assert value is None or value == pytest.approx(span * 3600), metric
    for name, value in counted.items():
        assert found[ServiceMetric(name)].value == (None if value is None else pytest.approx(value)), name
