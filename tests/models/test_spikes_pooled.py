"""Pooled excess: small themes that rise together with similar ones are one episode, and chance is not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.segment import EVERYTHING, Segment
from models.spikes import Detector, Episode, LaunchEffect, SeriesCounts, ThemeFacts, ThemeLift
from models.spikes.explain.plain_verdict import verdict_of_test
from models.spikes.explain.why import explain
from models.spikes.families.pooled_excess import WINDOW_HOURS
from models.spikes.families.pooled_segments import segment_tests
from models.spikes.inputs import DetectionInputs
from models.spikes.series import SeriesKey
from models.spikes.statistics.subsets import GroupCounts, strongest_subset
from tests.models.test_spikes import DAY, HOUR, LIVE, TODAY, World

FAMILY = (1, 2, 3, 4, 5, 6)
COUNTS = st.lists(st.integers(0, 12), min_size=1, max_size=8)


def group(counts, mean=1.2, dispersion=1.5):
    """Return members with these counts in one window, all with the same mean."""
    observed = np.array(counts)[:, None]
    usual = np.full(observed.shape, mean)
    return GroupCounts(observed, usual, dispersion * usual, np.zeros(observed.shape))


@given(COUNTS, st.data())
@settings(max_examples=100, deadline=None)
def test_another_ticket_never_weakens_the_evidence(counts, data):
    """One ticket more in any member, all with the same mean, gives a p-value that is no larger."""
    before = strongest_subset(group(counts), 5).p_values[0]
    counts[data.draw(st.integers(0, len(counts) - 1))] += 1
    assert strongest_subset(group(counts), 5).p_values[0] <= before * (1 + 1e-9)


@given(COUNTS, st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_members_does_not_matter(counts, random):
    """However the members are listed, the p-value is the same, and the subset has the same counts."""
    listed = list(counts)
    random.shuffle(listed)
    one, other = (strongest_subset(group(each), 5) for each in (counts, listed))
    assert one.p_values == pytest.approx(other.p_values)
    assert sorted(counts[at] for at in one.members[0]) == sorted(listed[at] for at in other.members[0])


@pytest.mark.parametrize("members", [1, 3, 8])
def test_p_values_keep_their_level(members):
    """Without a rise about a share p of groups at most has a p-value of p or less, although the subset is chosen by the counts.

    Mid-p values of counts as small as these exceed their level by up to a third here and there.
    """
    random = np.random.default_rng(members)
    drawn = random.negative_binomial(4.8, 1 / 1.5, (3_000, members))
    p_values = np.array([strongest_subset(group(counts, 2.4), 1).p_values[0] for counts in drawn])
    for level in (0.01, 0.05, 0.2):
        assert (p_values <= level).mean() <= 1.33 * level + 3 * np.sqrt(level / len(drawn))


def test_what_moves_all_alike_adds_up():
    """A deviation that the members share makes their sum less surprising than one that each has of its own."""
    counts = group([6, 6, 6, 6])
    shared = replace(counts, shared=np.sqrt(counts.noise) * 0.5)
    assert strongest_subset(shared, 5).p_values[0] > strongest_subset(counts, 5).p_values[0]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_groups_that_are_added_up_together_have_the_sums_of_each_alone(sizes, seed):
    """Counts, means and variances of each of several groups are those of the group by itself, to the last digit."""
    random = np.random.default_rng(seed)
    shape = (sum(sizes), 4)
    mean = random.gamma(2.0, 1.0, shape)
    noise = mean * random.uniform(1.0, 3.0, shape)
    counts = GroupCounts(random.poisson(mean), mean, noise, np.sqrt(noise) * random.uniform(0.0, 1.0, shape))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    ends = np.cumsum(sizes)
    for at, together in enumerate(zip(*counts.summed(groups, len(sizes)), strict=True)):
        alone = counts.at(slice(ends[at] - sizes[at], ends[at])).total()
        assert all(np.array_equal(one, other) for one, other in zip(together, alone, strict=True))


def test_the_rising_members_are_named():
    """Of eight members the two that rise are the subset."""
    assert strongest_subset(group([0, 9, 1, 1, 9, 0, 2, 1]), 5).members == ((1, 4),)


class SmallThemes(World):
    """Sixteen themes of five tickets a day, six of which are a family, and a large theme."""

    families = (FAMILY,)

    def __init__(self, **others):
        super().__init__(themes=16, per_day=5.0, until=TODAY + DAY, **others)
        self.facts[17] = ThemeFacts(min(facts.first_seen for facts in self.facts.values()))
        self.usual(17, self.facts[17].first_seen, TODAY + DAY, 400.0)

    def rise(self, themes=FAMILY, tickets=6, segment=EVERYTHING):
        """Add tickets to some themes in the six hours from `TODAY` on."""
        for theme in themes:
            self.surge(theme, TODAY + theme, TODAY + 6 * HOUR, tickets, segment)

    def inputs(self, end, counts=None):
        """Return what detection receives."""
        return DetectionInputs(
            end, counts or self.counts, themes=self.facts, episodes=list(self.episodes.values()),
            launches=self.launches, families=self.families,
        )  # fmt: skip

    def judge(self, end):
        """Test the epoch that ends at a bucket."""
        return self.detector.detect(self.inputs(end))

    def follow(self, hours):
        """Test hours from `TODAY` on, keep the episodes as a miner would, and return what opened and closed."""
        reported = []
        for end in range(TODAY + HOUR, TODAY + hours * HOUR + 1, HOUR):
            for one in self.judge(end):
                known = self.episodes.get((one.theme_id, one.start))
                members = known.theme_ids if known else one.theme_ids if len(one.theme_ids) > 1 else ()
                self.episodes[one.theme_id, one.start] = Episode(
                    one.theme_id, one.segment, one.start, one.end, one.kind, one.launch_id, one.severity, members
                )
                reported += [(end, one)] if one.change != "updated" else []
        return reported


def test_a_family_that_rises_is_one_episode():
    """Six small themes with six tickets more each are one episode of all of them, which closes when they are calm again."""
    world = SmallThemes()
    world.rise()
    reported = world.follow(24)
    assert [one.change for _, one in reported] == ["opened", "closed"]
    end, opened = reported[0]
    assert end <= TODAY + 6 * HOUR
    assert set(opened.theme_ids) <= set(FAMILY)
    assert len(opened.theme_ids) >= 4
    assert opened.theme_id in opened.theme_ids
    assert opened.observed > 3 * opened.expected
    assert opened.total_observed == opened.observed
    assert 0.0 < opened.budget < 1.0


def test_the_same_tickets_without_a_family_are_none():
    """The same rise in themes that are not similar opens no episode: each has too few tickets to be judged alone."""
    world = SmallThemes()
    world.families = ()
    world.rise(tickets=3)
    assert world.follow(6) == []


def test_a_rise_in_one_segment_of_the_family_is_found_there():
    """Tickets that are few in all of the family's tickets, and many in one of its segments, are an episode of that segment."""
    world = SmallThemes()
    world.rise(tickets=3, segment=LIVE)
    opened = [one for _, one in world.follow(6) if one.change == "opened"]
    assert [one.segment for one in opened] in ([LIVE], [EVERYTHING])
    assert all(len(one.theme_ids) > 1 for one in opened)


