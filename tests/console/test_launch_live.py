"""The monitor of a launch over real mining: what it shows while the launch runs, and how soon an open page hears of an epoch."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from console.app import create_app
from console.settings import ConsoleSettings
from groundswell.planning import Draft, write_plans
from models.embedding import HashingEmbedder
from models.service_levels.levels import ServiceLevels
from models.service_levels.policy import ServicePolicy, ServiceTarget
from models.times import rfc3339
from pipelines.handling.refresh import refresh
from pipelines.handling.settings import FigureSettings
from store.database import open_database, reading
from store.epochs import read_mined_until
from store.promises import SOON
from store.service_levels import read_at_risk
from stream.processing import Processor
from tests.console.conftest import Client, console_parts
from tests.console.planning_desk import TestingDesk
from tests.harness.children import PATIENCE_SECONDS
from tests.harness.sources import open_events
from tests.pipelines.chain import KEY, NOW, make_run, open_new, short_rules, theme_about
from tests.pipelines.story import ISSUES, START, Story

pytestmark = pytest.mark.long

BEGIN, LENGTH = START + timedelta(days=8, hours=6), timedelta(hours=12)
CUT = timedelta(days=8, hours=12)
SOON_SECONDS = 5.0
"""Within so many seconds of an epoch's end its figures are on an open page."""


class Waits:
    """A sleep that takes no time and adds up how long it would have taken."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def __call__(self, seconds: float) -> None:
        """Let others run."""
        self.seconds += seconds
        await asyncio.sleep(0.005)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write nine usual days of tickets in which payouts come sixfold during a campaign, cut in the middle of it."""
    folder = tmp_path_factory.mktemp("live")
    story = Story(days=9, per_day=110)
    story.burst("payout", BEGIN, LENGTH, tickets=60)
    paths = folder / "first.jsonl", folder / "rest.jsonl"
    for path, content in zip(paths, story.parts(CUT), strict=True):
        path.write_bytes(content)
    return paths


