"""Where an excess is, and why: a place or a consequence is never a cause."""

from datetime import timedelta

import pytest

from alerts.digest.causes import no_cause, places, reasons, seen_before
from models.change import Change
from models.segment import EVERYTHING, Segment
from store.digest_rows import DigestCause, DigestLaunch, DigestRows, DigestSpike
from tests.alerts.launch_day import DAY, WINDOW

BRAZIL = Segment.of({"region": "BR"})
ONSET = DAY + timedelta(hours=12)


def spike(*causes, kind="spike", segment=EVERYTHING, launch_id=None, verdict=""):
    """A spike that began at noon."""
    return DigestSpike(
        1, 7, segment, kind, ONSET, None, 40, 4.0, 10.0, 20.0, launch_id, None, (), verdict, None, tuple(causes)
    )  # fmt: skip


def rows(*changes, launches=()):
    """Rows with changes."""
    return DigestRows(WINDOW, changes={one.change_id: one for one in changes}, launches=launches)


def change(minutes, kind="release", title="iOS 38.2.0"):
    """A change so many minutes after the onset."""
    return Change("C-1", kind, title, BRAZIL, ONSET + timedelta(minutes=minutes), None)


def cause(kind="change", share=0.9, change_id="C-1", segment=BRAZIL):
    """A cause that names a change."""
    return DigestCause(kind, "It was recorded before.", share, segment, change_id, 5.0)


def test_a_segment_is_where_and_never_why():
    """The segment that holds all of the excess is a place; without a change nothing is a cause."""
    found = spike(DigestCause("segment", "BR explains 100 %", 1.0, BRAZIL, None, 5.0))
    assert [place.name for place in places([found])] == ["BR"]
    assert reasons([found], rows()) == ()
    assert no_cause([found]) == "No supported cause: nothing on record explains it."


def test_the_segment_of_the_spike_is_a_place_where_no_cause_names_one():
    """A spike that was found in a segment says where it is."""
    assert [place.segment for place in places([spike(segment=BRAZIL)])] == [BRAZIL]
    assert places([spike()]) == ()


@pytest.mark.parametrize(
    ("minutes", "kind", "title", "supported"),
    [
        (-25, "release", "iOS 38.2.0", True),
        (10, "config", "Timeout lowered", True),
        (40, "release", "iOS 38.2.1 with a fix", False),
        (-25, "incident", "Card processor is down", True),
        (1, "incident", "Card processor is down", False),
        (-25, "incident", "Tickets reopened in the queue of refunds", False),
        (-25, "incident", "Complaints about refunds rise", False),
        (-25, "incident", "Escalations of Pix payments", False),
        (-25, "incident", "Chat volume is high", False),
        (-25, "incident", "Backlog of the Lisbon team", False),
        (-25, "release", "Tickets page of the help center", True),
    ],
)
def test_what_came_later_or_only_reports_is_no_cause(minutes, kind, title, supported):
    """A change after the onset, and an incident that only says what support saw, are consequences."""
    what = "incident" if kind == "incident" else "change"
    found = reasons([spike(cause(what))], rows(change(minutes, kind, title)))
    assert bool(found) is supported


def test_a_change_that_holds_little_of_the_excess_is_no_cause():
    """A scope with less than a fifth of the excess explains too little."""
    assert reasons([spike(cause(share=0.1))], rows(change(-25))) == ()


def test_an_earlier_spike_is_a_precedent():
    """An earlier spike that this one resembles is seen before, and not a cause."""
    found = spike(DigestCause("incident", "It resembles spike 3.", 0.8, BRAZIL, "spike:3"))
    assert reasons([found], rows()) == ()
    assert seen_before([found]) == "It resembles spike 3."


def test_the_plan_that_was_exceeded_is_no_cause_of_the_excess():
    """A launch explains a spike that began while it ran, but not what exceeds its own plan."""
    launch = DigestLaunch("L-1", "launch", "Gala", DAY, DAY + timedelta(days=1), BRAZIL)
    during = cause("launch", change_id="L-1")
    assert [one.title for one in reasons([spike(during)], rows(launches=(launch,)))] == ["Gala"]
    assert reasons([spike(during, kind="launch_excess", launch_id="L-1")], rows(launches=(launch,))) == ()


def test_changes_come_before_launches_and_each_once():
    """Causes of several spikes of an item are ranked together, without repetition."""
    launch = DigestLaunch("L-1", "launch", "Gala", DAY, DAY + timedelta(days=1), EVERYTHING)
    found = [spike(cause("launch", change_id="L-1"), cause()), spike(cause())]
    assert [one.kind for one in reasons(found, rows(change(-25), launches=(launch,)))] == ["release", "launch"]


def test_the_words_of_the_explanation_are_kept():
    """Where the explanation says why there is no cause, the digest says the same."""
    said = "No supported cause: there are too few tickets above what is expected."
    assert no_cause([spike(verdict=said)]) == said
