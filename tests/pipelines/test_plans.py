"""What the lines of a plan mean: each theme belongs to one of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from models.bucket import bucket_of
from models.launch import Launch, PlannedLift
from models.segment import EVERYTHING, Segment
from models.spikes.launches.nearest_tickets import LEAST_KNOWN
from pipelines.launches.resolve_plans import clearly_meant, planned_groups, resolve_plans, resolved
from pipelines.state.plans import LaunchPlans
from pipelines.state.themes import ThemeRecords
from tests.pipelines.making import make_window

START = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Index:
    """Themes that texts are close to, and the tickets of one of them: as many before the launch as since, all alike."""

    def __init__(self, *closeness):
        self.closeness = closeness

    def similar(self, text, kept=()):
        """Themes by closeness to the text with this number, best first; .45 is enough for those that were reached before, else .5."""
        found = sorted(self.closeness[int(text[0])].items(), key=lambda one: -one[1])
        return [one for one in found if one[1] >= (0.45 if one[0] in kept else 0.5)]

    def share_near(self, text, theme_id):
        """As many of the tickets nearest to the text as it is close to the theme."""
        return self.closeness[int(text[0])].get(theme_id, 0.0)

    def around_themes(self, text, theme_ids):
        """Tickets of each theme before and since the launch began, five minutes apart, named by theme and minute."""
        minutes = np.tile(np.arange(-5 * LEAST_KNOWN, 5 * LEAST_KNOWN, 5), len(theme_ids))
        names = [f"{theme}:{minute}" for theme in theme_ids for minute in range(-5 * LEAST_KNOWN, 5 * LEAST_KNOWN, 5)]
        times = (START.timestamp() * 1000 + minutes * 60_000).astype(np.int64)
        return lambda asked: tuple(np.array(names)[asked].tolist()), times, np.ones(len(minutes))


LIVE = Segment.of({"business_line": "live"})


def make_state(*closeness):
    """What resolving needs of the miner's state."""
    counts = SimpleNamespace(number_of=lambda segment: 3 if segment == LIVE else None)
    return SimpleNamespace(index=Index(*closeness), themes=ThemeRecords(), plans=LaunchPlans(), counts=counts)


def launch(*lifts, scope=EVERYTHING):
    """A launch of a day."""
    return Launch("sale", "sale", "Sale", START, START + timedelta(days=1), scope, 0.3, lifts)


def refuse(segment, ticket_ids):
    """No scope is asked for."""
    raise AssertionError(segment, ticket_ids)


def about(*numbers):
    """Lines with example texts."""
    return [PlannedLift(2.0, about=np.array([float(number)], dtype=np.float32)) for number in numbers]


@pytest.mark.parametrize(
    ("closeness", "groups"),
    [
        (({1: 0.9, 2: 0.6}, {3: 0.8}), [[1, 2], [3]]),
        (({1: 0.9, 2: 0.6}, {2: 0.8, 1: 0.7}), [[1], [2]]),
        (({1: 0.9, 2: 0.6}, {1: 0.8, 2: 0.5}), [[1, 2], [1]]),
        (({}, {2: 0.5}), [[], [2]]),
    ],
    ids=["apart", "each its own", "a line keeps its nearest", "nothing is like a text"],
)
def test_a_theme_belongs_to_the_line_whose_text_it_is_nearest_to(closeness, groups):
    """A lift is applied once; the nearest theme is the first."""
    assert resolved(make_state(*closeness), launch(*about(0, 1))) == groups


def test_a_theme_that_is_named_belongs_to_the_line_that_names_it():
    """A theme named by its id belongs to that line, whatever the texts are like."""
    assert resolved(make_state({1: 0.9, 2: 0.8}), launch(*about(0), PlannedLift(3.0, theme_id=2))) == [[1], [2]]


@pytest.mark.parametrize(("since", "kept"), [(-1, [[]]), (1, [[7]])], ids=["before it", "while it runs"])
def test_a_theme_that_a_text_reached_is_kept_while_the_launch_runs(since, kept):
    """A little less close than before, it stays in a plan that runs; clearly less close, it leaves the plan."""
    known, plan = make_state({7: 0.9}), launch(*about(0))
    groups = []
    for minutes, closeness in enumerate((0.6, 0.46, 0.3)):
        known.index = Index({7: closeness})
        resolve_plans(known, make_window(START + timedelta(hours=since, minutes=5 * minutes), plan), refuse)
        groups.append(known.plans.groups["sale"])
    assert groups == [[[7]], kept, [[]]]


