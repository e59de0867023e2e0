"""Timelines of bursts: level shifts, flapping, returns, ends, escalations, reminders."""

from collections.abc import Callable
from datetime import timedelta

from store.alerts import acknowledge, resolve
from tests.timeline.desk import DAY, Desk, at

MakeDesk = Callable[..., Desk]
HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=1)


def test_a_usual_day_sends_nothing(make_desk: MakeDesk):
    """Nothing out of the ordinary is nothing to read."""
    make_desk().run(at("12:00"))


def test_a_burst_is_reported_once_and_its_end(make_desk: MakeDesk):
    """One message when it begins, one when it is over."""
    desk = make_desk()
    desk.push(at("08:00"), "coins", 40, over=2 * HOUR)
    desk.expect(at("08:00"), at("08:45"), "wallet", "opened", "coins")
    desk.expect(at("10:30"), at("13:00"), "wallet", "ended", "over: 41 tickets")
    desk.run(at("16:00"))


def test_a_level_shift_alerts_once(make_desk: MakeDesk):
    """What stays at its new level for two days is one message."""
    desk = make_desk()
    desk.push(at("06:00"), "coins", 6 * 48, over=48 * HOUR)
    desk.expect(at("06:00"), at("07:30"), "wallet", "opened", "coins")
    desk.run(at("04:00", 2))


def test_flapping_is_one_incident(make_desk: MakeDesk):
    """Bursts with gaps of three quarters of an hour do not open and end again and again."""
    desk = make_desk()
    for turn in range(4):
        desk.push(at("06:00") + turn * 90 * MINUTES, "coins", 15, over=45 * MINUTES)
    desk.expect(at("06:00"), at("06:45"), "wallet", "opened")
    desk.expect(at("12:00"), at("15:00"), "wallet", "ended")
    desk.run(at("20:00"))


def test_a_burst_every_eight_hours_is_back_and_says_so(make_desk: MakeDesk):
    """Each return is sent at once, with the number of bursts, and with the period once it is regular."""
    desk = make_desk()
    for turn in range(4):
        desk.push(at("02:00") + turn * 8 * HOUR, "coins", 25, over=45 * MINUTES)
    desk.expect(at("02:00"), at("02:45"), "wallet", "opened")
    desk.expect(at("10:00"), at("10:45"), "wallet", "returned", "back: 2nd time since 10 Nov;")
    desk.expect(at("18:00"), at("18:45"), "wallet", "returned", "back: 3rd time since 10 Nov, every 8 h;")
    desk.expect(at("02:00", 1), at("02:45", 1), "wallet", "returned", "back: 4th time since 10 Nov, every 8 h;")
    for turn in range(4):
        begin = at("03:00") + turn * 8 * HOUR
        desk.expect(begin, begin + 3 * HOUR, "wallet", "ended")
    desk.run(at("08:00", 1))


def test_what_returns_after_its_end_is_the_same_incident(make_desk: MakeDesk):
    """A day later it is back, and no second incident is opened."""
    desk = make_desk()
    for days in (0, 1):
        desk.push(at("02:00", days), "coins", 40, over=2 * HOUR)
        desk.expect(at("04:30", days), at("07:00", days), "wallet", "ended")
    desk.expect(at("02:00"), at("02:45"), "wallet", "opened")
    desk.expect(at("02:00", 1), at("02:45", 1), "wallet", "returned", "back: 2nd time")
    desk.run(at("10:00", 1))
    assert {one.incident_id for one in desk.alerts()} == {desk.alerts()[0].incident_id}


def test_what_returns_after_the_return_window_is_a_new_incident(make_desk: MakeDesk):
    """Long after its end it is something new."""
    desk = make_desk(return_window=12 * HOUR)
    for days in (0, 1):
        desk.push(at("02:00", days), "coins", 40, over=2 * HOUR)
        desk.expect(at("02:00", days), at("02:45", days), "wallet", "opened")
        desk.expect(at("04:30", days), at("07:00", days), "wallet", "ended")
    desk.run(at("10:00", 1))


def test_what_a_person_resolved_and_returns_is_back(make_desk: MakeDesk):
    """That it was resolved does not hide its return."""
    desk = make_desk()
    for days in (0, 1):
        desk.push(at("02:00", days), "coins", 40, over=2 * HOUR)
    desk.act(at("05:00"), lambda one: one.change(lambda c: resolve(c, one.alerts()[0].alert_id, actor="ada", at=DAY)))
    desk.expect(at("02:00"), at("02:45"), "wallet", "opened")
    desk.expect(at("04:30"), at("07:00"), "wallet", "ended")
    desk.expect(at("02:00", 1), at("02:45", 1), "wallet", "returned")
    desk.expect(at("04:30", 1), at("07:00", 1), "wallet", "ended")
    desk.run(at("10:00", 1))


