"""Known issues of several themes, and statuses of themes, as mining makes them: cheap, since the themes are there already."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from models.known_issues import AttachmentWay, IssueState
from models.theme import ThemeStatus
from pipelines.context import EpochContext
from pipelines.decisions.dispositions import propose_disposition
from pipelines.decisions.preview import DecisionInvalid
from pipelines.epoch.attachments import attach_by_link
from store.decisions import DecisionKind, carry_decisions, clear_known_issue, resting_on
from store.erasure.notes import remove_passages
from store.erasure.passages import Passages
from store.known_issue_decisions import (
    KnownIssueInvalid,
    attach_tickets,
    fix_issue,
    join_issue,
    open_issue,
    update_issue,
)
from store.known_issue_records import known_issue_of, known_issues_of
from store.known_issues import KnownIssueUnknown, delete_issue
from store.listings import list_decisions
from store.schema import assignments, erased_tickets, tickets
from store.themes import write_themes
from store.ticket_links import LinkChange, write_links
from tests.pipelines.counted_office import BEGIN, RULES, CountedOffice

QUIET = {1: 2, 2: 1, 3: 1}
"""Tickets an hour of the three themes."""


@pytest.fixture
def office():
    """Return an office after five quiet days."""
    opened = CountedOffice().history(24 * 5, QUIET)
    yield opened
    opened.engine.dispose()


def _opened(office: CountedOffice, *themes: int, **details) -> int:
    made = office.do(open_issue, themes, {"title": "Payments fail", **details})
    return made.decision_id


def test_a_flag_makes_a_known_issue_with_the_number_of_its_decision(office):
    """The number is known at once, and the issue is listed as pending until an epoch applies it."""
    number = office.flag(1)
    assert [(one.issue.issue_id, len(one.pending)) for one in office.ask(known_issues_of)] == [(number, 1)]
    office.mine(1, QUIET)
    found = office.ask(known_issue_of, 1)
    assert (found.issue.issue_id, found.issue.state) == (number, IssueState.INVESTIGATING)
    assert office.theme(1)["known_issue"]["issue"] == number
    assert office.theme(1)["known_issue"]["state"] == "investigating"
    assert not found.pending
    assert office.ask(known_issue_of, 2) is None


def test_each_change_of_status_is_recorded_with_reason_and_actor(office):
    """Automatic ones have no actor and the event time of their epoch."""
    flag = office.flag(1)
    office.mine(1, QUIET)
    office.do(clear_known_issue, 1, why="not ours")
    office.mine(1, QUIET)
    known, ongoing = office.changes(1)
    assert (known.before, known.after, known.actor) == (ThemeStatus.ONGOING, ThemeStatus.KNOWN, "ada")
    assert known.reason == f"it is known issue {flag}"
    assert (ongoing.before, ongoing.after, ongoing.reason) == (ThemeStatus.KNOWN, ThemeStatus.ONGOING, "not ours")
    assert ongoing.at - known.at == timedelta(hours=1)
    office.mine(3, {1: 20, 2: 1, 3: 1})
    last = office.changes(1)[-1]
    assert (last.after, last.actor) == (ThemeStatus.ESCALATING, None)
    assert last.reason.startswith("its volume rises to x")


def test_an_issue_with_its_last_theme_cleared_is_closed(office):
    """Clearing one of two themes keeps it open, clearing the last one closes it."""
    number = _opened(office, 1, 2)
    office.mine(1, QUIET)
    office.do(clear_known_issue, 1)
    office.mine(1, QUIET)
    assert office.issue(number).issue.state is IssueState.INVESTIGATING
    assert [theme for theme, _, _ in office.issue(number).themes] == [2]
    office.do(clear_known_issue, 2)
    office.mine(1, QUIET)
    found = office.issue(number)
    assert (found.issue.state, found.themes) == (IssueState.CLOSED, ())
    assert office.ask(known_issues_of) == []
    assert len(office.ask(known_issues_of, closed=True)) == 1


def test_the_envelope_of_an_issue_is_over_all_of_its_themes(office):
    """What one theme has more and another has less is no news; beyond the envelope of both it is."""
    office.mine(3, {1: 20, 2: 20, 3: 1})
    number = _opened(office, 1, 2)
    office.mine(2, {1: 20, 2: 20, 3: 1})
    office.mine(14, {1: 2, 2: 1, 3: 1})
    before = len(office.alerts(1)) + len(office.alerts(2))
    usual = sum(office.state.themes[theme].known_issue["usual_per_day"] for theme in (1, 2))
    assert usual > 150
    # Alone, theme 1 would be beyond an envelope of its own.
    office.mine(3, {1: 25, 2: 0, 3: 1})
    assert len(office.alerts(1)) + len(office.alerts(2)) == before
    office.mine(4, {1: 60, 2: 60, 3: 1})
    kinds = office.alerts(1) + office.alerts(2)
    assert "escalating" in kinds[-2:]
    assert office.theme(1)["known_issue"]["issue"] == number


def test_a_fix_covers_all_themes_and_so_does_the_return(office):
    """A fix of the issue is resolved for all themes, and tickets of any theme make all of it regressed, with one alert."""
    number = _opened(office, 1, 3)
    office.mine(1, QUIET)
    office.do(fix_issue, number)
    office.mine(26, QUIET)
    assert office.issue(number).issue.state is IssueState.RESOLVED
    assert office.theme(1)["status"] == office.theme(3)["status"] == "resolved"
    office.mine(3, {1: 2, 2: 1, 3: 20})
    assert office.issue(number).issue.state is IssueState.REGRESSED
    assert office.theme(1)["status"] == "regressed"
    assert office.alerts(1) + office.alerts(3) == ["regressed"]
    states = [(one.after.value, one.actor) for one in office.issue(number).events]
    assert states == [("investigating", "ada"), ("fixed", "ada"), ("resolved", None), ("regressed", None)]


def test_only_tickets_of_the_fixed_version_make_an_issue_regressed(office):
    """Tickets of older versions do not show that a fix has failed, in whichever theme they are."""
    office.mine(1, QUIET, app_version="5.0.0")
    number = _opened(office, 1, 3)
    office.mine(1, QUIET, app_version="5.0.0")
    office.do(fix_issue, number, version="5.1.0")
    office.mine(25, QUIET, app_version="5.0.0")
    assert office.issue(number).issue.state is IssueState.RESOLVED
    office.mine(2, {1: 2, 2: 1, 3: 25}, app_version="5.0.0")
    assert office.issue(number).issue.state is IssueState.RESOLVED
    office.mine(2, {1: 25, 2: 1, 3: 2}, app_version="5.1.0")
    assert office.issue(number).issue.state is IssueState.REGRESSED


def test_people_say_how_far_they_are(office):
    """States and details are changed by decisions, the copies in the themes' flags follow, and the history says who did it."""
    number = _opened(office, 1, 2, owner="payments", sop="Ask for the order number.")
    office.mine(1, QUIET)
    office.do(
        update_issue, number, {"state": "identified", "title": "Pix fails", "workaround": "Wait."}, why="found it"
    )
    office.mine(1, QUIET)
    found = office.issue(number)
    assert (found.issue.state, found.issue.title, found.issue.owner) == (IssueState.IDENTIFIED, "Pix fails", "payments")
    assert found.issue.sop == "Ask for the order number."
    flag = office.theme(2)["known_issue"]
    assert (flag["title"], flag["workaround"], flag["state"]) == ("Pix fails", "Wait.", "identified")
    assert found.events[-1].reason == "found it"
    office.do(update_issue, number, {"workaround": None})
    office.mine(1, QUIET)
    assert office.issue(number).issue.workaround is None
    assert office.issue(number).events[-1].reason == "workaround set"


