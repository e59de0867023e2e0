"""Business reviews: the figures of the week for each audience's tickets, the same in every form, stored with the digests."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, insert, select

from alerts.digest.formats import DigestFormat
from alerts.match import Match
from alerts.ownership import EVERYONE, Audience, Ownership
from alerts.publishing import DigestOrder, publish_stored, write_form
from alerts.quoted_files import files_of
from alerts.review.form import stored_review
from alerts.settings import AlertSettings
from models.access import AccessScope
from models.metrics.figures import FigurePeriod
from pipelines.business_review.audience import review_scope
from pipelines.business_review.build import ReviewRules, build_review
from pipelines.business_review.publish import build_reviews, publish_reviews, week_before, why_no_review
from pipelines.figures.query import FigureQuery
from pipelines.figures.rows import figure_rows, promise_rows
from store.board.digests import DigestQuery, digest_id, digest_list, digest_of
from store.database import open_database, reading, upgrade
from store.digests import DigestKind, DigestWindow, StoredDigest, digest_key, insert_digest, load_digest
from store.retention.removal import remove_digests
from store.schema import digests, outbox, themes
from tests.alerts.launch_day import blank
from tests.console.figure_rows import END, write_figures

WEEK = DigestWindow(END - timedelta(days=7), END)
ACME = Audience("acme-desk", Match({"vendor": frozenset({"acme"})}))
BRAZIL = Audience("brazil", Match({"region": frozenset({"BR"}), "user_type": frozenset({"buyer"})}))
NAMED = Audience("coins", Match(themes=(1,)))
OWNERSHIP = Ownership((ACME, BRAZIL, NAMED, Audience(EVERYONE)))
RULES = ReviewRules()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return a database with two weeks of figures and three themes."""
    opened = open_database(database_url)
    upgrade(opened)
    write_figures(opened)
    with opened.begin() as connection:
        connection.execute(insert(themes), [
            {**blank(themes), "id": number, "name": name, "state": "live", "status": "ongoing", "first_seen": WEEK.start,
             "last_seen": WEEK.end, "keywords": []}
            for number, name in ((1, "Coins <b>missing</b>"), (2, "退款"), (3, "Pay | out *late*"))
        ])  # fmt: skip
    yield opened
    opened.dispose()


def review(engine: Engine, audience: Audience = OWNERSHIP.audiences[-1]) -> StoredDigest:
    """Build a review as it is stored."""
    with reading(engine) as connection:
        found = build_review(connection, audience, WEEK, RULES)
    assert found is not None
    return stored_review(found)


def test_the_numbers_are_those_of_the_commands(engine):
    """The five numbers of the week and of the one before are the figures of `kpis` and `kpis sla`."""
    facts = review(engine).facts
    numbers = {one["key"]: one for one in facts["numbers"]}
    for which, start in (("now", WEEK.start), ("before", WEEK.before.start)):
        query = FigureQuery(FigurePeriod(start, start + WEEK.span, END))
        with reading(engine) as connection:
            (row,), (kept,) = figure_rows(connection, query), promise_rows(connection, query)
        assert numbers["created"][which]["value"] == row["created"]["value"] == 155
        assert numbers["backlog"][which]["value"] == row["backlog_closing"]["value"]
        assert numbers["first_reply"][which]["value"] == pytest.approx(row["first_reply_median"]["value"], rel=0.02)
        assert numbers["compliance"][which] == {**kept["compliance"], "few": False}
    change = numbers["compliance"]["change"]
    assert change["value"] == pytest.approx(
        numbers["compliance"]["now"]["value"] - numbers["compliance"]["before"]["value"]
    )
    assert change["low"] < change["value"] < change["high"]
    assert any("Promises kept went from" in line for line in facts["summary"])


