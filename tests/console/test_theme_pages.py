"""The page of a theme and of its tickets, and the same as JSON: verdict, causes once, tickets and search, and a person's scope."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, update

from models.access import AccessScope, Person, Role, permissions_of
from store import schema
from tests.console.conftest import Client
from tests.console.seed import END, HOSTILE

BRAZIL = AccessScope.of({"region": ["BR"]})
SECRET = "zanzibar"
"""A word of tickets outside the scope, which must not get out by anything."""

PAGES = (
    "/themes/1",
    "/themes/1/tickets",
    "/api/themes/1",
    "/api/themes/1/tickets",
    "/api/themes/1/segments",
    "/api/themes/1/similar",
)

NUMBERED = (
    *(f"/{kind}/{{}}" for kind in ("themes", "incidents", "known-issues")),
    *(f"/api/{kind}/{{}}" for kind in ("themes", "incidents", "known-issues", "silences")),
    *(f"{root}/{kind}/{{}}/why" for root in ("", "/api") for kind in ("themes", "spikes", "alerts")),
    "/themes/{}/tickets",
    *(f"/api/themes/{{}}/{part}" for part in ("tickets", "segments", "similar")),
)
"""Addresses with the number of something."""


@pytest.fixture
def vendor(client_of: Callable[[Person], Client]) -> Client:
    """Return a client of a person who sees the tickets of Brazil."""
    return client_of(
        Person(name="vera", role=Role.SPECIALIST, permissions=permissions_of(Role.SPECIALIST), scope=BRAZIL)
    )


def _main(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(answer.text).split()).split("<main", 1)[1]


def _section(page: str, name: str) -> str:
    return page.split(f'id="{name}"', 1)[1].split("</section>", 1)[0]


def test_the_first_thing_said_is_whether_it_signals(client: Client) -> None:
    """One plain sentence begins with yes or no; the figures are folded, and red is for a signal alone."""
    signals = _section(_main(client, "/themes/3"), "verdict")
    assert (
        "Yes, it signals: 96 tickets where 19 were expected, in payment method pix, region BR; chance of that less than 1 in 1,000,000."
        in signals
    )
    assert 'class="answer signals"' in signals
    assert (
        signals.index("Yes, it signals")
        < signals.index("<details><summary>Figures</summary>")
        < signals.index("<dt>Severity</dt>")
    )
    calm = _section(_main(client, "/themes/8"), "verdict")
    assert "No, it does not signal now." in calm
    assert "It last did from" in calm
    assert "signals" not in calm.split('class="answer', 1)[1].split(">", 1)[0]
    assert "no spike of it is recorded" in _section(_main(client, "/themes/2"), "verdict")


def test_a_withheld_alert_says_why_nobody_was_alerted(client: Client, engine: Engine) -> None:
    """The detector signals all the same, and the sentence gives the gate's reason."""
    with engine.begin() as connection:
        connection.execute(
            update(schema.spikes).where(schema.spikes.c.id == 2).values(gate="fewer_requesters_than_minimum")
        )
    assert "Nobody was alerted: too few people wrote." in _main(client, "/themes/3")


def test_a_cause_of_several_spikes_is_said_once(client: Client, engine: Engine) -> None:
    """Spikes of one incident are together, each with its figures, and what explains them stands there once."""
    with engine.begin() as connection:
        row = dict(connection.execute(select(schema.spikes).where(schema.spikes.c.id == 1)).one()._mapping)
        cause = dict(connection.execute(select(schema.causes).where(schema.causes.c.spike_id == 1)).first()._mapping)
        connection.execute(insert(schema.spikes).values({**row, "id": 9, "severity": 3.0, "incident_id": 4}))
        connection.execute(update(schema.spikes).where(schema.spikes.c.id == 1).values(incident_id=4))
        connection.execute(insert(schema.causes).values({**cause, "spike_id": 9}))
    page = _section(_main(client, "/themes/1"), "spikes")
    assert page.count("iOS holds 66 % of the excess") == 1
    assert page.count('href="/incidents/4"') == 1
    assert "1 further spike of the same event" in page
    assert 'id="spike-1"' in page
    assert 'id="spike-9"' in page


def test_no_ratio_alone_is_red(client: Client) -> None:
    """Hours above the band are red within a spike only, and a high ratio has no colour."""
    page = _main(client, "/themes/1")
    assert 'class="bar above signal' in page
    assert re.search(r'class="bar above"', page)
    assert "ratio high" not in page
    assert 'class="bar above signal' not in _main(client, "/themes/2?days=28")


