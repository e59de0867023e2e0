"""The demo's generator: many issues in many words, a story that can be counted, repeatable."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from importlib.resources import files

import orjson
import pytest
from pydantic import TypeAdapter
from stdnum import luhn

from alerts.ownership_file import read_ownership
from groundswell.demo import generate, write
from groundswell.demo.arrival import hourly_share, usual_volume
from groundswell.demo.attribute import NEW_VERSION, PAYMENT_METHODS
from groundswell.demo.issue import load_issues, load_other
from groundswell.demo.slot import DRAWS, Slots
from groundswell.demo.story import INCIDENTS, stamp
from groundswell.demo.wording import STYLES_BY_CHANNEL, write_text
from models.event import ChangeEvent, LaunchEvent, TicketEvent
from models.redaction import redact
from models.segment import Segment


@pytest.fixture(scope="module")
def scenario():
    """The demo as a person gets it."""
    return generate()


@pytest.fixture(scope="module")
def created(scenario):
    """The first delivery of each ticket's creation."""
    tickets = {}
    for event in scenario.events:
        if event["type"] == "ticket.created":
            tickets.setdefault(event["subject"], event)
    return tickets


def time_of(event) -> datetime:
    """The event's time."""
    return datetime.fromisoformat(event["time"])


def test_there_are_at_least_forty_issues_over_all_business_lines_and_people():
    """48 usual issues and one never seen before; every business line and every kind of person has several."""
    issues = load_issues()
    assert sum(issue.weight > 0 for issue in issues) >= 44
    assert [issue.name for issue in issues if issue.weight == 0] == ["lucky_wheel_prize"]
    assert len({issue.name for issue in issues}) == len(issues)
    assert set(Counter(issue.business_line for issue in issues)) == {"ecommerce", "live", "creator"}
    for people, number in Counter(issue.user_type for issue in issues).items():
        assert number >= 3, people


def test_every_issue_has_enough_wording():
    """Each issue comes with titles, sentences, details, short forms, agents' notes and wishes of its own."""
    for issue in load_issues():
        assert min(len(issue.titles), len(issue.details)) >= 3, issue.name
        assert len(issue.says) >= 7, issue.name
        assert len(issue.terse) >= 4, issue.name
        assert min(len(issue.notes), len(issue.wants)) >= 2, issue.name


def test_no_template_of_one_issue_appears_in_another():
    """Texts belong to one issue, also when case, punctuation and slots are left out."""
    owners: dict[str, set[str]] = defaultdict(set)
    for issue in load_issues():
        for template in issue.templates():
            owners[re.sub(r"\{\w+\}|[^\w ]", "", template).casefold().strip()].add(issue.name)
    assert [text for text, names in owners.items() if len(names) > 1] == []


def test_every_slot_has_values():
    """Every {slot} in every template can be filled, and no template language is left in the text."""
    slots = Slots(random.Random(1), "DE")
    templates = [template for issue in load_issues() for template in issue.templates()]
    templates += [template for texts in load_other().values() for template in texts]
    for template in templates:
        assert not re.search(r"[<>{}]|\|", slots.fill(template))


def test_issues_name_only_what_can_be_drawn():
    """Regions and payment methods of an issue exist, and some region offers each method."""
    offered = {method for methods in PAYMENT_METHODS.values() for method in methods}
    for issue in load_issues():
        assert set(issue.payment_methods) <= offered
        assert set(issue.regions) <= set(PAYMENT_METHODS)


def test_events_have_the_shape_of_the_contract(scenario):
    """Every event passes the models at the edge and loses nothing to `custom`."""
    adapter = TypeAdapter(TicketEvent | LaunchEvent | ChangeEvent)
    for event in scenario.events:
        checked = adapter.validate_python(event)
        if isinstance(checked, TicketEvent):
            assert checked.data.custom == {}


