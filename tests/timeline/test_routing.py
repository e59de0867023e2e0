"""Timelines of who gets what: owners, subscribers, quiet hours, launches."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from alerts.match import Match
from alerts.ownership import Audience
from tests.harness.memory_channel import MemoryChannel
from tests.timeline.desk import AUDIENCES, WORDS, Desk, at, with_audiences

MakeDesk = Callable[..., Desk]
HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=1)


def test_quiet_hours_delay_a_message_until_the_morning(make_desk: MakeDesk):
    """What began at night is sent at seven, and so is its end."""
    desk = make_desk()
    desk.push(at("23:00"), "payout", 40, over=2 * HOUR, region="ID")
    desk.expect(at("07:00", 1), at("07:15", 1), "night", "opened", "payout")
    desk.expect(at("07:00", 1), at("07:15", 1), "night", "ended")
    desk.run(at("12:00", 1))


def test_outside_of_quiet_hours_nothing_waits(make_desk: MakeDesk):
    """At noon the same audience is notified at once."""
    desk = make_desk()
    desk.push(at("12:00"), "payout", 40, over=2 * HOUR, region="ID")
    desk.expect(at("12:00"), at("13:00"), "night", "opened")
    desk.expect(at("14:30"), at("18:00"), "night", "ended")
    desk.run(at("19:00"))


def test_a_launch_above_its_plan_reaches_the_ops_lead(make_desk: MakeDesk):
    """Who subscribed to launches is notified, whoever owns the theme."""
    desk = make_desk()
    desk.launch("Gift night", at("08:00"), at("14:00"), scope={}, expected=[{"about": WORDS["gift"], "lift": 4.0}])
    desk.push(at("08:00"), "gift", 80, over=6 * HOUR)
    for channel in ("everyone", "desk"):
        desk.expect(at("08:00"), at("09:30"), channel, "opened", "the plan of Gift night expects")
        desk.expect(at("14:30"), at("18:00"), channel, "ended")
    desk.run(at("20:00"))


def test_a_launch_inside_its_plan_reaches_nobody(make_desk: MakeDesk):
    """What was planned is no news."""
    desk = make_desk()
    desk.launch("Gift night", at("08:00"), at("14:00"), scope={}, expected=[{"about": WORDS["gift"], "lift": 8.0}])
    desk.push(at("08:00"), "gift", 20, over=6 * HOUR)
    desk.run(at("20:00"))


def test_what_rises_in_the_scope_of_a_launch_reaches_the_ops_lead(make_desk: MakeDesk):
    """The plan does not name the theme, but it is in Brazil, where the launch is."""
    desk = make_desk()
    desk.launch(
        "Gift night", at("08:00"), at("14:00"), scope={"region": "BR"}, expected=[{"about": WORDS["gift"], "lift": 4.0}]
    )
    desk.push(at("09:00"), "payout", 40, over=3 * HOUR, region="BR")
    for channel in ("brazil", "desk"):
        desk.expect(at("09:00"), at("10:00"), channel, "opened", "payout")
        desk.expect(at("12:30"), at("16:00"), channel, "ended")
    desk.run(at("20:00"))


def test_what_rises_outside_of_the_scope_does_not(make_desk: MakeDesk):
    """A launch in Brazil does not concern the United States."""
    desk = make_desk()
    desk.launch(
        "Gift night", at("08:00"), at("14:00"), scope={"region": "BR"}, expected=[{"about": WORDS["gift"], "lift": 4.0}]
    )
    desk.push(at("09:00"), "coins", 40, over=3 * HOUR, region="US")
    desk.expect(at("09:00"), at("10:00"), "wallet", "opened", "coins")
    desk.expect(at("12:30"), at("16:00"), "wallet", "ended")
    desk.run(at("20:00"))


def test_what_was_planned_and_does_not_come_is_reported(make_desk: MakeDesk):
    """Twenty times the usual was planned, and nothing more than usual comes: the launch may not work."""
    desk = make_desk()
    desk.launch("Gift night", at("08:00"), at("14:00"), scope={}, expected=[{"about": WORDS["gift"], "lift": 20.0}])
    for channel in ("everyone", "desk"):
        desk.expect(at("09:00"), at("12:00"), channel, "opened", "where its plan led to expect")
    desk.run(at("20:00"))


def test_a_corrected_owner_is_notified(make_desk: MakeDesk):
    """The ownership file gave it to everyone; corrected, the right team gets it as news, and it ends there."""
    desk = make_desk()
    desk.push(at("08:00"), "payout", 60, over=4 * HOUR, region="US")
    right = Audience("payouts", Match({"team": frozenset({"payout"})}), channels=("payouts",))
    desk.channels["payouts"] = MemoryChannel("payouts")
    desk.act(at("09:30"), lambda one: one.restart_with(with_audiences(one.rules, right, *AUDIENCES)))
    desk.expect(at("08:00"), at("09:00"), "everyone", "opened", "payout")
    desk.expect(at("09:30"), at("10:00"), "payouts", "assigned", "payouts owns it now")
    desk.expect(at("12:30"), at("16:00"), "payouts", "ended")
    desk.run(at("18:00"))


def test_an_owner_who_also_subscribes_is_notified_once(make_desk: MakeDesk):
    """The launch desk owns the theme and subscribes to launches."""
    desk = make_desk()
    both = replace(AUDIENCES[3], match=Match({"team": frozenset({"gift"})}))
    desk.restart_with(with_audiences(desk.rules, both, AUDIENCES[-1]))
    desk.launch("Gift night", at("08:00"), at("14:00"), scope={}, expected=[{"about": WORDS["gift"], "lift": 4.0}])
    desk.push(at("08:00"), "gift", 80, over=6 * HOUR)
    desk.expect(at("08:00"), at("09:30"), "desk", "opened")
    desk.expect(at("14:30"), at("18:00"), "desk", "ended")
    desk.run(at("20:00"))
