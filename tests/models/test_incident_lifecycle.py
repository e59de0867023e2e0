"""The life of an incident: what is news, what is an update, and how it returns."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alert import AlertKind
from models.incidents.incident import Incident, IncidentState
from models.incidents.level import Level, has_grown
from models.incidents.policy import IncidentPolicy
from models.incidents.recurrence import ordinal, period_of, period_text
from models.incidents.relation import ThemeLink
from tests.models.incident_cases import START, Desk, make_signal, minutes

BR, US = {"region": "BR"}, {"region": "US"}
HOUR = timedelta(hours=1)


def grow(desk: Desk, rate: float, first: float, last: float, *, observed: float = 10.0) -> float:
    """Let theme 1 have so many tickets an hour from one minute to another, read every five minutes; returns its tickets then."""
    for now in range(int(first) + 5, int(last) + 1, 5):
        observed += rate / 12
        desk.follow(now, make_signal(1, observed=round(observed), expected=now / 60))
    return observed


def test_a_level_shift_is_reported_once() -> None:
    """Twelve tickets an hour more, for two days: one message and, when it is over, its end."""
    desk = Desk(IncidentPolicy(repeat_interval=timedelta(0)))
    desk.take(60, make_signal(1, observed=12))
    observed = grow(desk, 12, 60, 2880, observed=12)
    desk.follow(2945, make_signal(1, until=2880, observed=round(observed), expected=48))
    assert desk.news() == [(60, "opened"), (2945, "ended")]


def test_an_incident_that_doubles_is_news_once_for_each_doubling() -> None:
    """From 10 an hour to 40 and then to 120: each is reported once, not each epoch and not while it only lasts."""
    desk = Desk()
    desk.take(60, make_signal(1, observed=10))
    observed = grow(desk, 10, 60, 180)
    observed = grow(desk, 40, 180, 600, observed=observed)
    assert [news for _, news in desk.news()] == ["opened", "escalated"]
    grow(desk, 120, 600, 900, observed=observed)
    assert [news for _, news in desk.news()] == ["opened", "escalated", "escalated"]


def test_a_cumulative_count_that_doubles_is_no_escalation() -> None:
    """An incident at the same rate has twice the tickets after twice the time: that is an update of its message."""
    desk = Desk(IncidentPolicy(repeat_interval=timedelta(0)))
    desk.take(60, make_signal(1, observed=10))
    grow(desk, 10, 60, 1200)
    assert desk.news() == [(60, "opened")]
    assert 3 <= len([one for one in desk.sent if one[2] is None]) <= 5


def test_chance_is_no_escalation() -> None:
    """Two tickets an hour and then five in one hour are within chance."""
    desk = Desk()
    desk.take(60, make_signal(1, observed=2, expected=0.1))
    for now, observed in ((120, 4), (180, 9), (240, 11)):
        desk.follow(now, make_signal(1, observed=observed, expected=0.2))
    assert desk.news() == [(60, "opened")]


@given(st.integers(0, 200), st.floats(0.25, 24), st.integers(0, 2000), st.floats(1.1, 10))
def test_growth_is_never_found_below_its_factor(before: int, hours: float, now: int, factor: float) -> None:
    """Whatever the counts, growth means that the excess per hour is at least the factor times that of before."""
    old, new = Level(before, 0.0, hours * HOUR), Level(now, 0.0, HOUR)
    if has_grown(old, new, factor):
        assert new.excess_per_hour >= factor * old.excess_per_hour


def test_an_escalation_waits_for_the_group_interval() -> None:
    """Five minutes after the first message the incident is ten times as large: the news comes when the interval is over."""
    desk = Desk(IncidentPolicy(group_interval=timedelta(minutes=30)))
    desk.take(60, make_signal(1, observed=10))
    grow(desk, 400, 60, 120)
    assert desk.news()[:2] == [(60, "opened"), (90, "escalated")]


def test_news_that_waits_is_one_message() -> None:
    """An escalation and a new segment within the interval are one message, which names the more important one."""
    desk = Desk(IncidentPolicy(group_interval=timedelta(minutes=30)))
    desk.take(60, make_signal(1, observed=10, where=BR))
    desk.take(65, make_signal(1, at=62, where=US, spike_id=2, alert_id=2))
    for now in range(70, 121, 5):
        desk.follow(now, make_signal(1, where=BR, observed=10 + 30 * (now - 60) // 5, expected=1.0))
    assert [news for _, news in desk.news()][:2] == ["opened", "escalated"]
    assert all(at == 90 for at, _ in desk.news()[1:2])


def test_a_new_segment_is_news_and_a_narrower_one_is_not() -> None:
    """Reported in BR: US is news; BR with pix, and BR once more, are not."""
    desk = Desk()
    desk.take(10, make_signal(1, where=BR))
    desk.take(40, make_signal(1, at=30, where={**BR, "payment_method": "pix"}, spike_id=2, alert_id=2))
    desk.take(60, make_signal(1, at=50, where=US, spike_id=3, alert_id=3))
    desk.follow(90)
    assert desk.news() == [(10, "opened"), (60, "new_segment")]
    assert desk.incidents[1].segment.as_dict() == {}


def test_an_end_is_sent_once_all_signals_are_over() -> None:
    """One of two signals ends: nothing. Both are over for an hour: the end."""
    desk = Desk(links={frozenset({1, 2}): ThemeLink(likeness=0.9)})
    desk.take(10, make_signal(1), make_signal(2))
    desk.follow(200, make_signal(1, until=150))
    desk.follow(300, make_signal(2, until=280))
    assert desk.news() == [(10, "opened")]
    desk.follow(345)
    assert desk.news() == [(10, "opened"), (345, "ended")]
    assert desk.incidents[1].end == minutes(280)


def test_ends_are_not_sent_where_the_setting_says_so() -> None:
    """Without `send_ends` the message is updated, and that is all."""
    desk = Desk(IncidentPolicy(send_ends=False))
    desk.take(10, make_signal(1))
    desk.follow(200, make_signal(1, until=100))
    assert desk.news() == [(10, "opened")]
    assert desk.sent[-1] == (200, 1, None)


def burst(desk: Desk, number: int, at: float) -> None:
    """A burst of twenty minutes, found ten minutes after its onset."""
    desk.take(at + 10, make_signal(1, at=at, spike_id=number, alert_id=number))
    desk.follow(at + 30, make_signal(1, at=at, until=at + 20, spike_id=number, alert_id=number))
    desk.follow(at + 90)


def test_a_burst_every_eight_hours_is_one_incident_that_is_back() -> None:
    """Each return is sent at once, with how often it came and, from the third time on, its period."""
    desk = Desk()
    for number in range(4):
        burst(desk, number + 1, number * 480)
    assert len(desk.incidents) == 1
    assert [one for one in desk.news() if one[1] != "ended"] == [
        (10, "opened"), (490, "returned"), (970, "returned"), (1450, "returned"),
    ]  # fmt: skip
    assert desk.incidents[1].bursts == 4
    assert period_of(desk.incidents[1].onsets) == timedelta(hours=8)


@pytest.mark.parametrize(("after", "news"), [(120, ["opened"]), (2000, ["opened", "escalated"])])
def test_another_cause_is_news_where_the_message_is_old(after: float, news: list[str]) -> None:
    """A theme that joined has more than twice the excess of the one in the title: an update, and news once the message is a day old."""
    desk = Desk(IncidentPolicy(repeat_interval=timedelta(0)), {frozenset({1, 2}): ThemeLink(likeness=0.9)})
    desk.take(10, make_signal(1, observed=20), make_signal(2, observed=12))
    desk.follow(after, make_signal(1, observed=21, expected=2.0), make_signal(2, observed=60, expected=2.0))
    assert desk.incidents[1].theme_id == 2
    assert [one for _, one in desk.news()] == news


def test_flapping_within_the_settling_time_is_no_return() -> None:
    """A theme that rises again 20 minutes after its spike ended is the same burst: nothing is sent."""
    desk = Desk()
    for number in range(6):
        at = number * 40.0
        desk.take(at + 10, make_signal(1, at=at, spike_id=number + 1, alert_id=number + 1))
        desk.follow(at + 25, make_signal(1, at=at, until=at + 20, spike_id=number + 1, alert_id=number + 1))
    assert desk.news() == [(10, "opened")]


def test_a_known_issue_that_grows_beyond_its_envelope_is_news() -> None:
    """Its gate found the escalation: it is sent whatever the level was at the last message."""
    desk = Desk()
    desk.take(10, make_signal(1))
    assert desk.take(60, make_signal(1, kind=AlertKind.ESCALATING, spike_id=1, alert_id=2)) == [1]


@pytest.mark.parametrize(
    ("onsets", "period"),
    [
        ([0, 480, 960], "every 8 h"),
        ([0, 485, 955, 1440], "every 8 h"),
        ([0, 480], None),
        ([0, 480, 1100], None),
        ([0, 60, 600], None),
        ([0, 1440, 2880, 4320], "every day"),
        ([0, 2880, 5760], "every 2 days"),
        ([0, 45, 90], "every 45 min"),
        ([0, 10, 20], None),
        ([0, 90, 180], "every 1.5 h"),
        ([0, 480, 960, 1800], None),
        ([0, 10080, 20160], "every 7 days"),
    ],
)
def test_a_period_is_named_only_where_bursts_are_regular(onsets: list[float], period: str | None) -> None:
    """At least three bursts whose gaps are equal within a tenth have a period; others have none."""
    found = period_of([minutes(one) for one in onsets])
    assert (None if found is None else period_text(found)) == period


@given(st.lists(st.integers(1, 20_000), min_size=2, max_size=8))
def test_a_period_fits_every_gap(gaps: list[int]) -> None:
    """A period that is named differs from no gap by more than a tenth, or ten minutes."""
    onsets = [START]
    for gap in gaps:
        onsets.append(onsets[-1] + timedelta(minutes=gap))
    period = period_of(onsets)
    if period is not None:
        allowed = max(0.1 * period, timedelta(minutes=10))
        assert all(abs(timedelta(minutes=gap) - period) <= allowed for gap in gaps)


def test_positions_are_written_as_in_english() -> None:
    """1st, 2nd, 3rd, 11th, 22nd, 113th."""
    assert [ordinal(one) for one in (1, 2, 3, 4, 11, 12, 13, 21, 22, 113)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "113th",
    ]  # fmt: skip


def test_an_incident_is_read_back_as_it_was() -> None:
    """All that its row holds is what it was, also in the middle of its life."""
    desk = Desk(IncidentPolicy(group_wait=timedelta(hours=3)))
    desk.take(10, make_signal(1, where=BR), make_signal(2, where=BR, kind=AlertKind.LAUNCH_EXCESS, launch_id="sale"))
    grow(desk, 20, 10, 100)
    (incident, *_) = desk.incidents.values()
    names = (
        "incident_id",
        "theme_id",
        "segment",
        "audience",
        "opened_at",
        "start",
        "end",
        "state",
        "severity",
        "merged_into",
        "revision",
    )
    assert Incident.restore({name: getattr(incident, name) for name in names}, incident.state_data()) == incident
    assert incident.waiting
    assert incident.state is IncidentState.OPEN


def test_dates_of_returns_are_those_of_utc() -> None:
    """A first burst at 23:30 in New York counts as the next day."""
    from models.incidents.sentences import bursts_sentence

    first = datetime(2026, 11, 4, 4, 30, tzinfo=UTC)
    onsets = [first, first + timedelta(hours=8), first + timedelta(hours=16)]
    assert bursts_sentence(3, onsets) == "back: 3rd time since 4 Nov, every 8 h"
    assert bursts_sentence(2, onsets[:2]) == "back: 2nd time since 4 Nov"