def test_the_same_seed_gives_the_same_bytes(tmp_path, scenario):
    """Two runs with one seed write identical files; another seed does not."""
    first, second, other = (tmp_path / name for name in ("first", "second", "other"))
    assert write(scenario, first) == len(scenario.events)
    write(generate(), second)
    write(generate(seed=8), other)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != other.read_bytes()
    assert [orjson.loads(line) for line in first.read_bytes().splitlines()] == list(scenario.events)


def test_the_week_has_the_size_that_a_demo_needs(scenario, created):
    """6,000 to 7,000 tickets, a week before launch day and launch day itself, none outside."""
    assert 6_000 <= len(created) <= 7_000
    assert set(created) == set(scenario.labels)
    assert scenario.start == scenario.launch_day - timedelta(days=7)
    assert all(scenario.start <= time_of(event) < scenario.end for event in created.values())


def test_texts_vary_in_words_and_length(scenario, created):
    """Within each issue most texts are distinct; lengths run from 5 words to 60 and more."""
    bodies: dict[str, list[str]] = defaultdict(list)
    for name, event in created.items():
        bodies[scenario.labels[name]].append(event["data"]["body"])
    for kind, texts in bodies.items():
        if kind not in ("other", "spam"):
            assert len(set(texts)) / len(texts) >= 0.6, kind
    lengths = sorted(len(text.split()) for texts in bodies.values() for text in texts)
    assert lengths[len(lengths) // 10] <= 7
    assert lengths[len(lengths) // 2] >= 12
    assert lengths[-1] >= 60


def test_no_text_is_written_about_two_issues(scenario, created):
    """One body never carries two labels."""
    labels: dict[str, set[str]] = defaultdict(set)
    for name, event in created.items():
        labels[event["data"]["body"]].add(scenario.labels[name])
    assert [text for text, kinds in labels.items() if len(kinds) > 1] == []


def test_personal_data_stands_in_some_texts_and_nowhere_after_redaction(created):
    """A few per cent of the texts carry test cards, addresses or numbers; redaction finds each kind."""
    counts: Counter[str] = Counter()
    for event in created.values():
        redacted = redact(event["data"]["body"])
        counts.update(redacted.counts)
        assert "example" not in redacted.text
        for digits in re.findall(r"\d{13,}", re.sub(r"(?<=\d)[ .-](?=\d)", "", redacted.text)):
            assert not luhn.is_valid(digits)
    assert min(counts[kind] for kind in ("CARD", "EMAIL", "PHONE", "CVV", "EXPIRY")) >= 20
    assert counts["CARD"] < 0.05 * len(created)


def test_attributes_hang_together(created):
    """Ways to pay are those of the region, versions those of apps, vendors those of vendor-run tickets."""
    for event in created.values():
        data = event["data"]
        assert (data["app_version"] is None) == (data["platform"] == "web")
        assert (data["vendor"] is None) == (data["handled_by"] != "vendor")
        if data["payment_method"] in ("pix", "upi"):
            assert data["region"] == {"pix": "BR", "upi": "IN"}[data["payment_method"]]


def test_usual_days_follow_hour_and_weekday():
    """A day's shares sum to one on average, nights are quiet, and firms rest on Sunday."""
    issues = {issue.name: issue for issue in load_issues()}
    monday = datetime.fromisoformat("2026-11-16T00:00:00Z")
    for name in ("card_declined", "settlement_delayed"):
        week = usual_volume(issues[name], 10.0, monday, monday + timedelta(days=7))
        assert week == pytest.approx(70, rel=0.02)
    assert hourly_share(issues["card_declined"], monday + timedelta(hours=19)) > 4 * hourly_share(
        issues["card_declined"], monday + timedelta(hours=4)
    )
    sunday = monday + timedelta(days=6, hours=10)
    assert hourly_share(issues["settlement_delayed"], sunday) < 0.5 * hourly_share(
        issues["settlement_delayed"], monday + timedelta(hours=10)
    )


def test_the_truth_counts_what_was_injected(scenario, created):
    """Each injected ticket is there, on its issue, in its segment and window, and nobody retracts it."""
    retracting = {"ticket.merged", "ticket.spam", "ticket.deleted", "ticket.redacted"}
    retracted = {event["subject"] for event in scenario.events if event["type"] in retracting}
    assert len(scenario.truth) == len(INCIDENTS)
    for injected, incident in zip(scenario.truth, INCIDENTS, strict=True):
        assert len(injected.tickets) == len(set(injected.tickets))
        assert incident.tickets in (None, len(injected.tickets))
        for name in injected.tickets:
            event = created[name]
            assert injected.issue in (None, scenario.labels[name])
            assert injected.segment.holds(event["data"])
            assert injected.start <= time_of(event) < injected.end
            assert name not in retracted


def test_launch_day_has_the_five_stories(scenario):
    """In plan, above plan, wholly new, one app version after its release, one payment method of a region."""
    loud = [injected for injected in scenario.truth if injected.should_signal]
    assert Counter(injected.kind for injected in loud) == {"launch_excess": 1, "new_theme": 1, "spike": 2}
    for injected in loud:
        assert 60 <= len(injected.tickets) <= 150
        assert timedelta(hours=2) <= injected.end - injected.start <= timedelta(hours=6)
    assert {injected.issue for injected in scenario.truth if not injected.should_signal} == {
        "coins_not_credited",
        None,
    }


def test_the_new_issue_was_never_seen_before(scenario, created):
    """Nobody writes about the Lucky Wheel before it starts."""
    new = next(injected for injected in scenario.truth if injected.kind == "new_theme")
    about = [name for name, kind in scenario.labels.items() if kind == new.issue]
    assert sorted(about) == sorted(new.tickets)
    assert min(time_of(created[name]) for name in about) >= new.start


def test_the_plan_holds_for_what_is_in_plan(scenario):
    """The coins' volume in the window is within the plan's tolerance of usual times lift."""
    coins = next(issue for issue in load_issues() if issue.name == "coins_not_credited")
    in_plan = next(injected for injected in scenario.truth if injected.issue == coins.name)
    weights = sum(issue.weight for issue in load_issues())
    usual = usual_volume(coins, 740 * coins.weight / weights, in_plan.start, in_plan.end)
    plan = [event for event in scenario.events if event["subject"] == in_plan.launch_id][-1]["data"]
    lift = plan["expected"][0]["lift"]
    seen = usual + len(in_plan.tickets)
    assert abs(seen / (usual * lift) - 1) < plan["tolerance"]


def test_the_plan_holds_beneath_what_goes_above_it(scenario):
    """Gifts also rise as planned: nothing planned is missing before and after the excess."""
    gift = next(injected for injected in scenario.truth if injected.kind == "launch_excess")
    issue = next(issue for issue in load_issues() if issue.name == gift.issue)
    weights = sum(issue.weight for issue in load_issues())
    start, end = scenario.launch_day + timedelta(hours=12), scenario.launch_day + timedelta(hours=22)
    usual = usual_volume(issue, 740 * issue.weight / weights, start, end)
    times = {event["subject"]: time_of(event) for event in scenario.events if event["type"] == "ticket.created"}
    planned = sum(
        scenario.labels[name] == gift.issue and start <= time < end
        for name, time in times.items()
        if name not in gift.tickets
    )
    assert 0.7 < planned / (usual * 2.5) < 1.3


def test_changes_come_shortly_before_what_they_cause(scenario):
    """A spike's change is recorded less than an hour before it, with its segment; decoys are there too."""
    changes = {event["subject"]: event for event in scenario.events if event["type"] == "change.recorded"}
    for injected in scenario.truth:
        if injected.change_id:
            change = changes.pop(injected.change_id)
            assert timedelta() < injected.start - time_of(change) < timedelta(hours=1)
            assert Segment.of(change["data"]["scope"]) == injected.segment
    assert len(changes) >= 4


def test_launches_are_planned_before_launch_day(scenario):
    """Plans are known days ahead, and the one that was revised has the greater time last."""
    plans = [event for event in scenario.events if event["type"] == "launch.planned"]
    assert {plan["subject"] for plan in plans} == {injected.launch_id for injected in scenario.truth} - {None}
    assert all(time_of(plan) < scenario.launch_day - timedelta(days=1) for plan in plans)
    assert len(plans) > len({plan["subject"] for plan in plans})


def test_the_new_version_is_on_no_phone_before_its_release(scenario, created):
    """The version of the iOS release appears with it, on iOS only."""
    release = next(event for event in scenario.events if event["subject"] == "C-ios-38.2.0")
    for event in created.values():
        if event["data"]["app_version"] == NEW_VERSION:
            assert event["data"]["platform"] == "ios"
            assert event["time"] >= release["time"]


def test_events_arrive_slightly_out_of_order_and_some_twice(scenario):
    """Never more than two minutes behind the newest time; about one event in a hundred comes again."""
    newest, behind = scenario.start, timedelta()
    for event in scenario.events:
        newest = max(newest, time_of(event))
        behind = max(behind, newest - time_of(event))
    assert timedelta(seconds=30) < behind <= timedelta(minutes=2)
    deliveries = Counter((event["source"], event["id"]) for event in scenario.events)
    assert 0.005 < sum(number > 1 for number in deliveries.values()) / len(deliveries) < 0.02


def test_every_kind_of_follow_up_occurs(scenario, created):
    """All types of the contract occur, of tickets that exist, after their creation."""
    kinds = Counter(event["type"] for event in scenario.events if event["type"].startswith(("ticket", "comment")))
    assert len(kinds) == 13
    for event in scenario.events:
        if event["type"] == "ticket.merged":
            assert scenario.labels[event["data"]["into"]] == scenario.labels[event["subject"]]
        if event["type"].startswith(("ticket", "comment")):
            assert time_of(event) >= time_of(created[event["subject"]])


def test_every_style_can_be_written_about_every_issue():
    """Each channel's styles give text for each issue, in English or the region's language."""
    rng = random.Random(3)
    for issue in load_issues():
        for channel in STYLES_BY_CHANNEL:
            text = write_text(rng, issue, "BR", channel, "en")
            assert text.title
            assert text.body
            assert text.language == "en"
        for language in issue.other:
            assert write_text(rng, issue, "BR", "in_app", language).language == language


def test_a_smaller_scenario_can_be_asked_for():
    """Days, volume and date are arguments; nonsense is refused in words."""
    small = generate(seed=1, launch_day=date(2027, 3, 5), days_before=1, tickets_a_day=50)
    assert 400 < len(small.labels) < 700
    assert small.end == datetime.fromisoformat("2027-03-06T00:00:00Z")
    with pytest.raises(ValueError, match="above 0"):
        generate(days_before=0)


def test_the_example_ownership_reads(scenario, created):
    """The shipped file is valid, and each injected incident belongs to the team one would expect."""
    ownership = read_ownership(files("groundswell.demo").joinpath("ownership.toml"))
    owners = {}
    for injected in scenario.truth:
        mix = Counter(
            Segment.of({key: created[name]["data"][key] for key in ("business_line", "user_type")})
            for name in injected.tickets
        )
        owners[injected.issue] = ownership.audience_of(mix).name
    assert (
        owners["gift_not_delivered"] == owners["lucky_wheel_prize"] == owners["coins_not_credited"] == "payments-live"
    )
    assert owners["bank_confirmation_blank"] == owners["payment_stuck_pending"] == "checkout"


def test_stamps_are_rfc_3339():
    """UTC with Z, milliseconds only where there are any."""
    time = datetime.fromisoformat("2026-11-20T08:00:00Z")
    assert stamp(time) == "2026-11-20T08:00:00Z"
    assert stamp(time + timedelta(milliseconds=5)) == "2026-11-20T08:00:00.005Z"


def test_slots_keep_their_value_within_a_ticket():
    """A sum or a name that occurs twice is the same both times."""
    slots = Slots(random.Random(5), "GB")
    for name in DRAWS:
        assert slots.fill(f"{{{name}}}") == slots.fill(f"{{{name}}}")
