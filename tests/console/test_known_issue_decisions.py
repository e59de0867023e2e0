"""What people decide about known issues on their pages, and what people with a limited scope see of them."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import Engine, insert, update

from models.access import AccessScope, Permission, Person
from models.known_issues import AttachmentWay, IssueState
from store import schema
from store.database import reading
from store.decisions import Decision, read_decisions
from store.known_issues import (
    Attachment,
    IssueEvent,
    StoredIssue,
    attach,
    write_issue,
    write_issue_event,
    write_members,
)
from tests.console.conftest import Client
from tests.console.seed import END, HOSTILE

OPENED = END - timedelta(days=2)


@pytest.fixture(autouse=True)
def issues(engine: Engine) -> None:
    """A regressed one of theme 6 with two tickets, and a stale one of theme 2."""
    with engine.begin() as connection:
        write_issue(connection, StoredIssue(
            issue_id=70, title=f"Refunds are late {HOSTILE}", state=IssueState.REGRESSED, owner="refunds",
            workaround="Offer the wallet.", fix_expected_at=END + timedelta(days=3), opened_at=OPENED, updated_at=END,
        ))  # fmt: skip
        write_issue(connection, StoredIssue(
            issue_id=71, title="Payouts wait", state=IssueState.IDENTIFIED, opened_at=OPENED, updated_at=OPENED - timedelta(days=90),
        ))  # fmt: skip
        write_members(connection, [(70, 6, OPENED, None), (71, 2, OPENED, None)])
        attach(connection, [Attachment(70, f"T-6-{n}", 0.9, AttachmentWay.THEME, END) for n in (0, 1)])
        write_issue_event(connection, IssueEvent(
            1, 70, END, None, IssueState.RESOLVED, IssueState.REGRESSED, "41 tickets in 12 hours, where 3 are usual",
        ))  # fmt: skip


def text(answer) -> str:
    """Return the text of a page."""
    return " ".join(unescape(answer.text).split())


def newest(engine: Engine) -> Decision:
    """Return the newest decision."""
    with reading(engine) as connection:
        return read_decisions(connection)[-1]


def test_the_list_has_volumes_and_says_what_is_stale_or_back(client: Client) -> None:
    """Regressed ones come first; the volume of the last week is compared with the usual one at the time of the flag."""
    rows = client.get("/api/known-issues/search").json()["rows"]
    assert [row["id"] for row in rows] == [70, 71]
    assert rows[0]["volume"]["usual"] == pytest.approx(7 * 180.0)
    assert rows[0]["volume"]["observed"] > 100
    assert "nobody has updated it" in rows[1]["stale"][0]
    page = text(client.get("/known-issues"))
    assert "stale" in page
    assert HOSTILE not in client.get("/known-issues").text
    for address, ids in (
        ("state=regressed", [70]),
        ("owner=refunds", [70]),
        ("theme=2", [71]),
        ("q=wallet", [70]),
        ("q=%25", []),
    ):
        assert (address, [row["id"] for row in client.get(f"/api/known-issues/search?{address}").json()["rows"]]) == (
            address,
            ids,
        )


def test_the_page_says_how_much_came_and_why_it_is_back(client: Client) -> None:
    """Against what was usual; with a button that copies what agents say, which is hidden without a script."""
    page = client.get("/known-issues/70")
    assert "since it was flagged" in text(page)
    assert "would have been as usual then" in text(page)
    assert "41 tickets in 12 hours, where 3 are usual" in text(page)
    assert 'data-copy="workaround-text" hidden' in page.text
    assert 'id="workaround-text">Offer the wallet.<' in page.text
    assert HOSTILE not in page.text


def test_a_known_issue_is_made_of_themes(client: Client, engine: Engine) -> None:
    """Its themes are searched by name; one that belongs to another issue is pointed out; the form is refused with what was typed."""
    assert 'name="theme" value="7"' in client.get("/known-issues/new?q=voucher").text
    assert "No theme is found" in client.get("/known-issues/new?q=%25").text
    assert "known issue 70" in client.get("/known-issues/new?theme=6").text
    form = {
        "theme": ["7", "11"],
        "title": "Vouchers are refused",
        "sop": "Say sorry.",
        "fix_version": "38.2.0",
        "why": "many call",
    }
    answer = client.post("/known-issues/new", data=form)
    assert answer.history[0].status_code == 303
    assert "Vouchers are refused" in text(answer)
    made = newest(engine)
    assert (made.kind, made.theme_id, made.actor, made.why) == ("known_issue", 7, "console", "many call")
    assert made.payload == {
        "title": "Vouchers are refused",
        "sop": "Say sorry.",
        "fix_version": "38.2.0",
        "themes": [11],
    }
    for given, sentence in (
        ({"title": ""}, "no title"), ({"theme": []}, "no theme"), ({"theme": ["99"]}, "theme 99"), ({"fix_version": "soon"}, "version"),
        ({"state": "closed"}, "valid are investigating"), ({"fix_expected_at": "soon"}, "valid is a form such as"),
    ):  # fmt: skip
        refused = client.post("/known-issues/new", data={**form, **given})
        assert (given, refused.status_code) == (given, 422)
        assert sentence in text(refused)
        assert "Say sorry." in refused.text
    assert client.post("/api/known-issues", json={"theme": [9], "title": "Ads"}).status_code == 201


DECISIONS = pytest.mark.parametrize(
    ("path", "form", "kind", "payload"),
    [
        ("update", {"title": f"Refunds are late {HOSTILE}", "workaround": "Call.", "state": "regressed"}, "update_known_issue",
         {"issue": 70, "workaround": "Call."}),
        ("update", {"title": "Late", "owner": "refunds", "fix_expected_at": "2026-11-23T15:40", "whole": "true"}, "update_known_issue",
         {"issue": 70, "title": "Late", "workaround": None}),
        ("update", {"state": "investigating"}, "update_known_issue", {"issue": 70, "state": "investigating"}),
        ("fix", {"version": "38.2.0"}, "fix_known_issue", {"issue": 70, "version": "38.2.0", "at": None}),
        ("fix", {"at": "2026-11-20T12:00"}, "fix_known_issue", {"issue": 70, "version": None, "at": "2026-11-20T12:00:00+00:00"}),
        ("themes", {"theme": "9"}, "known_issue", {"issue": 70, "title": f"Refunds are late {HOSTILE}", "jira": None,
         "workaround": "Offer the wallet."}),
        ("attach", {"tickets": "T-1-0, T-1-1\nT-1-0"}, "attach_tickets", {"issue": 70, "members": ["T-1-0", "T-1-1"]}),
        ("detach", {"ticket": "T-6-0"}, "detach_tickets", {"issue": 70, "members": ["T-6-0"]}),
    ],
)  # fmt: skip


@DECISIONS
def test_a_form_appends_a_decision(client: Client, engine: Engine, path: str, form, kind: str, payload) -> None:
    """Only what was changed is in it; the answer leads back to the page, also of a reload."""
    answer = client.post(f"/known-issues/70/{path}", data=form)
    assert (answer.history[0].status_code, answer.url.path) == (303, "/known-issues/70")
    made = newest(engine)
    assert (made.kind, made.payload, made.actor) == (kind, payload, "console")
    assert client.get(f"/known-issues/70/{path}").url.path == "/known-issues/70"


@DECISIONS
def test_the_api_takes_what_the_forms_take(client: Client, path: str, form, kind: str, payload) -> None:
    """With the same fields, and answers with the decision."""
    body = {name: [int(value)] if name == "theme" else value for name, value in form.items()}
    made = client.post(f"/api/known-issues/70/{path}", json=body).json()
    assert (made["kind"], made["payload"], made["actor"]) == (kind, payload, "console")


@pytest.mark.parametrize(
    ("path", "form", "sentence"),
    [
        ("update", {"title": "", "whole": "true"}, "no title"), ("update", {}, "no change"),
        ("update", {"state": "fixed"}, "from when or in which version"),
        ("update", {"jira": "javascript:alert(1)"}, "Jira address"), ("fix", {}, "in which version"),
        ("fix", {"version": "x"}, "38.1.0"),
        ("fix", {"at": "0001-01-01T00:00+14:00"}, "valid is a form"), ("themes", {"theme": "99"}, "theme 99"),
        ("attach", {"tickets": ""}, "no tickets"), ("attach", {"tickets": "4111 1111 1111 1111"}, "no ticket is stored"),
    ],
)  # fmt: skip
def test_what_is_refused_is_said_on_the_page(client: Client, engine: Engine, path: str, form, sentence: str) -> None:
    """In one sentence without the card number that was typed; nothing is decided."""
    before = newest(engine).decision_id
    answer = client.post(f"/known-issues/70/{path}", data=form)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert "4111" not in answer.text
    assert newest(engine).decision_id == before
    assert client.post(f"/known-issues/999/{path}", data=form).status_code in (404, 422)


def test_a_limited_scope_sees_its_tickets_alone(client_of: Callable[[Person], Client], engine: Engine) -> None:
    """Issues without a theme in the scope are not there; of others no volume, no history, and no ticket of somebody else."""
    with engine.begin() as connection:
        connection.execute(update(schema.tickets).values(vendor="acme").where(schema.tickets.c.id == "T-6-1"))
    person = Person(name="vera", permissions=frozenset(Permission), scope=AccessScope.of({"vendor": ["acme"]}))
    vendor = client_of(person)
    found = vendor.get("/api/known-issues/search").json()
    assert [(row["id"], row["volume"], row["stale"]) for row in found["rows"]] == [(70, None, [])]
    page = vendor.get("/known-issues/70")
    assert "T-6-1" in page.text
    assert "T-6-0" not in page.text
    assert "41 tickets" not in page.text
    assert "since it was flagged" not in page.text
    shown = vendor.get("/api/known-issues/70").json()
    assert ([one["id"] for one in shown["tickets"]], shown["attached"], shown["events"]) == (["T-6-1"], 1, [])
    assert vendor.get("/known-issues/71").status_code == 404
    assert vendor.get("/api/known-issues/71").status_code == 404
    assert vendor.post("/known-issues/70/fix", data={"version": "1"}).status_code == 403
    assert vendor.get("/api/known-issues").status_code == 403


def test_a_limited_scope_does_not_find_issues_by_hidden_themes(
    client: Client, client_of: Callable[[Person], Client], engine: Engine
) -> None:
    """Which themes of other tickets belong to an issue cannot be tried out."""
    hidden = {"known_issue_id": 70, "theme_id": 1, "since": END}
    with engine.begin() as connection:
        connection.execute(update(schema.tickets).values(vendor="acme").where(schema.tickets.c.id == "T-6-1"))
        connection.execute(insert(schema.known_issue_themes).values(hidden))
    person = Person(name="vera", permissions=frozenset(Permission), scope=AccessScope.of({"vendor": ["acme"]}))
    for who, theme, found in ((client, 1, [70]), (client_of(person), 1, []), (client_of(person), 6, [70])):
        rows = who.get(f"/api/known-issues/search?theme={theme}").json()["rows"]
        assert [row["id"] for row in rows] == found


def test_the_look_at_its_tickets_is_noted(client: Client, engine: Engine) -> None:
    """With how many, not what they say."""
    from store.audit import list_audit

    client.get("/known-issues/70")
    with reading(engine) as connection:
        (line,) = [one for one in list_audit(connection) if one["action"] == "looked at text"]
    assert (line["subject"], line["detail"]) == ("known issue 70", {"tickets": 2})
