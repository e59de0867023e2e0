"""The chart of a digest's item as SVG."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.chart.plot import Plot, PlotSpan, plot_of, png_of, svg_of
from store.board import Band, Hour
from tests.alerts.launch_day import DAY

FIRST = int(DAY.timestamp() // 3600)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def series(hours, *, banded=True):
    """Hours with as many tickets as their place modulo 7."""
    band = Band(2.0, 0.5, 4.0, None) if banded else None
    return tuple(Hour(FIRST + place, place % 7, 1.0, band) for place in range(hours))


def parsed(drawn):
    """Read what was drawn."""
    return ET.fromstring(drawn)  # noqa: S314 - made here


@pytest.mark.parametrize("hours", [1, 2, 24, 25, 72, 73, 169, 1000])
@pytest.mark.parametrize("banded", [True, False])
def test_every_length_is_drawn(hours, banded):
    """From one hour to six weeks, with and without expectation, the same chart twice is the same bytes, small enough for a mail."""
    spans = [PlotSpan(DAY + timedelta(hours=1), None), PlotSpan(DAY - timedelta(days=9), DAY - timedelta(days=8))]
    plot = plot_of(series(hours, banded=banded), "Tickets an hour.", spans, "America/Sao_Paulo")
    drawn = svg_of(plot)
    assert drawn == svg_of(plot)
    assert Plot.of(plot.as_json()).as_json() == plot.as_json()
    assert parsed(drawn).tag == f"{NAMESPACE}svg"
    assert len(drawn) < 25_000
    assert "date" not in drawn


def test_a_chart_is_described():
    """Who does not see the picture is read its title: it is an image with a name."""
    root = parsed(svg_of(plot_of(series(24), 'At most 6 <b> & "more".')))
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.find(f"{NAMESPACE}title").text == 'At most 6 <b> & "more".'


def test_no_hours_are_no_chart():
    """Nothing is drawn of nothing."""
    assert plot_of((), "Nothing.") is None


def test_a_mail_gets_a_bitmap():
    """The same plot is the same PNG, without a date in it."""
    plot = plot_of(series(24), "Tickets an hour.")
    assert png_of(plot).startswith(b"\x89PNG")
    assert png_of(plot) == png_of(plot)


@settings(max_examples=5, deadline=None)
@given(observed=st.lists(st.integers(0, 10**7), min_size=1, max_size=30))
def test_any_numbers_are_drawn(observed):
    """Any numbers give a well-formed picture."""
    hours = tuple(Hour(FIRST + place, number, 1.0, None) for place, number in enumerate(observed))
    assert parsed(svg_of(plot_of(hours, "x"))).tag == f"{NAMESPACE}svg"
