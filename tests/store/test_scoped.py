"""What is read within a scope, on either database: counted again by hand, and never anything of other tickets."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from models.access import EVERYTHING, AccessScope
from models.bucket import BUCKETS_PER_HOUR, bucket_of
from models.theme import ThemeStatus
from store import schema
from store.board import now_of, snapshot
from store.board.theme_rows import theme_of
from store.database import open_database, upgrade
from store.scoped import (
    in_scope,
    scoped_figures,
    scoped_series,
    scoped_status,
    scoped_texts,
    scoped_themes,
    themes_in_scope,
    with_figures,
)
from tests.console.seed import END, seed

BRAZIL = AccessScope.of({"region": ["BR"]})
TWO = AccessScope.of({"region": ["BR", "US"], "vendor": ["acme"]})


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return a database with the seeded launch day, where every second ticket is a vendor's."""
    opened = open_database(database_url)
    upgrade(opened)
    seed(opened)
    with opened.begin() as connection:
        acme = [f"T-{theme}-{number}" for theme in range(1, 13) for number in range(0, 12, 2)]
        connection.execute(update(schema.tickets).where(schema.tickets.c.id.in_(acme)).values(vendor="acme"))
        connection.execute(
            update(schema.tickets).where(schema.tickets.c.id.like("T-9-%")).values(region=None, vendor=None)
        )
        connection.execute(update(schema.tickets).where(schema.tickets.c.id == "T-1-4").values(counted=False))
    yield opened
    opened.dispose()


def _rows(engine: Engine, scope: AccessScope) -> list[Any]:
    query = select(schema.tickets, schema.assignments.c.theme_id).join(
        schema.assignments, schema.assignments.c.ticket_id == schema.tickets.c.id
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return [row for row in rows if row.counted and scope.admits({"region": row.region, "vendor": row.vendor})]


def _hour(time: datetime) -> int:
    return bucket_of(time) // BUCKETS_PER_HOUR


@pytest.mark.parametrize("scope", [BRAZIL, TWO, EVERYTHING])
def test_the_condition_chooses_the_tickets_that_the_scope_admits(engine: Engine, scope: AccessScope) -> None:
    """SQL and `AccessScope.admits` agree, also where a ticket has no value."""
    query = select(schema.tickets.c.id).where(in_scope(scope), schema.tickets.c.counted)
    with engine.connect() as connection:
        found = set(connection.scalars(query))
    assert found == {row.id for row in _rows(engine, scope)}


@pytest.mark.parametrize("scope", [BRAZIL, TWO])
def test_series_count_the_tickets_of_the_scope_hour_by_hour(engine: Engine, scope: AccessScope) -> None:
    """Each theme's hours and those of all tickets are what counting by hand gives; none has a band."""
    rows = _rows(engine, scope)
    with snapshot(engine) as connection:
        now = now_of(connection)
        assert now is not None
        hours = range(now.hour - 5, now.hour + 3)
        found = scoped_series(connection, now, scope, [0, 1, 9], hours)
        alone = scoped_series(connection, now, scope, [1], hours)
    for theme_id, chosen in (
        (0, rows),
        (1, [row for row in rows if row.theme_id == 1]),
        (9, [row for row in rows if row.theme_id == 9]),
    ):
        by_hour = Counter(_hour(row.time) for row in chosen)
        assert [(one.hour, one.observed) for one in found[theme_id]] == [
            (hour, by_hour[hour]) for hour in range(now.hour - 5, now.hour + 1)
        ]
        assert all(one.band is None for one in found[theme_id])
    assert alone[1] == found[1]
    assert found[1][-1].share == pytest.approx(40 / 60)


def test_themes_without_a_ticket_of_the_scope_are_not_in_it(engine: Engine) -> None:
    """Themes of a scope are those with a counted ticket of it, with the figures of these tickets."""
    rows = _rows(engine, BRAZIL)
    with snapshot(engine) as connection:
        found = themes_in_scope(connection, BRAZIL)
        assert set(found) == {row.theme_id for row in rows} - {None}
        assert 9 not in found
        assert scoped_figures(connection, BRAZIL, 9) is None
        one = scoped_figures(connection, BRAZIL, 1)
    times = [row.time for row in rows if row.theme_id == 1]
    assert one is not None
    assert (one.size, one.first_seen, one.last_seen) == (len(times), min(times), max(times))
    assert found[1] == one


def test_names_and_keywords_show_no_word_of_other_tickets(engine: Engine) -> None:
    """A name of the machine is shown where the scope's tickets hold its words; a pinned one always."""
    with engine.begin() as connection:
        names = {
            2: "Payout pending at secret bank",
            3: "Pix payment confirmed but order unpaid",
            4: "Given by a person",
        }
        for theme_id, name in names.items():
            pinned = theme_id == 4
            connection.execute(
                update(schema.themes).where(schema.themes.c.id == theme_id).values(name=name, name_pinned=pinned)
            )
        connection.execute(
            update(schema.themes).where(schema.themes.c.id == 3).values(keywords=["pix", "secret", "unpaid"])
        )
        connection.execute(insert(schema.tickets).values(_ticket("T-other", "US", "secret words")))
        connection.execute(
            insert(schema.assignments).values(
                ticket_id="T-other", theme_id=3, epoch=1, how="assigned", confidence=1.0, nearest=3, remembered=True
            )
        )
    with snapshot(engine) as connection:
        listed = [theme_of(row) for row in connection.execute(select(schema.themes).where(schema.themes.c.id < 7))]
        found = scoped_themes(connection, BRAZIL, listed)
        texts = scoped_texts(connection, BRAZIL, [3], limit=2)
        assert scoped_themes(connection, EVERYTHING, listed)[2].name == names[2]
    assert found[2].name == "Theme 2"
    assert found[3].name == names[3]
    assert found[3].keywords == ("pix", "unpaid")
    assert found[4].name == "Given by a person"
    assert found[3].status is ThemeStatus.ONGOING
    assert found[6].known_issue is not None
    assert found[6].known_issue.usual_per_day is None
    assert found[6].known_issue.workaround == "Offer a refund to the wallet."
    assert len(texts[3]) <= 2
    assert "secret" not in " ".join(texts[3])


def test_figures_of_a_scope_replace_those_of_all_tickets(engine: Engine) -> None:
    """A theme with figures has the size and times of the scope, and escalates where the detector signals within it."""
    with snapshot(engine) as connection:
        theme = theme_of(connection.execute(select(schema.themes).where(schema.themes.c.id == 1)).one())
        figures = scoped_figures(connection, BRAZIL, 1)
    assert figures is not None
    assert with_figures(theme, figures).size == figures.size < theme.size
    assert scoped_status(ThemeStatus.REGRESSED, signals=False) is ThemeStatus.ONGOING
    assert scoped_status(ThemeStatus.NEW, signals=True) is ThemeStatus.ESCALATING
    assert scoped_status(ThemeStatus.KNOWN, signals=False) is ThemeStatus.KNOWN


def _ticket(ticket_id: str, region: str, body: str) -> dict[str, Any]:
    return {
        "id": ticket_id, "source": "/zendesk/acme", "event_id": ticket_id, "time": END, "mined_epoch": 1, "title": body, "body": body,
        "region": region, "counted": True, "status": "open",
    }  # fmt: skip