def test_a_person_resolves_reopens_and_closes(office):
    """Resolved by a person needs no fix; closed takes the flags away, and undoing it brings them back."""
    number = _opened(office, 1)
    office.mine(1, QUIET)
    office.do(update_issue, number, {"state": "resolved"})
    office.mine(1, QUIET)
    assert office.theme(1)["status"] == "resolved"
    office.do(update_issue, number, {"state": "monitoring"})
    office.mine(1, QUIET)
    assert office.theme(1)["status"] == "known"
    assert office.theme(1)["known_issue"]["fixed_at"] is None
    closing = office.do(update_issue, number, {"state": "closed"})
    office.mine(1, QUIET)
    assert office.theme(1)["known_issue"] is None
    assert office.theme(1)["status"] == "ongoing"
    office.undo(closing.decision_id)
    office.mine(1, QUIET)
    assert office.issue(number).issue.state is IssueState.MONITORING
    assert office.theme(1)["status"] == "known"
    assert office.issue(number).events[-1].actor == "bo"
    assert office.ways(1)[-1] == ("ongoing", "known")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"state": "regressed"}, "valid is a change to identified, monitoring, fixed, resolved or closed"),
        ({"state": "investigating"}, "is investigating already"),
        ({"state": "fixed"}, "known-issues fix"),
        ({}, "name at least one detail or a state"),
    ],
)
def test_an_update_that_is_not_possible_is_refused(office, changes, sentence):
    """The sentence says what is valid."""
    number = _opened(office, 1)
    office.mine(1, QUIET)
    with pytest.raises((ValueError, KnownIssueInvalid), match=sentence):
        office.do(update_issue, number, changes)


