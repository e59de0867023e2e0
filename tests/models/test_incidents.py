"""One incident: which signals are one event, and which are two."""

from datetime import timedelta

import pytest

from models.alert import AlertKind
from models.incidents.relation import ThemeLink
from tests.models.incident_cases import Desk, make_signal

BR, US = {"region": "BR"}, {"region": "US"}
ALIKE, UNLIKE = ThemeLink(likeness=0.7), ThemeLink(likeness=0.1)


def pair(one: int, other: int, link: ThemeLink) -> dict[frozenset[int], ThemeLink]:
    """Links of two themes."""
    return {frozenset({one, other}): link}


def test_two_signals_of_one_theme_send_one_message() -> None:
    """A new theme and its spike, in the same epoch and hours later, are one incident and one message."""
    desk = Desk()
    new = make_signal(7, kind=AlertKind.NEW_THEME, spike_id=None, alert_id=1, expected=0.0)
    assert desk.take(10, new, make_signal(7, alert_id=2)) == [1, 1]
    assert desk.take(200, make_signal(7, at=190, spike_id=9, alert_id=3)) == [1]
    assert desk.news() == [(10, "opened")]


@pytest.mark.parametrize(
    ("first", "second", "link", "together"),
    [
        (make_signal(1, where=BR), make_signal(2, at=30, where=BR), UNLIKE, True),
        (make_signal(1, where=BR), make_signal(2, at=30, where=BR), ThemeLink(likeness=0.1, share=0.4), False),
        (make_signal(1, where=BR), make_signal(2, at=30, where=BR), ThemeLink(likeness=0.3, share=0.4), True),
        (make_signal(1, where=BR), make_signal(2, at=30, where={**BR, "payment_method": "pix"}), UNLIKE, True),
        (make_signal(1, where={**BR, "payment_method": "pix"}), make_signal(2, at=30, where=BR), UNLIKE, True),
        (make_signal(1, where=BR), make_signal(2, at=30, where=US), ALIKE, False),
        (make_signal(1, where=BR), make_signal(2, at=30, where={"platform": "ios"}), UNLIKE, False),
        (make_signal(1, where=BR), make_signal(2, at=90, where=BR), UNLIKE, False),
        (make_signal(1), make_signal(2, at=0), UNLIKE, False),
        (make_signal(1), make_signal(2, at=0), ThemeLink(likeness=None), False),
        (make_signal(1), make_signal(2, at=120), ALIKE, True),
        (make_signal(1), make_signal(2, at=300), ALIKE, False),
        (make_signal(1), make_signal(2, at=120), ThemeLink(likeness=0.45), False),
        (make_signal(1), make_signal(2, at=20), ThemeLink(likeness=0.4), True),
        (make_signal(1), make_signal(2, at=20, where=BR), ALIKE, True),
        (make_signal(1), make_signal(2, at=600), ThemeLink(likeness=0.1, moved=0.6), True),
        (make_signal(1), make_signal(2, at=600), ThemeLink(likeness=0.1, moved=0.3), False),
        (make_signal(1), make_signal(2, at=0, kind=AlertKind.MISSING_VOLUME), ALIKE, False),
        (make_signal(1), make_signal(1, at=0, kind=AlertKind.MISSING_VOLUME, spike_id=8), ALIKE, False),
    ],
    ids=[
        "same segment and onset", "a broad segment", "a broad segment, related texts",
        "a part of the segment", "a segment around it", "another region", "another dimension",
        "same segment, other onset", "same time only", "same time, nothing known", "similar texts", "similar texts, long after",
        "texts of one subject", "somewhat similar at once", "similar, in one segment", "tickets moved", "some tickets moved",
        "a rise and missing volume", "missing volume of the same theme",
    ],
)  # fmt: skip
def test_two_themes_are_one_incident_only_where_something_shows_it(first, second, link, together) -> None:
    """Themes that rise at the same time are one event by segment and onset, by texts and onset, or by tickets; never by time alone."""
    desk = Desk(links=pair(1, 2, link))
    assert desk.take(100, first, second) == ([1, 1] if together else [1, 2])
    assert len(desk.news()) == (1 if together else 2)


def test_signals_of_one_incident_are_found_in_either_order() -> None:
    """Whichever of two related themes comes first, there is one incident."""
    for order in ((1, 2), (2, 1)):
        desk = Desk(links=pair(1, 2, ALIKE))
        for at, theme in enumerate(order):
            desk.take(10 + at, make_signal(theme))
        assert len(desk.incidents) == 1
        assert desk.news() == [(10, "opened")]


def test_all_tickets_and_the_theme_that_causes_them_are_one_incident() -> None:
    """All tickets were alerted first: the theme that is found an hour later becomes the title, and no second message is sent."""
    desk = Desk()
    everything = make_signal(0, observed=40, expected=20.0, spike_id=50, alert_id=50)
    assert desk.take(60, everything) == [1]
    assert desk.incidents[1].theme_id == 0
    assert desk.take(120, make_signal(7, at=10, observed=15)) == [1]
    assert desk.incidents[1].theme_id == 7
    assert desk.news() == [(60, "opened")]
    assert desk.sent[-1] == (120, 1, None)


