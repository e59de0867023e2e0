"""Feedback pages: a link shows a form, and only its confirmation is counted."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from alerts.feedback import FeedbackItem, FeedbackLinks
from console.app import create_app
from console.settings import ConsoleSettings
from models.feedback import FeedbackVerdict
from pipelines.settings import MiningSettings
from store.audit import list_audit
from store.database import reading
from store.feedback import read_votes
from tests.console.conftest import Client, console_parts, wall_clock

ITEM = FeedbackItem(subject="alert:1", audience="brazil", rule="spike", theme_id=1)


def links(at: datetime) -> FeedbackLinks:
    """Links as of a time."""
    return FeedbackLinks(address="http://localhost:8765", key=b"k" * 32, lifetime=timedelta(days=1), clock=lambda: at)


@pytest.fixture
def paths() -> dict[FeedbackVerdict, str]:
    """Return the paths of the links of one message."""
    made = links(wall_clock()).links(ITEM)
    return {verdict: address.removeprefix("http://localhost:8765") for verdict, address in made.items()}


def client_of(engine: Engine, at: datetime) -> Client:
    """A client of a console that reads links as of a time."""
    return Client(
        create_app(
            engine,
            clock=wall_clock,
            settings=ConsoleSettings(),
            mining=MiningSettings(),
            parts=console_parts(feedback=links(at)),
        )
    )


def test_opening_a_link_notes_nothing(engine: Engine, paths: dict[FeedbackVerdict, str]):
    """Scanners of mail open links, and read their headers; nothing is counted, and the page asks."""
    client = client_of(engine, wall_clock())
    page = client.get(paths[FeedbackVerdict.NOT_USEFUL])
    client.head(paths[FeedbackVerdict.NOT_USEFUL])
    assert "You are about to note that alert 1 was <strong>not useful</strong> for brazil" in page.text
    with reading(engine) as connection:
        assert read_votes(connection) == []


def test_a_confirmed_verdict_counts_once_and_the_last_one_wins(engine: Engine, paths: dict[FeedbackVerdict, str]):
    """The same audience has one verdict about an alert, and the audit log has each change."""
    client = client_of(engine, wall_clock())
    for verdict in (FeedbackVerdict.NOT_USEFUL, FeedbackVerdict.NOT_USEFUL, FeedbackVerdict.WRONG_TEAM):
        assert "Noted" in client.post(paths[verdict]).text
    with reading(engine) as connection:
        (found,) = read_votes(connection)
        assert (found.subject, found.verdict, found.at) == ("alert:1", FeedbackVerdict.WRONG_TEAM, wall_clock())
        assert sum(row["action"] == "feedback" for row in list_audit(connection)) == 3


def test_an_old_or_damaged_link_says_so(engine: Engine, paths: dict[FeedbackVerdict, str]):
    """One sentence, and the status that says what it is."""
    old = client_of(engine, wall_clock() + timedelta(days=2)).post(paths[FeedbackVerdict.USEFUL])
    assert old.status_code == 410
    assert "Received a feedback link that was valid until" in old.text
    damaged = client_of(engine, wall_clock()).get("/feedback/nonsense")
    assert damaged.status_code == 404
    assert "did not sign" in damaged.text


def test_another_site_cannot_vote(engine: Engine, paths: dict[FeedbackVerdict, str]):
    """A form of another site is refused, as every change is."""
    sent = client_of(engine, wall_clock()).post(
        paths[FeedbackVerdict.USEFUL], headers={"Origin": "https://evil.example.com"}
    )
    assert sent.status_code == 403
