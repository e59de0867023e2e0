"""The demo's month: how its tickets were handled, believable, repeatable, and without any effect on what was mined."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from sqlalchemy import func, select

from groundswell.demo import generate
from groundswell.demo.archive import write_archive
from groundswell.demo.course import ANSWERS, BOT_REPLIES, CLOSINGS, HARD, QUESTIONS, REPLIES, ROUTINE, ROUTINE_FROM
from groundswell.demo.desk import SLOW_FROM, SLOWED, SPECIALIST
from groundswell.demo.figures import write_files
from groundswell.demo.issue import load_issues
from groundswell.demo.month import Month, generate_month
from groundswell.demo.procedures import ISSUES, write_procedures
from groundswell.demo.scenario import Scenario
from groundswell.session import open_session
from models.event import TicketEventType
from models.metrics.history import HistoryEvent, TicketCreation, TicketHistory, fold_history
from models.redaction import redact
from pipelines.figures.target_file import read_targets
from pipelines.handling.cost_file import read_costs
from pipelines.handling.service_level_file import read_service_levels
from store.database import open_database, reading, upgrade
from store.schema import assignments, counts, themes, tickets
from store.sop_links import sops_of_themes
from store.sops import read_sop_versions, read_sops
from store.tickets import mark_outcomes


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The demo as a person gets it."""
    return generate()


@pytest.fixture(scope="module")
def month(scenario: Scenario) -> Month:
    """The month around it."""
    return generate_month(scenario)


@pytest.fixture(scope="module")
def histories(month: Month) -> dict[str, TicketHistory]:
    """The histories of the earlier tickets."""
    events = defaultdict(list)
    for one in month.handling:
        events[one.ticket_id].append(HistoryEvent(TicketEventType(one.event.type), one.event.time, one.event.data))
    return {
        one.ticket_id: fold_history(
            TicketCreation(
                time=one.time, handled_by=one.data["handled_by"], vendor=one.data["vendor"], team=one.data["team"]
            ),
            events[one.ticket_id],
        )
        for one in month.tickets
    }


def test_the_same_seed_gives_the_same_month(month: Month) -> None:
    """Two months of one seed are equal, and those of another seed are not."""
    small = generate(days_before=1, tickets_a_day=30)
    first, second, other = (generate_month(small, seed, share=0.01) for seed in (7, 7, 8))
    assert first == second
    assert first.tickets != other.tickets
    assert len(first.tickets) < 0.02 * len(month.tickets)


def test_the_month_begins_four_weeks_before_the_end(scenario: Scenario, month: Month) -> None:
    """The earlier tickets fill the days from four weeks before the end of launch day until the demo's week."""
    assert scenario.end - month.start == timedelta(days=28)
    days = Counter(one.time.date() for one in month.tickets)
    assert set(days) == {month.start.date() + timedelta(days=n) for n in range((scenario.start - month.start).days)}
    assert min(days.values()) > 150
    assert not {one.ticket_id for one in month.tickets} & set(scenario.labels)


def test_nothing_is_done_before_a_ticket_or_after_the_end(scenario: Scenario, month: Month) -> None:
    """Each event comes after the creation of its ticket and before the end of the demo."""
    created = {one.ticket_id: one.time for one in month.tickets}
    assert [one.event.time for one in month.handling] == sorted(one.event.time for one in month.handling)
    for one in month.handling:
        assert created.get(one.ticket_id, scenario.start) <= one.event.time < scenario.end


def test_what_people_and_machines_write_has_nothing_to_redact() -> None:
    """The archive stores these texts as they are."""
    for text in (*REPLIES, *QUESTIONS, *ANSWERS, *CLOSINGS, *BOT_REPLIES):
        assert redact(text).text == text


def test_removed_tickets_are_answered_by_machines_at_most(scenario: Scenario, month: Month) -> None:
    """A ticket that the demo merges, deletes or marks as spam has no answer of a person and no solution of ours."""
    removing = ("ticket.merged", "ticket.deleted", "ticket.spam")
    removed = {event["subject"] for event in scenario.events if event["type"] in removing}
    for one in month.handling:
        if one.ticket_id in removed:
            assert one.event.data.get("author_role") == "bot"


