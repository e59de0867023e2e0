"""Digests of launch days: hourly while a launch runs, and one that closes it against its plan and past launches."""

from datetime import timedelta

import pytest

from alerts.match import Match
from alerts.ownership import Audience, Ownership
from alerts.publishing import DigestOrder
from alerts.settings import AlertSettings
from alerts.subscriptions import Subscription
from models.spikes.settings import SpikeSettings
from pipelines.launches.digests import closing_figures, publish_launch_digests
from store.database import open_database, upgrade
from store.digests import DigestKind, load_digest
from tests.alerts import launch_day

START, END = launch_day.DAY + timedelta(hours=17), launch_day.DAY + timedelta(hours=26)
OWNERS = Ownership((
    Audience("live", Match({"business_line": frozenset({"live"})})),
    Audience("brazil", Match({"region": frozenset({"BR"})})),
    Audience("launch-desk", subscriptions=(Subscription(launches=True),)),
    Audience("everyone"),
))  # fmt: skip


@pytest.fixture
def engine(sqlite_url):
    """A database with the launch day in it, whose launch runs from 17:00 to 02:00."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def publish(engine, tmp_path):
    """Publish what is due at a time, and return the audiences and ends of the windows."""
    settings = AlertSettings(digest_folder=tmp_path)

    def run(at, **options):
        published = publish_launch_digests(engine, OWNERS, at, settings, SpikeSettings(), **options)
        return [(one.audience, one.path_md.parent.name[-4:]) for one in published]

    return run


def facts(engine, end, audience="launch-desk"):
    """Read the facts of a launch's digest."""
    with engine.connect() as connection:
        found = load_digest(connection, audience, type(launch_day.WINDOW)(START, end))
    assert found.kind is DigestKind.LAUNCH_DAY
    return found.facts


def test_a_running_launch_has_a_digest_for_each_full_hour(engine, publish):
    """From the start to the last full hour, for those whom the scope concerns, who follow launches, and everyone; once an hour."""
    assert publish(START + timedelta(minutes=30)) == []
    first = publish(START + timedelta(hours=1, minutes=5))
    assert first == [("live", "1800"), ("launch-desk", "1800"), ("everyone", "1800")]
    again = publish(START + timedelta(hours=1, minutes=55))
    assert again == first
    assert publish(START + timedelta(hours=2)) == [("live", "1900"), ("launch-desk", "1900"), ("everyone", "1900")]
    hourly = facts(engine, START + timedelta(hours=2))
    assert [line["name"] for line in hourly["launches"][0]["lines"]] == [
        "Gift sent but creator did not get it", "Coins not credited after purchase",
    ]  # fmt: skip
    assert hourly["compared_with"] == "2026-11-20T17:00:00Z"
    assert [item["trend"] for item in hourly["items"] if item["theme_id"] == launch_day.GIFTS] == ["growing"]


def test_the_last_digest_closes_the_launch(engine, publish):
    """At its end the digest covers all of the launch, and reviews it against the plan; a later run publishes nothing more."""
    assert [name for name, end in publish(END + timedelta(minutes=10)) if end == "0200"] == [
        "live",
        "launch-desk",
        "everyone",
    ]
    closing = facts(engine, END)["launches"][0]["closing"]
    assert closing[0].startswith("LIVE shopping gala is over: its planned themes had 124 tickets where 53 were planned")
    assert publish(END + timedelta(hours=2)) == []


def test_missed_hours_are_in_the_next_digest(publish):
    """After a pause only the newest hour is published: it covers those that were missed."""
    assert [end for _, end in publish(START + timedelta(hours=5))] == ["2200"] * 3


def test_one_audience_can_be_asked_for(publish):
    """With an audience only its digest is published."""
    asked = DigestOrder(audiences=("launch-desk",))
    assert publish(START + timedelta(hours=1), order=asked) == [("launch-desk", "1800")]


@pytest.mark.parametrize(
    ("planned", "whole", "words"),
    [
        (
            {
                "plan": 200.0,
                "actual": 246,
                "error": 0.23,
                "within_range": False,
                "hours": 4,
                "hours_above": 5,
                "hours_below": 1,
            },
            {"plan": None, "actual": 9, "error": None, "lift_seen": 2.04},
            "its planned themes had 246 tickets where 200 were planned (+23 %), with 5 theme-hours above the range; twice",
        ),
        (
            None,
            {"plan": 100.0, "actual": 90, "error": -0.1, "within_range": True, "lift_seen": None},
            "all themes had 90 tickets, and 100 were expected (as planned, -10 %).",
        ),
        (None, {"plan": None, "actual": 90, "error": None, "lift_seen": None}, "nothing was planned for it."),
        (None, None, "nothing was planned for it."),
    ],
)
def test_a_launch_is_closed_in_a_sentence(planned, whole, words):
    """Planned themes against the plan, else all tickets, and past launches of the kind in a line each."""
    past = [
        {
            "id": "L-0",
            "start": "2026-10-20T00:00:00Z",
            "planned_themes": {"plan": 20.0, "actual": 30, "error": 0.5, "within_range": False},
            "lift_all_tickets": 1.5,
        },
        {"id": "L-9", "start": "2026-09-20T00:00:00Z", "planned_themes": None, "lift_all_tickets": None},
    ]
    figures = closing_figures({"title": "Gala", "planned_themes": planned, "all_tickets": whole, "past": past})
    assert figures.sentence == f"Gala is over: {words.replace('twice', 'all tickets were 2.0 times the usual.')}"
    assert figures.past == (
        "L-0, 2026-10-20: planned themes +50 % against plan, all tickets 1.5 times the usual.", "L-9, 2026-09-20: no plan.",
    )  # fmt: skip
