"""A digest as PDF."""

import builtins
import re
import zlib

import pytest

from alerts.digest.html import render_html
from alerts.digest.pdf import render_pdf
from alerts.digest.records import Digest, DigestItem
from alerts.errors import PdfUnavailable
from store.board import Band, Hour
from tests.alerts.launch_day import WINDOW
from tests.harness import needs

HOURS = tuple(Hour(hour, 3, 1.0, Band(2.0, 0.0, 5.0, None)) for hour in WINDOW.hours)
PAGE = render_html(
    Digest("checkout", WINDOW, 72, 48.0, 90, 1, items=(DigestItem(1, "Coins", "new", ("new",), 72, 48.0, 0, HOURS),))
)


@pytest.fixture(autouse=True)
def pango():
    """What WeasyPrint writes with."""
    try:
        import weasyprint  # noqa: F401
    except OSError:
        needs.missing("Pango", "install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0")


def test_the_same_page_gives_the_same_bytes():
    """A page is a tagged PDF with its picture, and twice the same bytes."""
    written = render_pdf(PAGE)
    assert written.startswith(b"%PDF-")
    unpacked = b"".join(zlib.decompress(one) for one in re.findall(rb"stream\n(.*?)\nendstream", written, re.DOTALL))
    assert b"/StructTreeRoot" in unpacked
    assert b"/Title" in unpacked
    assert written == render_pdf(PAGE)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/x.png", "file:///etc/hostname", "https://example.org/a.svg", "ftp://example.org/a"]
)
def test_nothing_is_fetched(address, tmp_path):
    """An address in a page is not opened, whatever its scheme; the rest of the page is written."""
    assert render_pdf(f'<h1>Digest</h1><img src="{address}" alt="x">').startswith(b"%PDF-")


def test_a_script_without_a_font_is_said_to_have_none():
    """Characters that no installed font has (here of Linear B) are boxes, and a last paragraph says how many; else nothing is added."""
    plain, boxes = (
        render_pdf(f"<html><body><p>Coins {text}</p></body></html>") for text in ("AB", "\U00010000\U00010001")
    )
    assert len(boxes) > len(plain)
    notes = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alerts.digest.pdf._with_note", lambda page, found: notes.append(set(found)) or page)
        render_pdf("<html><body><p>Coins \U00010000\U00010001</p></body></html>")
        render_pdf("<html><body><p>Coins</p></body></html>")
    assert notes == [{"\U00010000", "\U00010001"}]


def test_missing_libraries_are_named(monkeypatch):
    """Where Pango is not installed, one sentence says what to install."""
    real = builtins.__import__

    def missing(name, *args, **options):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(PdfUnavailable, match="apt-get install libpango"):
        render_pdf(PAGE)