def test_a_day_of_a_small_theme_is_found_although_its_level_follows():
    """A theme of five tickets a day that has 24 in one is found in that day, whatever the baseline has learned of its first hours."""
    world = SmallThemes()
    world.surge(10, TODAY, TODAY + DAY, 19)
    opened = [one for _, one in world.follow(24) if one.change == "opened"]
    assert [(one.theme_id, one.theme_ids) for one in opened] == [(10, (10,))]


def test_a_family_is_tested_alike_whichever_others_there_are():
    """In each segment a family's p-value, subset and leading theme are the same with other families and without them."""
    world = SmallThemes()
    world.rise(tickets=2, segment=LIVE)
    world.rise((8, 9), tickets=2, segment=LIVE)
    families = (FAMILY, (7, 8, 9), (11, 12, 13, 14))
    context, _ = world.detector.judge(world.inputs(TODAY + 6 * HOUR))
    windows = [(context.end - hours * HOUR, context.end) for hours in WINDOW_HOURS]
    together, in_all = segment_tests(context, families, windows)
    alone = [segment_tests(context, (family,), windows) for family in families]
    signals = [tests.signal(at) for tests, _ in alone if tests is not None for at in range(len(tests))]
    assert [together.signal(at) for at in range(len(together))] == signals
    assert in_all == sum(number for _, number in alone)
    assert together.leads.tolist() == [one.lead for one in signals]
    assert {one.themes for one in signals} == set(families)
    assert LIVE in {one.segment for one in signals}


