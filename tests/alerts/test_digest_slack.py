"""A digest as Slack blocks: within Slack's limits, and inert."""

import json

import pytest

from alerts.digest.facts import facts_of
from alerts.digest.records import Digest, DigestItem, LaunchStory, QuietTheme
from alerts.digest.slack import MOST_BLOCKS, MOST_CHARACTERS, render_slack, size_of
from models.segment import EVERYTHING
from tests.alerts.launch_day import DAY, WINDOW

LIVELY = "<!channel> <@U123> *bold* `code` <https://example.org|click> & <b>"


def item(number, words=LIVELY):
    """An item with a lively name."""
    return DigestItem(
        number, f"{number} {words}", "new", ("new", "spiking"), 50, 5.0, 0, (), no_cause=words, owner="checkout"
    )


def digest(items=(), themes=0, launches=0):
    """A digest with so many items, quiet themes and launches."""
    quiet = tuple(QuietTheme(1000 + one, f"Quiet {one} {LIVELY}", 3, 3.0) for one in range(themes))
    plans = tuple(
        LaunchStory(f"L-{one}", f"Plan {one} {LIVELY}", "sale", DAY, WINDOW.end, EVERYTHING, ())
        for one in range(launches)
    )
    return Digest(
        "checkout", WINDOW, 900, 300.0, 2000, themes, items=tuple(items), further=quiet[:50], quiet=quiet, silent=quiet[:60],
        launches=plans,
    )  # fmt: skip


@pytest.mark.parametrize("longest", [20, 400, 4000])
def test_two_hundred_themes_stay_within_the_limits(longest):
    """200 themes, 7 items with long names and 30 launches fit 50 blocks and 12,000 characters; what does not fit is counted."""
    facts = facts_of(digest([item(one, LIVELY + "x" * longest) for one in range(1, 8)], themes=200, launches=30))
    for one in facts["items"]:
        one["evidence"] = [f"T-{one['theme_id']}"]
    quotes = {f"T-{one}": ("t" * 500, "b" * 4000) for one in range(1, 8)}
    message = render_slack(facts, quotes, console="https://groundswell.example.org", narration="n" * 5000)
    assert len(message["blocks"]) <= MOST_BLOCKS
    assert size_of(message["blocks"]) <= MOST_CHARACTERS
    assert len(message["blocks"][0]["text"]["text"]) <= 150
    assert len(message["text"]) <= 3000
    assert longest < 4000 or "more in the digest's page" in json.dumps(message)


def test_nothing_in_a_block_is_markup():
    """Names and quotes are in text elements, which Slack shows as they are; no block is of the kind that Slack reads markup in."""
    facts = facts_of(digest([item(1)]))
    facts["items"][0]["evidence"] = ["T-1"]
    message = render_slack(facts, {"T-1": ("", LIVELY)})
    written = json.dumps(message["blocks"], ensure_ascii=False)
    assert "mrkdwn" not in written
    assert written.count("<!channel>") >= 3
    assert {block["type"] for block in message["blocks"]} <= {"header", "rich_text", "divider"}


def test_only_given_texts_are_quoted():
    """A ticket whose text is not given, because it was erased, is not quoted."""
    facts = facts_of(digest([item(1)]))
    facts["items"][0]["evidence"] = ["T-1", "T-2"]
    written = json.dumps(render_slack(facts, {"T-2": ("Where are my coins?", "")}))
    assert "T-1" not in written
    assert "Where are my coins? (T-2)" in written


def test_links_lead_to_the_console():
    """Items and the message link to the console where it has an address, and to nothing else."""
    facts = facts_of(digest([item(1)]))
    assert '"url"' not in json.dumps(render_slack(facts))
    message = json.dumps(render_slack(facts, console="https://groundswell.example.org/"))
    assert '"url": "https://groundswell.example.org/themes/1"' in message
    assert '"url": "https://groundswell.example.org/"' in message
