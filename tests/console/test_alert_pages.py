"""The pages of alerts and spikes: lists with filters, the plain verdict first, messages, and what people do."""

from html import unescape

import pytest
from sqlalchemy import Engine, event, insert

from models.access import Permission, Person
from store import schema
from store.audit import list_audit
from store.database import reading
from tests.console.conftest import Client
from tests.console.seed import END, HOSTILE
from tests.console.signals import seed_decisions, seed_incident

ATTACKS = ("' OR 1=1 --", '"; DROP TABLE alerts; --', "%", "_", "\\", "50%'", HOSTILE, "́\u202e")


@pytest.fixture(autouse=True)
def signals(engine: Engine) -> None:
    """An incident with two alerts and messages, and two decisions with their stages."""
    seed_incident(engine)
    seed_decisions(engine)


def body(client: Client, path: str) -> str:
    """Return the text of a page's main part."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(answer.text.split("<main", 1)[1]).split())


def test_the_list_of_alerts_is_filtered(client: Client) -> None:
    """By state, kind, audience, theme and words; each row begins with its theme and says what came."""
    whole = body(client, "/alerts")
    assert "5 alerts" in whole
    assert "342 tickets where 118 were expected; chance of that less than 1 in 1,000,000." in whole
    for address, number in (
        ("state=open", 4), ("state=acknowledged", 1), ("kind=new_theme", 1), ("audience=payments-live", 5), ("audience=nobody", 0),
        ("theme=1", 1), ("theme=13", 0), ("q=crash", 0), ("q=card%20entry", 1), ("q=38%20people", 1), ("state=open&kind=spike", 2),
    ):  # fmt: skip
        found = client.get(f"/api/alerts/search?{address}").json()
        assert (address, found["matching"], len(found["rows"])) == (address, number, number)
        text = body(client, f"/alerts?{address}")
        assert ("No alert matches" in text) == (number == 0), address


def test_alerts_are_in_the_order_that_is_asked_for(client: Client) -> None:
    """Newest, oldest, open ones first, and by the severity of their spikes; an order that there is not is the newest."""

    def order(name: str) -> list[int]:
        return [row["id"] for row in client.get(f"/api/alerts/search?sort={name}").json()["rows"]]

    assert order("newest") == [91, 90, 3, 2, 1] == order("size")
    assert order("oldest") == [1, 2, 3, 90, 91]
    assert order("state")[-1] == 2
    assert order("severity")[-1] == 3


def test_a_long_list_is_paged(client: Client, engine: Engine) -> None:
    """One page has 100 rows, and links to the next with the same filters; a page beyond the last says how many there are."""
    row = {
        "kind": "spike",
        "theme_id": 2,
        "spike_id": None,
        "state": "resolved",
        "audience": "everyone",
        "opened_at": END,
    }
    with engine.begin() as connection:
        connection.execute(
            insert(schema.alerts), [{"id": n, "reason": f"number {n}", **row} for n in range(1000, 1205)]
        )
    page = client.get("/alerts?state=resolved").text
    assert page.count('data-label="Opened"') == 100
    assert 'href="/alerts?state=resolved&amp;sort=newest&amp;page=2"' in page
    assert "Page 1 of 3, 205 alerts" in page
    assert client.get("/alerts?state=resolved&page=3").text.count('data-label="Opened"') == 5
    assert "This page holds no alert; there are 3 pages." in body(client, "/alerts?state=resolved&page=4")


def test_a_list_takes_few_statements(client: Client, engine: Engine) -> None:
    """Whatever the number of rows, the lists of alerts and spikes are read with the same few statements."""

    def statements(path: str) -> int:
        seen: list[str] = []
        listener = lambda *given: seen.append(given[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        try:
            assert client.get(path).status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", listener)
        return len([one for one in seen if one.lstrip().upper().startswith(("SELECT", "WITH"))])

    few = {path: statements(path) for path in ("/alerts", "/spikes", "/incidents", "/known-issues", "/digests")}
    row = {"kind": "spike", "theme_id": 2, "spike_id": None, "state": "open", "audience": "everyone", "opened_at": END}
    with engine.begin() as connection:
        connection.execute(
            insert(schema.alerts), [{"id": n, "reason": "", **row, "theme_id": n % 12 + 1} for n in range(1000, 1090)]
        )
    assert {path: statements(path) for path in few} == few
    assert max(few.values()) <= 14


def test_the_page_of_an_alert_begins_with_the_verdict(client: Client) -> None:
    """Then its state, the stages folded, the message as its reader has it with the deliveries, and no hostile text is markup."""
    page = client.get("/alerts/90").text
    assert HOSTILE not in page
    text = body(client, "/alerts/90")
    assert "Yes, it signalled: 342 tickets where 118 were expected; chance of that less than 1 in 1,000,000." in text
    assert text.index("Yes, it signalled") < text.index("Each stage of the decision")
    for shown in (
        "sent",
        "failed",
        "by slack",
        "2 attempts",
        "New incident",
        "40 tickets where 2.5 were expected",
        "T-12-0",
        "Incident 1",
    ):
        assert shown in text, shown
    assert "Not all of its messages have gone out: it was given up after 2 attempts" in text
    assert client.get("/alerts/999").status_code == 404
    assert client.get("/alerts/9223372036854775808").status_code == 404


def test_the_look_at_a_message_is_noted(client: Client, engine: Engine) -> None:
    """The audit log says who was shown the quotes of how many tickets, and not what they say."""
    client.get("/alerts/90")
    with reading(engine) as connection:
        (line,) = [one for one in list_audit(connection) if one["action"] == "looked at text"]
    assert (line["actor"], line["subject"], line["detail"]) == ("console", "alert 90", {"tickets": 2})


def test_people_acknowledge_resolve_and_reopen(client: Client, engine: Engine) -> None:
    """Each is a form that leads back to the page, and a line of the audit log with the person's name."""
    assert "Acknowledge alert 90" in body(client, "/alerts/90")
    for action, state, next_one in (
        ("acknowledge", "acknowledged", "Resolve alert 90"), ("resolve", "resolved", "Reopen alert 90"),
        ("reopen", "open", "Acknowledge alert 90"),
    ):  # fmt: skip
        answer = client.post(f"/alerts/90/{action}")
        assert (answer.status_code, answer.url.path, answer.history[0].status_code) == (200, "/alerts/90", 303)
        assert f">{state}</span>" in answer.text
        assert next_one in answer.text
        with reading(engine) as connection:
            assert (list_audit(connection)[0]["actor"], list_audit(connection)[0]["subject"]) == ("console", "alert 90")
    assert client.get("/alerts/90/resolve").url.path == "/alerts/90"
    assert client.post("/api/alerts/90/resolve").json()["state"] == "resolved"
    assert client.post("/alerts/999/resolve").status_code == 404


