"""Pages of figures: filtered, sorted, searched and exported, the same on the page, in files and as JSON, within a person's scope."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import parquet
from python_calamine import load_workbook
from sqlalchemy import Engine

from console.app import create_app
from console.figures.ai import OF_PERSONS
from console.figures.pages import PAGES
from console.figures.table import NOT_COMPARED
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.access import AccessScope, Permission, Person
from pipelines.handling.settings import FigureSettings
from pipelines.settings import MiningSettings
from store.database import open_database, upgrade
from tests.console.conftest import TOKEN, Client, Someone, console_parts, wall_clock
from tests.console.figure_rows import VENDORS, write_figures

TEAMS = "/figures/teams"
VENDOR = Person(name="vera", permissions=frozenset({Permission.LOOK}), scope=AccessScope.of({"vendor": ["acme"]}))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database with two weeks of figures, which these tests only read."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('figures') / 'g.db'}")
    upgrade(opened)
    write_figures(opened)
    yield opened
    opened.dispose()


def _client(engine: Engine, parts: ConsoleParts, token: str | None) -> Client:
    settings = ConsoleSettings(port=0)
    app = create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=parts)
    return Client(app, token=token)


@pytest.fixture(scope="module")
def client(engine: Engine) -> Client:
    """Return a client of somebody who sees everything."""
    return _client(engine, console_parts(), TOKEN)


@pytest.fixture(scope="module")
def vendor_client(engine: Engine) -> Client:
    """Return a client of a manager of one vendor."""
    return _client(engine, ConsoleParts(sign_in=Someone(VENDOR)), None)


def groups(text: str) -> list[str]:
    """Return the headings of the rows of a page's first table."""
    return re.findall(r'<th scope="row">([^<]*)</th>', text.split("</table>", maxsplit=1)[0])


def test_a_scorecard_has_a_row_for_each_vendor_with_the_week_before(client: Client) -> None:
    """The vendor with most tickets comes first; each figure has its interval, and how it changed against the period before."""
    text = client.get(TEAMS).text
    assert groups(text) == ["brightdesk", "no vendor", "acme", "=cmd"]
    assert "2026-11-23 to 2026-11-29 in UTC, compared with 2026-11-16 to 2026-11-22" in text
    assert "better" in text
    assert "few: 5" in text
    assert groups(client.get(f"{TEAMS}?by=team&sort=group").text)[:3] == ["=cmd-0", "=cmd-1", "acme-0"]


def test_rows_are_sorted_and_found(client: Client) -> None:
    """A heading sorts, from the greatest number on at first; words leave the other rows out."""
    assert groups(client.get(f"{TEAMS}?sort=created").text) == ["=cmd", "acme", "no vendor", "brightdesk"]
    assert groups(client.get(f"{TEAMS}?find=ACM").text) == ["acme"]
    text = client.get(f"{TEAMS}?sort=-created").text
    assert 'aria-sort="descending"' in text
    assert "sort=created" in text


def test_a_filter_leaves_the_other_tickets_out(client: Client) -> None:
    """Two filters at once, which no daily sums answer, give what each ticket says; the page says that it does."""
    one = client.get(f"/api{TEAMS}?region=BR").json()["tables"][0]["rows"]
    both = client.get(f"/api{TEAMS}?region=BR&business_line=line-1").json()["tables"][0]["rows"]
    assert sum(row["created"] for row in one) < sum(number for number in VENDORS.values())
    assert 0 < sum(row["created"] for row in both) < sum(row["created"] for row in one)
    assert "Counted from each ticket" in client.get(f"{TEAMS}?region=BR&business_line=line-1").text


def test_files_and_json_have_what_the_page_has(client: Client) -> None:
    """CSV, Excel and Parquet hold the same rows in the same order with the same values as the API."""
    rows = client.get(f"/api{TEAMS}?sort=-csat&find=e").json()["tables"][0]["rows"]
    names = list(rows[0])
    files = {kind: client.get(f"{TEAMS}?sort=-csat&find=e&format={kind}") for kind in ("csv", "xlsx", "parquet")}
    found = parquet.read_table(io.BytesIO(files["parquet"].content)).to_pylist()
    assert found == rows
    sheet = load_workbook(io.BytesIO(files["xlsx"].content)).get_sheet_by_index(0).to_python()
    assert sheet[0] == names
    for written, row in zip(sheet[1:], rows, strict=True):
        # Excel keeps 15 digits.
        assert [None if one == "" else one for one in written] == [
            value if value is None or isinstance(value, str) else pytest.approx(value, rel=1e-14)
            for value in row.values()
        ]
    lines = files["csv"].text.splitlines()
    assert lines[0].split(",") == names
    assert [line.split(",")[:2] for line in lines[1:]] == [[row["group"], str(row["created"])] for row in rows]
    assert (
        files["csv"].headers["content-disposition"]
        == 'attachment; filename="teams-scorecard-2026-11-23-2026-11-30.csv"'
    )


