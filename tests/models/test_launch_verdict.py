"""The verdict on a launch: what makes it be watched, what makes it outside its plan, and the sentences that say why."""

from datetime import timedelta

import pytest

from models.count_range import CountRange
from models.launch_verdict import (
    LaunchLevel,
    LaunchSituation,
    NamedPosition,
    OpenSignal,
    ReasonWeight,
    verdict_of,
)
from models.plan_position import PlanPosition

ENVELOPE = CountRange(240.0, 180.0, 300.0)
INSIDE = PlanPosition(250, ENVELOPE)
ABOVE = PlanPosition(412, ENVELOPE)
BELOW = PlanPosition(95, ENVELOPE)
THEME = CountRange(40.0, 22.0, 58.0)

CASES = {
    "not begun": (
        LaunchSituation(begun=False),
        LaunchLevel.NOT_BEGUN,
        ["No ticket of its window has come yet."],
    ),
    "as planned": (
        LaunchSituation(total=INSIDE, themes=[NamedPosition("Coins are missing", PlanPosition(41, THEME))]),
        LaunchLevel.INSIDE,
        ["The total is inside its envelope: 250 tickets so far where 240 were planned (180 to 300)."],
    ),
    "above": (
        LaunchSituation(total=ABOVE),
        LaunchLevel.OUTSIDE,
        ["The total is above its envelope: 412 tickets so far where 240 were planned (180 to 300)."],
    ),
    "below, and over": (
        LaunchSituation(total=BELOW, over=True),
        LaunchLevel.OUTSIDE,
        ["The total is below its envelope: 95 tickets where 240 were planned (180 to 300)."],
    ),
    "the detector signals against the plan": (
        LaunchSituation(
            total=INSIDE,
            signals=[
                OpenSignal("Coins are missing", "launch_excess", own=True, in_scope=True, observed=90, expected=40.0),
                OpenSignal("Gift night", "missing_volume", own=True, in_scope=True, observed=3, expected=31.5),
            ],
        ),
        LaunchLevel.OUTSIDE,
        [
            "The detector signals that Coins are missing exceeds the plan: 90 tickets where 40 were planned.",
            "The detector signals that what was planned for Gift night does not come: 3 tickets where 32 were planned.",
            "The total is inside its envelope: 250 tickets so far where 240 were planned (180 to 300).",
        ],
    ),
    "over, with a signal against the plan": (
        LaunchSituation(
            total=INSIDE,
            over=True,
            signals=[OpenSignal("Coins", "launch_excess", own=True, in_scope=True, observed=90, expected=40.0)],
            themes=[NamedPosition("Coins", PlanPosition(70, THEME))],
        ),
        LaunchLevel.OUTSIDE,
        [
            "The detector signalled that Coins exceeded the plan: 90 tickets where 40 were planned.",
            "Coins was above its part of the plan: 70 tickets where 22 to 58 were expected.",
            "The total is inside its envelope: 250 tickets where 240 were planned (180 to 300).",
        ],
    ),
    "a side effect outside the scope": (
        LaunchSituation(
            total=INSIDE,
            signals=[OpenSignal("Pix unpaid", "spike", own=False, in_scope=False, observed=41, expected=6.0)],
        ),
        LaunchLevel.WATCH,
        [
            "A spike that the plan does not mean is open, outside the scope: Pix unpaid, 41 tickets where 6 were expected.",
            "The total is inside its envelope: 250 tickets so far where 240 were planned (180 to 300).",
        ],
    ),
    "over, with a spike that the plan did not mean": (
        LaunchSituation(
            total=INSIDE,
            over=True,
            signals=[OpenSignal("Pix unpaid", "spike", own=False, in_scope=True, observed=105, expected=3.9)],
        ),
        LaunchLevel.WATCH,
        [
            "A spike that the plan does not mean was open, inside the scope: Pix unpaid, 105 tickets where 3.9 were expected.",
            "The total is inside its envelope: 250 tickets where 240 were planned (180 to 300).",
        ],
    ),
    "themes above and below, something rises, something is new": (
        LaunchSituation(
            total=INSIDE,
            themes=[
                NamedPosition("Coins are missing", PlanPosition(70, THEME)),
                NamedPosition("Gift lost", PlanPosition(9, THEME)),
            ],
            rising=[NamedPosition("Login code", PlanPosition(30, CountRange(9.0, 3.0, 15.0)))],
            newcomers=[("Barcode refused", 12), ("Two tickets", 2)],
        ),
        LaunchLevel.WATCH,
        [
            "Coins are missing is above its part of the plan: 70 tickets where 22 to 58 were expected.",
            "Gift lost is below its part of the plan: 9 tickets where 22 to 58 were expected.",
            "Login code is not in the plan and above what is expected of it: 30 tickets where 3 to 15 were expected.",
            "Barcode refused is new since it began and has 12 tickets.",
            "The total is inside its envelope: 250 tickets so far where 240 were planned (180 to 300).",
        ],
    ),
    "silent": (
        LaunchSituation(total=INSIDE, silent_for=timedelta(minutes=45)),
        LaunchLevel.WATCH,
        [
            "No ticket has come for 45 minutes: this shows how it was then.",
            "The total is inside its envelope: 250 tickets so far where 240 were planned (180 to 300).",
        ],
    ),
    "no plan": (
        LaunchSituation(planned=False),
        LaunchLevel.UNPLANNED,
        ["No lift is planned, so there is nothing to compare the volume with but the usual."],
    ),
    "a plan without an envelope yet": (
        LaunchSituation(),
        LaunchLevel.UNPLANNED,
        ["The plan has no envelope yet: none of its themes has had an hour of the window with a usual volume."],
    ),
    "six themes above": (
        LaunchSituation(total=INSIDE, themes=[NamedPosition(f"T{at}", PlanPosition(70, THEME)) for at in range(6)]),
        LaunchLevel.WATCH,
        [
            *(f"T{at} is above its part of the plan: 70 tickets where 22 to 58 were expected." for at in range(4)),
            "2 more themes above their part of the plan.",
            "The total is inside its envelope: 250 tickets so far where 240 were planned (180 to 300).",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_situation_has_its_verdict_and_sentences(case: str):
    """The weightiest reason comes first and decides; a ratio alone is never worse than a reason to watch."""
    situation, level, sentences = CASES[case]
    verdict = verdict_of(situation)
    assert verdict.level == level
    assert [one.sentence for one in verdict.reasons] == sentences


def test_a_limit_itself_is_inside():
    """Red is only what is beyond the envelope."""
    assert verdict_of(LaunchSituation(total=PlanPosition(300, ENVELOPE))).level == LaunchLevel.INSIDE
    assert verdict_of(LaunchSituation(total=PlanPosition(301, ENVELOPE))).level == LaunchLevel.OUTSIDE


def test_a_short_silence_and_small_new_themes_are_no_reason():
    """Twenty minutes without a ticket happen at night; two tickets are no theme to look at."""
    calm = LaunchSituation(total=INSIDE, silent_for=timedelta(minutes=20), newcomers=[("Small", 4)])
    assert verdict_of(calm).level == LaunchLevel.INSIDE
    assert [one.weight for one in verdict_of(calm).reasons] == [ReasonWeight.NOTE]


def test_the_verdict_is_written_as_json():
    """What a program reads has the words that people see."""
    assert verdict_of(LaunchSituation(total=ABOVE)).as_json() == {
        "verdict": "outside plan",
        "reasons": [
            {
                "weight": "outside",
                "sentence": "The total is above its envelope: 412 tickets so far where 240 were planned (180 to 300).",
            }
        ],
    }
