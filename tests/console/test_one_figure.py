"""A digest and the launch monitor give the same figures for the same launch."""

import pytest

from alerts.digest.wording import plan_line
from alerts.publishing import build_digests
from alerts.settings import AlertSettings
from console.app import create_app
from console.settings import ConsoleSettings
from models.formats import figure
from models.plan_position import PlanPosition, position_of
from pipelines.settings import MiningSettings
from store.board import launch_page, now_of, snapshot
from store.database import open_database, upgrade
from store.digests import DigestWindow
from tests.alerts import launch_day
from tests.console.conftest import Client, console_parts, wall_clock

LAUNCH = "L-1"


@pytest.fixture
def engine(sqlite_url):
    """Return the database of a launch day, with a launch that is not over."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    yield engine
    engine.dispose()


def _monitor(connection, launch_id: str) -> dict[int, PlanPosition]:
    shown = launch_page(connection, now_of(connection), launch_id)
    assert shown is not None
    return {row.theme_id: position_of(row.series) for row in shown.themes if row.theme is not None}


def test_digest_and_monitor_agree_on_a_launch(engine, tmp_path) -> None:
    """Actual, planned, both limits and the verdict of each theme are those of the monitor when the window ends at its time."""
    with snapshot(engine) as connection:
        now = now_of(connection)
        window = DigestWindow(launch_day.DAY, now.time)
        digests = build_digests(connection, launch_day.read_owners(tmp_path), window, AlertSettings())
        lines = [(launch, line) for digest in digests for launch in digest.launches for line in launch.lines]
        shown = _monitor(connection, LAUNCH)
    assert shown
    assert {line.theme_id for _, line in lines if line.theme_id} == shown.keys()
    for _, line in lines:
        if line.theme_id:
            assert line.position == shown[line.theme_id]


def test_digest_and_monitor_write_a_plan_alike(engine, tmp_path) -> None:
    """The planned number and its range read the same in both."""
    with snapshot(engine) as connection:
        window = DigestWindow(launch_day.DAY, now_of(connection).time)
        digests = build_digests(connection, launch_day.read_owners(tmp_path), window, AlertSettings())
    lines = [line for digest in digests for launch in digest.launches for line in launch.lines if line.theme_id]
    page = (
        Client(
            create_app(
                engine, clock=wall_clock, settings=ConsoleSettings(), mining=MiningSettings(), parts=console_parts()
            )
        )
        .get(f"/launches/{LAUNCH}")
        .text
    )
    for line in lines:
        planned = line.position.envelope
        low, mean, high = (figure(value) for value in (planned.low, planned.mean, planned.high))
        assert f'{mean} <span class="dim">{low}–{high}</span>' in page
        assert plan_line(line).startswith(f"{line.position.actual} tickets where {mean} were planned ({low} to {high})")
