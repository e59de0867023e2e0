"""`groundswell demand`: what no customer wrote, listed and corrected from the command line."""

import json
from pathlib import Path

import pytest

from tests.groundswell.front import ENVIRONMENT, Run, front_door

ROWS = [
    ("A-1", "2026-11-02T08:00:00Z", {"body": "my card was declined at the till", "requester": "ana"}),
    (
        "A-2",
        "2026-11-02T08:05:00Z",
        {"title": "Automatic reply: order", "body": "I am out of office.", "requester": "bo"},
    ),
    ("A-3", "2026-11-02T08:06:00Z", {"body": "Please DM us", "author_role": "agent"}),
    ("A-4", "2026-11-02T12:00:00Z", {"body": "the refund has not arrived", "requester": "cy"}),
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on a database with four tickets, of which two are not demand."""
    monkeypatch.chdir(tmp_path)
    for name, value in {**ENVIRONMENT, "GROUNDSWELL_DATA": str(tmp_path / "data")}.items():
        monkeypatch.setenv(name, value)
    lines = [
        {"specversion": "1.0", "id": f"{ticket}-c", "source": "/d", "type": "ticket.created", "time": time, "subject": ticket,
         "data": data}
        for ticket, time, data in ROWS
    ]  # fmt: skip
    (tmp_path / "tickets.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return front_door(monkeypatch, capfd)


def test_ingest_says_what_is_no_demand(run: Run):
    """The summary counts apart what no customer wrote, by kind, and names the command that lists it."""
    done = run("ingest", "tickets.jsonl")
    assert done.code == 0
    assert "2 tickets are not customer demand: 1 message of an agent, 1 automatic reply" in " ".join(done.err.split())
    assert "groundswell demand list" in done.err


def test_demand_is_listed_by_kind(run: Run):
    """The list holds each ticket with its kind and what that is founded on; the themes' list says how many there are."""
    run("ingest", "tickets.jsonl")
    rows = json.loads(run("demand", "list", "--json").out)
    assert [(row["id"], row["demand"], row["rule"]) for row in rows] == [
        ("A-3", "agent", "source"), ("A-2", "automatic_reply", "text"),
    ]  # fmt: skip
    assert [row["id"] for row in json.loads(run("demand", "list", "--kind", "agent", "--json").out)] == ["A-3"]
    assert "automatic reply" in run("demand", "list").out
    assert "2 tickets are not customer demand" in run("themes", "list").out
    assert run("demand", "list", "--kind", "nonsense").code == 2


def test_demand_is_corrected(run: Run):
    """A decision takes effect with the next epoch that is mined; an unknown ticket is refused in a sentence."""
    run("ingest", "tickets.jsonl", "--keep-open")
    assert run("demand", "set", "A-2", "A-3", "customer", "--why", "they are customers").code == 0
    refused = run("demand", "set", "A-9", "spam")
    assert refused.code == 1
    assert "A-9" in refused.err
    more = {"specversion": "1.0", "id": "z", "source": "/d", "type": "ticket.created", "time": "2026-11-03T12:00:00Z"}
    Path("more.jsonl").write_text(json.dumps({**more, "subject": "A-5", "data": {"body": "where is my parcel"}}) + "\n")
    run("ingest", "more.jsonl")
    assert json.loads(run("demand", "list", "--json").out) == []
    assert json.loads(run("themes", "decisions", "--json").out)[0]["kind"] == "demand"


def test_a_database_of_customers_says_so(run: Run):
    """Where all tickets are demand, the list says it."""
    run("db", "upgrade")
    assert "All tickets are customers' demand" in run("demand", "list").out