@pytest.fixture(scope="module")
def mined_file(halves: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mine until the middle of the campaign, which is planned by an example text."""
    file = tmp_path_factory.mktemp("mined") / "a.db"
    opened = open_new(f"sqlite:///{file}")
    plan = {
        "kind": "campaign", "title": "Spring", "start": BEGIN.isoformat(), "end": (BEGIN + LENGTH).isoformat(),
        "expected": [{"about": ISSUES["payout"], "lift": 8.0}],
    }  # fmt: skip
    processor = Processor(HashingEmbedder(), KEY, lambda: NOW)
    write_plans(opened, processor, [Draft("launch", "spring", plan, START), Draft("launch", "quiet", {
        **plan, "title": "Quiet", "expected": [], "scope": {"region": "US"},
    }, START)], NOW)  # fmt: skip
    mine(opened, halves[0], keep_open=True)
    opened.dispose()
    return file


@pytest.fixture
def engine(mined_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """Return the database in a copy that only this test writes to."""
    copy = tmp_path / "a.db"
    copy.write_bytes(mined_file.read_bytes())
    opened = open_database(f"sqlite:///{copy}")
    yield opened
    opened.dispose()


def mine(engine: Engine, path: Path, *, keep_open: bool = False) -> None:
    """Mine a file."""
    with open_events(path) as source:
        make_run(engine, short_rules()).ingest([source], keep_open=keep_open)


def make_app(engine: Engine, sleep: Any = asyncio.sleep) -> FastAPI:
    """Return the console with the intervals that people get."""
    parts = console_parts(planning=TestingDesk(engine, lambda: NOW), sleep=sleep)
    mining = short_rules().mining
    return create_app(engine, clock=lambda: NOW, settings=ConsoleSettings(port=0), mining=mining, parts=parts)


def test_a_launch_that_runs_is_followed_with_and_without_a_plan(engine: Engine):
    """The volume in the scope, the planned theme against its envelope, a verdict; without a plan the volume all the same."""
    client = Client(make_app(engine))
    shown = client.get("/api/launches/spring/monitor").json()
    with reading(engine) as connection:
        payout = theme_about(connection, "payout")
    assert (shown["state"], shown["volume"]["step_minutes"]) == ("running", 15)
    assert shown["verdict"] in ("inside plan", "watch", "outside plan")
    assert payout in [row["theme_id"] for row in shown["themes"] if row["meant"]]
    assert shown["volume"]["observed"] > shown["volume"]["usual"] > 0
    assert sum(step["observed"] or 0 for step in shown["volume"]["steps"]) == shown["volume"]["observed"]
    quiet = client.get("/api/launches/quiet/monitor").json()
    assert quiet["total"]["envelope"] is None
    assert 0 < quiet["volume"]["observed"] < shown["volume"]["observed"]
    for path in ("/launches/spring", "/launches/quiet", "/launches/spring?wall=1"):
        assert client.get(path).status_code == 200


def test_promises_inside_the_scope_are_followed(engine: Engine):
    """The page, the wall and the API have the promises that `kpis at-risk` lists, of the launch's scope, as of the last refresh."""
    client = Client(make_app(engine))
    assert client.get("/api/launches/quiet/monitor").json()["promises"] is None
    levels = ServiceLevels(
        [ServicePolicy(name="all", targets={ServiceTarget.RESOLUTION: timedelta(hours=3)})], {}, "3h"
    )
    refresh(engine, NOW, levels)
    client = Client(make_app(engine))
    shown = client.get("/api/launches/quiet/monitor").json()["promises"]
    with reading(engine) as connection:
        known = read_mined_until(connection)
        listed = read_at_risk(connection, known, known + SOON, {"region": "US"}, 1000)
        all_due = read_at_risk(connection, known, known + SOON, {}, 1000)
    assert shown["known_until"] == rfc3339(known)
    assert [one["ticket"] for one in shown["due"]] == [row["ticket_id"] for row in listed]
    assert 0 < len(listed) < len(all_due)
    assert len(client.get("/api/launches/spring/monitor").json()["promises"]["due"]) == len(all_due)
    page = client.get("/launches/quiet").text
    assert "Service levels in the scope" in page
    assert listed[0]["ticket_id"] in page
    assert "promises due within 2 h" in client.get("/launches/quiet?wall=1").text


def test_the_monitor_brings_promises_up_to_date(engine: Engine, tmp_path: Path):
    """Where service levels are set, whoever looks at a launch has its promises refreshed, without waiting for it."""
    levels = tmp_path / "levels.toml"
    levels.write_text('[[policy]]\nname = "all"\ntargets = { resolution = "3h" }\n', encoding="utf-8")
    parts = console_parts(planning=TestingDesk(engine, lambda: NOW), figures=FigureSettings(service_levels=levels))
    mining = short_rules().mining
    app = create_app(engine, clock=lambda: NOW, settings=ConsoleSettings(port=0), mining=mining, parts=parts)
    client = Client(app)
    client.get("/api/launches/quiet/monitor")
    for thread in enumerate_threads():
        if thread.name == "figures":
            thread.join(PATIENCE_SECONDS)
    assert client.get("/api/launches/quiet/monitor").json()["promises"]["due"]


def test_a_text_in_a_plan_finds_its_theme_while_it_is_written(engine: Engine):
    """The preview compares an example text with the remembered tickets, as the miner will."""
    client = Client(make_app(engine))
    end = START + timedelta(days=20)
    plan = {
        "title": "Next", "start": (end - timedelta(hours=6)).isoformat(), "end": end.isoformat(),
        "expected": [{"about": ISSUES["payout"], "lift": 3}],
    }  # fmt: skip
    with reading(engine) as connection:
        payout = theme_about(connection, "payout")
    found = client.post("/api/launches/preview", json=plan).json()
    (line,) = found["lines"]
    assert line["themes"][0]["theme_id"] == payout
    assert line["expected"] == pytest.approx(3 * line["usual"], abs=0.2)


def test_an_open_monitor_hears_of_an_epoch_within_seconds(engine: Engine, halves: tuple[Path, Path]):
    """The stream of an open page has news of what is mined after at most five seconds of waiting, and the page then shows it."""
    waits = Waits()
    app = make_app(engine, waits)
    client = Client(app)
    before = client.get("/api/launches/spring/monitor").json()

    async def story() -> float:
        pulse = app.state.pulse
        loop = asyncio.create_task(pulse.run())
        try:
            with pulse.listening("ops"):
                stream = pulse.stream("")
                await anext(stream)
                await news(stream)
                # In this thread: nothing looks for news meanwhile, so all of the wait for it is counted.
                mine(engine, halves[1])
                waits.seconds = 0.0
                await news(stream)
                waited = waits.seconds
                await stream.aclose()
        finally:
            await pulse.close()
            await asyncio.wait_for(loop, PATIENCE_SECONDS)
        return waited

    waited = asyncio.run(asyncio.wait_for(story(), 4 * PATIENCE_SECONDS))
    assert waited <= SOON_SECONDS
    after = client.get("/api/launches/spring/monitor").json()
    assert after["volume"]["observed"] > before["volume"]["observed"]
    assert after["state"] == "over"
    assert after["review"]["reviewed"] is not None
    page = client.get("/launches/spring").text
    assert '<h2 id="h-review">Review</h2>' in page
    assert "The planned themes had <b>" in page
    assert "Lift seen" in page


async def news(stream: Any) -> None:
    """Wait for the next news of a stream."""
    async for message in stream:
        if message.startswith(b"event: news"):
            return
