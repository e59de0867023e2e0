"""One recommended step for each item, by rules in their order."""

import pytest

from alerts.digest.next_step import Action, StepFacts, next_step

CASES = [
    (StepFacts(open=True, missing=True, place="BR"), Action.CHECK_INTAKE, "Check that tickets from BR still reach you"),
    (StepFacts(open=False, missing=True), Action.WATCH, "Tickets come again"),
    (StepFacts(open=True, known="Gateway", key="PAY-1", regressed=True), Action.REOPEN, "Reopen PAY-1"),
    (StepFacts(open=True, known="Gateway", beyond=True), Action.ESCALATE_KNOWN_ISSUE, "“Gateway” for a new date"),
    (StepFacts(open=False, known="Gateway", key="PAY-1"), Action.EXTEND_SOP, "Add a workaround to PAY-1"),
    (StepFacts(open=False, known="Gateway", workaround=True, fixed=True), Action.CONFIRM_FIX, "Confirm that the fix"),
    (StepFacts(open=False, known="Gateway", workaround=True), Action.WATCH, "Wait for “Gateway”"),
    (StepFacts(open=True, change="release 38.2", change_share=0.9), Action.ASK_CHANGE_OWNER, "rolled back now"),
    (StepFacts(open=False, change="release 38.2", change_share=0.9), Action.ASK_CHANGE_OWNER, "what ended it"),
    (StepFacts(open=True, change="release 38.2", change_share=0.3), Action.FIND_CAUSE, "name an owner"),
    (StepFacts(open=True, launch="Gala"), Action.COMPARE_PLAN, "plan agents for the rest of it"),
    (StepFacts(open=False, launch="Gala"), Action.COMPARE_PLAN, "plan of the next launch like Gala"),
    (StepFacts(open=False, escalated_share=0.6), Action.EXTEND_SOP, "Give agents an answer first"),
    (StepFacts(open=True), Action.FIND_CAUSE, "nothing on record explains it"),
    (StepFacts(open=False, new=True), Action.FLAG, "Flag it as a known issue"),
    (StepFacts(open=False, excess=40.0), Action.FLAG, "Find out what ended it"),
    (StepFacts(open=False), Action.WATCH, "Wait and watch"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "action", "words"), CASES)
def test_the_first_rule_that_applies_recommends(facts, action, words):
    """Each state of an item has one step, and a sentence that says what to do."""
    step = next_step(facts)
    assert step.action is action
    assert words in step.sentence
    assert step.sentence.endswith(".")


def test_every_action_is_recommended_for_something():
    """No action exists that no rule recommends, and the first to act on is the first in the order."""
    assert {action for _, action, _ in CASES} == set(Action)
    assert [Action.CHECK_INTAKE.urgency, Action.WATCH.urgency] == [0, len(Action) - 1]


def test_missing_volume_is_asked_about_before_anything_else():
    """An intake that fails hides everything else, known or not."""
    assert next_step(StepFacts(open=True, missing=True, known="Gateway", regressed=True)).action is Action.CHECK_INTAKE
