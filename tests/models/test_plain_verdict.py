"""Plain verdicts: the sentences that pages and commands begin with, word for word."""

from dataclasses import replace

import pytest

from models.alert import Gate
from models.decision_path import StageName, StageResult
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes.episodes.episode import EpisodeChange, Finding
from models.spikes.explain.explanation import SignalExplanation, SignalVerdict, WindowTest
from models.spikes.explain.explanation import TestedSeries as SeriesTest  # pytest would collect a class named so
from models.spikes.explain.plain_verdict import (
    EpisodeCounts,
    odds,
    usual,
    verdict_of_alert,
    verdict_of_episode,
    verdict_of_test,
)
from models.spikes.outcome import Family, SuppressedSignal

RISE = EpisodeCounts(observed=41, expected=6.1, p_value=0.0001)
BR = Segment.of({"region": "BR", "payment_method": "pix"})


@pytest.mark.parametrize(
    ("p_value", "written"),
    [
        (1.0, "better than 1 in 2"), (0.5, "1 in 2"), (0.31, "1 in 3"), (0.04, "1 in 25"), (0.0123, "1 in 81"), (0.0081, "1 in 120"),
        (0.0001, "1 in 10,000"), (0.000123, "1 in 8,000"), (2e-6, "1 in 500,000"), (3e-9, "less than 1 in 1,000,000"),
        (0.0, "less than 1 in 1,000,000"),
    ],
)  # fmt: skip
def test_a_chance_is_written_as_people_say_it(p_value, written):
    """One in how many, with one or two digits."""
    assert odds(p_value) == written


@pytest.mark.parametrize(
    ("expected", "written"), [(0.01, "almost none"), (0.44, "0.4"), (1.0, "1"), (6.1, "6"), (1204.4, "1,204")]
)
def test_what_was_expected_is_rounded(expected, written):
    """A tenth of a ticket is said only where it matters."""
    assert usual(expected) == written


EPISODES = {
    "Yes, it signalled: 41 tickets where 6 were expected; chance of that 1 in 10,000.": (RISE, None, 7),
    "Yes, it signalled: 41 tickets where 6 were expected; chance of that 1 in 10,000. No alert was opened of it alone.": (
        RISE, None, None,
    ),
    "Yes, it signalled: 41 tickets where 6 were expected, in payment method pix, region BR; chance of that 1 in 10,000.": (
        replace(RISE, segment=BR), None, 7,
    ),
    "Yes, it signalled: only 3 tickets where 41 were expected; chance of as few 1 in 10,000.": (
        replace(RISE, observed=3, expected=41, kind=SpikeKind.MISSING_VOLUME), None, 7,
    ),
    "No: a launch expects it. 41 tickets where 6 were expected; chance of that 1 in 10,000.": (
        RISE, Gate.PLANNED_BY_A_LAUNCH, None,
    ),
    "No: too few people wrote. 1 ticket where 1 was expected; chance of that 1 in 2.": (
        EpisodeCounts(observed=1, expected=1.0, p_value=0.45), Gate.FEWER_REQUESTERS_THAN_MINIMUM, None,
    ),
    "No: a gate of later. 41 tickets where 6 were expected; chance of that 1 in 10,000.": (RISE, "a_gate_of_later", None),
}  # fmt: skip


@pytest.mark.parametrize("sentence", EPISODES)
def test_the_verdict_of_an_episode(sentence):
    """Yes with the figures, or no with what withheld its alert."""
    figures, gate, alert = EPISODES[sentence]
    found = verdict_of_episode(figures, gate, alert)
    assert (found.sentence, found.yes) == (sentence, gate is None)


def passes(name, reason):
    """Return the result of a stage that lets a signal go on."""
    return StageResult(stage=name, passed=True, reason=reason)


def stops(name, reason, gate=None):
    """Return the result of a stage that withholds a signal."""
    return StageResult(stage=name, passed=False, reason=reason, gate=gate)


PASSED = (passes(StageName.LEARNING, "learned"), passes(StageName.SILENCE, "no silence in force covers it"))
SILENCED = (
    *PASSED,
    stops(StageName.INHIBITION, "it is a part of spike 3, which is larger", Gate.PART_OF_ANOTHER_SPIKE),
)
ALERTS = {
    "Yes, it signalled: 41 tickets where 6 were expected; chance of that 1 in 10,000.": (PASSED, "ignored", RISE, "opened"),
    "Yes, it signalled: 41 tickets from 38 people about something not seen before.": (
        PASSED, "41 tickets from 38 people about something not seen before.", None, True,
    ),
    "No: a larger spike of another theme in the same segment is reported (it is a part of spike 3, which is larger). "
    "41 tickets where 6 were expected; chance of that 1 in 10,000.": (SILENCED, "", RISE, ""),
    "Yes, it signalled: 41 tickets where 6 were expected; chance of that 1 in 10,000. Not all of its messages have gone out: it "
    "waits after 2 attempts.": ((*PASSED, stops(StageName.DELIVERY, "it waits after 2 attempts")), "", RISE, "opened"),
    "No: nobody was alerted. Something happened.": ((), "something happened", None, ""),
}  # fmt: skip