def test_a_closed_issue_takes_nothing_more(office):
    """It is neither joined, nor fixed, nor changed."""
    number = _opened(office, 1)
    office.mine(1, QUIET)
    office.do(update_issue, number, {"state": "closed"})
    office.mine(1, QUIET)
    with pytest.raises(KnownIssueInvalid, match="closed"):
        office.do(join_issue, number, [2])
    with pytest.raises(KnownIssueInvalid, match="undo the decision"):
        office.do(update_issue, number, {"title": "Again"})
    with pytest.raises(ValueError, match="no change follows"):
        office.do(fix_issue, number)
    with pytest.raises(KnownIssueUnknown, match="list --all"):
        office.do(update_issue, 999, {"title": "Again"})


def test_a_decision_that_no_longer_fits_is_refused_when_it_is_applied(office):
    """Two decisions in one hour: the second one finds the issue closed."""
    number = _opened(office, 1)
    office.mine(1, QUIET)
    office.do(update_issue, number, {"state": "closed"})
    late = office.do(update_issue, number, {"state": "monitoring"})
    office.mine(1, QUIET)
    assert office.look(late).state == "refused"
    assert "no change follows" in (office.look(late).refusal or "")


def test_themes_join_with_the_state_and_the_volume_of_then(office):
    """A theme that joins a fixed issue is fixed, too, and is resolved with it."""
    number = _opened(office, 1)
    office.mine(1, QUIET)
    office.do(fix_issue, number)
    office.mine(1, QUIET)
    office.do(join_issue, number, [2, 3])
    office.mine(1, QUIET)
    assert [theme for theme, _, _ in office.issue(number).themes] == [1, 2, 3]
    assert office.theme(2)["known_issue"]["fixed_at"] == office.theme(1)["known_issue"]["fixed_at"]
    office.mine(24, QUIET)
    assert {office.theme(theme)["status"] for theme in (1, 2, 3)} == {"resolved"}


