import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.digest.build import build, owners
from alerts.digest.html import render_html
from alerts.digest.markdown import render_markdown
from alerts.digest.sparkline import sparkline
from alerts.ownership import Ownership
from alerts.publishing import build_digests
from alerts.settings import AlertSettings
from models.segment import Segment
from store.board import Hour
from store.database import open_database, upgrade
from store.digests import DigestRows, DigestTheme, DigestWindow, QuoteRow, collect
from tests.alerts import launch_day
from tests.alerts.launch_day import COINS, CRASH, DAY, DECLINED, GIFTS, PAYOUT, PIX, STATEMENT, WINDOW
from tests.alerts.test_digest_escape import NASTY, Tags

GOLDEN = Path(__file__).parent / "golden"
REGENERATE = os.environ.get("GROUNDSWELL_REGENERATE_GOLDEN") == "1"
SETTINGS = AlertSettings()


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The rows of the launch day."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('day') / 'day.db'}")
    upgrade(engine)
    launch_day.seed(engine)
    with engine.connect() as connection:
        found = collect(connection, WINDOW)
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def digests(rows, tmp_path_factory):
    """Every audience's digest of the launch day."""
    ownership = launch_day.read_owners(tmp_path_factory.mktemp("owners"))
    owner_of = owners(rows, ownership)
    return {audience.name: build(rows, audience, owner_of, SETTINGS) for audience in ownership.audiences}


@pytest.mark.parametrize("audience", ["advertisers", "brazil", "everyone", "live-payments"])
@pytest.mark.parametrize(("suffix", "render"), [("md", render_markdown), ("html", render_html)])
def test_a_digest_reads_as_agreed(digests, audience, suffix, render):
    """A digest's bytes are those of its golden file; GROUNDSWELL_REGENERATE_GOLDEN=1 writes it anew."""
    path = GOLDEN / f"{audience}.{suffix}"
    rendered = render(digests[audience])
    if REGENERATE:
        path.write_text(rendered, encoding="utf-8", newline="\n")
    assert rendered == path.read_text(encoding="utf-8")


def test_each_theme_is_reported_to_its_owner(digests):
    """Every theme is in exactly one digest, and where its tickets say it belongs."""
    reported = {
        name: {story.theme_id for story in digest.stories} | {theme.theme_id for theme in digest.quiet + digest.silent}
        for name, digest in digests.items()
    }
    assert reported == {
        "live-payments": {COINS, GIFTS},
        "brazil": {PIX},
        "advertisers": set(),
        "everyone": {CRASH, DECLINED, STATEMENT, PAYOUT},
    }


def test_the_figures_add_up(digests, rows):
    """The tickets of all digests are the tickets of the day, and hours sum to each theme's number."""
    assert sum(digest.tickets for digest in digests.values()) == sum(rows.observed[0].values())
    for digest in digests.values():
        for story in digest.stories:
            assert (
                sum(hour.observed for hour in story.hours)
                == story.observed
                == sum(rows.observed[story.theme_id].values())
            )


def test_an_empty_digest_says_so(digests):
    """An audience without a ticket reads so in a sentence, in both forms."""
    digest = digests["advertisers"]
    sentence = "No ticket came in the themes of advertisers, and none was missed."
    assert digest.empty
    assert sentence in render_markdown(digest)
    assert sentence in render_html(digest)


def test_a_planned_launch_is_not_above_plan(digests):
    """What a launch lifts inside its plan is quiet; what exceeds it is reported and compared with the plan."""
    digest = digests["live-payments"]
    assert [story.theme_id for story in digest.stories] == [GIFTS]
    assert [(line.theme_id, line.verdict) for line in digest.launches[0].lines] == [
        (GIFTS, "above plan"),
        (COINS, "inside plan"),
    ]
    assert "where the plan of LIVE shopping gala expects 16.8" in digest.stories[0].spikes[0].sentence


def test_a_merged_themes_spike_is_reported_under_its_survivor(digests):
    """A spike that was found in a theme since merged is reported under the theme that continues."""
    assert [spike.spike_id for spike in digests["brazil"].stories[0].spikes] == [1]


def test_a_changes_last_word_counts(digests):
    """A linked change shows its newest revision."""
    change = digests["brazil"].stories[0].spikes[0].explanations[1].change
    assert (change.title, change.kind) == ("Pix provider switched to [B]", "config")


