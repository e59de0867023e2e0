"""The mix has a dispersion of its own: estimated from blocks of the past and from residuals, apart from that of totals."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.causes import CauseInputs, explain
from models.causes.leaves import Leaves
from models.causes.mix import PRIOR_CORRELATION, between_blocks, blocks_of
from models.causes.subset_scan import scan
from models.change import Change
from models.segment import EVERYTHING, Segment

ONSET = datetime(2026, 9, 21, 13, 20, tzinfo=UTC)
DIMENSIONS = ("region", "platform", "version")
SIZES = (6, 5, 6)
ROWS = [(f"r{a}", f"p{b}", f"v{c}") for a in range(SIZES[0]) for b in range(SIZES[1]) for c in range(SIZES[2])]
PLANTED = Segment.of({"region": "r1", "platform": "p2"})


def drawn(random, usual, tickets, correlation):
    """Tickets of one block, whose mix is Dirichlet around the usual one."""
    mix = usual if correlation == 0 else random.gamma(usual * (1 / correlation - 1))
    counts = random.multinomial(tickets, mix / mix.sum())
    return {ROWS[at]: float(counts[at]) for at in np.flatnonzero(counts)}


def usual_mix(random):
    """Shares of the leaves."""
    return random.dirichlet(np.full(len(ROWS), 2.0))


def summed(blocks):
    """The blocks together."""
    found = Counter()
    for block in blocks:
        found.update(block)
    return found


@pytest.mark.parametrize("correlation", [0.0, 0.005, 0.02])
def test_correlation_of_blocks_is_estimated(correlation):
    """Over several pasts, the estimate is close to the correlation with which the blocks were drawn."""
    random = np.random.default_rng(1)
    found = []
    for _ in range(10):
        usual = usual_mix(random)
        found.append(between_blocks([drawn(random, usual, 60, correlation) for _ in range(30)]))
    assert np.mean(found) == pytest.approx(correlation, rel=0.2, abs=0.0006)


def test_few_blocks_say_little():
    """With no or two blocks, or with one ticket in each, the prior holds."""
    assert between_blocks([]) == PRIOR_CORRELATION
    assert between_blocks([{("a",): 3.0}, {("b",): 4.0}]) == PRIOR_CORRELATION
    assert between_blocks([{("a",): 1.0}] * 10) == PRIOR_CORRELATION


BLOCKS = st.lists(st.dictionaries(st.tuples(st.sampled_from("abcd")), st.integers(0, 30).map(float)), max_size=8)


@settings(deadline=None, max_examples=100)
@given(BLOCKS, st.randoms(use_true_random=False))
def test_estimate_is_a_correlation_whatever_the_order(blocks, random):
    """Any counts give a number from 0 to 1, the same in any order of blocks."""
    found = between_blocks(blocks)
    assert 0.0 <= found <= 1.0
    random.shuffle(blocks)
    assert between_blocks(blocks) == pytest.approx(found, rel=1e-6, abs=1e-12)


def test_blocks_are_as_long_as_the_window_within_bounds():
    """Blocks last as long as the window, from an hour to a day, and contain every ticket once."""
    times = [ONSET + timedelta(minutes=2 * at) for at in range(2_000)]
    rows = [{"region": f"r{at % 3}"} for at in range(2_000)]
    for span, blocks in ((timedelta(0), 67), (timedelta(hours=6), 12), (timedelta(days=9), 3)):
        found = blocks_of(rows, times, span, ("region",))
        assert len(found) == blocks
        assert sum(sum(block.values()) for block in found) == 2_000
    assert blocks_of(rows, (), timedelta(hours=1), ("region",)) == []


@pytest.mark.parametrize("seed", range(4))
def test_mix_that_varies_has_no_cause_in_its_usual_variation(seed):
    """Where the mix varies from block to block, a window with a mix of its own has no cause; as a multinomial one it has."""
    random = np.random.default_rng(seed)
    usual = usual_mix(random)
    blocks = [drawn(random, usual, 60, 0.01) for _ in range(30)]
    window = drawn(random, usual, 300, 0.01)
    known = Leaves(window, summed(blocks), {}, 200.0, DIMENSIONS, correlation=between_blocks(blocks))
    assert scan(known, 1.0) == []
    assert scan(Leaves(window, summed(blocks), {}, 200.0, DIMENSIONS, correlation=0.0), 1.0)


@pytest.mark.parametrize("seed", range(4))
def test_uncertain_total_does_not_hide_a_cause_in_the_mix(seed):
    """Totals that vary a hundred times more than Poisson counts leave the segment that doubled to be found, alone."""
    random = np.random.default_rng(seed)
    usual = usual_mix(random)
    inside = np.array([PLANTED.holds(dict(zip(DIMENSIONS, row, strict=True))) for row in ROWS])
    blocks = [drawn(random, usual, 2_000, 0.0005) for _ in range(10)]
    raised = np.where(inside, usual * (1.0 + 0.25 / usual[inside].sum()), usual)
    window = drawn(random, raised / raised.sum(), 25_000, 0.0005)
    found = scan(Leaves(window, summed(blocks), {}, 20_000.0, DIMENSIONS), 100.0)
    assert [one.segment for one in found] == [PLANTED]


def tickets(random, n, segment=EVERYTHING):
    """Tickets of an even mix, with the segment's values in place of their own."""
    rows = [ROWS[at] for at in random.integers(len(ROWS), size=n)]
    return [dict(zip(DIMENSIONS, row, strict=True)) | segment.as_dict() for row in rows]


def named(window, reference, expected):
    """The changes named, of one of the segment and one of everything."""
    changes = [
        Change("global", "config", "Timeout", EVERYTHING, ONSET - timedelta(minutes=10)),
        Change("local", "release", "App 5", PLANTED, ONSET - timedelta(minutes=20)),
    ]
    found = explain(CauseInputs(window, reference, expected, start=ONSET, dimensions=DIMENSIONS, changes=changes))
    return {cause.change_id for cause in found.causes if cause.change_id}


@pytest.mark.parametrize("seed", range(3))
def test_change_of_everything_is_a_cause_only_of_an_excess_that_is_everywhere(seed):
    """A change without scope is not named for an excess in one segment, and is where all the others rise too."""
    random = np.random.default_rng(seed)
    reference = tickets(random, 600)
    assert named(tickets(random, 60) + tickets(random, 60, PLANTED), reference, 60.0) == {"local"}
    assert "global" in named(tickets(random, 180) + tickets(random, 60, PLANTED), reference, 60.0)
    assert named(tickets(random, 180), reference, 60.0) == {"global"}
