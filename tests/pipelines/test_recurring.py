"""Recurring rises in the miner: a campaign of each week is alerted twice, then recorded and offered as a plan; more alerts."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from alerts.digest.build import build
from alerts.digest.items import find_notable
from alerts.digest.markdown import render_markdown
from alerts.digest.readers import readers_of
from alerts.ownership import EVERYONE
from groundswell.cli import app
from models.alert import Gate
from models.epochs import epoch_end
from store.database import reading
from store.digest_rows import collect
from store.digests import DigestWindow
from store.epochs import read_mined_until
from store.recurring import read_recurring
from store.spikes import read_spikes, write_spikes
from tests.pipelines.counted_office import BEGIN, RULES, CountedOffice
from tests.pipelines.making import make_spike

HOURS = 24 * 24 + 10
"""Hours of history: until ten o'clock of a Thursday, three weeks and three days after the record begins."""
THEME, WEEK = 1, timedelta(days=7)
USUAL = {1: 3, 2: 3, 3: 3}


@pytest.fixture
def office(sqlite_url: str) -> Iterator[CountedOffice]:
    """Return a desk with three weeks of ordinary hours, at ten in the morning."""
    made = CountedOffice(url=sqlite_url).history(HOURS, USUAL)
    yield made
    made.engine.dispose()


def add_campaigns(office: CountedOffice, *weeks: int) -> None:
    """Store an episode of six hours with five times the usual, so many weeks before."""
    now = epoch_end(BEGIN + HOURS - 1, 3600.0)
    with office.engine.begin() as connection:
        for number, week in enumerate(weeks, 1):
            start = now - week * WEEK
            write_spikes(connection, [make_spike(number, THEME, start, start + timedelta(hours=6), ratio=5.0)])
        office.state.counts.continue_after("spike", len(weeks))


def gates(office: CountedOffice) -> list[str | None]:
    """Return the gates of the episodes that are new."""
    with reading(office.engine) as connection:
        return [one.gate for one in read_spikes(connection, theme_ids=[THEME]) if one.observed != 9]


def test_the_second_time_alerts(office: CountedOffice):
    """One rise a week ago is no pattern: the next one is alerted as any other."""
    add_campaigns(office, 1)
    office.mine(3, {**USUAL, THEME: 15})
    assert gates(office) == [None]
    assert office.alerts(THEME) == ["spike"]


def test_the_third_time_is_recorded_and_offered_as_a_plan(office: CountedOffice):
    """The episode is stored with its gate, nobody is alerted, and digest and command line offer the plan."""
    add_campaigns(office, 1, 2)
    office.mine(5, {**USUAL, THEME: 15}).mine(19, USUAL)
    assert gates(office) == [Gate.RECURRING]
    assert office.alerts(THEME) == []
    with reading(office.engine) as connection:
        now = read_mined_until(connection)
        assert now is not None
        (found,) = read_recurring(connection, now)
        rows = collect(connection, DigestWindow(now - timedelta(days=1), now))
    assert (found.theme_id, found.times) == (THEME, 3)
    everyone = next(one for one in RULES.ownership.audiences if one.name == EVERYONE)
    readers = readers_of(rows, find_notable(rows, RULES.alerts), RULES.ownership)
    text = render_markdown(build(rows, everyone, readers, RULES.alerts))
    assert "**Recurring, and in no plan:** login fails: every Thursday" in text
    printed = CliRunner().invoke(app, ["launches", "recurring", "--json", "--database", str(office.engine.url)])
    assert [row["command"] for row in json.loads(printed.stdout)] == [found.command]


def test_more_than_the_campaign_brings_alerts(office: CountedOffice):
    """Four times what the campaign brought is alerted, also within its hours."""
    add_campaigns(office, 1, 2)
    office.mine(3, {**USUAL, THEME: 15})
    assert gates(office) == [Gate.RECURRING]
    office.mine(2, {**USUAL, THEME: 70})
    assert office.alerts(THEME) == ["spike"]


def test_a_campaign_that_does_not_end_alerts(office: CountedOffice):
    """What goes on for hours after the campaign has always ended is alerted."""
    add_campaigns(office, 1, 2)
    office.mine(10, {**USUAL, THEME: 15})
    assert office.alerts(THEME) == ["spike"]