def test_an_unsafe_address_is_no_link(digests):
    """A change whose address is not of the web is named without a link."""
    assert "javascript:" not in render_html(digests["everyone"])
    assert "javascript:" not in render_markdown(digests["everyone"])


def test_the_page_fetches_nothing(digests):
    """The page names no script, image, font or style of elsewhere, and forbids itself to."""
    for digest in digests.values():
        page = render_html(digest)
        assert "default-src 'none'" in page
        assert not re.search(r"<(script|img|link|iframe|object)|url\(|@import|\bsrc=", page)


def test_order_is_by_severity(rows):
    """New and spiking themes come before known issues, and the more severe before the less severe."""
    [everyone] = Ownership().audiences
    digest = build(rows, everyone, owners(rows, Ownership()), SETTINGS)
    assert [story.theme_id for story in digest.stories] == [GIFTS, PIX, CRASH, DECLINED]
    assert [theme.theme_id for theme in digest.quiet] == [COINS, STATEMENT]
    assert [theme.theme_id for theme in digest.silent] == [PAYOUT]


def test_a_long_digest_is_cut(rows):
    """Beyond the most severe themes the others are named in a list, none is lost."""
    [everyone] = Ownership().audiences
    digest = build(rows, everyone, owners(rows, Ownership()), AlertSettings(digest_themes=1))
    assert [story.theme_id for story in digest.stories] == [GIFTS]
    assert [theme.theme_id for theme in digest.further] == [PIX, CRASH, DECLINED]
    assert "Also worth a look" in render_markdown(digest)


def test_a_part_of_a_day_expects_a_part(rows):
    """A window that ends within an hour expects that part of the hour."""
    half = replace(rows, window=DigestWindow(DAY, DAY + timedelta(minutes=30)))
    [everyone] = Ownership().audiences
    digest = build(half, everyone, owners(half, Ownership()), SETTINGS)
    full = sum(
        band.mean
        for theme, bands in rows.bands.items()
        if theme
        for hour, band in bands.items()
        if hour == half.window.hours[0]
    )
    assert digest.expected == pytest.approx(full / 2)


def test_nothing_at_all_is_a_digest():
    """No theme, no ticket, no band: the digest is empty and renders."""
    [everyone] = Ownership().audiences
    digest = build(DigestRows(WINDOW), everyone, {}, SETTINGS)
    assert digest.empty
    assert render_markdown(digest).count("\n") == 3
    assert "<main>" in render_html(digest)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NASTY, title=NASTY, body=NASTY, workaround=NASTY)
def test_no_text_adds_a_tag(name, title, body, workaround):
    """Whatever names, quotes and workarounds say, the page has the same elements and attributes."""

    def page(*texts):
        named, head, text, help_ = (f"x{one}" for one in texts)
        theme = DigestTheme(1, named, "new", 5, DAY, known_issue={"title": named, "jira": None, "workaround": help_})
        rows = DigestRows(
            WINDOW, (theme,), observed={1: {WINDOW.hours[3]: 7}}, announced=frozenset({1}),
            quotes={1: (QuoteRow("T-1", DAY, head, text, Segment.of({"region": "BR"})),)},
        )  # fmt: skip
        [everyone] = Ownership().audiences
        tags = Tags()
        tags.feed(render_html(build(rows, everyone, {1: "everyone"}, SETTINGS)))
        return tags.found

    assert page(name, title, body, workaround) == page("", "", "", "")


@given(observed=st.lists(st.integers(0, 5000), min_size=1, max_size=200))
def test_a_sparkline_has_a_block_for_each_hour(observed):
    """Each hour is one character, a dot only where it has no ticket."""
    drawn = sparkline([Hour(494_000 + place, number, 1.0, None) for place, number in enumerate(observed)])
    assert len(drawn) == len(observed)
    assert [one == "·" for one in drawn] == [not number for number in observed]


def test_an_owner_on_record_is_kept_while_it_exists(rows):
    """A theme whose owner is noted stays with it, until the file no longer has that audience."""
    theme = replace(rows.themes[0], owner="gone")
    assert owners(replace(rows, themes=(theme,)), Ownership()) == {theme.theme_id: "everyone"}


def test_building_publishes_nothing(sqlite_url, tmp_path):
    """A digest can be looked at without a row or file being written."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    with engine.connect() as connection:
        assert len(build_digests(connection, launch_day.read_owners(tmp_path), WINDOW, SETTINGS)) == 4
    engine.dispose()
