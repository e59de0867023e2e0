"""Missing planned volume, where a theme contains more than the plan's text means."""

from types import SimpleNamespace

import numpy as np
import pytest

from models.spikes import LaunchEffect, SpikeSettings, ThemeLift
from models.spikes.launches.nearest_tickets import NearestTickets
from pipelines.epoch.missing_planned_volume import _Line, _subset_tails

START, LENGTH = 1_000_000, 144
USUAL = 20.0
"""Usual tickets of the theme in the launch's first half."""


class Forecast:
    """What would be usual, times a lift."""

    def forecast(self, theme_ids, segment, windows, lift):
        """Return mean and variance of one theme."""
        mean = np.full((len(theme_ids), len(windows)), lift * USUAL / len(theme_ids))
        return list(theme_ids), mean, 1.2 * mean


def tails(of_half, of_quarter, lift=6.0):
    """Return the tails of the two subsets of a theme: so many tickets of each came."""
    rows = tuple((START + at, *(int(at < n) for n in (of_half, of_quarter))) for at in range(max(of_half, of_quarter)))
    near = NearestTickets((7,), 100, (0.5, 0.25), rows)
    plan = LaunchEffect("sale", START, START + 2 * LENGTH)
    line = _Line(SimpleNamespace(), plan, ThemeLift(frozenset({7}), lift, core=7, nearest=(near,)), {7})
    window = SimpleNamespace(bucket=START + LENGTH)
    context = SimpleNamespace(window=window, state=SimpleNamespace(detector=SimpleNamespace(settings=SpikeSettings())))
    return _subset_tails(context, Forecast(), line)


@pytest.mark.parametrize(
    ("came", "missing"),
    [((10, 5), True), ((60, 30), False), ((30, 30), False)],
    ids=["as usual", "as planned", "the nearest quarter as planned"],
)
def test_volume_is_missing_only_where_every_share_that_the_text_may_mean_is(came, missing):
    """A plan for a quarter of a theme has come true though the theme as a whole has far less than a plan for all of it says."""
    assert (max(tails(*came)) < 0.02) == missing
