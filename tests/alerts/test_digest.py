import json
import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.digest.build import build
from alerts.digest.facts import facts_of
from alerts.digest.html import render_html
from alerts.digest.items import NotableThemes, find_notable
from alerts.digest.links import DigestLinks
from alerts.digest.markdown import render_markdown
from alerts.digest.numbers import render_numbers
from alerts.digest.readers import readers_of
from alerts.digest.slack import render_slack
from alerts.digest.sparkline import sparkline
from alerts.ownership import Ownership
from alerts.publishing import build_digests, quotes_of, stored_form
from alerts.settings import AlertSettings
from models.segment import Segment
from store.board import Hour
from store.database import open_database, upgrade
from store.digest_rows import AlertNotice, DigestRows, DigestTheme, QuoteRow, add_detail, collect
from store.digests import DigestWindow
from tests.alerts import launch_day
from tests.alerts.launch_day import COINS, CRASH, DAY, DECLINED, GIFTS, PAYOUT, PIX, STATEMENT, WINDOW
from tests.alerts.test_digest_escape import NASTY, Tags

GOLDEN = Path(__file__).parent / "golden"
REGENERATE = os.environ.get("GROUNDSWELL_REGENERATE_GOLDEN") == "1"
SETTINGS = AlertSettings()
LINKS = DigestLinks(
    "https://groundswell.example.org", lambda item: {"Useful": f"https://f.example.org/{item.theme_id}"}
)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """The rows of the launch day, its owners, and the texts of its tickets."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('day') / 'day.db'}")
    upgrade(engine)
    launch_day.seed(engine)
    ownership = launch_day.read_owners(tmp_path_factory.mktemp("owners"))
    with engine.connect() as connection:
        rows = collect(connection, WINDOW)
        rows = add_detail(connection, rows, [theme.theme_id for theme in rows.themes])
        digests = {digest.audience: digest for digest in build_digests(connection, ownership, WINDOW, SETTINGS)}
        texts = {one: quotes_of(connection, stored_form(digest, SETTINGS)) for one, digest in digests.items()}
    engine.dispose()
    return rows, digests, texts


@pytest.fixture(scope="module")
def rows(day):
    """The rows of the launch day."""
    return day[0]


@pytest.fixture(scope="module")
def digests(day):
    """Every audience's digest of the launch day."""
    return day[1]


def built(rows, ownership=None, settings=SETTINGS, occasion=None):
    """Build the digest of `everyone`."""
    ownership = ownership or Ownership()
    return build(
        rows, ownership.audiences[-1], readers_of(rows, find_notable(rows, settings), ownership), settings, occasion
    )


