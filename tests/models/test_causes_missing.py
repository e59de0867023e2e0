"""Causes of missing volume: which segment fell silent, which change fits, the sentences; invariants."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.causes import CauseInputs, MissingVolume, PastSpike, explain
from models.causes.direction import FALL
from models.causes.leaves import raked, tally
from models.causes.missing import MOST_UNCERTAINTY, missing_since
from models.change import Change
from models.launch import Launch
from models.segment import EVERYTHING, Segment

ONSET = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
DIMENSIONS = ("region", "platform", "app_version", "channel")
MIX = {
    "region": (["US", "BR", "IN"], [0.5, 0.3, 0.2]),
    "platform": (["android", "ios", "web"], [0.5, 0.3, 0.2]),
    "app_version": (["38.1.0", "38.2.0"], [0.6, 0.4]),
    "channel": (["in_app", "email", "phone", "web_form"], [0.4, 0.2, 0.2, 0.2]),
}
FORM = Segment.of({"channel": "web_form"})
FORM_ON_ANDROID = Segment.of({"channel": "web_form", "platform": "android"})
VALUES = st.one_of(st.none(), st.sampled_from(["BR", "日本", "", "a, b", "None"]))
TICKETS = st.lists(st.fixed_dictionaries(dict.fromkeys(DIMENSIONS, VALUES)), max_size=30)


def tickets(seed, n):
    """Tickets of the usual mix."""
    random = np.random.default_rng(seed)
    drawn = [random.choice(values, n, p=weights) for values, weights in MIX.values()]
    return [dict(zip(MIX, map(str, row), strict=True)) for row in zip(*drawn, strict=True)]


def without(rows, segment, left=0):
    """Tickets of which only the first few of a segment came."""
    seen = 0
    kept = []
    for row in rows:
        seen += segment.holds(row)
        if not segment.holds(row) or seen <= left:
            kept.append(row)
    return kept


def change(identity, scope, minutes_before, kind="release"):
    """A change some minutes before the onset."""
    return Change(identity, kind, "Release 38.2.0", scope, ONSET - timedelta(minutes=minutes_before))


def explained(window, seen_in, expected, *, uncertainty=timedelta(0), launch_id=None, **given):
    """Explain a silence seen in a segment, of which so many were expected; what came outside it is usual."""
    outside = sum(not seen_in.holds(row) for row in window)
    silence = MissingVolume(seen_in, expected, uncertainty, launch_id)
    return explain(
        CauseInputs(
            window,
            given.pop("reference", tickets(99, 1000)),
            expected + outside,
            start=ONSET,
            dimensions=DIMENSIONS,
            missing=silence,
            **given,
        )
    )


def of_kind(found, kind):
    """The causes of a kind."""
    return [cause for cause in found.causes if cause.kind == kind]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("silent", [FORM, FORM_ON_ANDROID], ids=str)
def test_silent_segment_is_found(seed, silent):
    """A form that falls silent is named as it is, on one platform only where the others go on."""
    found = explained(without(tickets(seed, 600), silent), FORM, 120.0)
    (cause,) = found.causes
    assert (cause.kind, cause.segment, cause.change_id) == ("segment", silent, None)
    assert cause.relative_risk == 0.0
    assert cause.interval[0] == 0.0
    assert 0.0 < cause.interval[1] < 0.2
    assert str(silent) in found.verdict


def test_two_silences_are_distinguished():
    """A theme that lacks two segments lacks both, each with its own share."""
    phone = Segment.of({"channel": "phone", "region": "US"})
    usual = tickets(3, 600)
    found = explained(without(without(usual, FORM), phone), EVERYTHING, 600.0)
    assert {cause.segment for cause in found.causes} == {FORM, phone}
    assert sum(cause.contribution for cause in found.causes) == pytest.approx(1.0, abs=0.15)


def test_sentences_of_a_silence():
    """Segment, change and verdict are reported in tickets, not in multiples of the usual."""
    window = without(tickets(1, 600), FORM, left=3)
    found = explained(window, FORM, 120.0, changes=[change("r", FORM, 20)])
    segment, release = found.causes
    assert segment.reason == (
        "Web form: 3 tickets where 120 were expected, explains 100 % of what is missing, began 20 minutes after release 38.2.0."
    )
    assert release.reason == (
        "Release 38.2.0 was recorded 20 minutes before the silence began; its scope, web form, holds 100 % of what is "
        "missing, 3 tickets where 120 were expected."
    )
    assert found.verdict == f"What is missing is in channel web_form. {release.reason}"


def test_verdicts_without_a_cause():
    """A theme that falls alike everywhere has no supported cause; nothing missing, nothing to explain."""
    found = explained(tickets(2, 30), EVERYTHING, 200.0)
    assert found.causes == ()
    assert found.verdict == "No supported cause: the silence is alike in all segments, and no change fits."
    few = explained([], EVERYTHING, 3.0)
    assert (few.causes, few.verdict) == (
        (), "No supported cause: there are too few tickets missing of what is expected.",
    )  # fmt: skip


def test_a_part_in_one_segment_is_external():
    """Where a segment contains a small share of what is missing everywhere, that is stated."""
    usual = tickets(4, 600)
    found = explained(without(usual[:330], FORM), EVERYTHING, 600.0)
    assert [cause.segment for cause in found.causes] == [FORM]
    assert found.verdict.startswith("External: the segments found explain ")


def test_the_segment_seen_is_reported_where_the_scan_is_not_sure():
    """So few tickets that a search would not name a segment: the one that was tested is named all the same."""
    found = explained([], Segment.of({"channel": "phone"}), 6.0, reference=[])
    assert [str(cause.segment) for cause in found.causes] == ["channel phone"]
    assert found.causes[0].reason == "Phone: 0 tickets where 6.0 were expected, explains 100 % of what is missing."


def test_a_symptom_and_decoys_are_not_named():
    """Later incidents, changes elsewhere, of everything, or of days ago are unrelated to a silence."""
    window = without(tickets(5, 600), FORM)
    decoys = [
        change("symptom", FORM, -30, "incident"),
        change("everything", EVERYTHING, 10),
        change("elsewhere", Segment.of({"channel": "phone"}), 10),
        change("days-ago", FORM, 60 * 20),
        change("region", Segment.of({"region": "US"}), 10),
    ]
    assert [cause.kind for cause in explained(window, FORM, 120.0, changes=decoys).causes] == ["segment"]


def test_what_was_recorded_within_the_doubt_about_the_onset_may_be_the_cause():
    """The last usual ticket came before the cause: an incident recorded before the next one was due is named."""
    window = without(tickets(6, 600), FORM)
    incident = change("form-down", FORM, -10, "incident")
    assert of_kind(explained(window, FORM, 120.0, changes=[incident]), "incident") == []
    (cause,) = of_kind(
        explained(window, FORM, 120.0, changes=[incident], uncertainty=timedelta(minutes=12)), "incident"
    )
    assert "was recorded about when the silence began" in cause.reason


def test_launches_bring_tickets_and_holidays_keep_them_away():
    """Of what runs at the onset only a holiday is a cause of less; a plan that did not come true is named as such."""
    window = without(tickets(7, 600), FORM, left=4)

    def launch(kind):
        start = ONSET - timedelta(hours=2)
        return Launch(kind, kind, f"The {kind}", start, ONSET + timedelta(hours=9), FORM, 0.3, ())

    both = [launch("sale"), launch("holiday")]
    assert [c.change_id for c in of_kind(explained(window, FORM, 120.0, launches=both), "launch")] == ["holiday"]
    planned = explained(window, FORM, 120.0, launches=[launch("sale")], launch_id="sale")
    (cause,) = of_kind(planned, "launch")
    assert (cause.change_id, cause.contribution) == ("sale", 1.0)
    assert cause.reason == (
        "The plan of The sale (sale) led to expect it, web form: 4 tickets where 120 were expected since 2026-11-20 08:20 UTC."
    )


def test_an_earlier_silence_in_the_same_segment_is_reported():
    """Two silences are similar by segment alone; in another segment they are not."""
    window = without(tickets(8, 600), FORM)
    earlier = PastSpike(3, ONSET - timedelta(days=9), ONSET - timedelta(days=8), (FORM,), (), "release 38.1.0")
    (cause,) = of_kind(explained(window, FORM, 120.0, past=[earlier]), "incident")
    assert cause.change_id == "spike:3"
    assert "what is missing was in web form; it was put down to release 38.1.0" in cause.reason
    other = PastSpike(4, earlier.start, earlier.end, (Segment.of({"channel": "phone"}),), ())
    assert of_kind(explained(window, FORM, 120.0, past=[other]), "incident") == []


@settings(deadline=None, max_examples=60)
@given(TICKETS, TICKETS, st.floats(0.1, 80.0), VALUES)
def test_any_silence_can_be_explained(window, reference, expected, region):
    """Any texts and numbers give an answer whose figures are in range, and no cause where nothing is missing."""
    seen_in = Segment.of({"region": region})
    found = explained(window, seen_in, expected, reference=reference)
    assert found.verdict
    missing = expected - sum(seen_in.holds(row) for row in window)
    assert missing > 0 or found.causes == ()
    for cause in found.causes:
        assert 0.0 <= cause.contribution <= 1.0
        assert 0.0 <= cause.interval[0] <= cause.relative_risk <= cause.interval[1]
        assert cause.relative_risk < 1.0 + 1e-6


@settings(deadline=None, max_examples=40)
@given(TICKETS, TICKETS, st.floats(5.0, 80.0), st.randoms(use_true_random=False))
def test_order_of_tickets_does_not_matter_to_a_silence(window, reference, expected, random):
    """The same tickets in another order have the same causes, to the last figure."""
    one = explained(window, EVERYTHING, expected, reference=reference)
    random.shuffle(window)
    random.shuffle(reference)
    assert explained(window, EVERYTHING, expected, reference=reference) == one


@settings(deadline=None, max_examples=60)
@given(TICKETS, st.floats(0.01, 0.99))
def test_raked_tickets_hold_the_share_asked_for(rows, share):
    """Weights change the share of a segment and not the number of tickets."""
    seen_in = Segment.of({"region": "BR"})
    inside = sum(seen_in.holds(row) for row in rows)
    assume(0 < inside < len(rows))
    reported = raked(tally(rows, DIMENSIONS), DIMENSIONS, seen_in, share)
    assert sum(reported.values()) == pytest.approx(len(rows))
    assert sum(count for row, count in reported.items() if row[0] == "BR") == pytest.approx(share * len(rows))
    unknown = Segment.of({"queue": "BR"})
    assert raked(tally(rows, DIMENSIONS), DIMENSIONS, unknown, share) == tally(rows, DIMENSIONS)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 60), min_size=4, max_size=4), st.lists(st.floats(0.5, 40.0), min_size=4, max_size=4))
def test_a_fitted_fall_takes_tickets_away_and_fits_no_worse_than_none(observed, expected):
    """Shares that are left are between 0 and 1, and the likelihood is at least that of what was expected."""
    inside = np.array([[False, False], [True, False], [False, True], [True, True]])
    seen, usual = np.array([observed], dtype=np.float64), np.array([expected])
    factor = FALL.fit(seen, usual, inside)
    assert ((factor > 0.0) & (factor <= 1.0)).all()
    fitted = usual * FALL.multiplier(factor, inside)

    def likelihood(mean):
        return float((seen * np.log(mean) - mean).sum())

    assert likelihood(fitted) >= likelihood(usual) - 1e-6


@pytest.mark.parametrize("cut", [0, 25, 55, 90])
def test_a_silence_began_after_its_last_usual_ticket(cut):
    """Twenty tickets an hour until a minute: that minute is within the uncertainty of the onset, whatever the full hour."""
    start = datetime(2026, 11, 20, 10, tzinfo=UTC)
    true = start + timedelta(minutes=cut)
    before = [start - timedelta(hours=2) + timedelta(minutes=3 * at) for at in range(200)]
    arrivals = [time for time in before if time < true] + [true + timedelta(minutes=47)]
    end = start + timedelta(hours=12)
    seen = sum(time >= start for time in arrivals)
    since, uncertainty = missing_since(arrivals, start, end, seen, 240.0)
    assert since <= true <= since + uncertainty
    assert uncertainty == timedelta(minutes=6)


def test_where_little_is_usual_the_onset_is_known_to_the_hour():
    """One ticket in three hours does not determine minutes; without tickets close to it the hour is kept."""
    start = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert missing_since([], start, start + timedelta(hours=72), 0, 24.0) == (start, MOST_UNCERTAINTY)