def test_undoing_the_first_decision_takes_the_issue_away(office):
    """It is refused while later decisions are about the issue; after that, nothing of it is left but the decisions."""
    number = _opened(office, 1)
    office.mine(1, QUIET)
    joined = office.do(join_issue, number, [2])
    office.mine(1, QUIET)
    first = office.look(office.do(join_issue, number, [2]))
    assert [one.decision_id for one in office.ask(resting_on, office.look(joined))] == [first.decision_id]
    with pytest.raises(Exception, match="cannot be undone"):
        office.undo(number)
    for decision in (first.decision_id, joined.decision_id, number):
        office.undo(decision)
        office.mine(1, QUIET)
    assert office.ask(known_issues_of, closed=True) == []
    assert office.theme(1)["known_issue"] is None
    with pytest.raises(KnownIssueUnknown):
        office.issue(number)


def test_tickets_attach_with_confidence_and_a_quote(office):
    """Those of the last day attach at once, new ones as they come, each with the sentence that shows why."""
    office.mine(2, QUIET)
    number = _opened(office, 1)
    office.mine(1, QUIET)
    assert office.issue(number).attached == 6
    office.mine(1, {1: 3, 2: 5})
    found = office.issue(number)
    assert found.attached == 9
    assert {one.how for one in found.tickets} == {AttachmentWay.THEME}
    assert all(0 < one.confidence <= 1 for one in found.tickets)
    assert found.tickets[0].quote == "Since yesterday the login fails again."


def test_a_person_takes_tickets_out_and_brings_others_in(office):
    """A ticket that was taken out stays out, one of another theme attaches with certainty, and both can be undone."""
    office.mine(1, QUIET)
    number = _opened(office, 1)
    office.mine(1, QUIET)
    out = office.issue(number).tickets[0].ticket_id
    other = next(one for one in ("T-3", "T-4") if one not in {two.ticket_id for two in office.issue(number).tickets})
    removal = office.do(attach_tickets, number, [out], detach=True, why="another problem")
    office.do(attach_tickets, number, [other])
    office.mine(1, QUIET)
    found = {one.ticket_id: one for one in office.issue(number).tickets}
    assert out not in found
    assert (found[other].how, found[other].confidence) == (AttachmentWay.PERSON, 1.0)
    office.undo(removal.decision_id)
    office.mine(1, QUIET)
    assert out in {one.ticket_id for one in office.issue(number).tickets}


def test_only_tickets_that_are_stored_can_be_attached(office):
    """The sentence names those that are not."""
    number = _opened(office, 1)
    with pytest.raises(KnownIssueInvalid, match="received T-999, of which no ticket is stored"):
        office.do(attach_tickets, number, ["T-999"])
    with pytest.raises(KnownIssueInvalid, match="received no tickets"):
        office.do(attach_tickets, number, [])


def test_tickets_that_leave_the_themes_or_count_no_more_are_not_attached(office):
    """What is attached follows the assignment of now."""
    office.mine(1, QUIET)
    number = _opened(office, 1)
    office.mine(1, QUIET)
    first, second = (one.ticket_id for one in office.issue(number).tickets[:2])
    with office.engine.begin() as connection:
        connection.execute(update(assignments).where(assignments.c.ticket_id == first).values(theme_id=2))
        connection.execute(update(tickets).where(tickets.c.id == second).values(counted=False))
    found = {one.ticket_id for one in office.issue(number).tickets}
    assert not found & {first, second}
    assert office.issue(number).attached == len(found)


def test_erased_texts_are_not_quoted(office):
    """A quote is computed when it is shown, so that nothing of an erased text is left."""
    office.mine(1, QUIET)
    number = _opened(office, 1)
    office.mine(1, QUIET)
    with office.engine.begin() as connection:
        connection.execute(update(tickets).values(title="", body=""))
    assert {one.quote for one in office.issue(number).tickets} == {""}


