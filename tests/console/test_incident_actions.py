"""What people do with incidents on their pages: acknowledge, resolve, merge and split with a preview, undo, and vote."""

from html import unescape

import pytest
from sqlalchemy import Engine

from store.database import reading
from store.decisions import read_decisions
from tests.console.conftest import Client
from tests.console.seed import HOSTILE
from tests.console.signals import seed_incident


@pytest.fixture(autouse=True)
def incidents(engine: Engine) -> None:
    """Two incidents, of two alerts and of one."""
    seed_incident(engine)
    seed_incident(engine, 2, alerts=(92,))


def text(answer) -> str:
    """Return the text of a page."""
    return " ".join(unescape(answer.text).split())


def test_the_list_is_filtered(client: Client) -> None:
    """By state, owner, severity, words, and whether it ended today; each page has at most 100."""
    for address, number in (
        ("", 2), ("state=open", 2), ("state=ended", 0), ("owner=payments-live", 2), ("owner=x", 0), ("severity=9", 2),
        ("severity=9.5", 0),
        ("ended_today=true", 0), ("q=hostile", 2), ("q=coins", 0),
    ):  # fmt: skip
        assert (address, client.get(f"/api/incidents/search?{address}").json()["matching"]) == (address, number)
        assert ("No incident matches" in client.get(f"/incidents?{address}").text) == (number == 0)


def test_the_page_begins_with_the_verdict(client: Client) -> None:
    """Then what can be done about it, its messages and votes; a hostile text stays text."""
    page = client.get("/incidents/1")
    assert HOSTILE not in page.text
    assert "Yes, it signalled: 40 tickets where 2.5 were expected, in region BR" in text(page)
    assert "Acknowledge 2 alerts" in text(page)
    assert "by slack" in text(page)


def test_all_alerts_are_acknowledged_and_resolved_at_once(client: Client) -> None:
    """The incident's state follows, and its timeline says who did it."""
    answer = client.post("/incidents/1/acknowledge")
    assert answer.history[0].status_code == 303
    assert "all of its alerts are acknowledged" in text(answer)
    assert client.get("/incidents/1/acknowledge").url.path == "/incidents/1"
    assert client.post("/api/incidents/1/resolve").json()["state"] == "resolved"
    assert client.post("/incidents/77/resolve").status_code == 404


def test_a_merge_is_shown_before_it_is_decided_and_undone_in_one_step(client: Client, engine: Engine) -> None:
    """Search, both incidents with what they hold, the decision with its reason, applied at once, and its undo."""
    assert "merge?into=2" in client.get("/incidents/1/merge?q=hostile").text
    assert "merge?into=2" in client.get("/incidents/1/merge?q=%232").text
    assert "merge?into=2" not in client.get("/incidents/1/merge?q=coins").text
    look = text(client.get("/incidents/1/merge?into=2"))
    assert "From then on incident 2 has 3 signals and 3 alerts" in look
    assert "Merge 2 alerts into incident 2" in look
    answer = client.post("/incidents/1/merge", data={"into": "2", "why": "one event, card 4111 1111 1111 1111"})
    assert (answer.history[0].status_code, answer.url.path) == (303, "/incidents/2")
    assert "Incident 1 goes into incident 2. applied" in text(answer).replace('<span class="tag">', "").replace(
        "</span>", ""
    )
    with reading(engine) as connection:
        made = read_decisions(connection)[-1]
    assert (made.kind, made.actor, made.payload) == ("incident_merge", "console", {"incident": 2, "incidents": [1]})
    assert "4111" not in (made.why or "")
    undone = client.post("/incidents/2/undo", data={"decision": str(made.decision_id)})
    assert undone.history[0].status_code == 303
    with reading(engine) as connection:
        assert [one.state for one in read_decisions(connection)[-2:]] == ["undone", "applied"]


def test_what_cannot_be_merged_or_split_is_said(client: Client) -> None:
    """An incident with itself, one that is not there, all alerts, and another incident's alert; nothing is decided."""
    for path, sentence in (
        ("/incidents/1/merge?into=1", "there is nothing to merge"), ("/incidents/1/merge?into=77", "incident 77, which does not exist"),
        ("/incidents/1/split?alert=90&alert=91", "received all of the alerts"),
        ("/incidents/1/split?alert=92", "is not about incident 1"),
    ):  # fmt: skip
        answer = client.get(path)
        assert (path, answer.status_code) == (path, 422)
        assert sentence.casefold() in text(answer).casefold()
    assert client.post("/incidents/1/merge", data={"into": "1"}).status_code == 422
    assert client.post("/incidents/1/merge", data={"into": "x"}).status_code == 422
    assert client.post("/api/incidents/1/merge", json={"into": 1}).status_code == 422
    assert client.post("/api/incidents/1/undo", json={"decision": 1}).status_code == 404
    assert client.post("/incidents/1/split", data={"alert": ["90", "91"]}).status_code == 422


def test_a_split_shows_both_halves(client: Client, engine: Engine) -> None:
    """Those that leave and those that stay, then the decision."""
    assert 'name="alert" value="90"' in client.get("/incidents/1/split").text
    look = text(client.get("/incidents/1/split?alert=91"))
    assert (
        look.index("become an incident of their own")
        < look.index("Alert 91")
        < look.index("These stay")
        < look.index("Alert 90")
    )
    answer = client.post("/incidents/1/split", data={"alert": "91"})
    assert answer.history[0].status_code == 303
    assert "1 alert of incident 1 become" in text(answer)
    with reading(engine) as connection:
        made = read_decisions(connection)[-1]
    assert (made.state, made.payload) == ("applied", {"incident": 1, "alerts": [91]})
    # It has been split already, so that alert 91 is not one of its alerts any more.
    assert client.post("/api/incidents/1/split", json={"alert": [91]}).status_code == 422


def test_a_spike_that_had_no_alert_is_split_off(client: Client, engine: Engine) -> None:
    """It is offered below the alerts, shown in its half, and decided; an alert has to stay."""
    seed_incident(engine, 3, alerts=(93,), parts=(7,))
    assert 'href="/incidents/3/split"' in client.get("/incidents/3").text
    assert 'name="spike" value="7"' in client.get("/incidents/3/split").text
    look = text(client.get("/incidents/3/split?spike=7"))
    assert (
        look.index("become an incident of their own")
        < look.index("Spike 7")
        < look.index("These stay")
        < look.index("Alert 93")
    )
    assert "Split off 1 spike" in look
    assert client.get("/incidents/3/split?spike=1").status_code == 422
    assert client.post("/incidents/3/split", data={}).status_code == 422
    assert client.post("/api/incidents/3/split", json={"alert": [93]}).status_code == 422
    answer = client.post("/incidents/3/split", data={"spike": "7", "why": "another problem"})
    assert answer.history[0].status_code == 303
    assert "1 spike of incident 3 become" in text(answer)
    with reading(engine) as connection:
        assert read_decisions(connection)[-1].payload == {"incident": 3, "alerts": [], "spikes": [7]}


def test_people_say_what_an_incident_was_worth(client: Client) -> None:
    """As of an alert, under the incident's own name."""
    answer = client.post("/incidents/1/feedback", data={"verdict": "not_useful"})
    assert "Not useful for payments-live, said you" in text(answer)
    assert client.post("/api/incidents/1/feedback", json={"verdict": "useful"}).json()["subject"] == "incident:1"
