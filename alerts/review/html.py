"""A business review as HTML for mail programs, browsers and PDF: tables with headings, inline styles, no script, nothing fetched."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment

from alerts.digest.html import STYLES, escaping_environment
from alerts.digest.language import ReaderDates
from alerts.digest.links import DigestLinks
from alerts.review import words
from alerts.review.markdown import FEW_WORDS, few_note, footnote, left_out_note
from alerts.review.records import BusinessReview
from models.times import rfc3339

FONTS = (
    "Arial,Helvetica,'DejaVu Sans','Noto Sans','Noto Sans CJK SC','Noto Sans Thai','Noto Sans Devanagari',"
    "'Noto Sans Arabic',sans-serif"
)
"""Names of themes are written in the scripts of their tickets."""


def review_html(review: BusinessReview, title: str, dates: ReaderDates, links: DigestLinks | None = None) -> str:
    """Write a review as a page that needs no other file; the template engine escapes every text.

    The same review and links give the same bytes, of the page and of the PDF that is made of it.
    """
    return (
        _environment()
        .get_template("review.html.j2")
        .render(
            review=review, title=title, links=links or DigestLinks(), words=words, footnote=footnote(review, dates),
            few_note=few_note, few_words=FEW_WORDS, left_out_note=left_out_note, ended=rfc3339(review.window.end),
        )
    )  # fmt: skip


@cache
def _environment() -> Environment:
    environment = escaping_environment("alerts.review")
    environment.globals.update(style={**STYLES, **_STYLES})
    return environment


_STYLES = {
    "body": STYLES["body"].replace("Arial,Helvetica,sans-serif", FONTS),
    "page": "max-width:860px;margin:0 auto;background:#ffffff",
    "table": "width:100%;border-collapse:collapse;margin:6px 0 4px;font-size:13px",
    "caption": "text-align:left;font-size:18px;font-weight:bold;line-height:1.3;padding:0 0 4px",
    "head": "padding:4px 8px;border-bottom:2px solid #5a616c;text-align:left;vertical-align:bottom",
    "number_head": "padding:4px 8px;border-bottom:2px solid #5a616c;text-align:right;vertical-align:bottom",
    "row_head": "padding:4px 8px;border-bottom:1px solid #e4e2dd;text-align:left;vertical-align:top;font-weight:normal;"
    "overflow-wrap:anywhere",
    "number": "padding:4px 8px;border-bottom:1px solid #e4e2dd;text-align:right;vertical-align:top;white-space:nowrap",
    "interval": "color:#5a616c;font-size:11px;white-space:nowrap",
    "note": f"{STYLES['source']};margin:2px 0 0;break-before:avoid",
    "wide": "overflow-x:auto",
}
"""Styles that only a review has."""