def test_each_figure_of_a_table_is_of_its_group(engine):
    """Lines, teams, vendors, handlers and themes have their rows, too few cases are marked, and names are no markup."""
    made = review(engine)
    tables = {one["key"]: one for one in made.facts["tables"]}
    assert list(tables) == [
        "lines",
        "teams",
        "vendors",
        "handlers",
        "drivers_sla",
        "drivers_resolution",
        "ai_themes",
        "effort",
    ]
    total = sum(row["cells"][4]["value"] for row in tables["drivers_sla"]["rows"])
    change = next(one for one in made.facts["numbers"] if one["key"] == "compliance")["change"]
    assert total == pytest.approx(change["value"])
    assert sum(row["cells"][0]["value"] for row in tables["effort"]["rows"]) == 155
    vendors = {row["name"]: row["cells"] for row in tables["vendors"]["rows"]}
    assert {name: cells[0]["value"] for name, cells in vendors.items()} == {
        "acme": 40, "brightdesk": 60, "=cmd": 5, "no vendor": 50,
    }  # fmt: skip
    assert vendors["=cmd"][1]["few"]
    assert not vendors["acme"][1]["few"]
    assert "<b>missing" not in made.html
    assert "Coins &lt;b&gt;missing" in made.html
    assert r"Pay \| out \*late\* \#3" in made.markdown
    assert "退款" in made.markdown


def test_a_vendors_review_holds_only_its_tickets(engine):
    """The review of a vendor's audience has the figures of its tickets, and nothing of the others but that its scope is said."""
    made = review(engine, ACME)
    assert made.facts["numbers"][0]["now"]["value"] == 40
    assert made.facts["scope"] == "vendor acme"
    assert not [one for one in made.facts["tables"] if one["key"] == "ai_themes"]
    for text in (made.html, made.markdown, json.dumps(made.facts, ensure_ascii=False)):
        assert "acme" in text
        for other in ("brightdesk", "=cmd", "ours-", "Coins", "退款"):
            assert other not in text


@pytest.mark.parametrize(
    ("audience", "scope", "words"),
    [
        (OWNERSHIP.audiences[-1], AccessScope(), ""),
        (ACME, AccessScope.of({"vendor": ["acme"]}), "vendor acme"),
        (BRAZIL, AccessScope.of({"region": ["BR"]}), "region BR and user type buyer"),
    ],
)
def test_an_audience_has_the_tickets_of_its_match(audience, scope, words):
    """Business line, region and vendor narrow as a person's scope does, one value of another dimension as a filter."""
    found = review_scope(audience)
    assert (found.access, found.words) == (scope, words)


@pytest.mark.parametrize("match", [
    Match(themes=(1,)), Match(), Match({"app_version": frozenset({"38"})}), Match({"team": frozenset({"a", "b"})}),
    Match({"vendor": frozenset({"acme"})}, themes=(1,)),
])  # fmt: skip
def test_tickets_that_figures_cannot_be_kept_to_have_no_review(match):
    """A match by themes, by several values or by what figures are not kept by has no review: it would hold other tickets, too."""
    assert review_scope(Audience("x", match)) is None


def test_reviews_are_published_once_with_the_digests(engine, tmp_path):
    """Each audience with tickets gets one, with files and one row in the outbox; the digest of the same week stays."""
    settings = AlertSettings(digest_folder=tmp_path / "out")
    order = DigestOrder(kind=DigestKind.REVIEW, formats=(DigestFormat.CSV,))
    weekly = StoredDigest("acme-desk", WEEK, "# weekly", "<p>weekly</p>", DigestKind.WEEKLY)
    with engine.begin() as connection:
        insert_digest(connection, weekly)
    first = publish_reviews(engine, OWNERSHIP, WEEK, settings, RULES, order)
    written = {path: path.read_bytes() for one in first for path in (one.path_md, one.path_html, *one.others)}
    assert [one.audience for one in first] == ["acme-desk", "brazil", "everyone"]
    assert publish_reviews(engine, OWNERSHIP, WEEK, settings, RULES, order) == first
    assert {path: path.read_bytes() for path in written} == written
    key = digest_key("acme-desk", WEEK, DigestKind.REVIEW)
    assert set(written) >= {path for path in files_of(settings, key) if path.exists()}
    with reading(engine) as connection:
        assert load_digest(connection, "acme-desk", WEEK) == weekly
        stored = load_digest(connection, "acme-desk", WEEK, DigestKind.REVIEW)
        assert digest_of(connection, digest_id("acme-desk", WEEK, DigestKind.REVIEW)) == stored
        assert digest_of(connection, digest_id("acme-desk", WEEK)) == weekly
        listed = digest_list(connection, DigestQuery(audience="acme-desk"))
        assert {one.kind for one in listed.rows} == {DigestKind.WEEKLY, DigestKind.REVIEW}
        rows = connection.execute(select(outbox.c.key, outbox.c.payload).where(outbox.c.audience == "acme-desk")).all()
    assert [row.key for row in rows] == [key]
    assert rows[0].payload["reason"] == stored.facts["summary"][0]


