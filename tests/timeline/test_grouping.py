"""Timelines of what is one event: new themes, segments, all tickets, merged themes."""

from collections.abc import Callable
from datetime import timedelta

from pipelines.decisions.incidents import decide_merge
from pipelines.decisions.preview import decide, propose_merge
from tests.timeline.desk import DAY, Desk, at

MakeDesk = Callable[..., Desk]
HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=1)


def test_a_new_theme_and_its_spike_are_one_message(make_desk: MakeDesk):
    """What has never been seen before is new and a spike; its reader is notified once."""
    desk = make_desk()
    desk.push(at("08:00"), "seat", 45, over=3 * HOUR)
    desk.expect(at("08:15"), at("09:30"), "everyone", "opened", "not seen before")
    desk.expect(at("12:00"), at("23:30"), "everyone", "ended")
    desk.run(at("02:00", 1))


def test_a_parent_and_its_twenty_segments_are_one_message(make_desk: MakeDesk):
    """A rise in twenty versions of the app is one event."""
    desk = make_desk()
    for version in range(20):
        desk.push(at("08:00") + version * MINUTES, "coins", 4, over=2 * HOUR, app_version=f"6.{version}.0")
    desk.expect(at("08:00"), at("09:00"), "wallet", "opened")
    desk.expect(at("10:30"), at("14:00"), "wallet", "ended")
    desk.run(at("15:00"))


def test_a_segment_is_named(make_desk: MakeDesk):
    """What is limited to one region says so, once it is certain."""
    desk = make_desk(group_wait=HOUR)
    desk.push(at("08:00"), "coins", 30, over=2 * HOUR, region="US")
    desk.expect(at("09:00"), at("09:30"), "wallet", "opened", "in region US")
    desk.expect(at("10:30"), at("14:00"), "wallet", "ended")
    desk.run(at("15:00"))


def test_two_events_at_the_same_time_are_two_incidents(make_desk: MakeDesk):
    """Other tickets, another segment, another team: each is reported to its own."""
    desk = make_desk()
    desk.push(at("08:00"), "coins", 30, over=2 * HOUR, region="US")
    desk.push(at("08:20"), "payout", 30, over=2 * HOUR, region="BR")
    desk.expect(at("08:00"), at("09:00"), "wallet", "opened", "coins")
    desk.expect(at("08:15"), at("09:15"), "brazil", "opened", "payout", "in region BR")
    desk.expect(at("10:30"), at("14:00"), "wallet", "ended")
    desk.expect(at("10:30"), at("14:30"), "brazil", "ended")
    desk.run(at("15:00"))


def test_a_rise_of_everything_is_one_message(make_desk: MakeDesk):
    """Seven themes that rise as all tickets do are not seven events."""
    desk = make_desk()
    for issue in ("coins", "refund", "login", "gift", "payout", "advert", "shipping"):
        desk.push(at("08:00"), issue, 12, over=2 * HOUR)
    desk.expect(at("08:00"), at("08:45"), "everyone", "opened", "All tickets")
    desk.expect(at("10:30"), at("14:30"), "everyone", "ended")
    desk.run(at("15:00"))


def test_a_theme_absorbed_after_its_alert_goes_on_as_the_same_incident(make_desk: MakeDesk):
    """A person merges the new theme into another one: no second message, and one end."""
    desk = make_desk()
    desk.push(at("08:00"), "seat", 60, over=4 * HOUR)

    def absorb(one: Desk) -> None:
        themes = one.theme("wristband"), one.theme("payout")
        one.change(lambda c: decide(c, propose_merge(c, [themes[0]], themes[1]), cap=1000, actor="ada", at=DAY))

    desk.act(at("09:30"), absorb)
    desk.expect(at("08:15"), at("09:30"), "everyone", "opened", "not seen before")
    desk.expect(at("12:30"), at("01:00", 1), "everyone", "ended")
    desk.run(at("04:00", 1))


def test_incidents_that_a_person_merged_end_once(make_desk: MakeDesk):
    """Two were reported; merged, they are one, whose end is one message."""
    desk = make_desk()
    desk.push(at("08:00"), "coins", 40, over=3 * HOUR, region="US")
    desk.push(at("08:20"), "payout", 40, over=3 * HOUR, region="GB")

    def merge(one: Desk) -> None:
        first, second = (alert.incident_id or 0 for alert in one.alerts())
        one.change(lambda c: decide_merge(c, [second], first, actor="ada", at=DAY))

    desk.act(at("09:30"), merge)
    desk.expect(at("08:00"), at("09:00"), "wallet", "opened", "coins")
    desk.expect(at("08:15"), at("09:15"), "everyone", "opened", "payout")
    desk.expect(at("11:30"), at("16:00"), "wallet", "ended")
    desk.run(at("18:00"))
    assert len({one.incident_id for one in desk.alerts()}) == 1


def test_a_slow_rise_is_reported(make_desk: MakeDesk):
    """Three an hour for a day, where one in two hours is usual, is one message."""
    desk = make_desk()
    desk.push(at("00:00"), "coins", 60, over=20 * HOUR)
    desk.expect(at("01:00"), at("12:00"), "wallet", "opened", "coins")
    desk.expect(at("20:00"), at("12:00", 1), "wallet", "ended")
    desk.run(at("13:00", 1))
