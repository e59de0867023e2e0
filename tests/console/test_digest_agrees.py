"""No digest says what the console contradicts: every figure of the launch day's digests is that of the JSON API and of the pages."""

from datetime import datetime, timedelta

import pytest

from alerts.digest.facts import facts_of
from alerts.ownership_file import read_ownership
from alerts.publishing import build_digests
from alerts.settings import AlertSettings
from console.app import create_app
from console.settings import ConsoleSettings
from models.times import parse_rfc3339
from pipelines.settings import MiningSettings
from store.board import BoardQuery, board, launch_page, now_of, snapshot
from store.database import open_database, upgrade
from store.digests import DigestWindow
from tests.alerts import launch_day
from tests.console.conftest import Client, console_parts, wall_clock


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """Return the database of a launch day."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('day') / 'day.db'}")
    upgrade(engine)
    launch_day.seed(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def client(engine):
    """Return the console of that database."""
    return Client(
        create_app(engine, clock=wall_clock, settings=ConsoleSettings(), mining=MiningSettings(), parts=console_parts())
    )


def digests_of(engine, window, owners):
    """Build the digests of a window, and return their facts."""
    with snapshot(engine) as connection:
        return [facts_of(one) for one in build_digests(connection, owners, window, AlertSettings())]


WINDOWS = [
    launch_day.WINDOW,
    DigestWindow(launch_day.DAY + timedelta(hours=9), launch_day.DAY + timedelta(hours=21)),
    DigestWindow(launch_day.DAY, launch_day.DAY + timedelta(days=2)),
]


@pytest.mark.parametrize("window", WINDOWS)
def test_each_number_of_a_theme_is_that_of_its_page(engine, client, tmp_path, window):
    """Tickets and expected tickets of every theme that a digest names are the sums of the hours that the theme's page shows."""
    named = 0
    for facts in digests_of(engine, window, launch_day.read_owners(tmp_path)):
        for one in [
            *facts["items"],
            *(theme for name in ("quiet", "silent", "known", "further") for theme in facts[name]),
        ]:
            hours = [hour for hour in _api(client, one["theme_id"])["hours"] if _inside(hour, window)]
            named += 1
            assert one["observed"] == sum(hour["observed"] for hour in hours)
            expected = [hour["expected"] for hour in hours if hour["expected"] is not None]
            if one["expected"] is not None and one["observed"]:
                assert one["expected"] == pytest.approx(_so_far(engine, hours))
            assert one["expected"] is None or expected or not one["observed"]
    assert named == 7


@pytest.mark.parametrize("window", WINDOWS)
def test_each_spike_is_that_of_the_listing(engine, client, tmp_path, window):
    """Figures and times of every spike that a digest describes are those of `/api/spikes`."""
    listed = {row["id"]: row for row in client.get("/api/spikes").json()}
    described = [
        signal
        for facts in digests_of(engine, window, launch_day.read_owners(tmp_path))
        for item in facts["items"]
        for signal in item["signals"]
    ]
    assert {one["spike_id"] for one in described} == {1, 2, 3}
    for one in described:
        row = listed[one["spike_id"]]
        assert (one["observed"], one["start"], one["end"]) == (row["observed"], row["start"], row["end"])
        assert one["expected"] == pytest.approx(row["expected"])


def test_alerts_are_counted_as_listed(engine, client, tmp_path):
    """What a digest counts as sent to its audience and to others are the alerts of `/api/alerts` in the window."""
    listed = client.get("/api/alerts").json()
    for facts in digests_of(engine, launch_day.WINDOW, launch_day.read_owners(tmp_path)):
        own = sum(row["audience"] == facts["audience"] for row in listed)
        assert (facts["sent"], facts["sent"] + sum(facts["sent_elsewhere"].values())) == (own, len(listed))


def test_the_day_is_that_of_the_board(engine, tmp_path):
    """A digest of the 24 hours up to the newest ticket has the totals of the board, for all tickets and for each theme."""
    with snapshot(engine) as connection:
        now = now_of(connection)
        shown = board(connection, now, BoardQuery())
    window = DigestWindow(now.time - timedelta(days=1), now.time)
    everything = digests_of(engine, window, read_ownership(None))[0]
    assert everything["all_tickets"] == shown.all_tickets.observed
    days = {row.theme.theme_id: row.day for row in shown.rows}
    for one in [*everything["items"], *everything["quiet"], *everything["known"]]:
        day = days[one["theme_id"]]
        assert one["observed"] == day.observed
        if one["expected"] is not None:
            assert one["expected"] == pytest.approx(day.expected, rel=0.02)


def test_a_plan_is_that_of_the_monitor(engine, tmp_path):
    """Each line of a plan has the numbers of the launch's page."""
    with snapshot(engine) as connection:
        now = now_of(connection)
        page = launch_page(connection, now, "L-1")
    window = DigestWindow(launch_day.DAY, now.time)
    actual = {row.theme_id: sum(hour.observed for hour in row.series) for row in page.themes}
    lines = [
        line
        for facts in digests_of(engine, window, launch_day.read_owners(tmp_path))
        for launch in facts["launches"]
        for line in launch["lines"]
    ]
    assert {line["theme_id"]: line["actual"] for line in lines} == actual


def test_pages_write_the_numbers_of_the_digest(engine, client, tmp_path):
    """The page of a theme shows the sentence's figures of each spike that a digest describes."""
    for facts in digests_of(engine, launch_day.WINDOW, launch_day.read_owners(tmp_path)):
        for item in facts["items"]:
            text = client.get(f"/themes/{item['theme_id']}").text
            assert item["name"] in text
            for signal in item["signals"]:
                assert f"{signal['observed']:,}" in text


def _api(client, theme_id):
    return client.get(f"/api/themes/{theme_id}?days=8").json()


def _inside(hour, window):
    return window.start <= parse_rfc3339(hour["start"]) < window.end


def _so_far(engine, hours):
    """Sum what was expected, of the hour under way by what has passed of it."""
    with snapshot(engine) as connection:
        now = now_of(connection).time
    shares = [min(1.0, (now - _start(hour)) / timedelta(hours=1)) for hour in hours]
    return sum(
        hour["expected"] * share for hour, share in zip(hours, shares, strict=True) if hour["expected"] is not None
    )


def _start(hour) -> datetime:
    return parse_rfc3339(hour["start"])
