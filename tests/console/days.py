"""What the tests of people's days share: a story with vendors, mined by the product; the console on it; and a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, select

from console.app import create_app
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.theme import KnownIssue
from store import schema
from store.database import open_database, reading
from store.decisions import flag_known_issue
from tests.console.conftest import Running
from tests.harness.children import PATIENCE_SECONDS
from tests.harness.sources import open_events
from tests.pipelines.chain import make_run, open_new, short_rules, theme_about
from tests.pipelines.story import ISSUES, NEWCOMER, START, Story, StoryEvent

PATIENCE_MILLISECONDS = 1_000 * PATIENCE_SECONDS
PASSWORD = "a long walk by the sea"
REFRESH_SECONDS = 0.2
WHERE = {"acme": ("US", "BR"), "borea": ("BR", "BOREALAND"), "nobodys": ("US", "ID")}
"""Regions of the tickets of each vendor; `nobodys` are tickets without a vendor."""

DAYS = 9
LAST_DAY = START + timedelta(days=DAYS - 1)
BURST = LAST_DAY + timedelta(hours=6)
FLAGGED = LAST_DAY + timedelta(hours=5)
NOW = LAST_DAY + timedelta(hours=12)
"""Until then the story is mined; the rest comes while people look."""

LAUNCH_START, LAUNCH_LENGTH = LAST_DAY + timedelta(hours=13), timedelta(hours=6)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = NOW + timedelta(minutes=5)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time


class VendorStory(Story):
    """A story whose tickets are of two vendors or of none: titles name the vendor, bodies have a word of it and one of the region.

    All issues have tickets of each, except the new one, whose tickets are all of borea. On the last day payouts come in a burst,
    and gifts during a launch.
    """

    def __init__(self) -> None:
        super().__init__(days=DAYS, per_day=80)
        self.burst("payout", BURST, timedelta(hours=5), tickets=120)
        self.burst("gift", LAUNCH_START, LAUNCH_LENGTH, tickets=24)
        change = {"kind": "release", "title": "boreachange", "scope": {"region": "BOREALAND"}}
        self._other(BURST - timedelta(minutes=20), "change.recorded", "boreachange", change)
        plan = {
            "kind": "campaign", "title": "boreafest", "start": BURST.isoformat(), "end": LAUNCH_START.isoformat(),
            "scope": {"region": "BOREALAND"}, "expected": [{"about": ISSUES["login"], "lift": 2.0}],
        }  # fmt: skip
        self._other(BURST - timedelta(days=1), "launch.planned", "boreafest", plan)

    def _created(self, time: datetime, body: str, attributes: dict) -> StoryEvent:
        made = super()._created(time, body, attributes)
        words = set(body.split())
        new = len(words & set(NEWCOMER.split())) > 6
        issue = "concert" if new else max(ISSUES, key=lambda name: len(words & set(ISSUES[name].split())))
        number = int(made.event["subject"].split("-")[1])
        vendor = "borea" if new else list(WHERE)[number % len(WHERE)]
        region, data = WHERE[vendor][number // len(WHERE) % 2], made.event["data"]
        data["title"] = f"{vendor}title {issue}"
        data["body"] = f"{body} {vendor}{issue} {region.lower()}place"
        if attributes:
            data["region"] = region
        if vendor != "nobodys":
            data["vendor"] = vendor
        return made


@dataclass(frozen=True, slots=True)
class MinedDays:
    """A database that is mined until `NOW`, the lines of the rest of the story, and the tickets with their attributes."""

    file: Path
    rest: bytes
    tickets: dict[str, dict[str, str]]


def mine_days(folder: Path) -> MinedDays:
    """Mine the story; shortly before the burst people flag two themes as known issues."""
    story = VendorStory()
    file = folder / "mined.db"
    engine = open_new(f"sqlite:///{file}")
    first, _ = story.parts(FLAGGED - START)
    mine(engine, first, folder, keep_open=True)
    with engine.begin() as connection:
        for word, title in (("concert", "boreaissue"), ("refund", "Refunds are late")):
            flag_known_issue(
                connection, theme_about(connection, word), KnownIssue(title=title), actor="ada", at=FLAGGED
            )
    until, rest = story.parts(NOW - START)
    mine(engine, until, folder, keep_open=True)
    engine.dispose()
    made = [one.event for one in story.events() if one.event["type"] == "ticket.created"]
    return MinedDays(file, rest, {one["subject"]: one["data"] for one in made})


def mine(engine: Engine, content: bytes, folder: Path, *, keep_open: bool = False) -> None:
    """Mine the lines of a story; what was mined before is not read again."""
    path = folder / "events.jsonl"
    path.write_bytes(content)
    with open_events(path) as source:
        make_run(engine, short_rules()).ingest([source], keep_open=keep_open)


@contextmanager
def copied(file: Path, folder: Path) -> Iterator[Engine]:
    """Open a copy of a database, which only one test writes to."""
    copy = folder / "copy.db"
    copy.write_bytes(file.read_bytes())
    engine = open_database(f"sqlite:///{copy}")
    try:
        yield engine
    finally:
        engine.dispose()


def make_app(engine: Engine, clock: Callable[[], datetime], parts: ConsoleParts, **settings: Any) -> FastAPI:
    """Make the console of a mined story."""
    given = ConsoleSettings(port=0, refresh_seconds=REFRESH_SECONDS, **settings)
    return create_app(engine, clock=clock, settings=given, mining=short_rules().mining, parts=parts)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve a console; give its address."""
    console = Running(app)
    try:
        yield console.start()
    finally:
        console.stop()


@contextmanager
def opened(browser: Browser, address: str, prepare: Callable[[Any, str], None] = lambda *_: None) -> Iterator[Page]:
    """Open a browser of one person, which may speak to the console alone; its log must stay empty, but for forms that are refused."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900}, timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    prepare(context, address)
    page, faults = context.new_page(), []
    page.on(
        "console",
        lambda said: faults.append(said.text) if said.type in ("error", "warning") and "422" not in said.text else None,
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda asked: faults.append(asked.url) if urlsplit(asked.url).netloc != urlsplit(address).netloc else None,
    )
    yield page
    context.close()
    assert faults == []


def choose_password(page: Page, link: str, name: str) -> None:
    """Open a one-time link, and choose a password by it."""
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Welcome, {name}")
    page.get_by_label("Password (at least 12 characters)").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Choose this password and sign in").click()
    page.wait_for_url(lambda address: "/invitation/" not in address)


def sign_in_by_password(page: Page, name: str) -> None:
    """Fill in the form that the page shows."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: "/sign-in" not in address)


def until(content: bytes, time: datetime) -> tuple[bytes, bytes]:
    """Part the lines of a story: what happened before a time, and the rest."""
    lines = content.splitlines(keepends=True)
    early = [datetime.fromisoformat(json.loads(line)["time"]) < time for line in lines]
    return (
        b"".join(line for line, is_early in zip(lines, early, strict=True) if is_early),
        b"".join(line for line, is_early in zip(lines, early, strict=True) if not is_early),
    )


def theme_of(engine: Engine, word: str) -> tuple[int, str]:
    """Return number and name of the theme that has most of the tickets with a word."""
    with reading(engine) as connection:
        number = theme_about(connection, word)
        name = connection.execute(select(schema.themes.c.name).where(schema.themes.c.id == number)).scalar_one()
    return number, name
