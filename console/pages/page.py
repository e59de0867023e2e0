"""Writing a page: what is read and shown, as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from sqlalchemy import Connection, Engine

from alerts.chart.spark import bullet_of, spark_of
from alerts.chart.timeline import chart_of
from console.access.looks import Looks
from console.effect import Effects
from console.figures.wording import FIGURE_FILTERS
from console.format import FILTERS
from console.freshness import FreshnessReader, mark_with
from console.zone import written_in
from models.access import Person
from models.clock import Clock
from store.board import Now, mark_of

_PHRASES = {
    HTTPStatus.UNAUTHORIZED: "Not signed in",
    HTTPStatus.FORBIDDEN: "Not permitted",
    HTTPStatus.CONFLICT: "Not possible now",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Not understood",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something failed",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available now",
}
"""What a failure is called where the words of HTTP say nothing to a person."""


def templates() -> Environment:
    """Make the environment of the templates: everything is escaped, and a missing name is an error."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("console"), PackageLoader("alerts.chart")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.filters.update(FIGURE_FILTERS)
    environment.globals.update(chart_of=chart_of, spark_of=spark_of, bullet_of=bullet_of, day=timedelta(days=1))
    return environment


@dataclass(frozen=True, slots=True)
class Pages:
    """What every page needs.

    Database, templates and clock, the notes of looks at ticket text, the freshness of sources, and what lets decisions take effect.
    """

    engine: Engine
    templates: Environment
    clock: Clock
    looks: Looks
    freshness: FreshnessReader
    effects: Effects

    def write(
        self,
        connection: Connection,
        name: str,
        now: Now | None,
        *,
        person: Person | None,
        status: HTTPStatus = HTTPStatus.OK,
        **values: object,
    ) -> HTMLResponse:
        """Write the template `name` for a person, with how fresh it is and the mark by which the page will know that there is news."""
        template, mark = self.templates.get_template(name), mark_of(connection)
        fresh = self.freshness.read(connection, now, mark)
        with written_in(None if person is None else person.time_zone):
            text = template.render(now=now, mark=mark_with(mark, fresh), fresh=fresh, person=person, **values)
        return HTMLResponse(text, status_code=status)

    def write_failure(self, status: HTTPStatus, sentence: str) -> HTMLResponse:
        """Write the page of a failure; it needs no database."""
        phrase = _PHRASES.get(status, status.phrase.capitalize())
        text = self.templates.get_template("error.html").render(phrase=phrase, sentence=sentence, person=None)
        return HTMLResponse(text, status_code=status)
