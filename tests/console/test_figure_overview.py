"""The overview for leaders and the page of segments."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from console.app import create_app
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.access import AccessScope, Permission, Person
from models.metrics.metric import ServiceMetric
from pipelines.figures.groups import read_groups
from pipelines.figures.query import FigureQuery, earlier_period, whole_days
from pipelines.handling.settings import FigureSettings
from pipelines.settings import MiningSettings
from store.database import open_database, reading, upgrade
from tests.console.conftest import TOKEN, Client, Someone, console_parts, wall_clock
from tests.console.figure_rows import write_figures

VENDOR = Person(name="vera", permissions=frozenset({Permission.LOOK}), scope=AccessScope.of({"vendor": ["acme"]}))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database with two weeks of figures, which these tests only read."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('overview') / 'g.db'}")
    upgrade(opened)
    write_figures(opened)
    yield opened
    opened.dispose()


def _client(engine: Engine, parts: ConsoleParts, token: str | None) -> Client:
    app = create_app(engine, clock=wall_clock, settings=ConsoleSettings(port=0), mining=MiningSettings(), parts=parts)
    return Client(app, token=token)


@pytest.fixture(scope="module")
def client(engine: Engine) -> Client:
    """Return a client of somebody who sees everything."""
    return _client(engine, console_parts(), TOKEN)


def tables(client: Client, path: str) -> dict[str, list[dict[str, object]]]:
    """Return the rows of a page's tables by name."""
    return {one["table"]: one["rows"] for one in client.get(f"/api{path}").json()["tables"]}


def test_the_overview_has_five_figures_with_the_period_before(client: Client, engine: Engine) -> None:
    """They are those of all tickets, with a chart each that is described in words."""
    rows = {row["figure"]: row for row in tables(client, "/figures")["numbers"]}
    assert list(rows) == ["created", "backlog", "first_reply", "resolution", "compliance"]
    with reading(engine) as connection:
        period = whole_days(connection, None, None, FigureSettings().containment, 7)
        (group,) = read_groups(connection, FigureQuery(period), [earlier_period(period)]).groups
    now, before = group.periods
    assert (rows["created"]["value"], rows["created"]["value_earlier"]) == (155, 155)
    assert rows["first_reply"]["value"] == now[ServiceMetric.FIRST_REPLY_MEDIAN].value
    assert rows["compliance"]["value"] == now.compliance.value
    assert rows["compliance"]["change"] == pytest.approx((now.compliance.value or 0) - (before.compliance.value or 0))
    text = client.get("/figures").text
    assert text.count('class="plot trend"') == 5
    assert (
        "Volume by day from 23 Nov to 29 Nov, without an expected band: fewer than two weeks before are known." in text
    )


def test_what_explains_a_change_is_a_waterfall_and_a_table_that_sum_to_it(client: Client) -> None:
    """Each theme leads to its page, and the last column of the table sums to the change of the figure."""
    found = tables(client, "/figures")
    change = {row["figure"]: row["change"] for row in found["numbers"]}["compliance"]
    assert sum(float(str(row["together"])) for row in found["change-sla"]) == pytest.approx(change)
    assert {row["theme"] for row in found["change-sla"]} >= {"theme 1", "theme 2"}
    text = client.get("/figures").text
    assert 'class="waterfall"' in text
    assert '<a href="/themes/1">theme 1</a>' in text
    assert "Promises kept went from" in text
    exported = client.get("/figures?table=change-sla&format=csv").text.splitlines()
    assert exported[0].startswith("theme,cases,cases_earlier,figure")
    assert len(exported) == len(found["change-sla"]) + 1


def test_days_have_what_is_expected_once_two_weeks_are_known(client: Client) -> None:
    """The table of days has the figure of each; its expected values are missing while too little is known."""
    days = tables(client, "/figures")["days"]
    assert [row["day"] for row in days][:2] == ["2026-11-23", "2026-11-24"]
    assert sum(float(str(row["created"])) for row in days) == 155
    assert {row["created_expected"] for row in days} == {None}


def test_a_vendor_sees_its_own_overview(engine: Engine) -> None:
    """Its figures are of the vendor's tickets, of which no theme has enough to explain a change."""
    client = _client(engine, ConsoleParts(sign_in=Someone(VENDOR)), None)
    found = tables(client, "/figures")
    assert {row["figure"]: row["value"] for row in found["numbers"]}["created"] == 40
    assert list(found) == ["days", "numbers"]
    assert "a theme has at least 20 of them" in client.get("/figures").text


def test_segments_sum_to_all_tickets(client: Client) -> None:
    """Business lines, user types and the pairs of them each count every ticket once."""
    found = tables(client, "/figures/segments")
    assert list(found) == ["business-lines", "user-types", "business-lines-by-user-type"]
    for rows in found.values():
        assert sum(float(str(row["created"])) for row in rows) == 155
    assert {(row["group"], row["user_type"]) for row in found["business-lines-by-user-type"]} == {
        ("line-0", "buyer"),
        ("line-1", "buyer"),
    }


def test_days_that_are_not_over_have_no_figures_yet(client: Client) -> None:
    """A period that reaches beyond what is mined has no value for these days, and its counts are compared with nothing."""
    path = "/figures?from=2026-11-26&to=2026-12-03"
    found = tables(client, path)
    assert [row["created"] is None for row in found["days"]] == [False] * 4 + [True] * 3
    assert {row["figure"]: row["change"] for row in found["numbers"]}["created"] is None
    assert "too little is known of one of the periods" in client.get(path).text