def test_people_come_before_the_machine(client: Client, engine: Engine) -> None:
    """What people know and decided is above; the machine's reorganisations are folded at the end."""
    with engine.begin() as connection:
        texts = {"title": "Refunds", "workaround": "Offer the wallet.", "sop": "Say that we know."}
        issue = {"id": 77, "state": "identified", "opened_at": END, "updated_at": END, **texts}
        connection.execute(insert(schema.known_issues).values(issue))
        sixth = schema.themes.c.id == 6
        flag = {**connection.execute(select(schema.themes.c.known_issue).where(sixth)).scalar_one(), "issue": 77}
        connection.execute(update(schema.themes).where(sixth).values(known_issue=flag))
    known = _main(client, "/themes/6")
    assert known.index("What is known") < known.index("Similar themes") < known.index("Reorganisation")
    assert "Offer the wallet." in known
    assert "Say that we know." in known
    decided = _main(client, "/themes/3")
    assert decided.index("What people decided") < decided.index("Reorganisation")
    assert '<details id="lineage"><summary>' in _main(client, "/themes/1")


def test_tickets_are_listed_and_searched(client: Client, engine: Engine) -> None:
    """Each ticket is there with its text; a search marks what it found and says what it looked at."""
    page = _main(client, "/themes/1/tickets")
    assert page.count("<li>") == 12
    assert "No text of this ticket is kept." in page
    found = _main(client, "/themes/1/tickets?q=CARD+coins")
    assert re.search("of the (newest )?12 holds? each word of “CARD coins”", found)
    assert "<mark>CARD</mark>" in found
    assert "No ticket has these words" in _main(client, "/themes/1/tickets?q=absent")
    assert "This page holds no ticket" in _main(client, "/themes/1/tickets?page=3")
    assert client.get("/themes/1/tickets?page=0").status_code == 422
    with engine.connect() as connection:
        looks = connection.execute(select(schema.audit).where(schema.audit.c.action == "looked at text")).all()
    assert {row.subject for row in looks} == {"tickets of theme 1, page 1", "search in theme 1, page 1"}
    assert "charged" not in str([row.detail for row in looks])


def test_hostile_text_is_shown_as_text(client: Client) -> None:
    """Markup in names, tickets and searches is escaped, also around what is marked."""
    for path in ("/themes/12", "/themes/12/tickets", "/themes/12/tickets?q=<script>", "/themes/12/tickets?q=hostile"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "<script>window" not in answer.text
        assert "<img" not in answer.text
    marked = client.get("/themes/12/tickets?q=script").text
    assert "&lt;<mark>script</mark>&gt;" in marked
    assert HOSTILE not in marked


@pytest.mark.parametrize(
    "term", ["4111 1111 1111 1111", "a" * 200, "%", "_", "\\", "'; drop table themes", "\x00", "(", "[CARD]"]
)
def test_a_search_takes_any_words(client: Client, term: str) -> None:
    """Nothing that is typed breaks the search, and a card number is not shown again."""
    answer = client.get("/themes/1/tickets", params={"q": term})
    assert answer.status_code == 200
    assert "4111" not in answer.text
    assert client.get("/api/themes/1/tickets", params={"q": term}).status_code == 200


def test_the_api_describes_tickets_segments_and_similar_themes(client: Client) -> None:
    """What the page shows is there as JSON, with the same figures."""
    about = client.get("/api/themes/3").json()
    assert about["verdict"]["yes"]
    assert about["groups"] == [{"spikes": [2], "incidents": [], "causes": about["spikes"][0]["causes"]}]
    listed = client.get("/api/themes/3/tickets?q=pix").json()
    assert listed["looked_at"] == 12
    assert listed["matching"] == len(listed["tickets"]) > 0
    assert all("pix" in f"{one['title']} {one['body']}".casefold() for one in listed["tickets"])
    (region,) = client.get("/api/themes/3/segments").json()
    assert region["dimension"] == "region"
    assert region == about["segments"][0]
    assert client.get("/api/themes/3/similar").json() == about["similar"]


@pytest.mark.parametrize("path", NUMBERED)
@pytest.mark.parametrize(
    "number", [2**31, 2**63, -(2**63), 10**400], ids=["31 bits", "63 bits", "negative", "400 digits"]
)
def test_a_number_that_nothing_has_is_not_found(client: Client, path: str, number: int) -> None:
    """Numbers beyond the columns of the database are those of nothing."""
    assert client.get(path.format(number)).status_code == 404


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "0001-01-01T00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00",
    ],
)
@pytest.mark.parametrize("path", ["/themes/1/why", "/api/themes/1/why"])
def test_a_time_at_the_ends_of_the_calendar_is_refused(client: Client, path: str, at: str) -> None:
    """The answer says which times are valid."""
    answer = client.get(path, params={"at": at})
    assert answer.status_code == 422
    assert "valid are times from 1970-01-01 to 9998-12-31" in answer.text


