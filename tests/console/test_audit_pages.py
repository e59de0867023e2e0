"""The audit log on a page, as CSV and as JSON: filtered, in pages, for those who administer only."""

import csv
import io
from datetime import timedelta

import pytest

from models.access import Permission, Person
from store.audit import list_audit, record
from store.database import reading
from tests.console.seed import END, HOSTILE


@pytest.fixture(autouse=True)
def _lines(engine):
    """Write sixty lines of two people, one of them hostile."""
    with engine.begin() as connection:
        for n in range(60):
            record(
                connection, at=END + timedelta(minutes=n), actor=("ann", "bob")[n % 2], action="merge" if n < 30 else "rename",
                subject=f"theme {n}", detail={"n": n},
            )  # fmt: skip
        record(connection, at=END, actor=HOSTILE[:128], action="=cmd()", subject="+1+1", detail={"why": HOSTILE})


def test_the_page_is_filtered_and_continued(client):
    """Each filter is exact; the next page continues after the last line, with the same filter."""
    page = client.get("/audit?person=ann&action=rename").text
    assert page.count("<tr><td") == 15
    assert ("theme 58" in page, "theme 59" in page) == (True, False)
    first = client.get("/audit?person=&action=&since=&until=").text
    assert first.count("<tr><td") == 50
    older = first.split("Older lines")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = client.get(older).text
    assert second.count("<tr><td") == 11
    assert HOSTILE not in second
    ended = client.get("/audit?since=2026-11-20T15:50&until=2026-11-20T15:55")
    assert ended.text.count("<tr><td") == 5
    assert 'value="2026-11-20T15:50"' in ended.text
    assert "No line of the audit log is like this" in client.get("/audit?subject=theme").text


def test_the_export_is_read_by_no_spreadsheet_as_a_formula(client, engine):
    """Cells that begin as a formula get an apostrophe; the export itself is noted."""
    answer = client.get("/audit.csv?action=%3Dcmd()")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    header, line = csv.reader(io.StringIO(answer.text))
    assert header == ["at", "person", "action", "subject", "detail"]
    assert line[2:4] == ["'=cmd()", "'+1+1"]
    with reading(engine) as connection:
        newest = list_audit(connection, limit=100)
    [noted] = [one for one in newest if one["action"] == "exported audit log"]
    assert (noted["actor"], noted["detail"]) == ("console", {"filter": "action=%3Dcmd%28%29"})
    assert len(client.get("/audit.csv").text.splitlines()) == 64


def test_an_export_is_written_part_by_part(client, monkeypatch):
    """Lines are neither skipped nor repeated between the parts."""
    monkeypatch.setattr("console.pages.audit.PART", 7)
    rows = list(csv.DictReader(io.StringIO(client.get("/audit.csv?person=ann").text)))
    assert [row["subject"] for row in rows] == [f"theme {n}" for n in range(58, -1, -2)]


def test_the_same_as_json(client):
    """`next` continues the listing; null at its end."""
    first = client.get("/api/audit?person=bob&limit=20").json()
    assert [one["subject"] for one in first["lines"]] == [f"theme {n}" for n in range(59, 19, -2)]
    second = client.get("/api/audit", params={"person": "bob", "limit": 20, "after": first["next"]}).json()
    assert ([one["subject"] for one in second["lines"]][-1], second["next"]) == ("theme 1", None)


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=2026-11-20T12:00:00Z,",
        "since=yesterday",
        "until=0001-01-01T00:00%2B14:00",
        "limit=0",
        f"person={'x' * 129}",
    ],
)
def test_what_is_not_valid_is_refused_with_a_sentence(client, query):
    """Never a failure of the server."""
    assert client.get(f"/api/audit?{query}").status_code == 422


def test_only_those_who_administer_read_it(client_of):
    """The page, the export and the API refuse everybody else."""
    ops = Person(name="ops", permissions=frozenset(Permission) - {Permission.ADMINISTER})
    assert [client_of(ops).get(path).status_code for path in ("/audit", "/audit.csv", "/api/audit")] == [403] * 3
