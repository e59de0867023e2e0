from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.gates import (
    AlertCandidate,
    Budget,
    NewThemeCandidate,
    PastAlert,
    ReportedEvent,
    SignalFacts,
    decide,
    larger_one,
    new_theme_signal,
    plan_covering,
    spike_signal,
)
from alerts.known_issue import known_issue_envelope
from alerts.settings import AlertSettings
from models.alert import AlertKind, Gate
from models.launch import Launch, PlannedLift
from models.planned_rise import PlannedRise
from models.recurring import Recurrence
from models.segment import EVERYTHING, Segment
from models.spike import Spike
from models.spikes.launches.learned_lift import LearnedLift
from models.theme import KnownIssue, ThemeStatus

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
ONSET = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)
SETTINGS = AlertSettings()
LAUNCH = Launch(
    "L-1",
    "launch",
    "LIVE gala",
    ONSET,
    NOW + timedelta(hours=4),
    EVERYTHING,
    0.3,
    (PlannedLift(2.0, theme_id=7),),
)


TUESDAYS = Recurrence(
    period=timedelta(days=7), first=ONSET - timedelta(days=14), last=ONSET - timedelta(days=7), times=2,
    length=timedelta(hours=6), lift=13.0, p_value=0.001,
)  # fmt: skip
EVENT = ReportedEvent("incident 4", "it began at the same time with similar texts", 25.0)


PLANNED_RISE = PlannedRise(title="LIVE gala", lift=6.0, p_value=0.02, observed=42, expected=40.0)


def newcomer(tickets=12, requesters=10):
    """A new theme that alerts."""
    return NewThemeCandidate(
        theme_id=7, name="pix stays pending", tickets=tickets, requesters=requesters, first_seen=ONSET
    )


def spike(**changes):
    """A spike of 42 tickets where 3.1 were expected."""
    values = {
        "spike_id": 3,
        "theme_id": 7,
        "segment": Segment.of({"region": "BR", "payment_method": "pix"}),
        "start": ONSET,
        "end": None,
        "detected_at": NOW,
        "observed": 42,
        "expected": 3.1,
        "ratio": 42 / 3.1,
        "p_value": 1e-9,
        "q_value": 1e-8,
        "severity": 50.0,
        "launch_id": None,
        "gate": None,
        **changes,
    }
    return Spike(**values)


def episode(
    *,
    requesters=40,
    status=ThemeStatus.ONGOING,
    born_at=START,
    known=None,
    launch=None,
    missing=False,
    **changes,
):
    """An open spike and its theme."""
    return AlertCandidate(
        spike(**changes),
        requesters,
        status=status,
        born_at=born_at,
        known_issue=known,
        launch_title=launch,
        missing=missing,
    )


def facts(**given):
    """What a signal is judged by, with what is given changed."""
    return SignalFacts(**{"now": NOW, "record_start": START, "settings": SETTINGS, **given})


def new_theme(candidate=None, **given):
    """Decide a new theme, with what is given changed."""
    return decide(new_theme_signal(candidate or newcomer(), NOW), facts(**given))


def decided(candidate=None, **given):
    """Decide a spike, with what is given changed."""
    candidate = candidate or episode()
    return decide(spike_signal(candidate, NOW), facts(known_issue=candidate.known_issue, **given))


def test_a_spike_alerts_with_its_figures_in_one_sentence():
    """A spike that nothing withholds notifies, and its reason holds every figure."""
    decision = decided()
    assert (decision.notify, decision.gate, decision.kind) == (True, None, AlertKind.SPIKE)
    assert decision.reason == (
        "42 tickets since 13:15 UTC where 3.1 were expected (x13.5), in payment_method pix, region BR"
    )


def test_a_new_theme_alerts_with_its_figures():
    """A theme that was never seen notifies and says how many tickets from how many people."""
    decision = new_theme()
    assert (decision.notify, decision.gate, decision.kind) == (True, None, AlertKind.NEW_THEME)
    assert (
        decision.reason
        == "12 tickets from 10 requesters since 13:15 UTC about something not seen before: pix stays pending"
    )


@pytest.mark.parametrize(
    ("gate", "given"),
    [
        (Gate.LEARNING_PERIOD_LASTS, {"record_start": NOW - timedelta(days=7)}),
        (Gate.SEVERAL_PROBLEMS, {"only_language": "Spanish"}),
        (Gate.PLANNED_BY_A_LAUNCH, {"planned_by": LAUNCH}),
        (Gate.KNOWN_ISSUE_WITHIN_ENVELOPE, {"known_issue": KnownIssue(title="t", since=NOW, usual_per_day=5.0)}),
        (Gate.FEWER_TICKETS_THAN_MINIMUM, {"candidate": newcomer(tickets=4)}),
        (Gate.FEWER_REQUESTERS_THAN_MINIMUM, {"candidate": newcomer(requesters=3)}),
        (Gate.THEME_ALREADY_ALERTED, {"past": [PastAlert(AlertKind.SPIKE, NOW, 3)]}),
    ],
)
def test_a_new_theme_is_withheld(gate, given):
    """Each gate withholds a new theme on its own, names itself, and still gives the figures."""
    decision = new_theme(**given)
    assert (decision.notify, decision.gate) == (False, gate)
    assert "tickets from" in decision.reason
    assert "; withheld because " in decision.reason


