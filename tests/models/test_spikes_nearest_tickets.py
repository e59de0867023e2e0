"""The tickets nearest to a plan's text: which they are, and that they are tested as a subset of the theme."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.segment import EVERYTHING, Segment
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
    found = nearest_to_text((7,), buckets, np.array([*cosines, *(cosine for _, cosine in later)]), START, START + end)
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
    assert nearest_to_text((7,), buckets, np.linspace(0, 1, len(buckets)), START, START + DAY) is None


def mixed(meant: int, others: int) -> tuple[World, list[tuple[int, int, int]]]:
    """A theme of two problems, of which the plan means one: so many tickets of each come, spread over the launch's day."""
    world = World(per_day=40.0, until=TODAY)
    world.surge(1, TODAY, TODAY + DAY, meant, LIVE)
    world.surge(1, TODAY, TODAY + DAY, others, Segment.of({"business_line": "ads"}))
    nearest = [(int(bucket), 1, 1) for bucket in np.linspace(TODAY, TODAY + DAY - 1, meant).astype(int)]
    for theme in range(2, 11):
        world.usual(theme, TODAY, TODAY + DAY, 40.0)
    return world, nearest


def judged(
    world: World, nearest: list[tuple[int, int, int]], *, known: bool = True, segment: Segment = EVERYTHING
) -> list[tuple[str, int, float]]:
    """Test the day under a plan of six times the usual in LIVE; what opens, with its figures."""
    opened = []
    for end in range(TODAY + 36, TODAY + DAY, 36):
        so_far = tuple(row for row in nearest if row[0] < end)
        text = (NearestTickets((1,), 100, (0.5, 0.34), so_far, segment),) if known else ()
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


def between_two_themes(meant: int, *, together: bool) -> list[tuple[str, str | None, int]]:
    """Judge a day under a plan whose text reaches a large theme 1 and a small theme 2, and means theme 2: what opens."""
    world = World(per_day=10.0, until=TODAY)
    world.usual(1, TODAY - 28 * DAY, TODAY, 60.0)
    world.usual(1, TODAY, TODAY + DAY, 70.0)
    world.surge(2, TODAY, TODAY + DAY, meant, LIVE)
    buckets = np.linspace(TODAY, TODAY + DAY - 1, meant).astype(int).tolist()
    for theme in range(3, 11):
        world.usual(theme, TODAY, TODAY + DAY, 10.0)
    found = {}
    for end in range(TODAY + 36, TODAY + DAY, 36):
        near = NearestTickets((1, 2), 200, (0.125,), tuple((one, 1) for one in buckets if one < end), LIVE)
        lift = ThemeLift(frozenset({1, 2}), 6.0, core=1, nearest=(near,) if together else ())
        world.launches = [LaunchEffect("launch-1", TODAY, TODAY + DAY, LIVE, 0.3, (lift,))]
        for _, finding in world.run(end, end + 1):
            if finding.change == "opened":
                found.setdefault(finding.theme_id, (finding.kind, finding.launch_id, finding.theme_id))
    return [found[theme] for theme in sorted(found)]


def test_an_excess_is_attributed_where_the_text_reaches_two_themes_and_means_the_smaller():
    """The plan leaves so much room in the large theme that only the tickets nearest to the text tell."""
    assert between_two_themes(90, together=False) == []
    assert between_two_themes(90, together=True) == [("launch_excess", "launch-1", 2)]
    assert between_two_themes(24, together=True) == []


def test_tickets_are_counted_in_a_segment_where_one_says_which_are_inside():
    """Shares are those of all earlier tickets; of the later ones only those inside the segment count."""
    buckets = np.array([START - 1] * LEAST_KNOWN + [START, START, START + 1])
    cosines = np.ones(len(buckets))
    inside = np.array([False] * LEAST_KNOWN + [True, False, True])
    found = nearest_to_text((7, 2), buckets, cosines, START, START + 2, inside, LIVE)
    assert found is not None
    assert (found.segment, found.theme_ids, found.shares) == (LIVE, (7, 2), (1.0, 1.0, 1.0))
    assert found.seen([(START, START + 2)])[0, 0] == 2
    assert NearestTickets.of_json(json.loads(json.dumps(found.as_json()))) == found


def test_nearest_tickets_of_earlier_versions_are_read():
    """They were of one theme, in all segments."""
    known = NearestTickets.of_json({"theme_id": 7, "known": 30, "shares": [0.5], "buckets": [[START, 2]]})
    assert known == NearestTickets((7,), 30, (0.5,), ((START, 2),))


@pytest.mark.parametrize("meant", [20, 36, 45])
def test_what_is_meant_may_come_as_planned(meant):
    """Up to six times its usual volume in the scope, and what tolerance and chance add, is silent."""
    assert judged(*mixed(meant=meant, others=20)) == []
