"""A digest as one HTML page: no script, nothing fetched, light and dark, and for paper."""

from __future__ import annotations

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from alerts.chart.timeline import chart_of
from alerts.digest.escape import web_address
from alerts.digest.markdown import MOST_LISTED
from alerts.digest.records import Digest
from alerts.digest.title import ending, launch_verdict, usual, usual_of, window_title
from models.demand.figures import demand_sentence
from models.formats import amount, figure, utc_minute, utc_range


def render_html(digest: Digest) -> str:
    """Write the digest as a page that needs no other file; the template engine escapes every text.

    The same digest gives the same bytes.
    """
    title = window_title(digest.window, digest.timezone)
    return _environment().get_template("digest.html.j2").render(digest=digest, title=title)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [
                PackageLoader("alerts.digest"),
                *(PackageLoader("alerts.chart", folder) for folder in ("templates", "static")),
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(amount=amount, figure=figure, utc_minute=utc_minute, web_address=web_address)
    environment.globals.update(
        ending=ending,
        chart_of=chart_of,
        utc_range=utc_range,
        usual=usual,
        usual_of=usual_of,
        launch_verdict=launch_verdict,
        most_listed=MOST_LISTED,
        demand_sentence=demand_sentence,
    )
    return environment
