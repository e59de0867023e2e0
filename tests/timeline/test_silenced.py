"""Timelines of silences, mute rules and known issues."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from models.segment import Segment
from models.silence import Silence, SilenceKind, SilenceMatchers
from models.theme import KnownIssue
from store.decisions import fix_known_issue, flag_known_issue
from store.silences import insert_silence
from tests.timeline.desk import DAY, WORDS, Desk, at

MakeDesk = Callable[..., Desk]
HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=1)


def silenced(desk: Desk, begin: datetime, end: datetime | None, kind: SilenceKind, **matchers: Any) -> None:
    """Have a person add a silence when it begins."""
    silence = Silence(
        silence_id=0, kind=kind, owner="ada", reason="maintenance", matchers=SilenceMatchers(**matchers), created_at=DAY,
        starts_at=begin, ends_at=end,
    )  # fmt: skip
    desk.act(begin, lambda one: one.change(lambda c: insert_silence(c, silence)))


def flagged(desk: Desk, when: datetime, issue: str) -> None:
    """Have a person flag a theme as a known issue."""
    desk.act(when, lambda one: one.change(
        lambda c: flag_known_issue(c, one.theme(issue), KnownIssue(title="Known for long"), actor="ada", at=DAY)
    ))  # fmt: skip


def test_a_spike_inside_a_silence_is_reported_at_its_end_only(make_desk: MakeDesk):
    """Its owner is reminded an hour before the silence ends, and reads then what it has hidden."""
    desk = make_desk()
    silenced(desk, at("07:00"), at("13:00"), SilenceKind.SILENCE, themes=("coins",))
    desk.push(at("08:00"), "coins", 40, over=2 * HOUR)
    desk.expect(
        at("12:00"), at("12:15"), "wallet", "silence", "so far it has hidden 1 signal with 41 tickets about coins"
    )
    desk.expect(at("13:00"), at("13:15"), "wallet", "silence", "has hidden 1 signal with 41 tickets about coins")
    desk.run(at("16:00"))


def test_what_outlasts_its_silence_is_alerted(make_desk: MakeDesk):
    """When the silence ends, what lasts is news."""
    desk = make_desk()
    silenced(desk, at("07:00"), at("10:00"), SilenceKind.SILENCE, themes=("coins",))
    desk.push(at("08:00"), "coins", 60, over=4 * HOUR)
    desk.expect(at("09:00"), at("09:15"), "wallet", "silence")
    desk.expect(at("10:00"), at("10:15"), "wallet", "silence", "1 of them last")
    desk.expect(at("10:00"), at("10:30"), "wallet", "opened", "coins")
    desk.expect(at("12:30"), at("16:00"), "wallet", "ended")
    desk.run(at("18:00"))


def test_a_silence_of_another_theme_hides_nothing(make_desk: MakeDesk):
    """It says at its end that it was for nothing."""
    desk = make_desk()
    silenced(desk, at("07:00"), at("13:00"), SilenceKind.SILENCE, themes=("payout",))
    desk.push(at("08:00"), "coins", 40, over=2 * HOUR)
    desk.expect(at("08:00"), at("08:45"), "wallet", "opened")
    desk.expect(at("10:30"), at("13:00"), "wallet", "ended")
    desk.expect(at("12:00"), at("12:15"), "everyone", "silence", "so far it has hidden nothing")
    desk.expect(at("13:00"), at("13:15"), "everyone", "silence", "has hidden nothing")
    desk.run(at("16:00"))


def test_a_silence_of_a_segment_hides_what_is_in_it(make_desk: MakeDesk):
    """Brazil is silenced; the United States are not."""
    desk = make_desk()
    silenced(desk, at("07:00"), at("20:00"), SilenceKind.SILENCE, segment=Segment.of({"region": "BR"}))
    desk.push(at("08:00"), "payout", 30, over=2 * HOUR, region="BR")
    desk.push(at("08:20"), "coins", 30, over=2 * HOUR, region="US")
    desk.expect(at("08:15"), at("09:15"), "wallet", "opened", "coins")
    desk.expect(at("10:30"), at("14:00"), "wallet", "ended")
    desk.run(at("18:00"))


def test_a_silence_of_an_audience_withholds_its_messages_only(make_desk: MakeDesk):
    """The launch desk hears nothing; who must act does."""
    desk = make_desk()
    silenced(desk, at("07:00"), at("22:00"), SilenceKind.SILENCE, audience="launch-desk")
    desk.launch("Gift night", at("08:00"), at("14:00"), scope={}, expected=[{"about": WORDS["gift"], "lift": 4.0}])
    desk.push(at("08:00"), "gift", 80, over=6 * HOUR)
    desk.expect(at("08:00"), at("09:30"), "everyone", "opened", "the plan of Gift night expects")
    desk.expect(at("14:30"), at("18:00"), "everyone", "ended")
    desk.run(at("20:00"))


def test_a_mute_rule_hides_for_good(make_desk: MakeDesk):
    """Nothing is sent, and nothing is reminded of, before it is to be reviewed."""
    desk = make_desk()
    silenced(desk, at("07:00"), None, SilenceKind.MUTE, themes=("coins",))
    desk.push(at("08:00"), "coins", 40, over=2 * HOUR)
    desk.run(at("16:00"))


def test_a_known_issue_within_its_envelope_is_no_news(make_desk: MakeDesk):
    """What people know already comes again, no stronger than when they flagged it."""
    desk = make_desk()
    desk.push(at("02:00"), "coins", 40, over=6 * HOUR)
    flagged(desk, at("04:00"), "coins")
    desk.push(at("14:00"), "coins", 15, over=3 * HOUR)
    desk.expect(at("02:00"), at("03:15"), "wallet", "opened")
    desk.expect(at("08:30"), at("13:00"), "wallet", "ended")
    desk.run(at("20:00"))


def test_a_known_issue_that_escalates_is_news(make_desk: MakeDesk):
    """It grows beyond its own envelope."""
    desk = make_desk()
    desk.push(at("02:00"), "coins", 40, over=6 * HOUR)
    flagged(desk, at("04:00"), "coins")
    desk.push(at("20:00"), "coins", 160, over=3 * HOUR)
    desk.expect(at("02:00"), at("03:15"), "wallet", "opened")
    desk.expect(at("08:30"), at("15:00"), "wallet", "ended")
    desk.expect(at("20:00"), at("21:30"), "wallet", "returned", "back: 2nd time")
    desk.expect(at("23:30"), at("03:00", 1), "wallet", "ended")
    desk.run(at("06:00", 1))
    assert [one.kind for one in desk.alerts()] == ["spike", "escalating"]


def test_a_fixed_issue_that_returns_is_regressed(make_desk: MakeDesk):
    """It was resolved; its tickets are back."""
    desk = make_desk(fix_settles=6 * HOUR)
    desk.push(at("02:00"), "coins", 40, over=3 * HOUR)
    flagged(desk, at("03:00"), "coins")
    desk.act(at("06:00"), lambda one: one.change(lambda c: fix_known_issue(c, one.theme("coins"), actor="ada", at=DAY)))
    desk.push(at("06:00", 1), "coins", 40, over=3 * HOUR)
    desk.expect(at("02:00"), at("03:00"), "wallet", "opened")
    desk.expect(at("05:30"), at("08:00"), "wallet", "ended")
    desk.expect(at("06:00", 1), at("07:15", 1), "wallet", "returned", "back: 2nd time")
    desk.expect(at("09:30", 1), at("13:00", 1), "wallet", "ended")
    desk.run(at("14:00", 1))
    assert [one.kind for one in desk.alerts()] == ["spike", "regressed"]