def test_all_tickets_join_the_theme_that_causes_them() -> None:
    """The theme was alerted first: the rise of all tickets that follows is no news."""
    desk = Desk()
    desk.take(20, make_signal(7, observed=30))
    assert desk.take(60, make_signal(0, at=5, observed=60, expected=25.0, spike_id=50, alert_id=50)) == [1]
    assert desk.incidents[1].theme_id == 7
    assert desk.news() == [(20, "opened")]


def test_all_tickets_that_a_theme_does_not_explain_are_an_incident_of_their_own() -> None:
    """A small theme that rises with everything else causes a tenth of the excess: two incidents, in either order."""
    everything = make_signal(0, observed=300, expected=100.0, spike_id=50, alert_id=50)
    small = make_signal(7, observed=20, expected=0.5)
    for order in ((everything, small), (small, everything)):
        desk = Desk()
        assert [desk.take(30 + at, one)[0] for at, one in enumerate(order)] == [1, 2]


def test_a_theme_that_rises_as_all_tickets_do_is_a_part_of_them() -> None:
    """Everything has three times its volume: twenty themes with three times theirs are that incident, and send nothing."""
    desk = Desk()
    desk.take(30, make_signal(0, observed=300, expected=100.0, spike_id=50, alert_id=50))
    for theme in range(1, 21):
        assert desk.take(30 + theme, make_signal(theme, at=20, observed=15, expected=5.0)) == [1]
    assert [news for _, news in desk.news()] == ["opened"]
    assert desk.incidents[1].theme_id in range(21)


def test_a_second_theme_does_not_join_by_way_of_all_tickets() -> None:
    """All tickets rise because of one theme: another one that surges for a reason of its own is an incident of its own."""
    desk = Desk()
    desk.take(30, make_signal(0, observed=60, expected=30.0, spike_id=50, alert_id=50))
    assert desk.take(40, make_signal(7, observed=25)) == [1]
    assert desk.take(50, make_signal(8, observed=14)) == [2]


@pytest.mark.parametrize("parent_first", [True, False])
def test_a_parent_and_twenty_segments_send_one_message(*, parent_first: bool) -> None:
    """A theme in everything and in twenty segments, found in one epoch, is one message, in whichever order."""
    parts = [
        make_signal(7, where={"region": f"R{number}"}, spike_id=100 + number, alert_id=100 + number)
        for number in range(20)
    ]
    parent = make_signal(7, observed=200)
    desk = Desk()
    assert set(desk.take(10, *([parent, *parts] if parent_first else [*parts, parent]))) == {1}
    assert desk.news() == [(10, "opened")]


def test_a_parent_and_segments_that_follow_send_one_message() -> None:
    """Segments of a theme that is reported everywhere are found over an hour: none of them is news."""
    desk = Desk()
    desk.take(10, make_signal(7, observed=200))
    for number in range(20):
        region = {"region": f"R{number}"}
        desk.take(15 + 3 * number, make_signal(7, where=region, spike_id=100 + number, alert_id=100 + number))
    assert desk.news() == [(10, "opened")]


def test_what_a_gate_withheld_as_a_part_joins_its_incident() -> None:
    """A smaller spike that a gate found to be a part of a larger one belongs to that one's incident, and is no message."""
    desk = Desk()
    desk.take(10, make_signal(1))
    assert desk.take(20, make_signal(2, at=200, alert_id=None), part_of=1) == [1]
    assert desk.news() == [(10, "opened")]


def test_lines_of_a_plan_that_do_not_come_true_are_one_incident() -> None:
    """Three lines of one launch are missing: one message; a line of another launch is another one."""
    lines = [
        make_signal(theme, until=100, kind=AlertKind.MISSING_VOLUME, observed=1, expected=20.0, launch_id=launch)
        for theme, launch in ((1, "sale"), (2, "sale"), (3, "sale"), (4, "other"))
    ]
    assert Desk().take(100, *lines) == [1, 1, 1, 2]


def test_a_theme_of_an_incident_that_ended_long_ago_is_a_new_incident() -> None:
    """Within the return window it is back, after it it is another event."""
    for days, expected in ((6, [1]), (8, [2])):
        desk = Desk()
        desk.take(10, make_signal(1, spike_id=1))
        desk.follow(60, make_signal(1, spike_id=1, until=40))
        desk.follow(120)
        at = timedelta(days=days) / timedelta(minutes=1)
        assert desk.take(at + 10, make_signal(1, at=at, spike_id=2, alert_id=2)) == expected


def test_the_same_theme_elsewhere_is_not_a_return() -> None:
    """A theme whose incident in BR is over rises in US: that is no return of what was in BR."""
    desk = Desk()
    desk.take(10, make_signal(1, where=BR))
    desk.follow(60, make_signal(1, where=BR, until=40))
    desk.follow(120)
    assert desk.take(600, make_signal(1, at=590, where=US, spike_id=2, alert_id=2)) == [2]