def test_a_vote_counts_once_for_a_person(client: Client, engine: Engine) -> None:
    """A later one replaces it; the page shows which is the person's own."""
    for verdict in ("not_useful", "useful"):
        answer = client.post("/alerts/90/feedback", data={"verdict": verdict})
        assert answer.history[0].status_code == 303
    assert '<button name="verdict" value="useful" aria-pressed="true">' in answer.text
    assert "Useful for payments-live, said you" in answer.text
    assert client.post("/alerts/90/feedback", data={"verdict": "great"}).status_code == 422
    (vote,) = client.get("/api/alerts/90").json()["feedback"]
    assert (vote["verdict"], vote["rule"], vote["audience"]) == ("useful", "spike", "payments-live")
    assert client.post("/api/alerts/90/feedback", json={"verdict": "wrong_team"}).json()["verdict"] == "wrong_team"


def test_who_may_only_look_has_no_buttons(client_of) -> None:
    """A viewer sees the page without forms, and a post is refused."""
    viewer = client_of(Person(name="vera", permissions=frozenset({Permission.LOOK})))
    page = viewer.get("/alerts/90").text
    assert "<form" not in page.split("<main")[1]
    for path in ("/alerts/90/acknowledge", "/alerts/90/feedback", "/incidents/1/acknowledge", "/api/alerts/90/resolve"):
        assert viewer.post(path, data={"verdict": "useful"}).status_code in (403, 422), path


def test_spikes_are_filtered(client: Client) -> None:
    """By state, theme with those merged into it, segment, severity and gate, with the gate's plain reason."""
    for address, ids in (
        ("", [4, 2, 1, 3, 5]), ("state=open", [4, 2, 1]), ("state=ended", [3, 5]), ("theme=1", [1, 5]), ("segment=region=BR", [2]),
        ("segment=region=BR,payment_method=pix", [2]), ("segment=region=US", []), ("segment=mood=bad", []), ("severity=40", [2, 1]),
        ("gate=withheld", [3]), ("gate=alerted", [4, 2, 1, 5]), ("gate=fewer_requesters_than_minimum", [3]), ("gate=muted", []),
        ("sort=severity", [1, 2, 3, 4, 5]), ("theme=0", [4]),
    ):  # fmt: skip
        rows = client.get(f"/api/spikes/search?{address}").json()["rows"]
        assert (address, [row["id"] for row in rows]) == (address, ids)
    text = body(client, "/spikes?gate=withheld")
    assert "none: too few people wrote" in text
    assert client.get("/spikes?segment=region").status_code == 422


def test_the_page_of_a_spike_says_what_withheld_it(client: Client) -> None:
    """First the reason with its figures, then what came; stages are folded, and what explains it is there."""
    text = body(client, "/spikes/3")
    assert "No: too few people wrote (an alert needs 5 people). 31 tickets where 10 were expected" in text
    assert "minimum requesters" in text
    assert "Yes, it signalled" in body(client, "/spikes/1")
    assert client.get("/api/spikes/3").json()["answer"]["yes"] is False
    assert client.get("/spikes/77").status_code == 404
    assert client.get("/spikes/9223372036854775808").status_code == 404


@pytest.mark.parametrize(
    "path", ["/alerts", "/incidents", "/known-issues", "/api/alerts/search", "/api/incidents/search"]
)
@pytest.mark.parametrize("attack", ATTACKS)
def test_words_of_a_filter_are_words(client: Client, path: str, attack: str) -> None:
    """SQL, wildcards and markup in a filter find nothing more than texts that have them, and are shown as characters."""
    answer = client.get(path, params={"q": attack, "state": attack, "sort": attack})
    assert answer.status_code == 200
    assert HOSTILE not in answer.text
    if path == "/api/alerts/search":
        found = client.get(path, params={"q": attack}).json()["matching"]
        assert found == (2 if attack == HOSTILE else 0)


def test_filters_take_no_numbers_beyond_the_columns(client: Client) -> None:
    """A number that no column holds is refused with a sentence, and never fails in the database."""
    for path in (
        "/alerts?theme=9223372036854775808", "/spikes?theme=99999999999", "/spikes?severity=nan", "/spikes?severity=inf",
        "/alerts?page=0",
        "/alerts?page=99999999999", "/incidents?severity=-1", "/known-issues?theme=-1", "/digests?since=x", "/digests?theme=0.5",
    ):  # fmt: skip
        assert client.get(path).status_code == 422, path
