import json
import os
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from alerts.channels.file import FileChannel
from alerts.digest.escape import plain
from alerts.feedback import FeedbackLinks
from alerts.messages.blocks import MOST_BLOCKS, MOST_CHARACTERS, blocks_of_markdown, render_blocks
from alerts.messages.compose import Composer
from alerts.messages.content import MessageContent, MessageFact, MessageLink, MessageQuote
from alerts.messages.html import render_page
from alerts.messages.incident import content_of, inert
from alerts.messages.markdown import render_message
from alerts.messages.plain import plain_of_markdown, render_plain
from alerts.outbox import deliver
from alerts.ownership import Audience, Ownership
from alerts.quoted_files import delete_message_files, find_in_files, remove_from_files
from alerts.settings import AlertSettings
from models.quotation import quoted_tickets, without_quotes
from models.times import rfc3339
from store.database import open_database, upgrade
from store.digests import DigestWindow, StoredDigest, insert_digest
from store.outbox import claim, enqueue
from store.quotations import remove_quotations
from store.schema import tickets

HOSTILE = (
    '<!channel> <@U1> [pay](http://evil.example) *b* `c` <script>alert(1)</script> &amp; http://evil.example :boom: "x"'
)
PAGE = MessageLink("Open the theme", "https://groundswell.example.com/themes/3")
INCIDENT = {
    "incident_id": 7, "revision": 2, "news": "escalated", "title": "Pix payment stays pending", "theme_id": 3,
    "theme_name": "pix pending", "reason": "84 tickets since 13:15 UTC where 6.2 were expected (x13.5), in region BR",
    "segment": {"region": "BR", "payment_method": "pix"}, "severity": 9.5, "observed": 84, "expected": 6.2,
    "since": "2026-11-20T13:15:00Z", "alert_ids": [4, 5], "why": "owner of theme 3", "owner": "payments", "state": "open",
    "plan": "Winter sale", "returns": 2,
    "known_issue": {"title": "Bank answers late", "jira": "https://jira.example.com/PAY-1", "owner": "ana", "workaround": "retry"},
    "causes": ["release 4.2 of the app, 12 minutes before", "payment_method pix has 97 % of it"],
}  # fmt: skip
QUOTES = (
    MessageQuote("T-17", "Paid by pix, still pending: money left my account"),
    MessageQuote("T-19", "pix não cai"),
)
CONTENTS = {
    "incident": content_of("incident", INCIDENT, QUOTES, page=PAGE, feedback=(MessageLink("useful", "https://groundswell.example.com/f/1"),)),
    "update": content_of("incident", {**INCIDENT, "news": None, "known_issue": None, "plan": None, "causes": None, "returns": None}),
    "alert": content_of("alert", {"kind": "new_theme", "theme_name": "Pix pending", "reason": "42 tickets in 3 hours"}, page=PAGE),
    "review": content_of("review", {"launch_id": "L1", "reason": "Winter sale (sale) is over: nothing was planned for it"}),
    "hostile": content_of(
        "incident",
        {**INCIDENT, **dict.fromkeys(("title", "reason", "why", "plan", "returns"), HOSTILE), "theme_name": HOSTILE + "\n# h",
         "segment": {HOSTILE: HOSTILE}, "causes": [HOSTILE], "known_issue": {"title": HOSTILE, "jira": "javascript:alert(1)"}},
        (MessageQuote(inert(HOSTILE), inert(HOSTILE)),), page=PAGE,
    ),
}  # fmt: skip
FORMS = {
    "md": render_message,
    "txt": render_plain,
    "html": render_page,
    "json": lambda content: json.dumps(render_blocks(content), indent=1, ensure_ascii=False) + "\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CONTENTS)
def test_messages_are_written_as_they_were(root, name, form):
    """Every form of every message is a golden file."""
    path = root / "tests" / "alerts" / "golden" / "messages" / f"{name}.{form}"
    written = FORMS[form](CONTENTS[name])
    if os.environ.get("GROUNDSWELL_REGENERATE_GOLDEN") == "1":
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


def elements(part):
    """Every object in a block that has text."""
    if isinstance(part, dict):
        if "text" in part and isinstance(part["text"], str):
            yield part
        for value in part.values():
            yield from elements(value)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from elements(one)


@pytest.mark.parametrize("name", CONTENTS)
def test_nothing_in_blocks_is_parsed_by_slack(name):
    """All text is in elements that Slack shows as they are; none is `mrkdwn`, and links lead to the console or the known issue."""
    blocks = render_blocks(CONTENTS[name])
    assert {one["type"] for one in elements(blocks)} <= {"text", "plain_text", "link"}
    assert all(one.get("emoji") is not True for one in elements(blocks))
    links = {one["url"] for one in elements(blocks) if one["type"] == "link"}
    assert all(one.startswith(("https://groundswell.example.com/", "https://jira.example.com/")) for one in links)
    assert [Block.parse(one).type for one in blocks] == [one["type"] for one in blocks]


TEXTS = st.text(max_size=4000)


@settings(max_examples=40)
@given(st.builds(
    MessageContent, heading=TEXTS, title=TEXTS, reason=TEXTS, causes=st.lists(TEXTS, max_size=8).map(tuple),
    facts=st.lists(st.builds(MessageFact, TEXTS, TEXTS, st.none() | TEXTS), max_size=8).map(tuple),
    quotes=st.lists(st.builds(MessageQuote, TEXTS, TEXTS), max_size=80).map(tuple), page=st.none() | st.just(PAGE),
))  # fmt: skip
def test_blocks_never_exceed_a_limit_of_slack(content):
    """Whatever a message says, it has at most 50 blocks, 3,000 characters in one text, 150 in a header and 12,000 in all."""
    blocks = render_blocks(content)
    assert 1 <= len(blocks) <= MOST_BLOCKS
    assert sum(len(one["text"]) + len(one.get("url", "")) for one in elements(blocks)) <= MOST_CHARACTERS
    assert all(0 < len(one["text"]) <= (150 if one["type"] == "plain_text" else 3000) for one in elements(blocks))


def test_a_digest_of_two_hundred_themes_fits_into_one_message():
    """What is too long for Slack ends with a sentence and the link to the page."""
    markdown = "# Digest\n\n" + "\n\n".join(
        f"## Theme {number}\n\n> quote {'x' * 200} — *T-{number}*" for number in range(200)
    )
    blocks = blocks_of_markdown(markdown, PAGE)
    assert len(blocks) <= MOST_BLOCKS
    last = list(elements(blocks[-1]))
    assert last[0]["text"] == "The rest is too long for a message."
    assert last[-1]["url"] == PAGE.url


def test_a_digest_becomes_blocks_with_the_words_of_its_markdown():
    """Headings, lists, quotes, bold and links of a digest are theirs in Slack; what was escaped shows as it was written."""
    markdown = (
        "# everyone\n\n**Pix \\*pending\\*** went up\n\n- one &lt;!channel&gt;\n- **two**: [release](<https://example.com/r>)\n\n"
        "> it \\_fails\\_ — *T-1*\n"
    )
    header, bold, items, quote = blocks_of_markdown(markdown)
    assert header["text"]["text"] == "everyone"
    assert [(one["text"], "style" in one) for one in elements(bold)] == [("Pix *pending*", True), (" went up", False)]
    assert [one["text"] for one in elements(items)] == ["one <!channel>", "two", ": ", "release"]
    assert [one["text"] for one in elements(quote)] == ["it _fails_ — T-1"]
    assert plain_of_markdown(markdown).splitlines()[2] == "Pix *pending* went up"


@given(st.text(max_size=200))
def test_markdown_of_a_message_shows_a_quote_that_erasure_finds(text):
    """Whatever a ticket says, its quote in Markdown and HTML names its ticket and can be replaced."""
    content = content_of("incident", INCIDENT, (MessageQuote("T-17", plain(text) or "x"),))
    for written in (render_message(content), render_page(content)):
        assert quoted_tickets(written) == ["T-17"]
        assert without_quotes(written, ["T-17"])[1] == 1


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("incident", {}),
        ("incident", {"observed": True, "since": "soon", "segment": 3, "causes": "x", "known_issue": 7, "returns": []}),
        ("incident", {"observed": 3, "expected": 0.0, "news": "new_kind_of_news", "returns": "every 8 h"}),
        ("silence_expired", {"reason": "it hid 3 signals"}),
        ("alert", {"kind": None}),
    ],
)
def test_a_payload_that_lacks_parts_is_still_a_message(kind, payload):
    """What is not there, or not of its type, is left out."""
    content = content_of(kind, payload)
    assert all(FORMS[form](content) for form in FORMS)
    assert content.headline


