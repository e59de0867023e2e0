"""Every action leaves a line in the audit log with the person's name: the table is made from the application's routes."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, insert, select

from alerts.channels.trial import ChannelTrial
from alerts.ownership import Audience, Ownership
from console.access import PeopleSignIn
from console.access.needs import routes_of
from console.app import create_app
from console.notification import NotificationParts
from console.operations import OperationsParts, RetryResult
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.access import Person, Role, permissions_of
from models.check_result import CheckResult
from models.known_issues import AttachmentWay, IssueState
from pipelines.settings import MiningSettings
from store import schema
from store.database import reading
from store.known_issues import Attachment, StoredIssue, attach, write_issue, write_members
from tests.console.action_examples import EXAMPLES, UNNOTED, VALUES, Example
from tests.console.conftest import Client, Someone, wall_clock
from tests.console.planning_desk import TestingDesk
from tests.console.seed import END
from tests.console.signals import seed_incident

PERSON = Person(name="vera ops", permissions=permissions_of(Role.ADMIN), role=Role.ADMIN)
HEADERS = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def console(engine: Engine) -> FastAPI:
    """Return the console of a database with something to act on, used by one person who may do everything."""
    _seed_what_is_acted_on(engine)
    operations = OperationsParts(
        checks=lambda: [CheckResult("database", good=True, found="answers")],
        retry_quarantine=lambda _order: RetryResult(1, 0, ()),
        channels={"file": "file"},
        test_channel=lambda name: ChannelTrial(name, None, {}),
    )
    owners = NotificationParts(ownership=Ownership((Audience(name="everyone", channels=("file",)),)))
    parts = ConsoleParts(
        sign_in=Someone(PERSON), operations=operations, notification=owners, planning=TestingDesk(engine, wall_clock)
    )
    settings = ConsoleSettings(port=0, sign_in="people")
    return create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=parts)


def _seed_what_is_acted_on(engine: Engine) -> None:
    seed_incident(engine)
    seed_incident(engine, 2, alerts=(92,))
    opened = END - timedelta(days=2)
    with engine.begin() as connection:
        write_issue(connection, StoredIssue(
            issue_id=70, title="Refunds are late", state=IssueState.IDENTIFIED, opened_at=opened, updated_at=opened,
        ))  # fmt: skip
        write_members(connection, [(70, 6, opened, None)])
        attach(connection, [Attachment(70, "T-6-0", 0.9, AttachmentWay.THEME, END)])
        connection.execute(insert(schema.quarantine).values(
            stream="/data/a.csv", partition=0, position=0, reason="not_json", detail="wrong", excerpt="x", refused_at=END, reading=None,
        ))  # fmt: skip


def acting_routes(app: FastAPI) -> set[str]:
    """Return method and path of every route that is no reading."""
    return {
        f"{method} {route.path}"
        for route in routes_of(app.routes)
        for method in route.methods or ()
        if method not in ("GET", "HEAD", "OPTIONS")
    }


def send(client: Client, route: str, example: Example) -> httpx.Response:
    """Do what an example says, after what must be done before."""
    for before in example.before:
        first = EXAMPLES[before]
        assert send(client, before, first).status_code < 400, before
    method, path = route.split(" ", 1)
    address = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: {**VALUES, **example.values}[found[1]], path)
    given: dict[str, Any] = {} if example.json is None else {"json": example.json}
    given |= {} if example.form is None else {"data": example.form}
    return client.send(method, address, headers=HEADERS, **given)


def test_each_action_has_an_example(console: FastAPI, engine: Engine) -> None:
    """A new route that changes something must be added to the examples, and one that is gone taken out."""
    people = create_app(
        engine, clock=wall_clock, settings=ConsoleSettings(sign_in="people"), mining=MiningSettings(),
        parts=ConsoleParts(sign_in=PeopleSignIn(engine, wall_clock)),
    )  # fmt: skip
    routes = acting_routes(console) | acting_routes(people)
    assert routes - EXAMPLES.keys() - UNNOTED.keys() == set()
    assert (EXAMPLES.keys() | UNNOTED.keys()) - routes <= {"POST /feedback/{token}"}
    assert EXAMPLES.keys() & UNNOTED.keys() == set()
    assert all(UNNOTED.values())


@pytest.mark.parametrize("route", EXAMPLES)
def test_an_action_is_noted_under_the_persons_name(console: FastAPI, engine: Engine, route: str) -> None:
    """The last line of the log says who did it, and nothing is noted under another name."""
    client, example = Client(console, token=None), EXAMPLES[route]
    answer = send(client, route, example)
    assert answer.status_code < 400, (answer.status_code, answer.text[-600:])
    with reading(engine) as connection:
        query = select(schema.audit).order_by(schema.audit.c.id)
        lines = [row for row in connection.execute(query) if row.action != "looked at text"]
    assert len(lines) > len(example.before), [(row.actor, row.action, row.subject) for row in lines]
    assert {row.actor for row in lines} == {PERSON.name}
