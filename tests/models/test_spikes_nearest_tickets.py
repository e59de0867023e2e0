"""The tickets nearest to a plan's text: which they are, and that they are tested as a subset of the theme."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.segment import Segment
from models.spikes import LaunchEffect, ThemeLift
from models.spikes.launches.nearest_tickets import LEAST_KNOWN, SUBSETS, NearestTickets, nearest_to_text
from tests.models.test_spikes import DAY, LIVE, TODAY, World

START = 1_000_000


@given(
    cosines=st.lists(st.floats(-1, 1), min_size=LEAST_KNOWN, max_size=60),
    later=st.lists(st.tuples(st.integers(0, 400), st.floats(-1, 1)), max_size=40),
    end=st.integers(1, 400),
)
def test_nearest_tickets_are_as_near_as_before_the_launch(cosines, later, end):
    """Each subset has at least its share of the earlier tickets, smaller subsets are in larger ones, and only the last day counts."""
    buckets = np.array([START - 1 - at for at in range(len(cosines))] + [START + at for at, _ in later])
    found = nearest_to_text(7, buckets, np.array([*cosines, *(cosine for _, cosine in later)]), START, START + end)
    assert found is not None
    assert found.known == len(cosines)
    assert all(
        share >= round(wanted * found.known) / found.known - 1e-4
        for share, wanted in zip(found.shares, SUBSETS, strict=True)
    )
    assert list(found.shares) == sorted(found.shares, reverse=True)
    seen = found.seen([(START, START + end), (0, START)])
    assert not seen[:, 1].any()
    assert list(seen[:, 0]) == sorted(seen[:, 0], reverse=True)
    cuts = [sorted(cosines)[-max(1, round(share * len(cosines)))] for share in SUBSETS]
    last_day = [cosine for at, cosine in later if max(0, end - DAY) <= at < end]
    assert seen[:, 0].tolist() == [sum(cosine >= cut for cosine in last_day) for cut in cuts]
    assert NearestTickets.of_json(json.loads(json.dumps(found.as_json()))) == found


def test_a_theme_with_few_earlier_tickets_has_no_subset():
    """A subset of a few tickets carries no information."""
    buckets = np.arange(START - LEAST_KNOWN + 1, START)
    assert nearest_to_text(7, buckets, np.linspace(0, 1, len(buckets)), START, START + DAY) is None


def mixed(meant: int, others: int) -> tuple[World, list[tuple[int, int, int]]]:
    """A theme of two problems, of which the plan means one: so many tickets of each come, spread over the launch's day."""
    world = World(per_day=40.0, until=TODAY)
    world.surge(1, TODAY, TODAY + DAY, meant, LIVE)
    world.surge(1, TODAY, TODAY + DAY, others, Segment.of({"business_line": "ads"}))
    nearest = [(int(bucket), 1, 1) for bucket in np.linspace(TODAY, TODAY + DAY - 1, meant).astype(int)]
    for theme in range(2, 11):
        world.usual(theme, TODAY, TODAY + DAY, 40.0)
    return world, nearest


def judged(world: World, nearest: list[tuple[int, int, int]], *, known: bool = True) -> list[tuple[str, int, float]]:
    """Test the day under a plan of six times the usual in LIVE; what opens, with its figures."""
    opened = []
    for end in range(TODAY + 36, TODAY + DAY, 36):
        so_far = tuple(row for row in nearest if row[0] < end)
        text = NearestTickets(1, 100, (0.5, 0.34), so_far) if known else None
        lift = ThemeLift(frozenset({1}), 6.0, core=1, nearest=text)
        world.launches = [LaunchEffect("launch-1", TODAY, TODAY + DAY, LIVE, 0.3, (lift,))]
        for _, finding in world.run(end, end + 1):
            if finding.change == "opened" and finding.theme_id == 1:
                opened.append((finding.kind, finding.observed, finding.expected))
    return opened


def test_an_excess_of_the_meant_subset_is_reported_though_the_theme_is_within_its_plan():
    """One of a theme's two problems comes fifteenfold where six was planned: it is reported with the figures of its own tickets."""
    world, nearest = mixed(meant=90, others=20)
    assert judged(world, nearest, known=False) == []
    world, nearest = mixed(meant=90, others=20)
    (reported,) = judged(world, nearest)
    signal, observed, expected = reported
    assert signal == "launch_excess"
    assert observed > 1.3 * expected


@pytest.mark.parametrize("meant", [20, 36, 45])
def test_what_is_meant_may_come_as_planned(meant):
    """Up to six times its usual volume in the scope, and what tolerance and chance add, is silent."""
    assert judged(*mixed(meant=meant, others=20)) == []