def test_an_erased_ticket_does_not_attach_again(office):
    """Neither by its theme nor by a link: what an erasure took out stays out."""
    office.mine(1, {1: 2})
    with office.engine.begin() as connection:
        connection.execute(insert(erased_tickets).values(erasure_id="e", ticket_id="T-2"))
    number = _opened(office, 1)
    office.mine(1, QUIET)
    _link(office, "T-2", "T-1")
    office.mine(1, QUIET)
    _ask_links(office, "T-2")
    found = {one.ticket_id for one in office.issue(number).tickets}
    assert "T-1" in found
    assert "T-2" not in found


def test_an_archived_theme_alerts_only_when_it_escalates(office):
    """Within its own envelope it is withheld; beyond it, it is escalating, alerts as that, and is not archived any more."""
    archived = office.decide(2, DecisionKind.ARCHIVE, why="noise")
    office.mine(2, QUIET)
    assert office.theme(2)["status"] == "archived"
    assert (office.changes(2)[-1].reason, office.changes(2)[-1].actor) == ("noise", "ada")
    office.mine(2, {1: 2, 2: 3, 3: 1}).mine(1, {1: 2, 2: 7, 3: 1})
    assert [one["gate"] for one in office.spikes(2)] == ["archived_until_escalating"]
    assert office.theme(2)["status"] == "archived"
    office.mine(1, {1: 2, 2: 20, 3: 1})
    assert office.theme(2)["status"] == "escalating"
    assert office.alerts(2) == ["escalating"]
    assert office.changes(2)[-1].reason.startswith("it grew beyond its own envelope to x")
    office.mine(14, QUIET)
    assert office.ways(2) == [("ongoing", "archived"), ("archived", "escalating"), ("escalating", "ongoing")]
    assert office.look(archived).state == "applied"


def test_a_resolved_theme_that_comes_back_is_regressed(office):
    """Usual volume changes nothing; a return alerts once, and some days later the theme is ongoing again."""
    office.decide(3, DecisionKind.RESOLVE)
    office.mine(20, QUIET)
    assert office.theme(3)["status"] == "resolved"
    office.mine(2, {1: 2, 2: 1, 3: 18})
    assert office.theme(3)["status"] == "regressed"
    assert office.alerts(3) == ["regressed"]
    office.mine(24 * 3 + 14, QUIET)
    assert office.theme(3)["status"] == "ongoing"
    assert office.ways(3) == [("ongoing", "resolved"), ("resolved", "regressed"), ("regressed", "ongoing")]


def test_tickets_that_still_arrive_after_a_theme_was_resolved_are_no_return(office):
    """The last tickets of a problem come after somebody has said that it is over."""
    office.mine(3, {1: 2, 2: 1, 3: 20})
    office.decide(3, DecisionKind.RESOLVE)
    office.mine(1, {1: 2, 2: 1, 3: 6})
    office.mine(2, {1: 2, 2: 1, 3: 2})
    office.mine(10, {1: 2, 2: 1})
    assert office.theme(3)["status"] == "resolved"


def test_undoing_that_a_theme_was_archived_leaves_it_as_it_was(office):
    """The undo is recorded with who undid it."""
    archived = office.decide(2, DecisionKind.ARCHIVE)
    office.mine(1, QUIET)
    office.undo(archived.decision_id)
    office.mine(1, QUIET)
    assert office.ways(2) == [("ongoing", "archived"), ("archived", "ongoing")]
    assert office.changes(2)[-1].actor == "bo"
    assert office.state.themes[2].disposition is None


def test_what_cannot_be_archived_or_resolved_is_refused(office):
    """A theme that is archived already, and one that follows a known issue; the sentence names what is allowed."""
    office.decide(2, DecisionKind.ARCHIVE)
    number = office.flag(1)
    office.mine(1, QUIET)
    with pytest.raises(DecisionInvalid, match="theme 2 is archived already; valid is a change to known or resolved"):
        office.ask(propose_disposition, 2, DecisionKind.ARCHIVE)
    with pytest.raises(
        DecisionInvalid, match=f"known issue {number}, and follows it; use `groundswell known-issues fix {number}`"
    ):
        office.ask(propose_disposition, 1, DecisionKind.RESOLVE)
    assert office.ask(propose_disposition, 2, DecisionKind.RESOLVE).kind is DecisionKind.RESOLVE


