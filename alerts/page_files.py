"""The page of a digest as a file, with the PDF that was made of it: the PDF never quotes what the page does not."""

from __future__ import annotations

from pathlib import Path

from alerts.atomic import write_atomically
from alerts.digest.formats import DigestFormat
from alerts.digest.pdf import render_pdf
from alerts.errors import PdfUnavailable


def rewrite_page(path: Path, page: str) -> None:
    """Write the HTML of a digest anew, and the PDF next to it before, where there is one.

    In this order, a process that dies in between leaves a page that still quotes what was to be removed, so that the next one begins
    again. Where no PDF can be made, it is deleted: no file is better than one with a quote that was to go.
    """
    pdf = path.with_suffix(DigestFormat.PDF.suffix)
    if pdf.exists():
        try:
            write_atomically(pdf, render_pdf(page))
        except PdfUnavailable:
            pdf.unlink(missing_ok=True)
    write_atomically(path, page)