def test_a_solution_that_the_demo_states_is_the_only_one(scenario: Scenario, month: Month) -> None:
    """A mined ticket that is solved is solved again only after it was reopened."""
    solved = {event["subject"] for event in scenario.events if event["type"] == "ticket.solved"}
    reopened = {event["subject"] for event in scenario.events if event["type"] == "ticket.reopened"}
    ours = {one.ticket_id for one in month.handling if one.event.type == "ticket.solved"}
    assert ours & solved <= reopened


def test_machines_answer_in_seconds_and_people_in_an_hour_of_work(histories: dict[str, TicketHistory]) -> None:
    """The medians of the first answer are under a minute and between 20 minutes and five hours; nearly all is solved in the end."""
    waits: dict[str, list[timedelta]] = {"bot": [], "person": []}
    for one in histories.values():
        if one.replies:
            who = "bot" if one.replies[0].by == "ai" else "person"
            waits[who].append(one.replies[0].time - one.created_at)
    assert sorted(waits["bot"])[len(waits["bot"]) // 2] < timedelta(minutes=1)
    assert timedelta(minutes=20) < sorted(waits["person"])[len(waits["person"]) // 2] < timedelta(hours=5)
    assert sum(bool(one.resolutions) for one in histories.values()) > 0.97 * len(histories)


def test_every_kind_of_handling_occurs(histories: dict[str, TicketHistory]) -> None:
    """Some tickets are passed on, wait for the requester, are reopened; most are none of it."""
    for happened in (
        [len(one.handling) > 1 for one in histories.values()],
        [bool(one.waiting) for one in histories.values()],
        [any(done.reopened_at for done in one.resolutions) for one in histories.values()],
    ):
        assert 0.02 < sum(happened) / len(happened) < 0.5


def test_the_specialist_has_the_harder_cases(month: Month, histories: dict[str, TicketHistory]) -> None:
    """Of the tickets that the specialist handles last more than 30 % are hard, of those of other vendors fewer than 15 %."""
    shares: dict[bool, list[bool]] = {True: [], False: []}
    for one in month.tickets:
        vendor = histories[one.ticket_id].handling[-1].vendor
        if vendor is not None:
            shares[vendor == SPECIALIST].append(one.issue in HARD)
    assert sum(shares[True]) / len(shares[True]) > 0.3
    assert sum(shares[False]) / len(shares[False]) < 0.15


def test_one_vendor_slows_down_in_the_third_week(
    scenario: Scenario, month: Month, histories: dict[str, TicketHistory]
) -> None:
    """Its median first answer takes more than twice as long from that day on."""
    waits: dict[bool, list[timedelta]] = {True: [], False: []}
    for one in month.tickets:
        if one.data["vendor"] == SLOWED and histories[one.ticket_id].replies:
            is_late = one.time >= scenario.launch_day + SLOW_FROM
            waits[is_late].append(histories[one.ticket_id].replies[0].time - one.time)
    before, after = (sorted(waits[is_late])[len(waits[is_late]) // 2] for is_late in (False, True))
    assert after > 2 * before


def test_the_routine_solves_more_of_its_issues(
    scenario: Scenario, month: Month, histories: dict[str, TicketHistory]
) -> None:
    """Of the tickets on refunds, AI solves more than 15 points more once the routine is on."""
    alone: dict[bool, list[bool]] = {True: [], False: []}
    for one in month.tickets:
        if one.issue in ROUTINE:
            is_on = one.time >= scenario.launch_day + ROUTINE_FROM
            alone[is_on].append(histories[one.ticket_id].handling[-1].handled_by == "ai")
    before, after = (sum(alone[is_on]) / len(alone[is_on]) for is_on in (False, True))
    assert after > before + 0.15


def test_the_archive_counts_in_no_theme_and_in_all_figures(sqlite_url: str) -> None:
    """Earlier tickets get the themes of mined ones, have no text and are not counted; mined ones get their status."""
    small = generate(seed=3, launch_day=date(2026, 11, 20), days_before=1, tickets_a_day=30)
    engine = open_database(sqlite_url)
    upgrade(engine)
    month = generate_month(small, share=0.03)
    own = next(
        one.ticket_id for one in month.handling if one.event.type == "ticket.solved" and one.ticket_id in small.labels
    )
    with engine.begin() as connection:
        connection.execute(assignments.insert(), [_assigned(own, 5)])
        write_archive(connection, month, {own: month.tickets[0].issue}, 300.0)
        write_archive(connection, month, {own: month.tickets[0].issue}, 300.0)
    with reading(engine) as connection:
        rows = connection.execute(select(tickets)).all()
        assert {row.id for row in rows} == {one.ticket_id for one in month.tickets}
        assert {(row.title, row.body, row.counted) for row in rows} == {("", "", False)}
        assert Counter(row.status for row in rows)["solved"] > 150
        given = {row.ticket_id: row.theme_id for row in connection.execute(select(assignments))}
        assert {given[one.ticket_id] for one in month.tickets if one.issue == month.tickets[0].issue} == {5}
        assert connection.execute(select(func.count()).select_from(counts)).scalar_one() == 0


def test_outcomes_are_marked_and_nothing_else(sqlite_url: str) -> None:
    """Status and rating of a ticket change; that it is not counted stays."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    small = generate_month(generate(seed=3, days_before=1, tickets_a_day=30), share=0.01)
    with engine.begin() as connection:
        write_archive(connection, Month(small.start, small.tickets[:1], ()), {}, 300.0)
        mark_outcomes(connection, [{"key": small.tickets[0].ticket_id, "status": "solved", "csat": 4}])
        row = connection.execute(select(tickets)).one()
    assert (row.status, row.csat, row.counted) == ("solved", 4, False)


def test_procedures_are_linked_and_one_is_overdue(sqlite_url: str, scenario: Scenario) -> None:
    """Each procedure is for existing issues and reads; one was revised for the routine, and one is due for review by launch day."""
    issues = {issue.name for issue in load_issues()}
    assert {one for names in ISSUES.values() for one in names} <= issues
    engine = open_database(sqlite_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(themes.insert(), [_theme(7)])
        for _ in range(2):
            write_procedures(connection, {"payment_stuck_pending": 7}, scenario.start, scenario.launch_day)
        found = read_sops(connection)
        assert [one.slug for one in found] == sorted(ISSUES)
        assert [one.slug for one in sops_of_themes(connection, [7])[7]] == ["payment-pending"]
        assert len(read_sop_versions(connection, "refund-missing")) == 2
    assert sum(one.newest.procedure.overdue(scenario.launch_day.date()) for one in found) == 1


def test_commands_find_the_files_of_the_demo(tmp_path: Path, no_settings: None) -> None:
    """Service levels, costs and targets next to a `demo.db` are used where none are set, and are valid."""
    upgrade(open_database(f"sqlite:///{tmp_path / 'demo.db'}"))
    write_files(tmp_path)
    figures = open_session(f"sqlite:///{tmp_path / 'demo.db'}").settings.figures
    assert figures.service_levels == tmp_path / "service-levels.toml"
    assert len(read_service_levels(figures.service_levels).policies) >= 5
    assert {one.metric for one in read_targets(figures.targets)} >= {"compliance", "csat"}
    costs = read_costs(figures.costs)
    assert costs is not None
    assert SPECIALIST in costs.vendors
    assert files("groundswell.demo").joinpath("files").is_dir()


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no settings of this machine be used."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))


def _assigned(ticket_id: str, theme: int) -> dict[str, object]:
    return {
        "ticket_id": ticket_id, "theme_id": theme, "epoch": 1, "how": "neighbours", "confidence": 1.0, "nearest": theme,
        "remembered": True,
    }  # fmt: skip


def _theme(number: int) -> dict[str, object]:
    return {
        "id": number, "name": "Payment still pending", "keywords": [], "state": "live", "status": "ongoing", "size": 1,
        "born_epoch": 1, "named_size": 1,
    }  # fmt: skip
