"""What the lines of a plan mean: each theme belongs to one of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from models.bucket import bucket_of
from models.launch import Launch, PlannedLift
from models.segment import EVERYTHING
from models.spikes.launches.nearest_tickets import LEAST_KNOWN
from pipelines.context import EpochWindow
from pipelines.launches.resolve_plans import clearly_meant, planned_groups, resolve_plans, resolved

START = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Index:
    """Themes that texts are close to, and the tickets of one of them: as many before the launch as since, all alike."""

    def __init__(self, *closeness):
        self.closeness = closeness

    def similar(self, text):
        """Themes by closeness to the text with this number, best first."""
        return sorted(self.closeness[int(text[0])].items(), key=lambda one: -one[1])

    def share_near(self, text, theme_id):
        """As many of the tickets nearest to the text as it is close to the theme."""
        return self.closeness[int(text[0])].get(theme_id, 0.0)

    def around(self, text, theme_id):
        """Tickets before and since the launch began, five minutes apart."""
        minutes = np.arange(-5 * LEAST_KNOWN, 5 * LEAST_KNOWN, 5)
        return (START.timestamp() * 1000 + minutes * 60_000).astype(np.int64), np.ones(len(minutes))


def memory(*closeness):
    """What resolving needs of the miner's memory."""
    return SimpleNamespace(index=Index(*closeness), themes={}, planned={}, near={})


def launch(*lifts):
    """A launch of a day."""
    return Launch("sale", "sale", "Sale", START, START + timedelta(days=1), EVERYTHING, 0.3, lifts)


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
    """A lift is meant once; the nearest theme stands first."""
    assert resolved(memory(*closeness), launch(*about(0, 1))) == groups


def test_a_theme_that_is_named_belongs_to_the_line_that_names_it():
    """An id says more than any text."""
    assert resolved(memory({1: 0.9, 2: 0.8}), launch(*about(0), PlannedLift(3.0, theme_id=2))) == [[1], [2]]


def test_the_journal_keeps_which_theme_is_meant_most():
    """Groups stay in their order through the journal: the first is held against its own envelope."""
    known = memory({7: 0.9, 2: 0.8})
    resolve_plans(known, EpochWindow(0, START, START, (launch(*about(0)),), "", timedelta(minutes=5)))
    assert planned_groups(known) == {"sale": [[7, 2]]}


def test_what_is_near_is_known_while_a_launch_runs():
    """Told from its start on, up to each moment, kept for some days after its end, and then forgotten."""
    known, plan = memory({7: 0.9}), launch(*about(0))

    def at(hours):
        end = START + timedelta(hours=hours)
        resolve_plans(known, EpochWindow(0, end, end, (plan,), "", timedelta(minutes=5)))
        return known.near.get("sale")

    assert at(0) is None
    (near,) = at(1)
    assert (near.theme_id, near.known) == (7, LEAST_KNOWN)
    assert near.seen([(bucket_of(START), bucket_of(START) + 99)])[0, 0] == 12
    (kept,) = at(40)
    assert kept == near
    assert at(24 + 4 * 24 + 1) is None


@pytest.mark.parametrize(
    ("lines", "clear"),
    [(about(0), True), (about(1), False), (about(1, 0), True), ([PlannedLift(2.0, theme_id=1)], True), ([], False)],
    ids=["most tickets near the text", "between themes", "another text", "by its id", "no line"],
)
def test_a_theme_is_clearly_meant_by_a_text_whose_nearest_tickets_are_its(lines, clear):
    """What lies between themes means none of them clearly; a plan like another launch means what that one does."""
    held = memory({1: 0.8, 2: 0.2}, {1: 0.45, 2: 0.4})
    first = launch(*lines)
    second = replace(launch(PlannedLift(1.0, like="sale")), launch_id="again")
    launches = {one.launch_id: one for one in (first, second)}
    assert [clearly_meant(held, launches, one, 1) for one in launches] == [clear, clear]