def test_what_lasts_is_reported_again_after_the_repeat_interval(make_desk: MakeDesk):
    """A reminder each six hours, until it is over."""
    desk = make_desk(repeat_interval=6 * HOUR)
    desk.push(at("02:00"), "coins", 120, over=14 * HOUR)
    desk.expect(at("02:00"), at("03:30"), "wallet", "opened")
    desk.expect(at("08:00"), at("09:45"), "wallet", "reminder", "nobody has acknowledged it")
    desk.expect(at("14:00"), at("15:45"), "wallet", "reminder")
    desk.expect(at("16:30"), at("22:00"), "wallet", "ended")
    desk.run(at("23:00"))


def test_what_is_acknowledged_is_not_repeated(make_desk: MakeDesk):
    """Somebody has it in hand: the end is all that is still to be said."""
    desk = make_desk(repeat_interval=6 * HOUR)
    desk.push(at("02:00"), "coins", 120, over=14 * HOUR)
    desk.act(
        at("05:00"), lambda one: one.change(lambda c: acknowledge(c, one.alerts()[0].alert_id, actor="ada", at=DAY))
    )
    desk.expect(at("02:00"), at("03:30"), "wallet", "opened")
    desk.expect(at("16:30"), at("22:00"), "wallet", "ended")
    desk.run(at("23:00"))


def test_the_first_message_waits_for_the_group(make_desk: MakeDesk):
    """With a wait of half an hour it comes later, with the figures of then."""
    desk = make_desk(group_wait=30 * MINUTES)
    desk.push(at("08:00"), "coins", 40, over=2 * HOUR)
    desk.expect(at("08:30"), at("09:00"), "wallet", "opened", "16 tickets")
    desk.expect(at("10:30"), at("13:00"), "wallet", "ended")
    desk.run(at("16:00"))


def test_what_is_calm_when_the_wait_is_over_is_not_opened(make_desk: MakeDesk):
    """A burst of half an hour is over before the first message may be sent: nobody is disturbed."""
    desk = make_desk(group_wait=2 * HOUR)
    desk.push(at("08:00"), "coins", 15, over=30 * MINUTES)
    desk.run(at("16:00"))


def test_an_escalation_is_news(make_desk: MakeDesk):
    """The excess per hour has doubled since the last message."""
    desk = make_desk()
    desk.push(at("08:00"), "coins", 24, over=4 * HOUR)
    desk.push(at("10:00"), "coins", 80, over=2 * HOUR)
    desk.expect(at("08:00"), at("09:15"), "wallet", "opened")
    desk.expect(at("10:15"), at("11:15"), "wallet", "escalated", "more tickets an hour than expected")
    desk.expect(at("12:30"), at("16:00"), "wallet", "ended")
    desk.run(at("18:00"))


def test_growth_at_the_same_rate_is_no_escalation(make_desk: MakeDesk):
    """Twice as many tickets after twice the time are not news; the message is updated."""
    desk = make_desk()
    desk.push(at("04:00"), "coins", 96, over=8 * HOUR)
    desk.expect(at("04:00"), at("05:00"), "wallet", "opened")
    desk.expect(at("12:30"), at("17:00"), "wallet", "ended")
    desk.run(at("18:00"))


def test_an_escalation_waits_for_the_group_interval(make_desk: MakeDesk):
    """Within three hours of the last message nothing is sent; then the escalation is, once."""
    desk = make_desk(group_interval=3 * HOUR)
    desk.push(at("08:00"), "coins", 24, over=6 * HOUR)
    desk.push(at("10:00"), "coins", 80, over=4 * HOUR)
    desk.expect(at("08:00"), at("09:45"), "wallet", "opened")
    desk.expect(at("11:00"), at("13:00"), "wallet", "escalated")
    desk.expect(at("14:30"), at("18:00"), "wallet", "ended")
    desk.run(at("20:00"))


def test_ends_can_be_left_out(make_desk: MakeDesk):
    """Who does not want to know of ends gets none."""
    desk = make_desk(send_ends=False)
    desk.push(at("08:00"), "coins", 40, over=2 * HOUR)
    desk.expect(at("08:00"), at("08:45"), "wallet", "opened")
    desk.run(at("16:00"))


def test_too_few_tickets_are_no_alert(make_desk: MakeDesk):
    """Three tickets are chance."""
    desk = make_desk()
    desk.push(at("08:00"), "coins", 3, over=30 * MINUTES)
    desk.run(at("14:00"))


def test_one_person_is_no_pattern(make_desk: MakeDesk):
    """Twenty tickets of one requester disturb nobody."""
    desk = make_desk()
    desk.push(at("08:00"), "coins", 20, over=HOUR, requester="u-1")
    desk.run(at("14:00"))