def test_no_file_has_a_formula(client: Client) -> None:
    """A vendor's name that begins with = is a text in Excel, and begins with an apostrophe in CSV."""
    assert "\r\n'=cmd," in client.get(f"{TEAMS}?format=csv").text
    sheet = load_workbook(io.BytesIO(client.get(f"{TEAMS}?format=xlsx").content)).get_sheet_by_index(0).to_python()
    assert "=cmd" in [row[0] for row in sheet]


@pytest.mark.parametrize("path", [page.path for page in PAGES])
def test_a_person_of_a_vendor_sees_nothing_of_others(vendor_client: Client, path: str) -> None:
    """Neither page, files nor JSON name another vendor or team, or count its tickets; a filter does not help."""
    answers = [
        vendor_client.get(f"{path}{query}") for query in ("", "?format=csv", "?vendor=brightdesk", "?by=handled_by")
    ]
    answers.append(vendor_client.get(f"/api{path}"))
    for answer in answers:
        assert answer.status_code in (200, 422)
        for other in ("brightdesk", "=cmd", "ours-"):
            said = answer.text.replace("vendor=brightdesk", "").replace('value="brightdesk" selected>brightdesk', "")
            assert other not in said


def test_a_person_of_a_vendor_reads_the_figures_of_it(vendor_client: Client, client: Client) -> None:
    """They are those that everybody reads of this vendor."""
    (mine,) = vendor_client.get(f"/api{TEAMS}").json()["tables"][0]["rows"]
    theirs = next(row for row in client.get(f"/api{TEAMS}").json()["tables"][0]["rows"] if row["group"] == "acme")
    assert {name: theirs[name] for name in mine} == mine


def test_vendors_are_compared_on_the_same_case_mix(client: Client) -> None:
    """The second table has the unadjusted figure next to the adjusted one, and says in words what the comparison shows."""
    for outcome, most in (("kept", 1.0), ("satisfied", 1.0), ("resolution", 86_400)):
        table = client.get(f"/api{TEAMS}?outcome={outcome}").json()["tables"][1]
        rows = {row["group"]: row for row in table["rows"]}
        assert list(rows) == ["brightdesk", "no vendor", "acme", "=cmd"]
        assert 0 < rows["acme"]["adjusted_low"] <= rows["acme"]["adjusted"] <= rows["acme"]["adjusted_high"] <= most
        assert 0 < rows["acme"]["unadjusted"] <= most
        assert rows["=cmd"]["result"] == "not compared"
        assert any("=cmd is not compared" in note for note in table["notes"])
    text = client.get(f"{TEAMS}?outcome=satisfied").text
    assert "Satisfied, on the same case mix" in text
    assert "no difference shown" in text


def test_a_single_group_is_compared_with_nobody(vendor_client: Client) -> None:
    """Who sees one vendor gets no comparison with others that are not shown."""
    assert len(vendor_client.get(f"/api{TEAMS}").json()["tables"]) == 1
    (row,) = vendor_client.get(f"/api{TEAMS}?outcome=satisfied").json()["tables"][1]["rows"]
    assert (row["group"], row["adjusted"], row["result"]) == ("acme", None, "not compared")


def test_figures_are_judged_by_their_targets(engine: Engine, tmp_path: Path) -> None:
    """A mark with a word and a sign says whether a target is met; files have it, too; a faulty file is a notice, not a failure."""
    file = tmp_path / "targets.toml"
    file.write_text(
        "[[target]]\nmetric = 'first_reply_median'\nat_most = '20m'\n"
        "[[target]]\nmetric = 'csat'\nat_least = 0.95\nmatch = {vendor = 'brightdesk'}\n"
        "[[target]]\nmetric = 'compliance'\nat_least = 0.1\nmatch = {region = 'BR'}\n"
    )
    client = _client(engine, console_parts(figures=FigureSettings(targets=file)), TOKEN)
    rows = {row["group"]: row for row in client.get(f"/api{TEAMS}").json()["tables"][0]["rows"]}
    assert [rows[vendor]["first_reply_median_target"] for vendor in ("acme", "brightdesk")] == ["met", "met"]
    assert [rows[vendor]["csat_target"] for vendor in ("acme", "brightdesk")] == [None, "missed"]
    assert rows["acme"]["compliance_target"] is None
    assert client.get(f"/api{TEAMS}?region=BR").json()["tables"][0]["rows"][0]["compliance_target"] == "met"
    text = client.get(TEAMS).text
    assert 'title="target: at least 95 %">✗ missed</span>' in text
    assert "csat_target" in client.get(f"{TEAMS}?format=csv").text
    file.write_text("[[target]]\nmetric = 'colour'\nat_most = 1")
    faulty = _client(engine, console_parts(figures=FigureSettings(targets=file)), TOKEN).get(TEAMS)
    assert (faulty.status_code, "No targets are shown" in faulty.text) == (200, True)