def test_silences_refuse_such_times_too(client: Client) -> None:
    """Times in a body are read by the same type."""
    for name in ("start", "until", "review"):
        body = {"reason": "r", "themes": [1], "for": "4h", name: "0001-01-01T00:00+14:00"}
        assert client.post("/api/silences", json=body).status_code == 422


def test_a_person_with_a_scope_sees_only_its_tickets(client: Client, vendor: Client, engine: Engine) -> None:
    """No page or answer quotes, counts, names or dates what is outside; the theme's forms and history are not there."""
    _hide_a_word(engine)
    for path in PAGES:
        answer = vendor.get(path)
        assert answer.status_code == 200, path
        assert SECRET not in answer.text.casefold(), path
    assert SECRET in client.get("/themes/1").text
    page = _main(vendor, "/themes/1")
    assert "Theme 1" in page
    assert "You see the tickets of region BR only" in page
    for hidden in (
        "Reorganisation",
        'action="/themes/1/known-issue"',
        "launch excess",
        "Spike 1",
        "spike-1",
        "LIVE coins winter launch",
    ):
        assert hidden not in page
    assert vendor.get(f"/themes/1/tickets?q={SECRET}").text.count("<li>") == 0
    assert vendor.get(f"/api/themes/1/tickets?q={SECRET}").json()["matching"] == 0


def test_the_size_and_hours_of_a_scope_are_those_of_its_tickets(vendor: Client, engine: Engine) -> None:
    """What a person with a scope reads adds up to the tickets that they can list."""
    about = vendor.get("/api/themes/3").json()
    listed = vendor.get("/api/themes/3/tickets").json()
    assert (
        about["size"] == listed["total"] == len(listed["tickets"]) == sum(hour["observed"] for hour in about["hours"])
    )
    assert {one["attributes"]["region"] for one in listed["tickets"]} == {"BR"}
    assert all(hour["expected"] is None for hour in about["hours"])
    regions = {one["value"] for table in about["segments"] if table["dimension"] == "region" for one in table["values"]}
    assert regions == {"BR"}


def test_a_theme_outside_the_scope_is_not_found(vendor: Client, engine: Engine) -> None:
    """The answer is the same whether it exists or not."""
    with engine.begin() as connection:
        connection.execute(update(schema.tickets).where(schema.tickets.c.id.like("T-5-%")).values(region="US"))
    for root in ("", "/api"):
        for part in ("", "/tickets"):
            hidden, absent = (vendor.get(f"{root}/themes/{number}{part}") for number in (5, 77))
            assert (hidden.status_code, absent.status_code) == (404, 404)
            assert hidden.text.replace("theme 5", "theme 77") == absent.text


def test_a_page_takes_few_statements(client: Client, engine: Engine) -> None:
    """The number of statements does not depend on how many spikes, tickets and themes there are."""
    statements: list[str] = []
    client.get("/themes/1")
    event.listen(engine, "before_cursor_execute", lambda _c, _k, text, *_: statements.append(text))
    client.get("/themes/1")
    assert len(statements) <= 45
    statements.clear()
    client.get("/themes/1/tickets?q=card")
    assert len(statements) <= 16


def _hide_a_word(engine: Engine) -> None:
    """Put a word into everything of theme 1 that is of tickets outside the scope."""
    with engine.begin() as connection:
        outside = schema.tickets.c.id.like("T-1-%") & (schema.tickets.c.region != "BR")
        connection.execute(
            update(schema.tickets).where(outside).values(title=f"The {SECRET} case", body=f"{SECRET} again")
        )
        values: dict[Any, dict[str, Any]] = {
            schema.themes: {"name": f"Coins {SECRET}", "keywords": ["coins", SECRET]},
            schema.lineage: {"reason": f"{SECRET} joined"},
            schema.alerts: {"reason": f"{SECRET} rises"},
            schema.spikes: {"verdict": f"{SECRET} explains it", "note": SECRET},
            schema.causes: {"reason": SECRET},
            schema.changes: {"title": SECRET},
            schema.launches: {"title": SECRET},
            schema.decisions: {"why": SECRET},
        }
        for table, changed in values.items():
            connection.execute(update(table).values(changed))


def test_what_customers_wrote_comes_before_the_table_of_segments(client: Client) -> None:
    """The table may have dozens of rows, and the evidence is what a person judges a theme by."""
    page = _main(client, "/themes/1")
    assert page.index('id="evidence"') < page.index('role="search"') < page.index('id="where"')