def test_the_journal_keeps_which_theme_is_meant_most():
    """Groups keep their order in the journal: the first theme is compared with its own envelope."""
    known = make_state({7: 0.9, 2: 0.8})
    resolve_plans(known, make_window(START, launch(*about(0))), refuse)
    assert planned_groups(known) == {"sale": [[7, 2]]}


def test_the_nearest_tickets_are_known_while_a_launch_runs():
    """They are known from its start on, up to each epoch, kept for some days after its end, and then forgotten."""
    known, plan = make_state({7: 0.9}), launch(*about(0))

    def at(hours):
        end = START + timedelta(hours=hours)
        resolve_plans(known, make_window(end, plan), refuse)
        return known.plans.nearest.get("sale")

    assert at(0) is None
    ((near,),) = at(1)
    assert (near.theme_ids, near.known, near.segment) == ((7,), LEAST_KNOWN, EVERYTHING)
    assert near.seen([(bucket_of(START), bucket_of(START) + 99)])[0, 0] == 12
    ((kept,),) = at(40)
    assert kept == near
    assert at(24 + 4 * 24 + 1) is None


def test_a_text_between_themes_has_the_nearest_tickets_of_all_in_addition():
    """The text may mean a part of each theme that it reaches."""
    known = make_state({7: 0.9, 2: 0.8})
    resolve_plans(known, make_window(START + timedelta(hours=1), launch(*about(0))), refuse)
    own, together = known.plans.nearest_of("sale", 0)
    assert (own.theme_ids, own.known) == ((7,), LEAST_KNOWN)
    assert (together.theme_ids, together.known) == ((7, 2), 2 * LEAST_KNOWN)


def test_nearest_tickets_are_counted_in_the_scope_and_each_ticket_is_asked_for_once():
    """In a scope that is counted only tickets inside count; what was read is not read again."""
    asked = []

    def even_minutes(segment, ticket_ids):
        asked.extend(ticket_ids)
        assert segment == LIVE
        return {ticket for ticket in ticket_ids if int(ticket.split(":")[1]) % 10 == 0}

    known, plan = make_state({7: 0.9}), launch(*about(0), scope=LIVE)
    for minutes in (10, 30, 60):
        resolve_plans(known, make_window(START + timedelta(minutes=minutes), plan), even_minutes)
    (near,) = known.plans.nearest_of("sale", 0)
    assert near.segment == LIVE
    assert near.seen([(bucket_of(START), bucket_of(START) + 99)])[0, 0] == 6
    assert sorted(asked) == sorted(f"7:{minute}" for minute in range(0, 60, 5))


def test_tickets_are_asked_for_again_where_a_plan_is_revised_to_another_scope():
    """What is known of the scope of before says nothing of the new one: a restart has read nothing yet and finds the same."""
    chat, minutes = Segment.of({"business_line": "chat"}), timedelta(minutes=60)

    def inside(segment, ticket_ids):
        return set(ticket_ids) if segment == LIVE else set()

    running, restarted = make_state({7: 0.9}), make_state({7: 0.9})
    for known in (running, restarted):
        known.counts.number_of = {LIVE: 3, chat: 4}.get
    resolve_plans(running, make_window(START + minutes, launch(*about(0), scope=LIVE)), inside)
    for known in (running, restarted):
        resolve_plans(known, make_window(START + 2 * minutes, launch(*about(0), scope=chat)), inside)
    assert running.plans.nearest_as_json() == restarted.plans.nearest_as_json()


def test_a_scope_that_is_not_counted_counts_all_tickets():
    """Nothing is expected of such a scope, so that the tickets of all segments are compared."""
    known, plan = make_state({7: 0.9}), launch(*about(0), scope=Segment.of({"region": "BR"}))
    resolve_plans(known, make_window(START + timedelta(hours=1), plan), refuse)
    assert known.plans.nearest_of("sale", 0)[0].segment == EVERYTHING


@pytest.mark.parametrize(
    ("lines", "clear"),
    [(about(0), True), (about(1), False), (about(1, 0), True), ([PlannedLift(2.0, theme_id=1)], True), ([], False)],
    ids=["most tickets near the text", "between themes", "another text", "by its id", "no line"],
)
def test_a_theme_is_clearly_meant_by_a_text_whose_nearest_tickets_are_its(lines, clear):
    """A text between themes means none of them clearly; a plan like another launch means what that one does."""
    state = make_state({1: 0.8, 2: 0.2}, {1: 0.45, 2: 0.4})
    first = launch(*lines)
    second = replace(launch(PlannedLift(1.0, like="sale")), launch_id="again")
    launches = {one.launch_id: one for one in (first, second)}
    assert [clearly_meant(state, launches, one, 1) for one in launches] == [clear, clear]