def test_an_old_review_is_removed_with_its_files(engine, tmp_path):
    """Retention takes reviews and digests of the same week, and the files of both."""
    settings = AlertSettings(digest_folder=tmp_path / "out")
    publish_stored(engine, review(engine), settings.digest_folder, "reason", DigestOrder(kind=DigestKind.REVIEW))
    publish_stored(
        engine, StoredDigest(EVERYONE, WEEK, "# weekly", "<p>"), settings.digest_folder, "reason", DigestOrder()
    )
    keys: list[str] = []
    assert remove_digests(engine, END + timedelta(days=1), END, keys.append) == 2
    assert sorted(keys) == [digest_key(EVERYONE, WEEK), digest_key(EVERYONE, WEEK, DigestKind.REVIEW)]
    assert {path for key in keys for path in files_of(settings, key) if path.exists()} == {
        path for path in (tmp_path / "out").rglob("*") if path.is_file()
    }
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(digests)).scalar_one() == 0


def test_the_numbers_are_csv_that_a_spreadsheet_takes_as_text(engine):
    """One line a figure; a vendor's name that looks like a formula is text."""
    rows = list(csv.DictReader(io.StringIO(write_form(review(engine), DigestFormat.CSV).decode())))
    assert {"section": "numbers", "figure": "created", "value": "155"}.items() <= rows[0].items()
    vendors = [row["name"] for row in rows if row["section"] == "vendors" and row["figure"] == "created"]
    assert "'=cmd" in vendors
    assert {row["too_few"] for row in rows if row["name"] == "'=cmd" and row["figure"] == "kept"} == {"yes"}
    assert write_form(review(engine), DigestFormat.SLACK).startswith(b"{")


def test_a_week_that_is_not_over_says_so(engine):
    """A review of a running week says until when its figures are known; one of a week that has not begun is not made."""
    running = DigestWindow(END - timedelta(days=1), END + timedelta(days=6))
    with reading(engine) as connection:
        found = build_review(connection, OWNERSHIP.audiences[-1], running, RULES)
        later = DigestWindow(END + timedelta(days=7), END + timedelta(days=14))
        assert build_review(connection, OWNERSHIP.audiences[-1], later, RULES) is None
        assert build_reviews(connection, OWNERSHIP, later, RULES, AlertSettings(), DigestOrder()) == []
    assert found.sentences[-1].startswith("The week is not over")


def test_the_week_before_is_from_monday_in_utc():
    """On a Monday morning the review is of the week that ended at midnight, whatever the time zones of the audiences."""
    assert week_before(END + timedelta(hours=7)) == WEEK
    assert week_before(END - timedelta(seconds=1)) == WEEK.before


@pytest.mark.parametrize(
    ("audience", "days", "sentence"),
    [
        ("coins", 0, "there is no review for coins, since figures cannot be kept to such tickets"),
        ("acme-desk", -700, "since no ticket of acme-desk is known of this week; name another one by --day"),
        ("acme-desk", 70, "since tickets are known until"),
    ],
)
def test_why_there_is_no_review_is_said(engine, audience, days, sentence):
    """Tickets that figures cannot be kept to, a week without tickets and a week that is to come have a sentence each."""
    window = DigestWindow(WEEK.start + timedelta(days=days), WEEK.end + timedelta(days=days))
    order = DigestOrder(kind=DigestKind.REVIEW, audiences=(audience,))
    with reading(engine) as connection:
        assert build_reviews(connection, OWNERSHIP, window, RULES, AlertSettings(), order) == []
        assert sentence in why_no_review(connection, OWNERSHIP, window, order)
