"""Pooled segments: the sum of each group of small themes in each segment, all of them tested in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from models.arrays import BucketWindow, Floats, Ints
from models.segment import EVERYTHING
from models.spikes.context import DetectionContext
from models.spikes.counts import positions_of
from models.spikes.expectation.series import SeriesRows
from models.spikes.families.pooled_counts import pooled_counts
from models.spikes.families.pooled_tests import PooledSignal, PooledTests, tails_above
from models.spikes.statistics.multiple_testing import simes


@dataclass(frozen=True, slots=True)
class _Members:
    """The members of groups, one group after the other, and the rows of their segments.

    themes, groups: shape (members,), theme ids and positions of groups. begins: shape (groups + 1,), the position of each group's
    first member, and the number of all. rows, member, segments: shape (rows,), everything left out: rows of the counts, the
    position of each row's member, and the number of its segment.
    """

    themes: Ints
    groups: Ints
    begins: Ints
    rows: Ints
    member: Ints
    segments: Ints

    @classmethod
    def of(cls, context: DetectionContext, groups: Sequence[tuple[int, ...]]) -> _Members:
        """List the members of groups."""
        sizes = np.array([len(group) for group in groups], dtype=np.int64)
        themes = np.array([theme for group in groups for theme in group], dtype=np.int64)
        by_member = [context.counts.rows_of(theme) for theme in themes.tolist()]
        rows = np.array(list(chain.from_iterable(by_member)), dtype=np.int64)
        member = np.repeat(np.arange(len(themes)), [len(one) for one in by_member])
        segments = context.counts.index()[1][rows]
        inside = segments != context.counts.segment_id(EVERYTHING)
        return cls(
            themes,
            np.repeat(np.arange(len(groups)), sizes),
            np.concatenate([[0], np.cumsum(sizes)]),
            rows[inside],
            member[inside],
            segments[inside],
        )


@dataclass(frozen=True, slots=True)
class _TestedSums:
    """Groups in segments, in the order of the groups and the canonical order of segments.

    groups, segments: shape (tests,): positions of groups and numbers of segments. total: how many could have been tested: those
        with tickets in what was learned or in the window. A series whose tickets all went elsewhere is not among them, since it is
        not there either once the counts are restored.
    """

    groups: Ints
    segments: Ints
    total: int

    @classmethod
    def of(cls, context: DetectionContext, members: _Members, window: BucketWindow) -> _TestedSums:
        """Choose the segments in which a group has enough tickets in a window.

        A segment in which only one member has tickets is left out: it is no rise of the group.
        """
        width = len(context.segment_order)
        keys = members.groups[members.member] * width + context.segment_order[members.segments]
        found, first, sum_of = np.unique(keys, return_index=True, return_inverse=True)
        tickets = context.counts.sums(*window)[members.rows]
        enough = np.bincount(sum_of, tickets, len(found)) >= context.settings.min_tickets
        chosen = enough & (np.bincount(sum_of, tickets > 0, len(found)) > 1)
        learned = context.baseline.sums
        known = np.zeros(len(tickets))
        known[members.rows < len(learned)] = learned[members.rows[members.rows < len(learned)]]
        total = int((np.bincount(sum_of, known + tickets, len(found)) > 0).sum())
        return cls(found[chosen] // width, members.segments[first[chosen]], total)


def segment_tests(
    context: DetectionContext, groups: Sequence[tuple[int, ...]], windows: Sequence[BucketWindow]
) -> tuple[PooledTests | None, int]:
    """Test the sum of each group in its segments over some windows, of which the last is the longest.

    Returns the tests that could signal (None where there are none), and how many there are in all.
    """
    if not groups:
        return None, 0
    members = _Members.of(context, groups)
    asked = _TestedSums.of(context, members, windows[-1])
    if not len(asked.groups):
        return None, asked.total
    member, test = _spread(members, asked)
    counts = pooled_counts(context, _series(context, members, member, asked.segments[test]), windows)
    tails = tails_above(*counts.summed(test, len(asked.groups)), context.settings.min_tickets)
    strongest = np.argmin(tails, axis=1)[test]
    series = np.arange(len(test))
    excess = counts.observed[series, strongest] - counts.mean[series, strongest]
    begins = np.searchsorted(test, np.arange(len(asked.groups) + 1))
    p_values, names = simes(tails), context.counts.segment_names()

    def signal(at: int) -> PooledSignal:
        own = excess[begins[at] : begins[at + 1]]
        group, segment = groups[int(asked.groups[at])], names[int(asked.segments[at])]
        return PooledSignal.of(group, segment, float(p_values[at]), np.flatnonzero(own > 0).tolist(), own)

    leads = members.themes[member[_leading(excess, test, begins[:-1])]]
    return PooledTests(p_values, leads, asked.segments, signal), asked.total


def _spread(members: _Members, asked: _TestedSums) -> tuple[Ints, Ints]:
    """List the members of each tested group: the position of each member, and of its test."""
    first = members.begins[asked.groups]
    sizes = members.begins[asked.groups + 1] - first
    test = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(test)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return first[test] + within, test


def _series(context: DetectionContext, members: _Members, member: Ints, segments: Ints) -> SeriesRows:
    """Return the series of members in segments, those that never had counts included."""
    width = len(context.segment_order)
    known = members.member * width + members.segments
    order = np.argsort(known)
    at = positions_of(member * width + segments, known[order])
    rows = np.where(at >= 0, members.rows[order[at]], len(context.counts))
    position = context.baseline.position
    themes = np.array([position[theme] for theme in members.themes.tolist()], dtype=np.int64)[member]
    return SeriesRows(rows, themes, segments, np.zeros(len(rows), dtype=bool), context.counts.segment_names())


def _leading(excess: Floats, test: Ints, begins: Ints) -> Ints:
    """Return the position of the series with the most excess in each test; the first one where none has more than expected."""
    order = np.lexsort((-np.maximum(excess, 0.0), test))
    leading: Ints = order[begins]
    return leading
