"""Fixed known issues: which volume is usual again, over which window, and when an alert says that the issue is back."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.fixes import ReturnedTickets, regressed_signal, usual_after_fix, window_start
from alerts.gates import SignalFacts, decide
from alerts.settings import AlertSettings
from models.alert import AlertKind, Gate
from models.theme import KnownIssue

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = AlertSettings()


def issue(**changes) -> KnownIssue:
    """Return a known issue that was fixed three days ago."""
    return KnownIssue(title="Charged twice", **{"since": NOW - 5 * DAY, "fixed_at": NOW - 3 * DAY, **changes})


def returned(known, **people):
    """Decide tickets that came back within a day."""
    tickets = ReturnedTickets(theme_id=7, theme_name="Charged twice", since=NOW - DAY, **people)
    signal = regressed_signal(known, tickets, NOW, SETTINGS)
    return decide(signal, SignalFacts(now=NOW, record_start=NOW - 20 * DAY, settings=SETTINGS, known_issue=known))


def test_a_theme_without_volume_before_its_trouble_may_bring_fewer_tickets_than_an_alert_needs():
    """A theme that was born with its trouble is usual again while it stays below the smallest alert."""
    assert usual_after_fix(issue(), 24, SETTINGS) == SETTINGS.min_tickets - 1


@given(st.floats(0, 500), st.floats(1, 48))
def test_what_is_usual_grows_with_the_volume_before_the_trouble_and_with_time(before, hours):
    """The envelope never shrinks when the theme was larger or the window is longer."""
    known = issue(before_per_day=before)
    assert usual_after_fix(known, hours, SETTINGS) <= usual_after_fix(
        issue(before_per_day=before + 10), hours, SETTINGS
    )
    assert usual_after_fix(known, hours, SETTINGS) <= usual_after_fix(known, hours + 5, SETTINGS)


def test_the_window_follows_the_fix():
    """Nothing is decided before a whole settling time has passed since the fix."""
    settles = SETTINGS.fix_settles
    assert window_start(issue(fixed_at=None), NOW, SETTINGS) is None
    assert window_start(issue(fixed_at=NOW + DAY), NOW, SETTINGS) is None
    assert window_start(issue(fixed_at=NOW - settles / 2), NOW, SETTINGS) is None
    assert window_start(issue(fixed_at=NOW - settles), NOW, SETTINGS) == NOW - settles


def test_after_it_is_resolved_only_tickets_since_then_count():
    """The window begins when the issue was resolved, and never covers more than the settling time."""
    hour = timedelta(hours=1)
    assert window_start(issue(resolved_at=NOW - hour), NOW, SETTINGS) == NOW - hour
    assert window_start(issue(resolved_at=NOW - 2 * DAY), NOW, SETTINGS) == NOW - SETTINGS.fix_settles
    assert window_start(issue(resolved_at=NOW - 2 * DAY, regressed_at=NOW - hour), NOW, SETTINGS) is None


def test_the_alert_says_what_was_fixed_and_what_is_usual():
    """The sentence holds the figures, the fix, and the volume that would be usual."""
    decision = returned(issue(fixed_in="38.2.0"), tickets=14, requesters=12)
    assert (decision.notify, decision.kind) == (True, AlertKind.REGRESSED)
    assert decision.reason == (
        "14 tickets from 12 requesters since 2026-11-19 12:00 UTC about Charged twice, which was fixed in version 38.2.0; "
        "up to 4 are usual"
    )


def test_one_person_is_no_regression():
    """The gates for few tickets and few requesters hold for a returned issue too."""
    decision = returned(issue(), tickets=9, requesters=1)
    assert (decision.notify, decision.gate) == (False, Gate.FEWER_REQUESTERS_THAN_MINIMUM)


def test_the_stored_form_is_read_back():
    """A flag that was stored before there were fixes reads as a known issue without one."""
    old = KnownIssue.of(
        {"title": "t", "jira": None, "workaround": None, "since": NOW.isoformat(), "usual_per_day": 3.0}
    )
    assert (old.fixed_at, old.resolved, old.regressed) == (None, False, False)
    back = KnownIssue.of({"title": "t", "resolved_at": NOW.isoformat(), "regressed_at": NOW.isoformat()})
    assert (back.resolved, back.regressed) == (False, True)