@pytest.mark.parametrize(("query", "says"), [
    ("by=colour", "this page groups by"),
    ("days=3", "valid are 7, 28, 90 days"),
    ("from=2026-11-31", "valid is a day"),
    ("from=0001-01-01", "valid is one from 1970 to 2199"),
    ("from=1000-01-01&to=2026-11-21", "valid is one from 1970 to 2199"),
    ("to=0001-01-02", "valid is one from 1970 to 2199"),
    ("from=2026-11-20&to=8999-12-31", "valid is one from 1970 to 2199"),
    ("from=2020-01-01&to=2026-11-21", "a period of 2,516 days; valid are at most 400"),
    ("from=2026-11-20&to=2199-12-31", "valid are at most 400"),
    ("from=2030-01-01", "valid is a start before the end"),
    ("sort=colour", "this table is sorted by"),
    ("table=colour", "this page has"),
    ("outcome=colour", "valid are kept, satisfied"),
    ("format=pdf", "valid are csv, xlsx, parquet"),
    ("theme=coins", "valid is its number"),
])  # fmt: skip
def test_what_is_not_valid_is_said_in_a_sentence(client: Client, query: str, says: str) -> None:
    """The page and the API answer with 422 and say what is valid."""
    for path in (TEAMS, f"/api{TEAMS}"):
        answer = client.get(f"{path}?{query}")
        if path == TEAMS or not query.startswith("format"):
            assert (answer.status_code, says in answer.text) == (422, True)


def test_without_tickets_there_is_a_page(tmp_path: Path) -> None:
    """A new database has pages of figures that say what brings tickets in."""
    opened = open_database(f"sqlite:///{tmp_path}/new.db")
    upgrade(opened)
    client = _client(opened, console_parts(), TOKEN)
    assert "No ticket is mined yet" in client.get(TEAMS).text
    assert client.get(f"/api{TEAMS}").json()["tables"] == []
    export = client.get(f"{TEAMS}?format=csv")
    assert (export.status_code, "there is no table to export" in export.text) == (422, True)
    opened.dispose()


@pytest.mark.parametrize("path", ["/figures/segments", TEAMS, "/figures/themes"])
@pytest.mark.parametrize(("asked", "compared"), [
    ("from=2026-11-23&to=2026-11-30", {True}), ("days=28", {False}), ("from=2026-11-23&to=2026-12-01", {False}),
    ("from=2026-11-22&to=2026-11-30", {False}),
])  # fmt: skip
def test_totals_are_compared_where_both_periods_are_known(
    client: Client, path: str, asked: str, compared: set[bool]
) -> None:
    """Where the period before begins earlier than the first ticket, or the period ends later than what is known, none is compared."""
    table = client.get(f"/api{path}?{asked}").json()["tables"][0]
    total = "tickets" if path == "/figures/themes" else "created"
    assert {row[f"{total}_earlier"] is not None for row in table["rows"]} == compared
    assert (NOT_COMPARED in table["notes"]) is (compared == {False})
    heading = client.get(f"{path}?{asked}&format=csv").text.splitlines()
    assert f"{total}_earlier" in heading[0]


def test_nothing_is_expected_before_the_first_ticket(client: Client) -> None:
    """A period before all tickets has no range and no comparison: that nobody wrote is not known."""
    tables = {
        one["table"]: one["rows"] for one in client.get("/api/figures?from=2026-01-01&to=2026-01-08").json()["tables"]
    }
    days, numbers = tables["days"], {row["figure"]: row for row in tables["numbers"]}
    assert {row["created"] for row in days} == {None}
    assert {row["created_expected_high"] for row in days} == {None}
    assert numbers["created"]["change"] is None


def test_a_vendor_is_not_judged_by_what_ai_solved(vendor_client: Client, client: Client) -> None:
    """Of tickets that persons handled last AI contained none by definition: its shares are left out, and the page says why."""
    text = vendor_client.get("/figures/ai").text
    assert "Contained" not in text
    assert OF_PERSONS in text
    assert "Contained by AI" in client.get("/figures/ai").text
    assert "Contained by AI" not in client.get("/figures/ai?handled_by=vendor").text
    assert "Contained by AI" not in vendor_client.get("/figures/segments").text
    assert "Contained by AI" not in client.get(TEAMS).text


@pytest.mark.parametrize("path", ["/figures", "/figures/ai", "/figures/themes"])
def test_themes_without_a_page_for_the_person_have_no_link(vendor_client: Client, path: str) -> None:
    """No ticket of these themes was in the scope when it was created: the pages of the themes are not there for this person."""
    assert 'href="/themes/' not in vendor_client.get(path).text


def test_files_of_pages_have_different_names(client: Client) -> None:
    """Tables of two pages that are called alike are files of different names."""
    names = {
        client.get(f"/figures/{page}?table=themes&format=csv").headers["content-disposition"]
        for page in ("ai", "themes")
    }
    assert len(names) == 2
