"""Tickets in languages that the embedding model does not read, from the file to the alerts, and a model that reads them."""

from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from sqlite3 import connect
from zlib import crc32

import numpy as np
import orjson
import pytest
from sqlalchemy import Engine, select

from bench.languages.writing import write_tickets
from groundswell.embedded import EmbeddedRun
from groundswell.ingest_summary import IngestResult
from models.alert import Gate
from models.embedding import HashingEmbedder
from models.embedding.declared import DeclaredLanguages
from models.language.names import language_name
from pipelines.rebuild import RebuildMethod, adopt, rebuild
from store.database import open_database, reading
from store.listings import list_alerts, list_spikes, list_themes
from store.schema import assignments, themes, tickets, vectors
from store.themes import count_unread
from tests.harness.sources import open_events
from tests.pipelines.chain import KEY, NOW, listings, make_rules, mined_rows, open_new
from tests.pipelines.office import check_counts
from tests.pipelines.story import START

RULES = make_rules(epoch=timedelta(hours=1), learning=timedelta(days=3), gather_pool=40)
ENGLISH = {
    "card_declined": ["my card is declined at checkout every time", "the shop declined my card although it has money"],
    "charged_twice": ["i was charged twice for the same purchase", "two identical charges for one purchase"],
    "refund_missing": ["the refund for my return has not arrived", "still waiting for the refund of my return"],
    "payout_missing": ["my creator payout is stuck in review", "creator payout pending in review since monday"],
    "coins_missing": ["i bought coins and the balance shows none", "coins bought but missing from my balance"],
    "voucher_rejected": ["the voucher code is invalid in the basket", "voucher code rejected in the basket"],
}


class Recording(HashingEmbedder):
    """Remembers what it embedded."""

    def __init__(self) -> None:
        self.texts = set[str]()

    def embed(self, texts):
        """Embed texts, and remember them."""
        self.texts.update(texts)
        return super().embed(texts)


EMBEDDED = Recording()
READS_ENGLISH = DeclaredLanguages(EMBEDDED, ("en",))


class Multilingual:
    """A model that reads all languages: a text is near the other texts of its problem, however it is written."""

    name = "multilingual/1"
    dimensions = 384

    def __init__(self, problems: dict[str, str]) -> None:
        names = sorted({*problems.values()})
        rows = np.random.default_rng(3).standard_normal((len(names), 384))
        self._centres = dict(zip(names, rows / np.linalg.norm(rows, axis=1, keepdims=True), strict=True))
        self._problems = problems

    def embed(self, texts):
        """Embed texts by what they are about."""
        found = []
        for text in texts:
            noise = np.random.default_rng(crc32(text.encode())).standard_normal(384)
            row = self._centres[self._problem(text)] + 0.8 * noise / np.linalg.norm(noise)
            found.append(row / np.linalg.norm(row))
        return np.array(found, np.float16).reshape(len(texts), 384)

    def _problem(self, text: str) -> str:
        """What a text is about: that of the ticket that it is most like, since greetings and closings were removed."""
        own = grams(text)
        return self._problems[max(self._problems, key=lambda known: len(own & grams(known)) / len(own | grams(known)))]


@cache
def grams(text: str) -> frozenset[str]:
    """The groups of three characters of a text."""
    return frozenset(text[at : at + 3] for at in range(len(text) - 2))


def written() -> list[tuple[float, str, str, str]]:
    """A week of tickets as (day, language, problem, text), by time; on the sixth day many come in Japanese."""
    random, rows = Random(4), []
    for problem, texts in ENGLISH.items():
        rows += [(7 * random.random(), "en", problem, f"{random.choice(texts)} {at}") for at in range(40)]
    spoken = write_tickets(4, 16)
    for one in spoken:
        if one.language in {"es", "ja"}:
            rows.append((7 * random.random(), one.language, one.problem, one.text))
    burst = [one for one in write_tickets(6, 6) if one.language == "ja"]
    rows += [(6 + 0.1 * random.random(), "ja", one.problem, one.text) for one in burst]
    return sorted(rows)


def events(rows, part=slice(None)) -> bytes:
    """The tickets as lines of events; each twentieth one is erased a day later."""
    lines = []
    for at, (day, _, _, text) in enumerate(rows):
        event = {"specversion": "1.0", "source": "/desk", "subject": f"T-{at}"}
        time, data = START + timedelta(days=day), {"title": "", "body": text, "requester": f"u-{at}"}
        lines.append((time, {**event, "id": f"c-{at}", "type": "ticket.created", "data": data}))
        if at % 20 == 0:
            lines.append((time + timedelta(days=1), {**event, "id": f"e-{at}", "type": "ticket.redacted", "data": {}}))
    lines.sort(key=lambda one: (one[0], one[1]["id"]))
    return b"".join(orjson.dumps({**event, "time": time.isoformat()}) + b"\n" for time, event in lines[part])


def ingest(engine: Engine, path: Path, *, keep_open: bool = False):
    """Ingest a file with a model that reads English alone."""
    run = EmbeddedRun(engine, READS_ENGLISH, RULES, clock=lambda: NOW, requester_key=KEY)
    with open_events(path) as source:
        return run.ingest([source], keep_open=keep_open)


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory):
    """Return the folder of a mined database and what the run said."""
    folder = tmp_path_factory.mktemp("languages")
    (folder / "all.jsonl").write_bytes(events(written()))
    engine = open_new(f"sqlite:///{folder / 'mined.db'}")
    summary = ingest(engine, folder / "all.jsonl")
    return engine, summary, folder


