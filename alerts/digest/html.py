"""A digest as one HTML page: no script, nothing fetched, light and dark, fit for paper."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from alerts.digest.build import Digest
from alerts.digest.chart import chart
from alerts.digest.escape import web_address
from alerts.digest.markdown import MOST_LISTED
from alerts.digest.title import ending, launch_verdict, usual, usual_of, window_title
from alerts.reason import amount


def render_html(digest: Digest) -> str:
    """Write the digest as a page that stands alone; the template engine escapes every text.

    The same digest gives the same bytes.
    """
    return _environment().get_template("digest.html.j2").render(digest=digest, title=window_title(digest.window))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("alerts.digest"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(amount=amount, web_address=web_address)
    environment.globals.update(
        ending=ending,
        chart=chart,
        usual=usual,
        usual_of=usual_of,
        launch_verdict=launch_verdict,
        most_listed=MOST_LISTED,
    )
    return environment