def test_quiet_families_are_silent():
    """A day of steady volume opens nothing."""
    assert SmallThemes(seed=4).follow(24) == []


def test_known_issues_and_planned_themes_are_left_out():
    """Members that are known issues, or that a running launch names, are not in the sum."""
    for spoil in ("flag", "plan"):
        world = SmallThemes()
        world.rise()
        if spoil == "flag":
            world.facts = {
                theme: replace(facts, known_issue_since=TODAY - 3 * DAY) if theme in FAMILY else facts
                for theme, facts in world.facts.items()
            }
        else:
            lifts = {theme: ThemeLift(theme, 6.0) for theme in FAMILY}
            world.launches = [_planned(lifts)]
        assert [one for _, one in world.follow(6) if len(one.theme_ids) > 1 and one.launch_id is None] == []


def _planned(lifts):
    return LaunchEffect.of("sale", TODAY, TODAY + DAY, {theme: lift.lift for theme, lift in lifts.items()})


def test_a_member_says_with_which_theme_it_rises():
    """Asked about a member that does not hold the episode, the explanation and the plain verdict name the theme that does."""
    world = SmallThemes()
    world.rise()
    end = next(end for end, one in world.follow(6) if one.change == "opened")
    context, findings = world.detector.judge(world.inputs(end))
    (finding,) = [one for one in findings if len(one.theme_ids) > 1]
    member = next(theme for theme in finding.theme_ids if theme != finding.theme_id)
    why = explain(context, findings, member)
    assert why.verdict == "pooled"
    assert f"rises together with theme {finding.theme_id}" in why.sentences[0]
    assert f"theme {finding.theme_id}" in verdict_of_test(why).sentence
    assert "similar small themes together" in explain(context, findings, finding.theme_id).sentences[0]


def test_a_reloaded_detector_finds_the_same():
    """A detector that reloads the counts in another order reports the same figures, byte for byte."""
    world = SmallThemes()
    world.rise()
    end = next(end for end, one in world.follow(6) if one.change == "opened")
    world.episodes.clear()
    counts = SeriesCounts()
    counts.restore(reversed(world.rows))
    again = Detector().detect(world.inputs(end, counts))
    assert again == world.judge(end)
    assert any(len(one.theme_ids) > 1 for one in again)


def test_a_series_whose_tickets_went_elsewhere_is_not_counted_among_the_tests():
    """It is not there any more once the counts are restored, and a restart changes no rate."""
    world = SmallThemes()
    world.rise()
    gone = SeriesKey(1, Segment.of({"region": "XX"}))
    for number in (1, -1):
        world.counts.add(TODAY - 5, gone, number)
    end = TODAY + 6 * HOUR
    restored = SeriesCounts()
    restored.restore(world.rows)
    windows = [(end - hours * HOUR, end) for hours in WINDOW_HOURS]
    contexts = [Detector().judge(world.inputs(end, counts))[0] for counts in (world.counts, restored)]
    running, again = (segment_tests(context, (FAMILY,), windows)[1] for context in contexts)
    assert running == again > 0