def test_languages_are_counted_and_kept_apart(mined):
    """The run counts unread tickets by language with the advice, and no theme has tickets of two languages."""
    engine, summary, _ = mined
    assert set(summary.outcome.unread) == {"es", "ja"}
    assert summary.outcome.unread["es"] >= 0.9 * 6 * 16
    said = " ".join(IngestResult(summary).sentences())
    assert f"Spanish {summary.outcome.unread['es']}" in said
    assert "multilingual" in said
    with reading(engine) as connection:
        known = {row.id: row.language for row in connection.execute(select(themes.c.id, themes.c.language))}
        counts = count_unread(connection)
        apart = {
            row.ticket_id: row.language
            for row in connection.execute(select(vectors.c.ticket_id, vectors.c.language))
            if row.language
        }
    assert set(counts) == {"es", "ja"}
    with reading(engine) as connection:
        rows = connection.execute(select(assignments.c.ticket_id, assignments.c.theme_id)).all()
    for row in rows:
        if row.theme_id is not None and row.ticket_id in apart:
            assert known[row.theme_id] == apart[row.ticket_id]
    check_counts(engine)


def test_the_model_embeds_nothing_in_a_script_that_it_does_not_read(mined):
    """Neither the tickets nor the phrases that their themes could be named with: its vectors of them are arbitrary."""
    assert mined
    assert EMBEDDED.texts
    assert not any(ord(character) >= ord("\u0590") for text in EMBEDDED.texts for character in text)


def test_a_theme_of_a_language_says_so_and_does_not_alert_as_one_problem(mined):
    """Themes of Spanish and Japanese have names that begin with it; of several problems, no alert is sent and the gate says why."""
    engine, _, _ = mined
    with reading(engine) as connection:
        known = {row.id: row for row in connection.execute(select(themes))}
        listed, alerts, spikes = list_themes(connection), list_alerts(connection), list_spikes(connection)
    several = {theme for theme, row in known.items() if row.several_problems}
    for theme in listed:
        language = known[theme["id"]].language
        if language and theme["size"]:
            assert theme["name"].startswith(f"{language_name(language)}: ")
            assert ("several problems" in theme["name"]) == (theme["id"] in several)
        else:
            assert "several problems" not in theme["name"]
    assert several
    assert not [one for one in alerts if one["theme_id"] in several]
    withheld = {one["gate"] for one in spikes if one["theme_id"] in several}
    assert Gate.SEVERAL_PROBLEMS in withheld
    assert None not in withheld


def test_a_run_that_was_interrupted_gives_the_same(mined):
    """Read in three parts by three processes, one after the other, everything that mining writes is the same."""
    engine, _, folder = mined
    other = open_new(f"sqlite:///{folder / 'parts.db'}")
    rows = written()
    total = events(rows).count(b"\n")
    cuts = [0, total // 3, total // 2, total]
    for number in range(3):
        path = folder / f"part-{number}.jsonl"
        path.write_bytes(events(rows, slice(cuts[number], cuts[number + 1])))
        ingest(other, path, keep_open=number < 2)
    assert listings(other) == listings(engine)
    differing = [name for name, found in mined_rows(other).items() if found != mined_rows(engine)[name]]
    assert differing == []
    other.dispose()


def test_erased_tickets_leave_no_vector_of_words(mined):
    """A ticket whose text was erased has no vector, in whatever language it was."""
    engine, _, _ = mined
    with reading(engine) as connection:
        erased = set(connection.scalars(select(tickets.c.id).where(tickets.c.erased_at.is_not(None))))
        left = set(connection.scalars(select(vectors.c.ticket_id)))
    assert len(erased) > 10
    assert not erased & left


def test_translations_of_one_problem_meet_in_one_theme_of_a_multilingual_model(mined, tmp_path):
    """After a switch to a model that reads all, each problem is one theme in all languages, and no theme stands for a language."""
    first, _, _ = mined
    with closing(connect(str(first.url.database))) as source, closing(connect(tmp_path / "switched.db")) as copy:
        source.backup(copy)
    engine = open_database(f"sqlite:///{tmp_path / 'switched.db'}")
    rows = written()
    model = Multilingual({text: problem for _, _, problem, text in rows})
    found = rebuild(engine, RULES.mining, RebuildMethod(embedder=model), actor="ada", at=NOW)
    adopt(engine, RULES, found.rebuild_id, model, clock=lambda: NOW, actor="ada")
    with reading(engine) as connection:
        languages = set(connection.scalars(select(vectors.c.language).where(vectors.c.model == model.name)))
    assert languages == {None}
    best = {}
    with reading(engine) as connection:
        placed = dict(tuple(row) for row in connection.execute(select(assignments.c.ticket_id, assignments.c.theme_id)))
    for at, (_, language, problem, _) in enumerate(rows):
        theme = placed.get(f"T-{at}")
        if theme is not None and at % 20:
            best.setdefault((problem, language), []).append(theme)
    top = {key: max(set(found), key=found.count) for key, found in best.items()}
    for problem in ENGLISH:
        assert top[problem, "en"] == top[problem, "es"] == top[problem, "ja"]
    assert len({top[problem, "en"] for problem in ENGLISH}) == len(ENGLISH)
    with reading(engine) as connection:
        spoken = set(connection.scalars(select(themes.c.id).where(themes.c.language.is_not(None))))
        erased = set(connection.scalars(select(tickets.c.id).where(tickets.c.erased_at.is_not(None))))
    # What has no text any more stays where it was.
    assert {ticket for ticket, theme in placed.items() if theme in spoken} <= erased
    check_counts(engine)
    engine.dispose()
