"""Published forms of digests: files, erasure in all of them, the narrator, links, mails, and the comparison with the digest before."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select, update

from alerts.digest.comparison import Trend
from alerts.digest.formats import DigestFormat
from alerts.narration import Narration
from alerts.ownership import Ownership
from alerts.publishing import DigestOrder, build_digests, publish_digests
from alerts.quoted_files import delete_digest_files, find_in_files, remove_from_files, replace_in_files
from alerts.redacted_files import redact_files
from alerts.settings import AlertSettings
from models.quotation import REMOVED
from models.redaction import Redactor
from store.database import open_database, upgrade
from store.digests import DigestKind, digest_key, load_digest
from store.phrases import Replacements, replace_phrases
from store.quotations import find_quotations, remove_quotations
from store.schema import digests, quotations, spikes, tickets
from tests.alerts import launch_day
from tests.alerts.launch_day import CRASH, DAY, WINDOW

EVERYTHING = tuple(DigestFormat)
DAY_BEFORE = replace(WINDOW, start=DAY - timedelta(days=1), end=DAY)


@pytest.fixture
def engine(sqlite_url):
    """A database with the launch day in it."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(tmp_path):
    """Folders of this test."""
    return AlertSettings(digest_folder=tmp_path / "digests", outbox_folder=tmp_path / "sent")


@pytest.fixture
def pdf(monkeypatch):
    """PDF files that hold the page, so that a test can read what they would show."""
    for module in ("alerts.publishing", "alerts.page_files"):
        monkeypatch.setattr(f"{module}.render_pdf", lambda page: b"%PDF " + page.encode())


def publish(engine, settings, **options):
    """Publish the day's digest of everyone."""
    [one] = publish_digests(engine, Ownership(), WINDOW, settings.digest_folder, settings, DigestOrder(**options))
    return one


def stored(engine, window=WINDOW):
    """Read it."""
    with engine.connect() as connection:
        return load_digest(connection, "everyone", window)


def test_each_format_is_a_file(engine, settings, pdf):
    """Each format that is asked for is a file next to the pages; CSV and Slack files hold no quote."""
    published = publish(engine, settings, formats=EVERYTHING)
    assert [path.name for path in published.others] == ["everyone.slack.json", "everyone.pdf", "everyone.csv"]
    slack, paper, numbers = (path.read_text(encoding="utf-8") for path in published.others)
    assert orjson.loads(slack)["blocks"][0]["text"]["text"] == "everyone: Friday, 20 November 2026"
    assert "crash on payment since the update" in paper
    for text in (slack, numbers):
        assert "crash on payment since the update" not in text
    assert {row["section"] for row in csv.DictReader(io.StringIO(numbers))} >= {"total", "item", "spike", "quiet"}


def test_a_format_can_be_asked_for_later(engine, settings, pdf):
    """A digest that is published already is written in another format without being built again."""
    publish(engine, settings)
    assert publish(engine, settings, formats=(DigestFormat.CSV,)).others[0].is_file()


def test_erasure_reaches_every_form(engine, settings, pdf):
    """Quotes of an erased ticket leave the pages, the PDF and the facts, in the database and in the files."""
    published = publish(engine, settings, formats=EVERYTHING)
    with engine.connect() as connection:
        gone = set(sorted(connection.scalars(select(quotations.c.ticket_id)))[:3])
    assert {path.suffix for path in find_in_files(settings, gone)} == {".md", ".html", ".pdf"}
    with engine.begin() as connection:
        connection.execute(update(tickets).where(tickets.c.id.in_(gone)).values(title="", body="", erased_at=DAY))
        removed = remove_quotations(connection, gone)
    assert remove_from_files(settings, removed.keys, gone) == 6
    assert find_in_files(settings, gone) == []
    assert published.others[1].read_text(encoding="utf-8").count(REMOVED) == 3
    facts = stored(engine).facts
    assert gone.isdisjoint(one for item in facts["items"] for one in item["evidence"])
    with engine.connect() as connection:
        assert find_quotations(connection, gone) == []


def test_a_pdf_without_its_page_is_found(engine, settings, pdf):
    """Of a PDF whose page is gone nobody knows what it quotes: it counts as a file that quotes the ticket."""
    published = publish(engine, settings, formats=(DigestFormat.PDF,))
    published.path_html.unlink()
    assert published.others[0] in find_in_files(settings, ["T-nobody"])


def test_names_are_replaced_in_every_form(engine, settings, pdf):
    """A name of a theme that is replaced leaves the facts and all files, whatever their form."""
    published = publish(engine, settings, formats=EVERYTHING)
    name = "App closes on the payment page"
    found = Replacements({name: "App closes"}, {name: "App closes"})
    with engine.begin() as connection:
        assert replace_phrases(connection, found)["digests"] == 3
    assert replace_in_files(settings, found) == 4
    for path in (published.path_md, published.path_html, *published.others):
        assert name.encode() not in path.read_bytes()
        assert b"App closes" in path.read_bytes()
    assert name not in str(stored(engine).facts)


