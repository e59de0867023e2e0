"""Lists of the console, read on both databases: filters, orders and pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from models.known_issues import IssueState
from models.segment import Segment
from store.board import now_of
from store.board.alerts import SORTS as ALERT_SORTS
from store.board.alerts import AlertQuery, alert_audiences, alert_list, listed_alert
from store.board.digests import DigestQuery, digest_audiences, digest_list, digests_of_theme
from store.board.incidents import IncidentQuery, incident_list, incident_owners, mergeable_incidents
from store.board.known_issues import (
    IssueQuery,
    StaleRule,
    find_themes,
    issue_list,
    issue_themes,
    issue_volume,
    other_issues,
)
from store.board.spike_list import SORTS as SPIKE_SORTS
from store.board.spike_list import SpikeQuery, listed_spike, spike_list
from store.board.theme_names import theme_names
from store.database import open_database, reading, upgrade
from store.digests import DigestWindow, StoredDigest, insert_digest
from store.known_issues import StoredIssue, write_issue, write_members
from store.notifications import read_messages, read_messages_of_incident
from tests.console.seed import END, seed
from tests.console.signals import seed_decisions, seed_incident

RULE = StaleRule(timedelta(days=14))


@pytest.fixture
def engine(database_url: str):
    """Return the seeded launch day with an incident and two known issues, on each database."""
    opened = open_database(database_url)
    upgrade(opened)
    seed(opened)
    seed_incident(opened)
    seed_decisions(opened)
    with opened.begin() as connection:
        for number, state in ((70, IssueState.REGRESSED), (71, IssueState.IDENTIFIED), (72, IssueState.CLOSED)):
            at = END - timedelta(days=number - 69)
            write_issue(
                connection,
                StoredIssue(
                    issue_id=number, title=f"Issue {number}", state=state, owner="a", opened_at=at, updated_at=at
                ),
            )
        write_members(connection, [(70, 6, END - timedelta(days=1), None), (71, 6, None, None), (72, 2, None, END)])
        window = DigestWindow(END - timedelta(days=1), END)
        facts = {"items": [{"theme_id": 6, "name": "Refunds", "observed": 3}]}
        insert_digest(connection, StoredDigest("everyone", window, "", "", facts=facts))
    yield opened
    opened.dispose()


def test_alerts(engine: Engine) -> None:
    """Every filter and order finds the same on both databases; words of a filter are no patterns."""
    with reading(engine) as connection:

        def ids(**given) -> list[int]:
            found = alert_list(connection, AlertQuery(**given))
            assert found.matching == len(found.rows)
            return [one.alert.alert_id for one in found.rows]

        assert ids() == [91, 90, 3, 2, 1]
        assert ids(theme=3) == [2]
        assert ids(text="CRASH") == []
        assert ids(text="38 People") == [3]
        assert ids(text="App closes") == [3]
        assert ids(text="%") == ids(text="_") == ids(text="' OR 1=1") == []
        assert [ids(sort=name)[0] for name in ALERT_SORTS] == [91, 1, 91, 91]
        assert alert_audiences(connection) == ("payments-live",)
        assert listed_alert(connection, 2**40) is None
        assert len(read_messages(connection, 90, 1)) == len(read_messages_of_incident(connection, 1)) == 2


def test_spikes(engine: Engine) -> None:
    """Segments are compared by their values, whatever the database keeps them as."""
    with reading(engine) as connection:

        def ids(**given) -> list[int]:
            return [one.spike_id for one in spike_list(connection, SpikeQuery(**given)).rows]

        assert (
            ids(segment=Segment.of({"region": "BR"}))
            == ids(segment=Segment.of({"region": "BR", "payment_method": "pix"}))
            == [2]
        )
        assert ids(segment=Segment.of({"region": "' OR 1=1"})) == ids(segment=Segment.of({"x'; --": "BR"})) == []
        assert ids(theme=1, state="ended") == [5]
        assert ids(gate="withheld", severity=1.0) == [3]
        assert [ids(sort=name)[0] for name in SPIKE_SORTS] == [4, 1, 4]
        found = listed_spike(connection, 1)
        assert found is not None
        assert found.alert_id == 1


def test_incidents(engine: Engine) -> None:
    """By state, owner, severity, end and the name of the theme; those that one could be merged with leave it out."""
    with reading(engine) as connection:

        def count(**given) -> int:
            return incident_list(connection, IncidentQuery(**given)).matching

        assert count(state="open", owner="payments-live", severity=9.0, text="HOSTILE") == 1
        assert count(ended_since=END) == count(severity=10.0) == count(text="%") == 0
        assert incident_owners(connection) == ("payments-live",)
        assert mergeable_incidents(connection, 1, "") == mergeable_incidents(connection, 1, "1") == ()
        assert mergeable_incidents(connection, 1, "99999999999999999999") == ()


def test_known_issues(engine: Engine) -> None:
    """Those that are back come first, closed ones where they are asked for; volumes are those of their themes."""
    with reading(engine) as connection:
        now = now_of(connection)
        assert now is not None
        found = issue_list(connection, now, IssueQuery(), RULE)
        assert [one.issue.issue_id for one in found.rows] == [70, 71]
        volume = found.rows[0].volume
        assert volume is not None
        assert volume.usual == pytest.approx(7 * 180.0)
        own = issue_themes(connection, [70])[70]
        since = issue_volume(connection, now, own, END - timedelta(days=5))
        assert (0 < since.observed < volume.observed, since.usual) == (True, pytest.approx(180.0, rel=0.01))
        assert [one.issue.issue_id for one in issue_list(connection, now, IssueQuery(state="closed"), RULE).rows] == [
            72
        ]
        assert other_issues(connection, [6], 70) == {6: [71]}
        assert [number for number, _, _ in find_themes(connection, "REFUND")] == [6]
        assert find_themes(connection, "9" * 30) == ()


def test_digests(engine: Engine) -> None:
    """By audience, kind, end and theme."""
    with reading(engine) as connection:

        def count(**given) -> int:
            return digest_list(connection, DigestQuery(**given)).matching

        assert count(audience="everyone", kind="daily", since=END, until=END, theme=6) == 1
        assert count(theme=1) == count(until=END - timedelta(days=1)) == 0
        assert digest_audiences(connection) == ("everyone",)
        assert len(digests_of_theme(connection, 6)) == 1


def test_names_are_those_of_surviving_themes(engine: Engine) -> None:
    """A merged theme has the name of the one that holds its tickets; theme 0 is all tickets."""
    with reading(engine) as connection:
        names = theme_names(connection, [13, 2, 0, 99])
        assert (names.theme(13), names.name(13), names.name(0)) == (1, "LIVE coins charged twice", "All tickets")