def test_the_learning_period_ends():
    """The first epoch after the seventh day of event time alerts."""
    assert new_theme(record_start=NOW - timedelta(days=7, seconds=1)).notify


@pytest.mark.parametrize(
    ("gate", "candidate", "given"),
    [
        (Gate.SPIKE_ALREADY_ALERTED, episode(), {"past": [PastAlert(AlertKind.SPIKE, NOW, 3)]}),
        (Gate.THEME_ALREADY_ALERTED, episode(), {"past": [PastAlert(AlertKind.NEW_THEME, NOW)]}),
        (Gate.LEARNING_PERIOD_LASTS, episode(born_at=NOW), {"record_start": NOW - timedelta(days=3)}),
        (Gate.LEARNING_PERIOD_LASTS, replace(episode(), learning_until=NOW), {}),
        (Gate.SEVERAL_PROBLEMS, episode(), {"only_language": "Spanish"}),
        (Gate.BEYOND_FALSE_ALERT_BUDGET, replace(episode(), asks=0.6), {"budget": Budget("brazil", 0.5)}),
        (Gate.PART_OF_ANOTHER_SPIKE, episode(), {"larger": spike(spike_id=2, theme_id=8)}),
        (Gate.PART_OF_AN_INCIDENT, episode(), {"event": EVENT}),
        (Gate.RECURRING, episode(), {"recurring": TUESDAYS}),
        (Gate.RISES_AS_PLANNED, episode(), {"planned_rise": PLANNED_RISE}),
        (Gate.FEWER_TICKETS_THAN_MINIMUM, episode(observed=4), {}),
        (Gate.FEWER_REQUESTERS_THAN_MINIMUM, episode(requesters=1), {}),
        (Gate.KNOWN_ISSUE_WITHIN_ENVELOPE, episode(known=KnownIssue(title="t", since=START, usual_per_day=1200.0)), {}),
        (Gate.KNOWN_ISSUE_WITHIN_ENVELOPE, episode(known=KnownIssue(title="t")), {}),
    ],
)
def test_a_spike_is_withheld(gate, candidate, given):
    """Each gate withholds a spike on its own and names itself."""
    decision = decided(candidate, **given)
    assert (decision.notify, decision.gate) == (False, gate)


def test_a_part_of_an_event_alerts_once_it_is_most_of_it():
    """With twice the excess of all that was alerted of its event a spike is alerted too; with less it says what it is a part of."""
    for excess, notify in ((19.4, True), (None, False), (19.5, False)):
        decision = decided(event=replace(EVENT, excess=excess))
        assert decision.notify is notify
    assert decision.reason.endswith(
        "withheld because it is a part of incident 4, which is reported: it began at the same time with similar texts"
    )


def test_the_learning_period_of_detection_ends():
    """A spike that was found in the learning period alerts in the first epoch after it."""
    assert decided(replace(episode(), learning_until=NOW - timedelta(seconds=1))).notify


@pytest.mark.parametrize(
    ("other", "part"),
    [
        ({}, True),
        ({"segment": Segment.of({"payment_method": "pix"})}, True),
        ({"start": ONSET - timedelta(hours=5)}, True),
        ({"end": NOW}, True),
        ({"end": ONSET, "start": ONSET - timedelta(hours=5)}, False),
        ({"severity": 239.0}, False),
        ({"theme_id": 7}, False),
        ({"segment": EVERYTHING}, False),
        ({"segment": Segment.of({"region": "IN"})}, False),
        ({"start": ONSET - timedelta(hours=7)}, False),
    ],
)
def test_a_spike_is_part_of_a_larger_one_in_its_place_and_time(other, part):
    """Not over when it began, of another theme, four times as severe, in its segment or one around it, within six hours: only then."""
    larger = spike(**{"spike_id": 2, "theme_id": 8, "severity": 241.0, **other})
    assert larger_one(spike(severity=60.0), [larger]) == (larger if part else None)


@given(severities=st.lists(st.floats(0.1, 1e4), min_size=1, max_size=6))
def test_the_most_severe_of_spikes_in_one_place_alerts(severities):
    """Whatever is withheld, one that alerts is at least four times as severe."""
    spikes = [spike(spike_id=at, theme_id=at, severity=severity) for at, severity in enumerate(severities)]
    larger = [larger_one(one, spikes) for one in spikes]
    assert larger[severities.index(max(severities))] is None
    assert all(one is None or one.severity == max(severities) for one in larger)