def test_a_restart_changes_nothing(office):
    """Statuses, transitions, known issues and attachments are those of a miner that never stopped."""

    def run(*, again: bool) -> tuple:
        other = CountedOffice().history(24 * 5, QUIET)
        for step in range(8):
            if step == 1:
                other.do(open_issue, [1, 2], {"title": "Payments fail"})
            if step == 2:
                other.decide(3, DecisionKind.ARCHIVE)
            if step == 4:
                other.do(fix_issue, 1)
            other.mine(4, {1: 2, 2: 1 + step % 2, 3: 12 if step == 6 else 1})
            if again:
                other.restart()
        found = other.issue(1).as_full_json()
        changes = [one.as_json() for theme in (1, 2, 3) for one in other.changes(theme)]
        return found, changes, [other.theme(theme) for theme in (1, 2, 3)]

    assert run(again=False) == run(again=True)


def test_a_replay_of_the_decisions_gives_the_same_known_issues(office):
    """Numbers, states, attachments and transitions are those of the first run, whoever mines again."""

    def run(mined: CountedOffice, rows: list | None) -> tuple:
        if rows is not None:
            with mined.engine.begin() as connection:
                carry_decisions(connection, rows)
        for step in range(5):
            if rows is None and step == 1:
                mined.do(open_issue, [1, 2], {"title": "Payments fail", "sop": "Wait."}, why="twice")
                mined.decide(3, DecisionKind.ARCHIVE)
            if rows is None and step == 2:
                mined.do(update_issue, 1, {"state": "monitoring"})
                mined.do(attach_tickets, 1, ["T-1"], detach=True)
            if rows is None and step == 3:
                mined.do(join_issue, 1, [3])
            mined.mine(1, QUIET)
        return mined.issue(1).as_full_json(), [one.as_json() for theme in (1, 2, 3) for one in mined.changes(theme)]

    first = run(office, None)
    again = CountedOffice().history(24 * 5, QUIET)
    assert run(again, office.ask(list_decisions)) == first


def test_a_merge_keeps_the_known_issue(office):
    """The survivor is a theme of the issue from then on, also where the merged theme alone was."""
    number = _opened(office, 2)
    office.mine(2, QUIET)
    office.decide(1, DecisionKind.MERGE, **{"from": [2]})
    office.mine(1, {1: 2, 3: 1})
    assert [theme for theme, _, _ in office.issue(number).themes] == [1]
    assert office.theme(1)["status"] == "known"
    assert office.theme(1)["known_issue"]["issue"] == number
    assert office.ways(2)[-1] == ("known", "archived")
    assert office.changes(2)[-1].reason == "it was merged into theme 1"
    assert office.changes(1)[-1].reason == "theme 2, which is a known issue, was merged into it"


def test_two_themes_of_one_issue_that_merge_have_the_volume_of_both(office):
    """The envelope stays what it was."""
    _opened(office, 1, 2)
    office.mine(1, QUIET)
    before = [office.theme(theme)["known_issue"]["usual_per_day"] for theme in (1, 2)]
    office.decide(1, DecisionKind.MERGE, **{"from": [2]})
    office.mine(1, {1: 2, 3: 1})
    assert office.theme(1)["known_issue"]["usual_per_day"] == sum(before)


def test_a_split_takes_the_known_issue_along_with_most_of_the_tickets(office):
    """The part that took most of the recent tickets is a theme of the issue, too; a smaller part is not."""
    office.mine(30, {1: 2, 2: 1, 3: 1})
    number = _opened(office, 1, 2)
    office.mine(1, QUIET)
    office.decide(1, DecisionKind.SPLIT, tickets=_members(office, 1)[8:])
    office.decide(2, DecisionKind.SPLIT, tickets=_members(office, 2)[:3])
    office.mine(1, QUIET)
    assert [theme for theme, _, _ in office.issue(number).themes] == [1, 2, 4]
    flags = [office.theme(theme)["known_issue"] for theme in (1, 4)]
    assert flags[1]["usual_per_day"] > flags[0]["usual_per_day"]
    assert office.changes(4)[-1].after is ThemeStatus.KNOWN


