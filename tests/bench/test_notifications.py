"""How messages about incidents are counted against the truth of a replay."""

from datetime import UTC, datetime, timedelta

from bench.notifications import NotificationScore, SentMessage, add_replay
from models.times import rfc3339

START = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_messages_are_counted_for_the_incidents_that_they_are_about() -> None:
    """Two messages about one true incident, one about none, one of which nobody was notified, and ends apart."""
    at = START + 10 * DAY
    truth = {
        "start": rfc3339(START), "days": 28,
        "tickets": {"a": {"label": "pix"}, "b": {"label": "pix"}, "c": {"label": "card"}, "d": {"label": "login"}},
        "incidents": [
            {"id": "one", "kind": "surge", "label": "pix", "start": rfc3339(at), "end": rfc3339(at + DAY)},
            {"id": "two", "kind": "new", "label": "card", "start": rfc3339(at), "end": rfc3339(at + DAY)},
            {"id": "learned", "kind": "new", "label": "card", "start": rfc3339(START), "end": rfc3339(START + DAY)},
        ],
    }  # fmt: skip
    seen = rfc3339(at + timedelta(minutes=20))
    listings = {
        "themes": [{"id": 1, "tickets": ["a", "b"]}, {"id": 2, "tickets": ["c"]}, {"id": 3, "tickets": ["d"]}],
        "spikes": [
            {"theme_id": 1, "detected_at": seen, "incident_id": 7, "gate": None},
            {"theme_id": 1, "detected_at": seen, "incident_id": 9, "gate": "learning_period_lasts"},
            {"theme_id": 3, "detected_at": seen, "incident_id": 8, "gate": None},
        ],
        "alerts": [{"kind": "new_theme", "theme_id": 2, "opened_at": seen, "incident_id": 5}],
    }
    minutes = (
        (20, 7, "opened"),
        (90, 7, "escalated"),
        (95, 7, None),
        (200, 7, "ended"),
        (30, 8, "opened"),
        (4000, 5, "opened"),
    )
    messages = [SentMessage(at + timedelta(minutes=one), number, news) for one, number, news in minutes]
    score = NotificationScore()
    add_replay(score, "banking", truth, listings, messages)
    assert score.figures() == {
        "incidents_reported": 1,
        "incidents_lost": ["banking/two"],
        "notifications_per_incident": 2.0,
        "notified_more_than_once": {"banking/one": 2},
        "median_delay_min_of_surges": 20.0,
        "false_notifications_per_day": round(2 / 21, 3),
        "messages": {"ended": 1, "escalated": 1, "opened": 3, "update": 1},
    }