@pytest.mark.parametrize(
    ("number", "ordinal"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (22, "22nd"), (113, "113th")],
)
def test_returns_are_counted_in_words(number, ordinal):
    """A burst that is back says for which time."""
    facts = content_of("incident", {"returns": number - 1}).facts
    assert [fact.value for fact in facts if fact.label == "Back"] == ([f"{ordinal} time"] if number > 1 else [])


@pytest.fixture
def engine(sqlite_url):
    """A database with two tickets, of which one is erased, and the row of an incident that both are evidence of."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    at = datetime(2026, 11, 20, 13, tzinfo=UTC)
    with engine.begin() as connection:
        for number, erased in (("T-1", None), ("T-2", at)):
            connection.execute(
                tickets.insert().values(
                    id=number, source="desk", event_id=number, time=at, status="open", title="Pix pending",
                    body=f"money of {number} left", counted=True,
                    erased_at=erased, requester="r",
                )
            )  # fmt: skip
        payload = {**INCIDENT, "evidence": ["T-1", "T-2", "T-3", 4]}
        enqueue(connection, key="incident:7:2:ops", kind="incident", audience="ops", payload=payload)
    yield engine
    engine.dispose()


def test_quotes_are_looked_up_when_a_message_is_sent(engine):
    """Erased and unknown tickets are not quoted; what is quoted is noted, so that a proof names who has the copy."""
    [claimed] = claim(engine, now=datetime(2026, 11, 21, tzinfo=UTC), lease=AlertSettings().delivery_lease)
    compose = Composer(engine, AlertSettings(console_url="https://groundswell.example.com/"))
    message = compose(claimed)
    assert quoted_tickets(message.text) == quoted_tickets(message.html) == ["T-1"]
    assert "money of T-2" not in message.text + message.html + message.plain + str(message.blocks)
    assert message.url == "https://groundswell.example.com/incidents/7"
    assert (message.subject, message.revision, message.news) == ("incident:7", 2, "escalated")
    with engine.begin() as connection:
        removed = remove_quotations(connection, ["T-1"])
    assert [copy.key for copy in removed.copies] == ["incident:7:2:ops"]
    assert removed.keys == ("incident:7:2:ops",)
    with engine.begin() as connection:
        connection.execute(tickets.update().values(title="", body=""))
    assert quoted_tickets(compose(claimed).text) == []


def test_the_message_of_a_digest_leads_to_its_page(engine):
    """The console has an archive of digests: the link is to this one."""
    window = DigestWindow(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    with engine.begin() as connection:
        insert_digest(connection, StoredDigest("desk", window, "# Digest", "<p>Digest</p>"))
        payload = {"start": rfc3339(window.start), "end": rfc3339(window.end), "reason": "Digest"}
        enqueue(connection, key="digest:desk", kind="digest", audience="desk", payload=payload)
    claimed = claim(engine, now=datetime(2026, 11, 21, tzinfo=UTC), lease=AlertSettings().delivery_lease)
    [digest] = [one for one in claimed if one.kind == "digest"]
    message = Composer(engine, AlertSettings(console_url="https://groundswell.example.com/"))(digest)
    assert message.url == "https://groundswell.example.com/digests/20261120T000000Z-20261121T000000Z-desk"


def test_feedback_links_are_about_the_incident_and_its_audience(engine):
    """A reader says of each incident what it was worth; the links are signed for their audience."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    [claimed] = claim(engine, now=now, lease=AlertSettings().delivery_lease)
    links = FeedbackLinks(
        address="https://example.com", key=b"k" * 16, lifetime=AlertSettings().feedback_lifetime, clock=lambda: now
    )
    content = Composer(engine, AlertSettings(), links)._content(claimed)
    assert [one.label for one in content.feedback] == ["useful", "not useful", "wrong team"]
    read = links.read(content.feedback[2].url.rpartition("/")[2])
    assert (read.item.subject, read.item.audience, read.item.rule, read.verdict) == (
        "incident:7",
        "ops",
        "incident",
        "wrong_team",
    )


def test_files_of_messages_lose_the_quotes_of_an_erased_ticket(engine, tmp_path):
    """The copies that channels wrote into the folder of notifications are found and cleaned, whichever channel wrote them."""
    settings = AlertSettings(outbox_folder=tmp_path / "out", digest_folder=tmp_path / "digests")
    channels = {"file": FileChannel(settings.outbox_folder), "own": FileChannel(settings.outbox_folder / "own", "own")}
    ownership = Ownership((Audience("ops", channels=("file", "own")), Audience("everyone")))
    assert (
        deliver(engine, channels, ownership, clock=lambda: datetime(2026, 11, 21, tzinfo=UTC), settings=settings).sent
        == 1
    )
    assert len(find_in_files(settings, ["T-1"])) == 2
    with engine.begin() as connection:
        removed = remove_quotations(connection, ["T-1"])
    assert [copy.channels for copy in removed.copies] == [("file", "own")]
    assert remove_from_files(settings, removed.keys, ["T-1"]) == 2
    assert find_in_files(settings, ["T-1"]) == []
    delete_message_files(settings, "ops", "incident:7:2:ops")
    assert [path for path in settings.outbox_folder.rglob("*") if path.is_file()] == []
