"""A digest or a review as PDF, from its HTML, by WeasyPrint."""

from __future__ import annotations

import logging
import re
import threading
from typing import Any

from alerts.errors import PdfUnavailable

_PAPER = (
    "@page { size: A4; margin: 14mm 14mm 16mm; "
    "@bottom-right { content: counter(page) ' of ' counter(pages); font: 9px Arial, 'DejaVu Sans', sans-serif; color: #5a616c } "
    "@bottom-left { content: string(title); font: 9px Arial, 'DejaVu Sans', sans-serif; color: #5a616c } } "
    "h1 { string-set: title content() } h2 { break-after: avoid } thead { display: table-header-group } "
    "tr, blockquote, img { break-inside: avoid } body { background: #ffffff !important } "
    # Tables of figures have up to eight columns, which must fit between the margins: intervals may take two lines, words stay whole.
    "table[aria-labelledby] { font-size: 10.5px !important } "
    "table[aria-labelledby] th, table[aria-labelledby] td { padding: 3px 4px !important } "
    "table[aria-labelledby] td span { font-size: 9px !important; white-space: normal !important } "
    "table[aria-labelledby] th[scope=row] { overflow-wrap: break-word !important; min-width: 22mm }"
)

_MISSING = "glyph"
"""What WeasyPrint's warning about a character without a font has in it."""


class _MissingCharacters(logging.Handler):
    """Notes, of one thread, the characters for which no font is installed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: set[str] = set()
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Note the character of a warning."""
        if threading.get_ident() == self._thread and _MISSING in str(record.msg) and isinstance(record.args, tuple):
            self.found.add(str(record.args[0]))


def render_pdf(page: str) -> bytes:
    """Write an HTML page of a digest as PDF (tagged, for screen readers); nothing is fetched. The same page gives the same bytes.

    Where no font is installed for a script that a text is written in, a last paragraph says so: such characters are boxes.

    Raises `PdfUnavailable` where the libraries that WeasyPrint needs are not installed.
    """
    try:
        import weasyprint
    except OSError as error:  # what the dynamic loader says of a library that is missing
        raise PdfUnavailable from error
    missing = _MissingCharacters()
    log = logging.getLogger("weasyprint")
    log.addHandler(missing)
    try:
        written = _write(weasyprint, page)
        return _write(weasyprint, _with_note(page, missing.found)) if missing.found else written
    finally:
        log.removeHandler(missing)


def _write(weasyprint: Any, page: str) -> bytes:
    # Only the pictures that are in the page itself: nothing that a text could name is opened.
    fetcher = weasyprint.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    document = weasyprint.HTML(string=page, url_fetcher=fetcher)
    return bytes(document.write_pdf(stylesheets=[weasyprint.CSS(string=_PAPER)], pdf_tags=True))


def _with_note(page: str, characters: set[str]) -> str:
    number = len(characters)
    note = (
        f"<p>{number} {'character is' if number == 1 else 'characters are'} of scripts for which no font was installed where this was "
        "written: boxes stand in their place. The HTML and Markdown forms have them.</p>"
    )
    return re.sub(r"</body>", lambda end: f"{note}{end[0]}", page, count=1)