def test_files_of_every_form_are_redacted_and_deleted(engine, settings, pdf):
    """What a newer rule finds is redacted in each file, the PDF with its page; retention deletes all of them."""
    published = publish(engine, settings, formats=EVERYTHING)
    card = "4111 1111 1111 1111"
    for path in (published.path_html, published.others[0], published.others[2]):
        path.write_text(path.read_text(encoding="utf-8").replace("App closes on", f"{card} on"), encoding="utf-8")
    redact_files(settings, Redactor(), ())
    for path in (published.path_md, published.path_html, *published.others):
        assert card.encode() not in path.read_bytes()
    delete_digest_files(settings, digest_key("everyone", WINDOW))
    assert not any(path.exists() for path in (published.path_md, published.path_html, *published.others))


def test_a_narrator_writes_the_first_paragraph(engine, settings):
    """A narrator is given facts and quotes as plain JSON, outside of a transaction; its text comes first, the rules' lines stay."""
    given = []

    def narrator(facts):
        given.append(orjson.loads(orjson.dumps(facts)))
        with engine.begin() as connection:  # the database is free meanwhile
            connection.execute(update(tickets).where(tickets.c.id == "nobody").values(title=""))
        return Narration("A release <b>broke</b> *payments*.", {"by": "narrator"})

    published = publish(engine, settings, narrator=narrator)
    [facts] = given
    assert facts["items"][0]["quotes"][0] == "The app shuts down on the last step of paying"
    text = published.path_md.read_text(encoding="utf-8")
    assert text.splitlines()[2] == r"A release &lt;b&gt;broke&lt;/b&gt; \*payments\*."
    assert "- 304 tickets, 304 of them in 6 themes" in text
    assert "A release &lt;b&gt;broke&lt;/b&gt; *payments*." in published.path_html.read_text(encoding="utf-8")
    assert stored(engine).narration == {"by": "narrator", "text": "A release <b>broke</b> *payments*."}
    publish(engine, settings, narrator=narrator)
    assert len(given) == 1


def test_a_narrator_without_a_text_leaves_the_rules_text(engine, settings):
    """Where the narrator's text is not used, the reason is stored and the digest is that of the rules."""
    publish(engine, settings, narrator=lambda _: Narration(None, {"reason": "it invented 17"}))
    assert stored(engine).narration == {"reason": "it invented 17", "text": None}
    assert stored(engine).markdown.splitlines()[2].startswith("- 304 tickets")


def test_items_link_to_the_console_and_to_feedback(engine, settings):
    """With an address each item links to its theme; links of others are added, unsafe ones are not."""
    linked = settings.model_copy(update={"console_url": "https://groundswell.example.org/"})
    subjects = []

    def links(item):
        subjects.append((item.subject, item.audience))
        return {"Useful": f"https://f.example.org/{item.theme_id}", "Bad": "javascript:alert(1)"}

    publish(engine, linked, item_links=links)
    digest = stored(engine)
    assert (
        f"[Console](<https://groundswell.example.org/themes/{CRASH}>) · [Useful](<https://f.example.org/{CRASH}>)"
        in digest.markdown
    )
    assert 'href="https://groundswell.example.org/launches/L-1"' in digest.html
    assert "javascript" not in digest.markdown + digest.html
    assert (f"{digest_key('everyone', WINDOW)}:theme:{CRASH}", "everyone") in subjects


def test_a_digest_is_compared_with_the_one_before(engine, settings):
    """What the digest of the day before reported is growing, fading or resolved in the next one, by its stored facts."""
    with engine.begin() as connection:
        connection.execute(update(spikes).where(spikes.c.id == 3).values(start=DAY - timedelta(hours=2)))
    order = DigestOrder()
    publish_digests(engine, Ownership(), DAY_BEFORE, settings.digest_folder, settings, order)
    before = stored(engine, DAY_BEFORE)
    assert [item["theme_id"] for item in before.facts["items"]] == [CRASH]
    gone = {**before.facts, "items": [*before.facts["items"], {**before.facts["items"][0], "theme_id": 5}]}
    with engine.begin() as connection:
        connection.execute(update(digests).where(digests.c.start == DAY_BEFORE.start).values(facts=gone))
    publish(engine, settings)
    facts = stored(engine).facts
    assert {item["theme_id"]: item["trend"] for item in facts["items"]}[CRASH] == Trend.GROWING
    assert "Since the digest of Thu 19 Nov: 2 new, 1 growing, 1 over (Name on the card statement)." in facts["summary"]
    with engine.connect() as connection:
        [weekly] = build_digests(connection, Ownership(), WINDOW, settings, DigestOrder(kind=DigestKind.WEEKLY))
    assert weekly.compared_with is None


def test_a_digest_of_an_earlier_version_is_no_comparison(engine, settings):
    """A digest that was stored without facts is not compared with, and has no numbers to write."""
    publish_digests(engine, Ownership(), DAY_BEFORE, settings.digest_folder, settings)
    with engine.begin() as connection:
        connection.execute(update(digests).values(facts=None))
    publish(engine, settings)
    assert stored(engine).facts["compared_with"] is None
    order = DigestOrder(formats=(DigestFormat.CSV,))
    with pytest.raises(ValueError, match="--rebuild"):
        publish_digests(engine, Ownership(), DAY_BEFORE, settings.digest_folder, settings, order)
