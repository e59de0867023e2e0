"""A launch that is over is reported once, to those whom it concerns."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from alerts.match import Match
from alerts.ownership import Audience, Ownership
from groundswell.planning import Draft, write_plans
from models.embedding import HashingEmbedder
from models.segment import Segment
from models.spikes.launches.response import PastLaunch
from models.spikes.settings import SpikeSettings
from pipelines.launches.notices import publish_reviews
from store.database import open_database, upgrade
from store.reviews import StoredReview, read_reviews, write_review
from store.schema import outbox
from stream.processing import Processor
from tests.alerts import launch_day
from tests.pipelines.chain import KEY, NOW

START = launch_day.DAY
END = START + timedelta(hours=12)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
SCOPE = {"region": "BR"}
OWNERS = Ownership((
    Audience("brazil", Match({"region": frozenset({"BR"})})),
    Audience("britain", Match({"region": frozenset({"GB"})})),
    Audience("everyone"),
))  # fmt: skip


def plan(engine: Engine, end=END) -> None:
    """Plan a sale, or move its end."""
    data = {
        "kind": "sale", "title": "Pix *week*", "start": START.isoformat(), "end": end.isoformat(), "scope": SCOPE,
        "expected": [{"theme": str(launch_day.PIX), "lift": 2.0}],
    }  # fmt: skip
    processor = Processor(HashingEmbedder(), KEY, lambda: NOW)
    write_plans(engine, processor, [Draft("launch", "pix-week", data, START + (end - END))], NOW)


def look_back(engine: Engine, until) -> None:
    """Write the review that mining writes."""
    past = PastLaunch("pix-week", "sale", 0, 144, frozenset({launch_day.PIX}), planned_all=False, seen={})
    with engine.begin() as connection:
        write_review(connection, StoredReview(past, START, END, Segment.of(SCOPE), until))


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """Return a database with a launch that is over and was looked back at a day later."""
    opened = open_database(sqlite_url)
    upgrade(opened)
    launch_day.seed(opened)
    plan(opened)
    look_back(opened, END + DAY)
    yield opened
    opened.dispose()


def notices(engine: Engine) -> list[tuple[str, str]]:
    """Audience and sentence of each notice in the outbox."""
    with engine.connect() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.kind == "review").order_by(outbox.c.id))
        return [(row.audience, row.payload["reason"]) for row in rows]


def test_a_review_is_sent_once_to_those_whom_it_concerns(engine: Engine):
    """The audience of the launch's scope and everyone get one sentence; a repeated or late run sends nothing."""
    (notice,) = publish_reviews(engine, OWNERS, END + DAY, WEEK, SpikeSettings())
    sent = notices(engine)
    assert [audience for audience, _ in sent] == ["brazil", "everyone"]
    assert {sentence for _, sentence in sent} == {notice.headline}
    assert notice.headline.startswith("Pix *week* (sale) is over")
    assert notice.headline.endswith("`groundswell launches review pix-week` shows every theme")
    assert "# Pix \\*week\\*" in notice.markdown
    assert publish_reviews(engine, OWNERS, END + 2 * DAY, WEEK, SpikeSettings()) == []
    assert notices(engine) == sent


def test_only_final_reviews_of_recent_launches_are_sent(engine: Engine):
    """A review that misses the day after the launch waits; a launch that ended long ago is history."""
    assert publish_reviews(engine, OWNERS, END + 9 * DAY, WEEK, SpikeSettings()) == []
    look_back(engine, END)
    assert publish_reviews(engine, OWNERS, END + DAY, WEEK, SpikeSettings()) == []
    assert notices(engine) == []


def test_a_launch_whose_window_moved_waits_for_its_new_review(engine: Engine):
    """A review of the old window is not sent under the new plan."""
    plan(engine, END + timedelta(hours=3))
    assert publish_reviews(engine, OWNERS, END + 2 * DAY, WEEK, SpikeSettings()) == []
    with engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(outbox)) == 0
        stored = read_reviews(connection)["pix-week"]
        write_review(connection, replace(stored, end=END + timedelta(hours=3), until=END + 2 * DAY))
    assert len(publish_reviews(engine, OWNERS, END + 2 * DAY, WEEK, SpikeSettings())) == 1


def test_the_headline_says_how_the_plan_went(engine: Engine):
    """Plan and actual are compared in one sentence, and theme by theme in the page."""
    from pipelines.launches.notices import as_markdown, headline

    figures = {"plan": 200.0, "actual": 246, "error": 0.23, "hours": 4, "hours_above": 5, "hours_below": 1}
    review = {
        "id": "pix-week", "title": "Pix week", "kind": "sale", "planned_themes": figures, "all_tickets": None,
        "themes": [
            {"theme_id": 1, "name": "Pix | pending", **figures},
            {"theme_id": 2, "name": "Other", "plan": None, "actual": 7, "error": None},
        ],
    }  # fmt: skip
    assert headline(review) == (
        "Pix week (sale) is over: its planned themes had 246 tickets where 200 were expected (+23%), with 5 theme-hours above "
        "the envelope and 1 below it; `groundswell launches review pix-week` shows every theme"
    )
    page = as_markdown(review)
    assert "| 1 | Pix \\| pending | 200 | 246 | +23% |" in page
    assert "| 2 | Other |  | 7 |  |" in page
    nothing = headline({**review, "planned_themes": None})
    assert nothing.startswith("Pix week (sale) is over, and nothing was planned for it")
