"""The numbers of a digest as CSV."""

import csv
import io

import pytest
from hypothesis import given

from alerts.digest.facts import facts_of
from alerts.digest.numbers import render_numbers
from alerts.digest.records import Digest, DigestItem, QuietTheme
from tests.alerts.launch_day import WINDOW
from tests.alerts.test_digest_escape import NASTY


def numbers(name, observed=12, expected=4.0):
    """The lines of a digest with an item and a quiet theme of a name."""
    item = DigestItem(1, name, "new", ("new",), observed, expected, 0, ())
    digest = Digest(
        "checkout", WINDOW, 12345, 1e7, 99999, 2, items=(item,), quiet=(QuietTheme(2, name, 3, None),), timezone="UTC"
    )
    return list(csv.DictReader(io.StringIO(render_numbers(facts_of(digest)), newline="")))


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", " =1", "＝1", "＋1", "－1", "＠a"])
def test_no_text_is_a_formula(start):
    """A name that a spreadsheet would compute is a text in it."""
    for row in numbers(start):
        if row["section"] in ("item", "quiet"):
            assert row["name"] == f"'{start}"


def test_numbers_are_numbers():
    """Numbers have no separators, so that a spreadsheet adds them up; what is not known is empty."""
    total, whole, item, quiet = numbers("Coins missing")
    assert (total["observed"], total["expected"], whole["observed"]) == ("12345", "10000000", "99999")
    assert (item["observed"], item["expected"], quiet["expected"]) == ("12", "4", "")
    assert total["since"] == "2026-11-20T00:00:00Z"


@given(name=NASTY)
def test_every_line_has_every_column(name):
    """Whatever a name holds, the file has one line for each theme and the same columns in each."""
    rows = numbers(name)
    assert [row["section"] for row in rows] == ["total", "all tickets", "item", "quiet"]
    assert all(None not in row and None not in row.values() for row in rows)