@pytest.mark.parametrize("sentence", ALERTS)
def test_the_verdict_of_an_alert(sentence):
    """The first stage that withheld it is named; a message that waits is a yes that says so."""
    stages, reason, figures, opened = ALERTS[sentence]
    found = verdict_of_alert(stages, reason, figures, opened=bool(opened))
    assert (found.sentence, found.yes) == (sentence, bool(opened))


def explanation(verdict, **values):
    """Return an explanation with one window."""
    window = WindowTest(
        100, 112, values.pop("observed", 12), values.pop("expected", 9.0), 0.0, 3.0, 15.0, values.pop("p", 0.3)
    )
    known = {
        "windows": (window,),
        "tested": SeriesTest(Family.TOTAL, EVERYTHING, window.p_value, 0.0001, 0.05, 40, 1.0),
    }
    return SignalExplanation(1, EVERYTHING, 112, verdict, **{**known, "min_tickets": 5, "warmup_hours": 48, **values})


def finding(gate=None):
    """Return what the detector reports of an episode."""
    return Finding(
        change=EpisodeChange.OPENED, kind=SpikeKind.SPIKE, theme_id=1, segment=EVERYTHING, start=100, end=None, observed=41,
        expected=6.1, ratio=6.7, excess=34.9, p_value=0.0001, q_value=0.001, severity=140.0, launch_id=None, total_observed=41,
        total_expected=6.1, gate=gate,
    )  # fmt: skip


TESTS = {
    "Yes, it signalled: 41 tickets where 6 were expected; chance of that 1 in 10,000.": explanation(
        SignalVerdict.SIGNAL, finding=finding()
    ),
    "Yes, it was signalling already: 41 tickets where 6 were expected; chance of that 1 in 10,000.": explanation(
        SignalVerdict.GOING_ON, finding=finding()
    ),
    "No longer: it was over. 41 tickets where 6 were expected; chance of that 1 in 10,000.": explanation(
        SignalVerdict.ENDED, finding=finding()
    ),
    "No: themes were still learned silently. 41 tickets where 6 were expected; chance of that 1 in 10,000.": explanation(
        SignalVerdict.SIGNAL, finding=finding(Gate.LEARNING_PERIOD_LASTS)
    ),
    "No: chance explains 12 tickets where 9 were expected; chance of that 1 in 3, and a signal needs 1 in 10,000.": explanation(
        SignalVerdict.CHANCE
    ),
    "No: there were not more tickets than expected; 4 tickets where 9 were expected.": explanation(
        SignalVerdict.NOT_ABOVE, observed=4, p=1.0
    ),
    "No: there were too few tickets to test; 2 tickets came, and 5 are needed.": explanation(
        SignalVerdict.FEW_TICKETS, observed=2, p=1.0
    ),
    "No: it held no ticket then.": explanation(SignalVerdict.UNKNOWN_THEN, windows=(), tested=None),
    "No: nothing was tested yet; there were 30 hours of history, and 48 are needed.": explanation(
        SignalVerdict.WARMUP, history_hours=30
    ),
    "No: a launch lifts all themes, so that its plan alone judges their sum.": explanation(SignalVerdict.PLANNED),
    "No: not on its own; a launch's plan tests it together with theme 4.": explanation(
        SignalVerdict.SHARES_ENVELOPE, with_themes=(1, 4)
    ),
    "No: an episode ended lately, and another one needs severity 40; it had 12, chance of that 1 in 10,000.": explanation(
        SignalVerdict.SUPPRESSED, suppressed=SuppressedSignal(41, 12.0, 40.0, 0.0001)
    ),
    "No: too few tickets came since the rise began; 3 tickets came, and 5 are needed.": explanation(
        SignalVerdict.SUPPRESSED, suppressed=SuppressedSignal(3, 12.0, 0.0, 0.0001)
    ),
}


@pytest.mark.parametrize("sentence", TESTS)
def test_the_verdict_of_a_test(sentence):
    """What the detector found, or what prevented a signal, before any figure of the tests."""
    found = verdict_of_test(TESTS[sentence])
    assert (found.sentence, found.yes) == (sentence, sentence.startswith("Yes"))


def test_every_verdict_of_the_detector_has_a_sentence():
    """None of them is left without words, with and without windows."""
    for verdict in SignalVerdict:
        if verdict not in (SignalVerdict.SIGNAL, SignalVerdict.GOING_ON, SignalVerdict.ENDED):
            for one in (explanation(verdict), explanation(verdict, windows=(), tested=None)):
                assert verdict_of_test(one).sentence.startswith("No: ")