def written(digest, suffix, texts):
    """Write a digest in a form; pictures are named, since their bytes depend on Matplotlib."""
    if suffix == "md":
        return render_markdown(digest, LINKS)
    if suffix == "html":
        return render_html(digest, LINKS, lambda item, _: f"cid:theme-{item.theme_id}")
    if suffix == "csv":
        return render_numbers(facts_of(digest))
    message = render_slack(facts_of(digest), texts, console=LINKS.console)
    return json.dumps(message, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("audience", ["advertisers", "brazil", "everyone", "live-payments"])
@pytest.mark.parametrize("suffix", ["md", "html", "csv", "slack.json"])
def test_a_digest_reads_as_agreed(day, audience, suffix):
    """A digest's bytes are those of its golden file; GROUNDSWELL_REGENERATE_GOLDEN=1 writes it anew."""
    path = GOLDEN / f"{audience}.{suffix}"
    rendered = written(day[1][audience], suffix, day[2][audience])
    if REGENERATE:
        path.write_text(rendered, encoding="utf-8", newline="")
    assert rendered == path.read_bytes().decode()


def test_each_theme_is_reported_to_its_owner(digests):
    """Every theme is in exactly one digest, and where its tickets say it belongs."""
    reported = {
        name: {item.theme_id for item in digest.items}
        | {theme.theme_id for theme in digest.quiet + digest.silent + digest.known}
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
    assert sum(digest.tickets for digest in digests.values()) == rows.observed(0)
    for digest in digests.values():
        for item in digest.items:
            assert sum(hour.observed for hour in item.hours) == item.observed == rows.observed(item.theme_id)


def test_an_empty_digest_says_so():
    """A window without a ticket reads so in a sentence, in every form."""
    digest = built(DigestRows(WINDOW))
    sentence = "No ticket came in the themes of everyone, and none was missed."
    assert digest.empty
    for suffix in ("md", "html", "slack.json"):
        assert sentence in written(digest, suffix, {})


def test_a_planned_launch_is_not_above_plan(digests):
    """What a launch lifts inside its plan is quiet; what exceeds it is reported and compared with the plan."""
    digest = digests["live-payments"]
    assert [item.theme_id for item in digest.items] == [GIFTS]
    assert [(line.theme_id, line.verdict) for line in digest.launches[0].lines] == [
        (GIFTS, "above plan"),
        (COINS, "inside plan"),
    ]
    assert "where the plan of LIVE shopping gala expects 16.8" in digest.items[0].signals[0].sentence


def test_a_merged_themes_spike_is_reported_under_its_survivor(digests):
    """A spike that was found in a theme since merged is reported under the theme that continues."""
    assert [signal.spike_id for signal in digests["brazil"].items[0].signals] == [1]


def test_a_changes_last_word_counts(digests):
    """A linked change shows its newest revision."""
    reason = digests["brazil"].items[0].why[0]
    assert (reason.title, reason.kind) == ("Pix provider switched to [B]", "config")


def test_an_unsafe_address_is_no_link(digests):
    """A change whose address is not of the web is named without a link."""
    for suffix in ("md", "html", "csv", "slack.json"):
        assert "javascript:" not in written(digests["everyone"], suffix, {})


def test_the_page_fetches_nothing(digests):
    """The page names no script, font or style of elsewhere, its pictures are in it, and it forbids itself to fetch."""
    for digest in digests.values():
        page = render_html(digest)
        assert "default-src 'none'" in page
        assert not re.search(r"<(script|link|iframe|object|style)|url\(|@import", page)
        assert all(address.startswith("data:image/svg+xml") for address in re.findall(r'src="([^"]*)"', page))


def test_order_is_by_what_a_reader_should_do(rows):
    """What somebody can act on comes first, then what must be decided; a known issue within its envelope is no item."""
    digest = built(rows)
    assert [item.theme_id for item in digest.items] == [CRASH, GIFTS, PIX]
    assert [theme.name for theme in digest.known] == ["Issuer rejects 3-D Secure (PAY-812)"]
    assert [theme.theme_id for theme in digest.quiet] == [COINS, STATEMENT]
    assert [theme.theme_id for theme in digest.silent] == [PAYOUT]


def test_a_long_digest_is_cut(rows):
    """Beyond the items that come first the others are named in one line, none is lost."""
    digest = built(rows, settings=AlertSettings(digest_themes=1))
    assert [item.theme_id for item in digest.items] == [CRASH]
    assert [theme.theme_id for theme in digest.further] == [GIFTS, PIX]
    assert "**Also notable:** Gift sent but creator did not get it (" in render_markdown(digest)


def test_a_part_of_a_day_expects_a_part(sqlite_url):
    """A window that ends within an hour expects that part of the hour, and one that has not ended what has passed of it."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    with engine.connect() as connection:
        half = built(collect(connection, DigestWindow(DAY, DAY + timedelta(minutes=30))))
        hour = built(collect(connection, DigestWindow(DAY, DAY + timedelta(hours=1))))
        whole = built(collect(connection, DigestWindow(DAY, DAY + timedelta(days=1))))
        longer = built(collect(connection, DigestWindow(DAY, DAY + timedelta(days=1, hours=2))))
    engine.dispose()
    assert half.expected == pytest.approx(hour.expected / 2)
    assert longer.expected == pytest.approx(whole.expected)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NASTY, title=NASTY, body=NASTY, workaround=NASTY)
def test_no_text_adds_a_tag(name, title, body, workaround):
    """Whatever names, quotes and workarounds say, the page has the same elements and attributes."""

    def page(*texts):
        named, head, text, help_ = (f"x{one}" for one in texts)
        theme = DigestTheme(1, named, "new", 5, DAY, known_issue={"title": named, "jira": None, "workaround": help_})
        rows = DigestRows(
            WINDOW, (theme,), series={},
            alerts=(AlertNotice(1, "new_theme", 1, None, "open", "everyone", DAY),),
            quotes={1: (QuoteRow("T-1", DAY, head, text, Segment.of({"region": "BR"})),)},
        )  # fmt: skip
        tags = Tags()
        tags.feed(render_html(built(rows), picture=lambda *_: "cid:1"))
        return tags.found

    assert page(name, title, body, workaround) == page("", "", "", "")


@given(observed=st.lists(st.integers(0, 5000), min_size=1, max_size=48))
def test_a_sparkline_has_a_block_for_each_hour(observed):
    """Each hour of up to two days is one character, a dot only where it has no ticket."""
    drawn = sparkline([Hour(494_000 + place, number, 1.0, None) for place, number in enumerate(observed)])
    assert len(drawn) == len(observed)
    assert [one == "·" for one in drawn] == [not number for number in observed]


def test_an_owner_on_record_is_kept_while_it_exists(rows):
    """A theme whose owner is noted stays with it, until the file no longer has that audience."""
    theme = replace(rows.themes[0], owner="gone")
    assert readers_of(replace(rows, themes=(theme,)), NotableThemes(), Ownership()).owner(theme.theme_id) == "everyone"


def test_building_publishes_nothing(sqlite_url, tmp_path):
    """A digest can be looked at without a row or file being written."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    with engine.connect() as connection:
        assert len(build_digests(connection, launch_day.read_owners(tmp_path), WINDOW, SETTINGS)) == 4
    engine.dispose()