@pytest.mark.parametrize(
    ("kind", "candidate"),
    [
        (AlertKind.LAUNCH_EXCESS, episode(launch_id="L-1", launch="LIVE gala")),
        (AlertKind.MISSING_VOLUME, episode(missing=True, observed=0, expected=22.0, requesters=0)),
        (AlertKind.ESCALATING, episode(known=KnownIssue(title="t", jira="PAY-1", since=START, usual_per_day=20.0))),
        (AlertKind.REGRESSED, episode(known=KnownIssue(title="t", since=START, resolved_at=START))),
        (AlertKind.SPIKE, episode(born_at=None, theme_id=0)),
    ],
)
def test_a_spike_is_told_as_what_it_is(kind, candidate):
    """What surrounds a spike says what kind of alert it is."""
    decision = decided(candidate)
    assert (decision.notify, decision.kind) == (True, kind)


def test_a_launch_excess_names_the_plan():
    """Above a launch's plan, the sentence compares with the plan and names the launch."""
    reason = decided(episode(launch_id="L-1", launch="LIVE gala", expected=14.0, ratio=3.0)).reason
    assert reason.startswith("42 tickets since 13:15 UTC where the plan of LIVE gala expects 14.0 (x3.0)")


def test_what_all_themes_have_in_common_is_told_apart():
    """Under a plan for all a theme is compared with what the others have, and all tickets with the plan, with what all have."""
    common = LearnedLift("L-1", planned=1.5, lift=2.4, low=2.2, high=2.6)
    own = replace(episode(launch_id="L-1", launch="LIVE gala", expected=14.0, ratio=3.0), common=common)
    lifted = "x2.4 the usual (x2.2 to x2.6) where x1.5 was planned"
    assert f"where 14.0 were expected, as the other themes have {lifted} (x3.0)" in decided(own).reason
    spike = episode(born_at=None, theme_id=0, launch_id="L-1", launch="LIVE gala", expected=14.0, ratio=3.0)
    reason = decided(replace(spike, common=common)).reason
    assert "where the plan of LIVE gala expects 14.0 (x3.0)" in reason
    assert reason.endswith(f"; all themes have {lifted}")


def test_a_burst_later_in_a_themes_life_alerts_again():
    """The alert of a theme's birth speaks for its first hours only."""
    born = PastAlert(AlertKind.NEW_THEME, ONSET - SETTINGS.birth - timedelta(minutes=5))
    assert decided(past=[born]).notify


def test_a_planned_newcomer_that_outgrows_its_plan_alerts():
    """A launch withholds the new theme, not the excess above its plan."""
    assert not new_theme(planned_by=LAUNCH).notify
    assert decided(episode(born_at=NOW, launch_id="L-1", launch="LIVE gala")).kind is AlertKind.LAUNCH_EXCESS


def test_a_plan_covers_its_themes_inside_its_window():
    """A launch plans for the themes that its plan resolves to, from its start up to its end."""
    resolved = {"L-1": {7}}
    assert plan_covering(7, NOW, [LAUNCH], resolved) is LAUNCH
    assert plan_covering(8, NOW, [LAUNCH], resolved) is None
    assert plan_covering(7, LAUNCH.end, [LAUNCH], resolved) is None
    assert plan_covering(7, LAUNCH.start, [LAUNCH], resolved) is LAUNCH


@given(
    epochs=st.lists(st.tuples(st.integers(0, 60), st.sampled_from([3, 4, 5]), st.booleans()), min_size=1, max_size=40)
)
def test_each_thing_alerts_once(epochs):
    """In whatever order: no theme has two birth alerts, no spike has two, and a birth burst has one."""
    past: list[PastAlert] = []
    for observed, spike_id, born in epochs:
        if born:
            decision = new_theme(newcomer(tickets=observed, requesters=observed), past=tuple(past))
            identity = None
        else:
            candidate = episode(spike_id=spike_id, observed=observed, requesters=observed, born_at=ONSET)
            decision, identity = decided(candidate, past=tuple(past)), spike_id
        assert decision.notify == (decision.gate is None)
        if decision.notify:
            past.append(PastAlert(decision.kind, NOW, identity))
    alerted = Counter(one.spike_id for one in past)
    assert all(count == 1 for count in alerted.values())
    assert not (alerted[None] and len(alerted) > 1)


@given(usual=st.floats(0, 5000), hours=st.floats(0, 200), more=st.floats(0, 200))
def test_the_envelope_grows_with_time(usual, hours, more):
    """A known issue may bring more tickets in a longer time, never fewer."""
    assert 0 <= known_issue_envelope(usual, hours, 2.0) <= known_issue_envelope(usual, hours + more, 2.0)


def test_gates_fit_their_column():
    """A gate's value is stored in 32 characters."""
    assert all(len(gate.value) <= 32 for gate in Gate)
    assert all(len(kind.value) <= 16 for kind in AlertKind)


@given(asks=st.floats(0, 100), accepted=st.floats(0.01, 100))
def test_an_audience_is_alerted_within_its_own_budget(asks, accepted):
    """A spike is withheld exactly where alerting takes more false alerts a week than its audience accepts."""
    decision = decided(replace(episode(), asks=asks), budget=Budget("brazil", accepted))
    assert decision.notify == (asks <= accepted)
    assert decision.notify or ("brazil accepts" in decision.reason and decision.gate.passing)