def _members(office: CountedOffice, theme: int) -> list[str]:
    query = select(assignments.c.ticket_id).where(assignments.c.theme_id == theme)
    return sorted(
        office.ask(lambda connection: connection.execute(query).scalars().all()), key=lambda one: int(one[2:])
    )


def _link(office: CountedOffice, ticket: str, other: str, kind: str = "problem", **change) -> None:
    epoch = BEGIN + office.hour
    with office.engine.begin() as connection:
        write_links(connection, [
            LinkChange(ticket_id=ticket, other_id=other, kind=kind, source="/zendesk", epoch=epoch, **change)
        ])  # fmt: skip


def _ask_links(office: CountedOffice, *tickets: str) -> None:
    """Let the next epoch look at the links of tickets, as it does where it takes events of them."""
    with office.engine.begin() as connection:
        context = EpochContext.begin(connection, office.state, BEGIN + office.hour - 1, RULES)
        attach_by_link(context, tickets)


@pytest.mark.parametrize("kind", ["problem", "incident"])
def test_a_ticket_of_another_theme_attaches_by_its_link_to_a_problem(office, kind):
    """With certainty, whichever of the two tickets has the link; one that is linked to it in turn follows."""
    office.mine(1, {1: 1, 2: 2})
    number = _opened(office, 1)
    office.mine(1, QUIET)
    ways = [("T-2", "T-1"), ("T-3", "T-2")]
    for one, other in ways if kind == "problem" else [way[::-1] for way in ways]:
        _link(office, one, other, kind)
    office.mine(1, QUIET)
    _ask_links(office, "T-2")
    found = {one.ticket_id: one for one in office.issue(number).tickets}
    assert [(found[key].how, found[key].confidence) for key in ("T-2", "T-3")] == [(AttachmentWay.LINK, 1.0)] * 2


def test_a_ticket_that_is_linked_to_the_issue_in_jira_attaches(office):
    """In whichever way it is linked; the keys of Jira that tickets are linked to are shown."""
    office.mine(1, {1: 1, 2: 2})
    number = _opened(office, 1, jira="https://jira.example.com/browse/PAY-812")
    office.mine(1, QUIET)
    _link(office, "T-2", "PAY-812", "relates")
    _link(office, "T-3", "PAY-99", "problem")
    office.mine(1, QUIET)
    _ask_links(office, "T-2", "T-3")
    found = office.issue(number)
    assert "T-2" in {one.ticket_id for one in found.tickets}
    assert "T-3" not in {one.ticket_id for one in found.tickets}
    assert found.linked == ("PAY-812",)


def test_a_link_raises_what_a_theme_attached_and_not_what_a_person_took_out(office):
    """A link says more than a theme, and a person more than a link."""
    office.mine(1, {1: 3})
    number = _opened(office, 1)
    office.mine(1, QUIET)
    office.do(attach_tickets, number, ["T-3"], detach=True)
    office.mine(1, QUIET)
    _link(office, "T-2", "T-1")
    _link(office, "T-3", "T-1")
    office.mine(1, QUIET)
    _ask_links(office, "T-2", "T-3")
    found = {one.ticket_id: one.how for one in office.issue(number).tickets}
    assert found["T-2"] is AttachmentWay.LINK
    assert "T-3" not in found


