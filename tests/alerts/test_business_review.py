"""The forms of a business review: Markdown, HTML, CSV and PDF have the same figures."""

import os
import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.digest.formats import DigestFormat
from alerts.digest.links import DigestLinks
from alerts.errors import PdfUnavailable
from alerts.publishing import write_form
from alerts.review.form import stored_review
from alerts.review.records import (
    FEW,
    BusinessReview,
    CellKind,
    ReviewCell,
    ReviewColumn,
    ReviewNumber,
    ReviewRow,
    ReviewTable,
    cell_of,
)
from alerts.review.words import cell_text, change_interval, change_text, interval_text
from store.digests import DigestWindow
from tests.alerts.launch_day import DAY
from tests.harness import needs

GOLDEN = Path(__file__).parent / "golden" / "review.md"
WEEK = DigestWindow(DAY - timedelta(days=4), DAY + timedelta(days=3))
SHARE, TIME, COUNT, MONEY = CellKind.SHARE, CellKind.SECONDS, CellKind.COUNT, CellKind.MONEY
REVIEW = BusinessReview(
    audience="everyone", window=WEEK, scope="vendor acme", known_until=WEEK.end,
    numbers=(
        ReviewNumber(
            key="created", title="Tickets created", kind=COUNT, now=ReviewCell(1204), before=ReviewCell(1074),
            change=ReviewCell(130 / 1074), change_kind=CellKind.GROWTH,
        ),
        ReviewNumber(
            key="resolution", title="Resolution, median", kind=TIME, now=cell_of(12_000, (11_000, 13_500), 900),
            before=cell_of(13_500, (12_000, 14_000), 800), change=ReviewCell(-1500, -3200, 200),
            change_kind=CellKind.LENGTH_CHANGE,
        ),
        ReviewNumber(
            key="kept", title="Promises kept", kind=SHARE, now=cell_of(0.952, (0.94, 0.961), 2301),
            before=cell_of(0.942, (0.93, 0.953), 2100), change=ReviewCell(0.01, -0.002, 0.022),
        ),
        ReviewNumber(
            key="backlog", title="Open at the end", kind=COUNT, now=ReviewCell(900), before=ReviewCell(931), change=ReviewCell(-31),
            change_kind=CellKind.COUNT_CHANGE,
        ),
        ReviewNumber(key="csat", title="Satisfied", kind=SHARE, now=ReviewCell(), before=ReviewCell()),
    ),
    ai=(ReviewNumber(key="contained", title="Contained by AI", kind=SHARE, now=cell_of(0.4, (0.2, 0.6), 20), before=ReviewCell()),),
    tables=(
        ReviewTable(
            key="themes", title="Themes by cost", of="Theme",
            columns=(
                ReviewColumn("cost", "Cost", MONEY, "EUR"), ReviewColumn("kept", "Kept", SHARE),
                ReviewColumn("effect", "Part in the change", CellKind.POINTS),
            ),
            rows=(
                ReviewRow("Coins | *missing* <b>", (ReviewCell(1310.5), cell_of(0.9, (0.8, 0.95), FEW), ReviewCell(-0.013)), 12),
                ReviewRow("12. Pix", (ReviewCell(80.0), cell_of(0.5, (0.1, 0.9), 4), ReviewCell()), 3),
            ),
            sentences=("4 of 66 themes have 80 % of the cost.",), left_out=64,
        ),
    ),
    sentences=("1,204 tickets created (+12.1 %).", "Promises kept went up."), overdue=("Refunds (refunds, version 3)",),
)  # fmt: skip
STORED = stored_review(REVIEW, links=DigestLinks("https://desk.example"))


def test_the_markdown_is_what_people_read():
    """The text of a review, with its tables, as the golden file has it."""
    if os.environ.get("GROUNDSWELL_REGENERATE_GOLDEN"):
        GOLDEN.write_text(STORED.markdown, encoding="utf-8")
    assert STORED.markdown == GOLDEN.read_text(encoding="utf-8")


def test_each_form_has_the_same_figures():
    """Each figure of the Markdown's tables is in the page, and the page has headings for rows and columns and nothing to fetch."""
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", STORED.html)).split())
    for table in (*REVIEW.tables,):
        for row in table.rows:
            for cell, column in zip(row.cells, table.columns, strict=True):
                assert cell_text(cell, column.kind, column.unit) in text
                assert interval_text(cell, column.kind) in text
    for number in REVIEW.numbers:
        assert change_text(number) in text
        assert change_interval(number) in text
    assert STORED.html.count('scope="col"') == 12
    assert STORED.html.count('scope="row"') == 8
    assert "<b>" not in STORED.html
    assert 'href="https://desk.example/themes/12"' in STORED.html
    assert not re.search(r"<(script|img|link)\b", STORED.html)


@pytest.fixture
def pango():
    """What WeasyPrint writes with."""
    try:
        import weasyprint  # noqa: F401
    except OSError:
        needs.missing("Pango", "install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0")


def test_the_pdf_is_the_page(pango, monkeypatch):
    """The PDF is made of the stored page alone, so that its figures are the page's; twice the same bytes, dated by the week."""
    written = write_form(STORED, DigestFormat.PDF)
    assert written == write_form(STORED, DigestFormat.PDF)
    seen = []
    monkeypatch.setattr("alerts.publishing.render_pdf", lambda page: seen.append(page) or b"")
    write_form(STORED, DigestFormat.PDF)
    assert seen == [STORED.html]
    assert '<meta name="dcterms.created" content="2026-11-23T00:00:00Z">' in STORED.html


def test_without_the_libraries_a_pdf_is_refused(monkeypatch):
    """The other forms are written all the same."""

    def missing(page):
        raise PdfUnavailable

    monkeypatch.setattr("alerts.publishing.render_pdf", missing)
    with pytest.raises(PdfUnavailable):
        write_form(STORED, DigestFormat.PDF)
    assert write_form(STORED, DigestFormat.CSV).startswith(b"section,id,name,figure,unit,value")


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.integers(0, 100), st.sampled_from([*CellKind]))
def test_every_figure_is_written(value, low, number, kind):
    """A figure of any size is written in every unit, and too few cases are marked unless there is none."""
    cell = cell_of(value, (min(low, value), max(low, value)), number)
    text = cell_text(cell, kind)
    assert text.strip()
    assert text.endswith("*") == (0 < number < FEW)
    assert " to " in interval_text(cell, kind)
    assert cell_text(ReviewCell(), kind) == "–"
    assert interval_text(ReviewCell(value), kind) == ""
