"""Stages of a decision: each is judged and shown, and the first that refuses gives the gate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.gates import STAGES, AlertSignal, Budget, PastAlert, ReportedEvent, SignalFacts, decide
from alerts.gates.decide import withhold_calm
from alerts.settings import AlertSettings
from alerts.silences.matching import ActiveSilence, covering
from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from models.launch import Launch
from models.planned_rise import PlannedRise
from models.recurring import Recurrence
from models.segment import EVERYTHING, Segment
from models.silence import Silence, SilenceKind, SilenceMatchers
from models.spike import Spike
from models.theme import KnownIssue

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
START = NOW - timedelta(days=20)
HOUR = timedelta(hours=1)
SETTINGS = AlertSettings()
LAUNCH = Launch("L-1", "launch", "LIVE gala", NOW - HOUR, NOW + HOUR, EVERYTHING, 0.3, ())


def spike_of(**changes):
    """A spike of 42 tickets where 3.1 were expected."""
    values = {
        "spike_id": 3, "theme_id": 7, "segment": Segment.of({"region": "BR"}), "start": NOW - HOUR, "end": None,
        "detected_at": NOW, "observed": 42, "expected": 3.1, "ratio": 13.5, "p_value": 1e-9, "q_value": 1e-8,
        "severity": 50.0, "launch_id": None, "gate": None, **changes,
    }  # fmt: skip
    return Spike(**values)


def signal_of(**changes):
    """A spike as a signal that alerts."""
    values = {
        "kind": AlertKind.SPIKE, "sentence": "42 tickets", "theme_id": 7, "theme_name": "pix stays pending", "tickets": 42,
        "requesters": 40, "start": NOW - HOUR, "spike": spike_of(), **changes,
    }  # fmt: skip
    return AlertSignal(**values)


def facts_of(**changes):
    """Facts by which it alerts."""
    return SignalFacts(**{"now": NOW, "record_start": START, "settings": SETTINGS, **changes})


def silence_of(silence_id=1, kind=SilenceKind.SILENCE, audience=None, **changes):
    """A silence of theme 7, as it is resolved in an epoch."""
    one = Silence(
        silence_id=silence_id, kind=kind, owner="ana", reason="deploy", matchers=SilenceMatchers(themes=(7,), audience=audience),
        created_at=NOW, starts_at=NOW - HOUR, ends_at=None if kind is SilenceKind.MUTE else NOW + HOUR,
    )  # fmt: skip
    return ActiveSilence(silence=one, survivors=frozenset({7}), **changes)


RECURRENCE = Recurrence(
    period=7 * 24 * HOUR, first=NOW - 15 * 24 * HOUR, last=NOW - 8 * 24 * HOUR, times=2, length=6 * HOUR, lift=4.0, p_value=0.001
)  # fmt: skip
PLANNED_RISE = PlannedRise(title="Gala", lift=6.0, p_value=0.02, observed=42, expected=40.0)
REFUSALS = {
    Gate.LEARNING_PERIOD_LASTS: lambda signal, facts: (replace(signal, learning_until=NOW + HOUR), facts),
    Gate.SEVERAL_PROBLEMS: lambda signal, facts: (signal, replace(facts, only_language="Spanish")),
    Gate.FEWER_TICKETS_THAN_MINIMUM: lambda signal, facts: (replace(signal, tickets=4), facts),
    Gate.FEWER_REQUESTERS_THAN_MINIMUM: lambda signal, facts: (replace(signal, requesters=3), facts),
    Gate.BEYOND_FALSE_ALERT_BUDGET: lambda signal, facts: (replace(signal, asks=2.0), replace(facts, budget=Budget("a", 1.0))),
    Gate.RISES_AS_PLANNED: lambda signal, facts: (signal, replace(facts, planned_rise=PLANNED_RISE)),
    Gate.KNOWN_ISSUE_WITHIN_ENVELOPE: lambda signal, facts: (signal, replace(facts, known_issue=KnownIssue(title="t"))),
    Gate.MUTED: lambda signal, facts: (
        signal, replace(facts, silences=(*facts.silences, silence_of(2, SilenceKind.MUTE)))
    ),
    Gate.SILENCED: lambda signal, facts: (signal, replace(facts, silences=(*facts.silences, silence_of()))),
    Gate.PART_OF_ANOTHER_SPIKE: lambda signal, facts: (
        signal, replace(facts, larger=spike_of(spike_id=9, theme_id=8, severity=900.0))
    ),
    Gate.SPIKE_ALREADY_ALERTED: lambda signal, facts: (
        signal, replace(facts, past=(*facts.past, PastAlert(AlertKind.SPIKE, NOW - 3 * HOUR, 3)))
    ),
}  # fmt: skip
"""What makes each stage refuse a spike, in the order of the stages."""


@given(st.sets(st.sampled_from(list(REFUSALS))))
def test_the_decision_is_the_first_stage_that_refuses(gates):
    """Whatever refuses a signal: the first in the order gives the gate, all others are shown, and nothing else refuses."""
    signal, facts = signal_of(), facts_of()
    for gate in gates:
        signal, facts = REFUSALS[gate](signal, facts)
    decision = decide(signal, facts)
    expected = [gate for gate in REFUSALS if gate in gates]
    assert [one.gate for one in decision.stages if one.gate is not None] == expected
    assert decision.gate == (expected[0] if expected else None)
    assert decision.notify == (not expected)
    assert [one.stage for one in decision.stages] == [stage.name for stage in STAGES]
    assert all((one.gate is None) == one.passed for one in decision.stages)


@given(st.sets(st.sampled_from(list(REFUSALS))))
def test_each_stage_says_what_it_compared(gates):
    """Each stage has a value, a threshold and a sentence, and what is stored of it is read back."""
    signal, facts = signal_of(), facts_of()
    for gate in gates:
        signal, facts = REFUSALS[gate](signal, facts)
    for one in decide(signal, facts).stages:
        assert one.reason
        assert StageResult.from_json(one.as_json()) == one
        assert None not in (one.value, one.threshold)


def test_the_stages_are_in_their_order():
    """The stages that event time decides are the first ones of the path, without a gap."""
    names = [stage.name for stage in STAGES]
    assert names == list(StageName)[: len(names)]
    assert list(StageName)[len(names) :] == [StageName.ROUTING, StageName.QUIET_HOURS, StageName.DELIVERY]


@given(
    themes=st.lists(st.one_of(st.integers(8, 99), st.just("no such *")), max_size=3),
    region=st.sampled_from(["US", "IN", None]),
    kind=st.sampled_from(list(SilenceKind)),
    audience=st.sampled_from([None, "ops"]),
)
def test_a_silence_that_matches_nothing_changes_nothing(themes, region, kind, audience):
    """With a silence of other themes or other segments a signal is decided as without one."""
    matchers = SilenceMatchers(themes=tuple(themes), segment=Segment.of({"region": region}), audience=audience)
    silence = replace(silence_of(5, kind).silence, matchers=matchers)
    other = ActiveSilence(silence=silence, survivors=frozenset(one for one in themes if isinstance(one, int)))
    signal = signal_of(segment=Segment.of({"region": "BR"}))
    if not themes and region is None:
        return
    found = covering([other], signal.theme_id, signal.theme_name, signal.segment)
    assert decide(signal, facts_of(silences=found)) == decide(signal, facts_of())


def test_a_silence_of_one_audience_withholds_its_message_alone():
    """The signal alerts, and the decision names whose message is withheld and by what."""
    decision = decide(signal_of(), facts_of(silences=(silence_of(4, audience="ops"),)))
    assert (decision.notify, decision.silence_id, decision.withheld_from) == (True, 4, frozenset({"ops"}))
    stage = next(one for one in decision.stages if one.stage is StageName.SILENCE)
    assert stage.passed
    assert stage.reason == "silence 4 withholds it from ops"


def test_a_silence_by_example_says_how_close_it_is():
    """Hidden by an example text, the reason has the closeness and the threshold."""
    near = silence_of(similar={7: 0.83}, threshold=0.62)
    decision = decide(signal_of(), facts_of(silences=(near,)))
    assert decision.gate is Gate.SILENCED
    assert "(its example text is 0.83 close to the theme, and 0.62 is needed)" in decision.reason


def test_every_gate_is_that_of_a_stage():
    """Those of a spike above, of a new or archived theme, of what recurs, is a part or is over already: no other gate exists."""
    newcomer = signal_of(kind=AlertKind.NEW_THEME, spike=None)
    alerted = facts_of(past=(PastAlert(AlertKind.SPIKE, NOW, 3),))
    archived = facts_of(known_issue=KnownIssue(title="t", archived=True))
    found = {decide(*refuse(signal_of(), facts_of())).gate for refuse in REFUSALS.values()}
    found |= {decide(newcomer, one).gate for one in (alerted, archived, facts_of(planned_by=LAUNCH))}
    event = ReportedEvent("incident 4", "it is the same theme", 40.0)
    found |= {decide(signal_of(), one).gate for one in (facts_of(recurring=RECURRENCE), facts_of(event=event))}
    assert found | {withhold_calm(decide(newcomer, facts_of()), NOW).gate} == set(Gate)


def test_a_silence_hides_only_what_would_have_been_sent():
    """What is too small all the same is withheld as such, and does not count as hidden."""
    small, facts = signal_of(tickets=2), facts_of(silences=(silence_of(4), silence_of(5, audience="ops")))
    decision = decide(small, facts)
    assert (decision.gate, decision.silence_id) == (Gate.FEWER_TICKETS_THAN_MINIMUM, None)
    assert decide(signal_of(), facts).silence_id == 4
    both = facts_of(silences=(silence_of(4), silence_of(6, SilenceKind.MUTE)))
    assert (decide(signal_of(), both).gate, decide(signal_of(), both).silence_id) == (Gate.MUTED, 6)


def test_a_gate_that_stays_shut_is_final():
    """A new theme that was alerted before is not decided again, although it is too small as well."""
    newcomer = signal_of(kind=AlertKind.NEW_THEME, spike=None, tickets=2)
    assert not decide(newcomer, facts_of()).final
    assert decide(newcomer, facts_of(past=(PastAlert(AlertKind.SPIKE, NOW, 3),))).final
    assert decide(newcomer, facts_of(planned_by=LAUNCH)).final


def test_a_spike_above_its_plan_shows_the_plan():
    """The launch envelope of a launch excess is passed with what came and what the plan expects."""
    decision = decide(signal_of(kind=AlertKind.LAUNCH_EXCESS), facts_of(planned_by=LAUNCH))
    stage = next(one for one in decision.stages if one.stage is StageName.LAUNCH_ENVELOPE)
    assert (stage.passed, stage.value, stage.threshold, stage.unit) == (True, 42, 3.1, "tickets")


@pytest.mark.parametrize(
    ("matchers", "segment", "covers"),
    [
        (SilenceMatchers(themes=(7,)), {}, True),
        (SilenceMatchers(themes=(8,)), {}, False),
        (SilenceMatchers(themes=(8, "PIX *")), {}, True),
        (SilenceMatchers(themes=("*refund*",)), {}, False),
        (SilenceMatchers(segment=Segment.of({"region": "BR"})), {"region": "BR", "platform": "ios"}, True),
        (SilenceMatchers(segment=Segment.of({"region": "BR"})), {"region": "US"}, False),
        (SilenceMatchers(segment=Segment.of({"region": "BR"})), {}, False),
        (SilenceMatchers(themes=(7,), segment=Segment.of({"region": "BR"})), {"region": "US"}, False),
        (SilenceMatchers(audience="ops"), {}, True),
        (SilenceMatchers(like="pix"), {}, False),
        (SilenceMatchers(), {}, False),
    ],
)
def test_all_matchers_must_hold(matchers, segment, covers):
    """Of the themes one suffices; the segment must be contained; without matchers nothing is covered."""
    named = frozenset(one for one in matchers.themes if isinstance(one, int))
    one = ActiveSilence(silence=replace(silence_of().silence, matchers=matchers), survivors=named)
    assert one.covers(7, "pix stays pending", Segment.of(segment)) == covers


def test_silences_are_in_force_between_their_times():
    """The start belongs to a silence and the end does not; a mute rule has no end."""
    one = silence_of().silence
    assert [one.active_at(NOW + at * HOUR) for at in (-2, -1, 0, 1)] == [False, True, True, False]
    assert silence_of(kind=SilenceKind.MUTE).silence.active_at(NOW + timedelta(days=1000))


def test_matchers_are_stored_as_they_are():
    """What is written of matchers is read back, and only those without any are empty."""
    one = SilenceMatchers(themes=(3, "pix *"), segment=Segment.of({"region": "BR"}), like="late", audience="ops")
    assert SilenceMatchers.from_json(one.as_json()) == one
    assert not one.empty
    assert SilenceMatchers().empty