def test_a_link_that_was_taken_away_attaches_nothing(office):
    """Of two changes the one of the later epoch holds, whichever arrived first."""
    office.mine(1, {1: 1, 2: 2})
    number = _opened(office, 1)
    office.mine(1, QUIET)
    office.hour += 1
    _link(office, "T-2", "T-1", removed=True)
    office.hour -= 1
    _link(office, "T-2", "T-1")
    office.mine(3, QUIET)
    _ask_links(office, "T-2")
    assert "T-2" not in {one.ticket_id for one in office.issue(number).tickets}
    _link(office, "T-2", "T-1")
    office.mine(1, QUIET)
    _ask_links(office, "T-2")
    assert "T-2" in {one.ticket_id for one in office.issue(number).tickets}


def test_hostile_texts_are_redacted_before_they_are_stored(office):
    """A card number in a title, a text for agents or a reason never reaches the database."""
    number = _opened(
        office, 1, title="Card 4111 1111 1111 1111 declined", sop="Ask for 4111-1111-1111-1111", workaround="mail ana@example.com"
    )  # fmt: skip
    office.mine(1, QUIET)
    office.do(update_issue, number, {"jira": "PAY-1"}, why="customer 4111111111111111 wrote")
    office.mine(1, QUIET)
    shown = str(office.issue(number))
    assert "4111" not in shown
    assert "ana@example.com" not in shown


def test_flags_from_before_known_issues_had_numbers_get_one(office):
    """A database that was mined by an older version has its known issues after the first epoch, with their state."""
    number = office.flag(1)
    office.mine(1, QUIET)
    office.state.themes[1].known_issue = {
        "title": "Old", "jira": "PAY-1", "since": "2026-11-06T00:00:00+00:00", "usual_per_day": 40.0, "fixed_in": "5.0.0",
        "fixed_at": "2026-11-06T08:00:00+00:00", "resolved_at": "2026-11-07T08:00:00+00:00",
    }  # fmt: skip
    with office.engine.begin() as connection:
        delete_issue(connection, number)
        write_themes(connection, [office.state.themes[1].as_row()])
    office.restart()
    office.mine(1, QUIET)
    found = office.issue(number)
    assert (found.issue.title, found.issue.state, found.issue.jira) == ("Old", IssueState.RESOLVED, "PAY-1")
    assert [theme for theme, _, _ in found.themes] == [1]
    assert office.theme(1)["known_issue"]["issue"] == number


def test_an_erasure_reaches_the_flags_of_a_miner_that_runs(office):
    """A passage of an erased text is removed from the known issue, its history, the flag, and what the miner has in memory."""
    words = "the violet kite above our harbour never came back"
    number = _opened(office, 1, title=f"They write {words}", workaround=words, sop=f"Say: {words}")
    office.mine(1, QUIET)
    office.do(update_issue, number, {"jira": "PAY-1"}, why=f"because of {words}")
    office.mine(1, QUIET)
    with office.engine.begin() as connection:
        changed = remove_passages(connection, Passages([words]))
    assert changed["known_issues"] == 1
    assert changed["known_issue_events"] == 1
    office.do(update_issue, number, {"state": "identified"})
    office.mine(2, QUIET)
    assert "violet" not in str(office.issue(number))
    assert "violet" not in str(office.theme(1))
    assert "[ERASED]" in office.issue(number).issue.title


def test_a_flag_from_before_known_issues_had_numbers_goes_on_working(office):
    """It is cleared and fixed as before, without a known issue."""
    record = office.state.themes[1]
    record.known_issue = {"title": "Old", "since": "2026-11-06T00:00:00+00:00", "usual_per_day": 40.0}
    office.mine(1, QUIET)
    assert office.theme(1)["status"] == "known"
    office.decide(1, DecisionKind.FIX_KNOWN_ISSUE, version=None, at=None)
    office.mine(26, QUIET)
    assert office.theme(1)["status"] == "resolved"
    office.decide(1, DecisionKind.CLEAR_KNOWN_ISSUE)
    office.mine(1, QUIET)
    assert office.theme(1)["status"] == "ongoing"
