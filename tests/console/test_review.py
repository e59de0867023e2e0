"""The business review of a week as a file: of the tickets of whoever asks, in the week that is asked for."""

import csv
import io
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from console.app import create_app
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.access import AccessScope, Permission, Person
from pipelines.settings import MiningSettings
from store.database import open_database, upgrade
from tests.console.conftest import TOKEN, Client, Someone, console_parts, wall_clock
from tests.console.figure_rows import write_figures

REVIEW = "/figures/review"
VENDOR = Person(name="vera", permissions=frozenset({Permission.LOOK}), scope=AccessScope.of({"vendor": ["acme"]}))
NOBODYS = Person(name="nora", permissions=frozenset({Permission.LOOK}), scope=AccessScope.of({"vendor": ["other"]}))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database with two weeks of figures, which these tests only read."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('review') / 'g.db'}")
    upgrade(opened)
    write_figures(opened)
    yield opened
    opened.dispose()


def client_of(engine: Engine, parts: ConsoleParts, token: str | None = None) -> Client:
    """Return a client of a console with these parts."""
    app = create_app(engine, clock=wall_clock, settings=ConsoleSettings(port=0), mining=MiningSettings(), parts=parts)
    return Client(app, token=token)


def created(answer) -> str:
    """Return how many tickets a review as CSV says were created."""
    rows = csv.DictReader(io.StringIO(answer.text))
    return next(row["value"] for row in rows if (row["section"], row["figure"]) == ("numbers", "created"))


def test_the_review_of_a_week_is_downloaded(engine: Engine) -> None:
    """By default the last week that is over, else that of a day; the pages of figures link it."""
    client = client_of(engine, console_parts(), TOKEN)
    answer = client.get(f"{REVIEW}?form=csv")
    assert 'filename="review-2026-11-23.csv"' in answer.headers["content-disposition"]
    assert created(answer) == "155"
    earlier = client.get(f"{REVIEW}?form=md&week=2026-11-20")
    assert "week from Monday, 16 November 2026" in earlier.text
    assert "/figures/review?week=2026-11-29" in client.get("/figures/teams").text


def test_a_vendor_gets_its_own_tickets_alone(engine: Engine) -> None:
    """The numbers are those of its tickets, and no other vendor is named; without a ticket there is no review."""
    client = client_of(engine, ConsoleParts(sign_in=Someone(VENDOR)))
    assert created(client.get(f"{REVIEW}?form=csv")) == "40"
    text = client.get(f"{REVIEW}?form=md").text
    assert "Only tickets with vendor acme" in text
    assert not [other for other in ("brightdesk", "cmd", "ours-") if other in text]
    assert client_of(engine, ConsoleParts(sign_in=Someone(NOBODYS))).get(REVIEW).status_code == 404


@pytest.mark.parametrize(("address", "status"), [
    ("?form=html", 422), ("?form=exe", 422), ("?week=never", 422), ("?week=0001-01-01", 422), ("?week=9999-12-31", 422),
    ("?week=2020-01-01", 404), ("?week=2031-01-01", 404), ("?week=&form=md", 200),
])  # fmt: skip
def test_what_cannot_be_had_is_refused(engine: Engine, address: str, status: int) -> None:
    """Other forms, what is no day, and weeks without tickets are refused in a sentence."""
    assert client_of(engine, console_parts(), TOKEN).get(f"{REVIEW}{address}").status_code == status
