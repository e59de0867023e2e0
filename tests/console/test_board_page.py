"""The board of themes: filters, order, groups, folded themes, saved views, export, and what a limited scope sees."""

import csv
import io
import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import Engine, event, func, insert, select, update

from models.access import AccessScope, Person, Role, permissions_of
from models.bucket import bucket_of
from store import schema
from store.board import FILTERED, SortColumn
from tests.console.conftest import Client
from tests.console.seed import END, HOSTILE, THEMES

NASTY = (
    "' OR 1=1 --", '"; DROP TABLE themes; --', "%", "_", "\\", "\x00", "<script>alert(1)</script>", "{{7*7}}", "𝒜" * 60,
    "\u202eevil", "=1+1", "../../etc/passwd", "&page=2", "#",
)  # fmt: skip


def vendor(**limits: list[str]) -> Person:
    """Return a specialist with a limited scope."""
    return Person(
        name="vera", permissions=permissions_of(Role.SPECIALIST), role=Role.SPECIALIST, scope=AccessScope.of(limits)
    )


def body(client: Client, path: str) -> str:
    """Return the main part of a page, on one line."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(answer.text).split()).split("<main", 1)[1]


def ids(page: str) -> list[int]:
    """List the themes of a page in their order."""
    return [int(number) for number in re.findall(r'id="theme-(\d+)"', page)]


def add_themes(engine: Engine, numbers: range, **values: object) -> None:
    """Add themes like theme 10 without a ticket."""
    with engine.begin() as connection:
        row = dict(connection.execute(select(schema.themes).where(schema.themes.c.id == 10)).one()._mapping)
        rows = [{**row, "id": number, "name": f"Theme number {number}", **values} for number in numbers]
        connection.execute(insert(schema.themes), rows)


@pytest.mark.parametrize("column", SortColumn)
def test_each_heading_sorts_by_its_column_and_then_the_other_way_round(client: Client, column: SortColumn) -> None:
    """The heading says how the rows are sorted; its link turns the order round."""
    page = body(client, f"/themes?sort={column}")
    assert page.count("aria-sort=") == 1
    heading = re.search(r'aria-sort="ascending"><a href="([^"]+)"', page)
    assert heading is not None
    assert heading[1] == f"/themes?sort=-{column}"
    assert 'aria-sort="descending"' in body(client, heading[1])


def test_sorted_rows_are_in_order(client: Client) -> None:
    """The rows of `?sort=-day` have falling numbers, in one run through all statuses."""
    rows = [row for group in client.get("/api/board?sort=-day").json()["groups"] for row in group["rows"]]
    observed = [row["observed"] for row in rows]
    assert len(client.get("/api/board?sort=-day").json()["groups"]) == 1
    assert observed == sorted(observed, reverse=True)


def test_only_an_open_spike_is_red(client: Client, engine: Engine) -> None:
    """A theme far above what was expected is not marked as hot while the detector does not signal."""
    with engine.begin() as connection:
        connection.execute(update(schema.spikes).values(end=END))
    page = body(client, "/themes")
    assert 'class="growth g-above"' in page
    assert "hot" not in page
    assert page.count('class="trend calm"') == page.count('id="theme-')
    shown = {row["id"]: row for group in client.get("/api/board").json()["groups"] for row in group["rows"]}
    assert shown[1]["growth"] == "above"
    assert not shown[1]["spike_open"]


def test_growth_is_told_by_the_band(client: Client) -> None:
    """A theme is above, below or as expected by the range of the last 24 hours."""
    for group in client.get("/api/board").json()["groups"]:
        for row in group["rows"]:
            if row["expected"] is None:
                assert row["growth"] == "no expectation"
            elif row["growth"] == "above":
                assert row["observed"] > row["high"]
            else:
                assert row["growth"] == ("below" if row["observed"] < row["low"] else "as expected")


def test_a_segment_shows_its_themes_with_its_figures(client: Client, engine: Engine) -> None:
    """A filtered value shows themes with tickets there in the last 7 days, and counts those tickets alone."""
    page = client.get("/api/board?region=BR").json()
    now = bucket_of(END) - 1
    of_region = schema.counts.c.segment_id == 2
    day = of_region & schema.counts.c.bucket.between(now - 287, now)
    with engine.connect() as connection:
        query = select(schema.counts.c.theme_id, func.sum(schema.counts.c.n)).where(day)
        counted = dict(connection.execute(query.group_by(schema.counts.c.theme_id)).all())
    rows = [row for group in page["groups"] for row in group["rows"]] + page["quiet"]
    assert page["partial"]
    assert rows
    assert {row["id"]: row["observed"] for row in rows} == {row["id"]: counted.get(row["id"], 0) for row in rows}
    assert page["all_tickets"]["observed"] == counted[0]
    assert all(row["size"] > 0 for row in rows)
    assert "Figures are those of region <b>BR</b>" in body(client, "/themes?region=BR")


def test_several_segments_are_counted_from_the_tickets_that_are_in_all_of_them(client: Client, engine: Engine) -> None:
    """Two values at once have no counts: the tickets with both are counted."""
    with engine.begin() as connection:
        connection.execute(insert(schema.segments), [{"id": 7, "key": '{"channel":"in_app"}'}])
        both = (schema.tickets.c.region == "BR") & (schema.tickets.c.channel == "in_app") & schema.tickets.c.counted
        pair = schema.assignments.c.ticket_id == schema.tickets.c.id
        query = select(schema.assignments.c.theme_id, func.count()).join(schema.tickets, pair).where(both)
        counted = dict(connection.execute(query.group_by(schema.assignments.c.theme_id)).all())
    page = client.get("/api/board?region=BR&channel=in_app").json()
    rows = [row for group in page["groups"] for row in group["rows"]] + page["quiet"]
    assert {row["id"]: row["observed"] for row in rows} == counted
    assert client.get("/api/board?region=BR&channel=nowhere").json()["matching"] == 0


@pytest.mark.parametrize("value", NASTY)
def test_a_filter_is_never_a_part_of_a_query_or_of_the_page(client: Client, value: str) -> None:
    """Whatever is typed finds nothing more than what it is, and is shown as text."""
    for filters in ({"q": value, "owner": value}, {"region": value}, dict.fromkeys(FILTERED, value)):
        for path in ("/themes", "/themes.csv", "/api/board", "/api/themes"):
            answer = client.get(path, params=filters)
            assert answer.status_code == 200, answer.text
            assert "<script>alert(1)" not in answer.text
        assert client.get("/api/board", params=filters).json()["matching"] == 0


@pytest.mark.parametrize(
    "query", ["sort=drop", "group=all", "scale=log", "state=merged", "status=burning", "page=0", f"region={'x' * 200}"]
)
def test_what_the_board_does_not_know_is_refused_with_what_is_valid(client: Client, query: str) -> None:
    """Page, export and API answer alike."""
    for path in ("/themes", "/themes.csv", "/api/board"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 422
        assert "Received" in answer.text


def test_quiet_themes_are_folded(client: Client, engine: Engine) -> None:
    """Themes without a ticket in the last 24 hours and without an open spike are counted and folded at the end."""
    add_themes(engine, range(100, 137), status="ongoing")
    page = body(client, "/themes")
    loud, quiet = page.split('<details class="folded"', 1)
    assert "37 quiet themes: no ticket" in quiet
    assert set(ids(quiet)) == set(range(100, 137))
    assert not set(ids(loud)) & set(range(100, 137))
    assert "37 themes" not in loud


def test_families_are_groups_with_sums(client: Client, engine: Engine) -> None:
    """`?group=family` puts themes of a family under its name, with the sums of its themes; the others are last."""
    with engine.begin() as connection:
        rows = [
            {"theme_id": one, "x": 0.0, "y": 0.0, "family_id": 1, "family_name": HOSTILE, "at": END}
            for one in (1, 4, 9)
        ]
        connection.execute(insert(schema.theme_layout), rows)
    groups = client.get("/api/board?group=family").json()["groups"]
    assert [(group["key"], group["name"]) for group in groups] == [
        ("family-1", HOSTILE),
        ("family-none", "In no family"),
    ]
    assert {row["id"] for row in groups[0]["rows"]} == {1, 4, 9}
    assert groups[0]["observed"] == sum(row["observed"] for row in groups[0]["rows"])
    assert HOSTILE not in client.get("/themes?group=family").text


def test_a_common_scale_is_named_and_an_own_one_marks_its_maximum(client: Client) -> None:
    """Heights can be compared only where the page says on which scale."""
    own, common = body(client, "/themes"), body(client, "/themes?scale=common")
    assert own.count("at most") > len(ids(own))
    assert re.search(r"0 to \d+ tickets an hour", common)
    assert "tickets an hour</span>" not in own
    assert "<small>at most" not in common


def test_the_export_has_the_rows_of_all_pages(client: Client, engine: Engine) -> None:
    """The CSV holds each theme that the filter lets through once, and no cell that a spreadsheet would run."""
    add_themes(engine, range(100, 350), name="=HYPERLINK(1)", owner="@sum", status="ongoing")
    answer = client.get("/themes.csv?status=ongoing&sort=-size")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "themes.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    pages = [client.get(f"/api/board?status=ongoing&sort=-size&page={page}").json() for page in (1, 2, 3)]
    shown = [row for page in pages for group in page["groups"] for row in group["rows"]]
    shown += [row for page in pages for row in page["quiet"]]
    assert [int(row["id"]) for row in rows] == [row["id"] for row in shown]
    assert [int(row["observed"]) for row in rows] == [row["observed"] for row in shown]
    assert [row["growth"] for row in rows] == [row["growth"] for row in shown]
    assert {row["name"] for row in rows if int(row["id"]) >= 100} == {"'=HYPERLINK(1)"}
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())


def test_the_listing_of_themes_takes_the_filters_of_the_board(client: Client) -> None:
    """Without filters it is that of the command line; with them its rows are those that the board shows."""
    everything = client.get("/api/themes").json()
    assert {one["id"] for one in everything} == {*(theme.theme_id for theme in THEMES), 13}
    shown = client.get("/api/themes?owner=checkout&status=ongoing").json()
    assert shown == [one for one in everything if one["owner"] == "checkout" and one["status"] == "ongoing"]


def test_a_view_is_saved_shown_and_deleted(client: Client) -> None:
    """A saved view is a link above the board; the same name replaces it, and only what the board knows is kept."""
    sent = {"name": f"Mine {HOSTILE}", "query": "status=ongoing&sort=-size&page=3&evil=1"}
    assert client.post("/themes/views", data=sent).url.query == b"status=ongoing&sort=-size"
    client.post("/themes/views", data={**sent, "query": "q=pix"})
    (saved,) = client.get("/api/board/views").json()
    assert (saved["name"], saved["query"]) == (sent["name"], "q=pix")
    answer = client.get("/themes")
    assert HOSTILE not in answer.text
    assert '<a href="/themes?q=pix">Mine' in answer.text
    client.post(f"/themes/views/{saved['id']}/delete", data={"query": "q=pix"})
    assert client.get("/api/board/views").json() == []


def test_views_are_those_of_one_person(client: Client, client_of: Callable[[Person], Client]) -> None:
    """Nobody sees or deletes the views of others; what is not valid is refused."""
    view = client.post("/api/board/views", json={"name": "Coins", "query": "q=coins"}).json()
    other = client_of(vendor(region=["BR"]))
    assert other.get("/api/board/views").json() == []
    assert other.delete(f"/api/board/views/{view['id']}").status_code == 404
    assert other.post(f"/themes/views/{view['id']}/delete").status_code == 404
    assert client.delete(f"/api/board/views/{2**70}").status_code == 404
    assert client.post("/themes/views", data={"name": " ", "query": ""}).status_code == 422
    assert client.post("/themes/views", data={"name": "a\x00b", "query": ""}).status_code == 422
    assert client.post("/themes/views", data={"name": "a", "query": "sort=drop"}).status_code == 422
    assert client.delete(f"/api/board/views/{view['id']}").status_code == 204


def test_a_person_may_save_a_limited_number_of_views(client: Client) -> None:
    """One more is refused with the reason."""
    answers = [client.post("/api/board/views", json={"name": f"View {number}"}).status_code for number in range(51)]
    assert answers == [201] * 50 + [409]


def test_pages_keep_the_view(client: Client, engine: Engine) -> None:
    """The links of the pages keep filters, order, groups and scale."""
    add_themes(engine, range(100, 350), status="ongoing")
    page = body(client, "/themes?q=theme&sort=-size&scale=common")
    assert 'href="/themes?q=theme&sort=-size&scale=common&page=2"' in page


def test_the_number_of_queries_does_not_grow_with_the_themes(client: Client, engine: Engine) -> None:
    """A page of 100 rows asks the database as often as one of 12."""
    numbers: list[int] = []
    for themes in (range(100, 101), range(101, 350)):
        add_themes(engine, themes, status="ongoing")
        statements: list[str] = []

        def noted(_connection: object, _cursor: object, text: str, *_: object, listed: list[str] = statements) -> None:
            listed.append(text)

        event.listen(engine, "before_cursor_execute", noted)
        assert client.get("/themes").status_code == 200
        event.remove(engine, "before_cursor_execute", noted)
        numbers.append(len(statements))
        assert not any("JOIN tickets" in text or "FROM tickets JOIN" in text for text in statements)
    assert numbers[1] <= numbers[0]
    assert numbers[0] <= 32


def test_a_limited_scope_sees_its_tickets_alone(client_of: Callable[[Person], Client], engine: Engine) -> None:
    """Themes with a ticket of the scope are there, counted from these tickets, in page, export, listing and API alike."""
    pair = schema.assignments.c.ticket_id == schema.tickets.c.id
    query = select(schema.assignments.c.theme_id, func.count()).join(schema.tickets, pair)
    with engine.connect() as connection:
        counted = query.where(schema.tickets.c.region == "BR", schema.tickets.c.counted)
        own = dict(connection.execute(counted.group_by(schema.assignments.c.theme_id)).all())
    guest = client_of(vendor(region=["BR"]))
    page = guest.get("/api/board").json()
    rows = [row for group in page["groups"] for row in group["rows"]] + page["quiet"]
    assert {row["id"]: row["observed"] for row in rows} == own
    assert page["all_tickets"]["observed"] == sum(own.values())
    assert {row["stands_out"] == [] for row in rows} == {True}
    assert {row["status"] for row in rows} & {"regressed"} == set()
    assert set(ids(body(guest, "/themes"))) == own.keys()
    assert {one["id"] for one in guest.get("/api/themes").json()} == own.keys()
    exported = list(csv.DictReader(io.StringIO(guest.get("/themes.csv").text, newline="")))
    assert {int(row["id"]): int(row["observed"]) for row in exported} == own
    assert {row["first_seen"] for row in exported} == {""}
    shown = body(guest, "/themes")
    assert "You see the tickets of region BR" in shown
    assert "Launch under way" not in shown
    assert "US" not in re.findall(r'<option value="([^"]*)"', shown)
    assert guest.get("/api/themes?members=true").json()[0].keys() & {"tickets"} == set()


def test_a_limited_scope_does_not_find_what_it_may_not_read(
    client_of: Callable[[Person], Client], engine: Engine
) -> None:
    """A name with words of other tickets is hidden, not searched, and no order tells it; a spike elsewhere is not shown."""
    with engine.begin() as connection:
        connection.execute(
            update(schema.themes).where(schema.themes.c.id == 1).values(name="Zanzibar outage", keywords=["zanzibar"])
        )
    guest = client_of(vendor(region=["BR"]))
    page = body(guest, "/themes")
    assert "Zanzibar" not in page
    assert "Zanzibar" not in guest.get("/themes.csv").text
    assert guest.get("/api/board?q=zanzibar").json()["matching"] == 0
    assert "sort=theme" not in page
    assert guest.get("/api/board?sort=theme").status_code == 200
    hot = [
        row["id"] for group in guest.get("/api/board").json()["groups"] for row in group["rows"] if row["spike_open"]
    ]
    assert hot == [3]
    assert guest.get("/api/board?q=pix").json()["matching"] == 1


def test_a_scope_without_tickets_sees_nothing(client_of: Callable[[Person], Client]) -> None:
    """A vendor without a ticket has an empty board."""
    guest = client_of(vendor(vendor=["nobody"]))
    assert guest.get("/api/board").json()["matching"] == 0
    assert guest.get("/api/board?region=BR").json()["matching"] == 0
    assert ids(body(guest, "/themes")) == []
