"""The pictures of a digest: the hours of its items."""

from __future__ import annotations

from alerts.chart.plot import Plot, PlotSpan, plot_of
from alerts.digest.records import Digest, DigestItem
from alerts.digest.wording import chart_summary


def picture_of(item: DigestItem, digest: Digest) -> Plot | None:
    """Lay out an item's hours with its spikes; None where it has no hours."""
    if not item.hours:
        return None
    spans = [PlotSpan(signal.start, signal.end) for signal in item.signals]
    return plot_of(item.hours, chart_summary(item, digest), spans, digest.timezone)
