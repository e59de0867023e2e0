"""Writing a page: what is read and shown, as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from sqlalchemy import Connection, Engine

from alerts.chart.spark import bullet_of, spark_of
from alerts.chart.timeline import chart_of
from console.format import FILTERS
from store.board import Now, mark_of


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
    environment.globals.update(chart_of=chart_of, spark_of=spark_of, bullet_of=bullet_of)
    return environment


@dataclass(frozen=True, slots=True)
class Pages:
    """What every page needs: the database that it reads and the templates that it is written with."""

    engine: Engine
    templates: Environment

    def write(
        self,
        connection: Connection,
        name: str,
        now: Now | None,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **values: object,
    ) -> HTMLResponse:
        """Write the template `name`, with the mark by which the page will know that there is news."""
        text = self.templates.get_template(name).render(now=now, mark=mark_of(connection), **values)
        return HTMLResponse(text, status_code=status)
