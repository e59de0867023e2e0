"""A digest as PDF, from its HTML, by WeasyPrint."""

from __future__ import annotations

from alerts.errors import PdfUnavailable

_PAPER = "@page { size: A4; margin: 14mm } tr, blockquote, img { break-inside: avoid } body { background: #ffffff !important }"


def render_pdf(page: str) -> bytes:
    """Write an HTML page of a digest as PDF (tagged, for screen readers); nothing is fetched. The same page gives the same bytes.

    Raises `PdfUnavailable` where the libraries that WeasyPrint needs are not installed.
    """
    try:
        from weasyprint import CSS, HTML, URLFetcher
    except OSError as error:  # what the dynamic loader says of a library that is missing
        raise PdfUnavailable from error
    # Only the pictures that are in the page itself: nothing that a text could name is opened.
    fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    document = HTML(string=page, url_fetcher=fetcher)
    return bytes(document.write_pdf(stylesheets=[CSS(string=_PAPER)], pdf_tags=True))
