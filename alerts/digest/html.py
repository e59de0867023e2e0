"""A digest as HTML for mail programs and browsers: tables and inline styles, no script, nothing fetched."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined

from alerts.chart.plot import svg_of
from alerts.digest import wording
from alerts.digest.about import about
from alerts.digest.escape import web_address
from alerts.digest.leadership import summary_lines
from alerts.digest.links import DigestLinks
from alerts.digest.pictures import picture_of
from alerts.digest.records import Digest, DigestItem
from alerts.digest.title import window_title
from models.demand.figures import demand_sentence

PictureAddress: TypeAlias = Callable[[DigestItem, str], str]
"""Returns the address of an item's picture, given its SVG: a `data:` URL, or the `cid:` of a part of a mail."""


def render_html(digest: Digest, links: DigestLinks | None = None, picture: PictureAddress | None = None) -> str:
    """Write the digest as a page that needs no other file; the template engine escapes every text.

    Mail programs drop style sheets, scripts and positioned layout, so that each element has its own style and tables make the layout.
    The same digest, links and picture addresses give the same bytes. Without `picture` the charts are in the page.
    """
    title = window_title(digest.window, wording.dates_of(digest), digest.kind)
    return (
        _environment()
        .get_template("digest.html.j2")
        .render(
            digest=digest, title=title, links=links or DigestLinks(), summary=summary_lines(digest),
            picture=picture or embedded, say=wording, dates=wording.dates_of(digest),
        )
    )  # fmt: skip


def embedded(_item: DigestItem, svg: str) -> str:
    """Return the picture as a `data:` URL; in an `img` element an SVG runs nothing and fetches nothing."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


@cache
def _environment() -> Environment:
    environment = escaping_environment("alerts.digest")
    environment.globals.update(
        about=about, demand_sentence=demand_sentence, picture_of=picture_of, style=STYLES, svg_of=svg_of
    )
    return environment


def escaping_environment(package: str) -> Environment:
    """Make the environment of a package's templates for mails and files: every text is escaped, and a missing name is an error."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(web_address=web_address)
    return environment


STYLES = {
    "body": "margin:0;padding:0;background:#f4f3f0;color:#1d2129;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.5",
    "page": "width:100%;max-width:680px;margin:0 auto;border-collapse:collapse;background:#ffffff",
    "cell": "padding:18px 24px;border-bottom:1px solid #e4e2dd;vertical-align:top",
    "eyebrow": "margin:0 0 4px;color:#5a616c;font-size:13px",
    "h1": "margin:0 0 10px;font-size:24px;line-height:1.25",
    "h2": "margin:2px 0 4px;font-size:18px;line-height:1.3",
    "summary": "margin:0;padding:0 0 0 18px",
    "line": "margin:0 0 4px",
    "p": "margin:0 0 6px",
    "much": "margin:0 0 6px;font-size:16px",
    "soft": "color:#5a616c",
    "label": "display:inline-block;margin:0 6px 0 0;padding:0 8px;border:1px solid #c2410c;border-radius:10px;"
    "color:#9a3412;font-size:12px",
    "facts": "width:100%;border-collapse:collapse;margin:4px 0 6px",
    "name": "padding:2px 12px 2px 0;width:96px;color:#5a616c;font-size:13px;vertical-align:top;text-align:left;font-weight:normal",
    "value": "padding:2px 0;vertical-align:top",
    "step": "padding:6px 10px;background:#eef3ee;border-left:3px solid #2f6f43;vertical-align:top",
    "quote": "margin:8px 0 0;padding:2px 0 2px 12px;border-left:3px solid #e4e2dd",
    "quoted": "margin:0",
    "source": "color:#5a616c;font-size:12px",
    "picture": "display:block;width:100%;max-width:632px;height:auto;border:0;margin:6px 0",
    "link": "color:#1d4ed8",
}
"""Inline styles by the role of their element: the only way of styling that all mail programs keep."""
