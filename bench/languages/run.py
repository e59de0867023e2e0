"""Measures the recognition of languages, and what becomes of tickets that the embedding model does not read.

usage: python -m bench.languages.run [--no-save]

1. English texts (BANKING77, out of scope, spoken turns of insurance) that are taken for another language; this is the worse error.
2. Tickets in nine languages (`problems.toml`, filled in by code) that are recognised, with and without a field of the event.
3. A stream of 21 days of English and other tickets: which themes they get, and what is alerted.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench.events import open_events
from bench.languages.writing import Written, write_tickets
from bench.result import save
from bench.themes.data import banking77, insurance, out_of_scope
from bench.vectors import StoringEmbedder, vectors_file
from groundswell.embedded import EmbeddedRun
from groundswell.session import embedder_choice, make_rules
from groundswell.settings import Settings
from models.language.identify import ENGLISH, identify
from store.database import open_database, reading, upgrade
from store.listings import list_alerts, list_themes

START = datetime(2026, 11, 2, tzinfo=UTC)
LENGTH = timedelta(days=21)
INTENTS = 12
COPIES = 40
SEED = 11


def measure_english() -> dict[str, Any]:
    """Identify English texts, without a field and with one that states another language."""
    texts = [*banking77().texts, *out_of_scope().texts, *insurance().texts]
    identify("so that the library is loaded")
    begun = time.perf_counter()
    found = [identify(text) for text in texts]
    took = time.perf_counter() - begun
    apart = sum(one not in (None, ENGLISH) for one in found) / len(texts)
    figures = {"english_texts": len(texts), "set_apart": apart, "microseconds_a_text": 1e6 * took / len(texts)}
    for stated in ("es", "de", "id"):
        wrong = sum(identify(text, stated) not in (None, ENGLISH) for text in texts) / len(texts)
        figures[f"set_apart_stated_{stated}"] = wrong
    return figures


def measure_others() -> dict[str, Any]:
    """Identify tickets of nine languages: recall by language, and with a field that is right or says English."""
    tickets = write_tickets(SEED, 12)
    recall = {
        language: _recall([one for one in tickets if one.language == language])
        for language in sorted({one.language for one in tickets})
    }
    return {
        "tickets": len(tickets), "recall": _recall(tickets), "recall_stated_right": _recall(tickets, right=True),
        "recall_stated_english": _recall(tickets, stated="en"), "recall_by_language": recall,
    }  # fmt: skip


def _recall(tickets: list[Written], stated: str | None = None, *, right: bool = False) -> float:
    found = [identify(one.text, one.language if right else stated) for one in tickets]
    return sum(one not in (None, ENGLISH) for one in found) / len(found)


def mine_mixed(folder: Path) -> dict[str, Any]:
    """Mine English and other tickets, and measure the themes of the others."""
    tickets = _stream()
    path = folder / "mixed.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event, _, _ in tickets), encoding="utf-8")
    choice = embedder_choice(Settings())
    embedder = StoringEmbedder(choice.name, choice.load, vectors_file())
    # Before threads need it: the model is loaded once, for texts whose vectors are not stored.
    embedder.embed([event["data"]["body"] for event, language, _ in tickets if language == ENGLISH])
    engine = open_database(f"sqlite:///{folder / 'mixed.db'}")
    upgrade(engine)
    settings = Settings(mining={"epoch": timedelta(minutes=30)})
    run = EmbeddedRun(
        engine, embedder, make_rules(settings, embedder.name), clock=lambda: datetime.now(UTC), requester_key=b"bench"
    )
    with open_events(path) as source:
        run.ingest([source])
    with reading(engine) as connection:
        themes, alerts = list_themes(connection, members=True), list_alerts(connection)
    truth = {event["subject"]: (language, label) for event, language, label in tickets}
    return _figures(themes, alerts, truth)


def _figures(themes: list[dict[str, Any]], alerts: list[Any], truth: dict[str, tuple[str, str]]) -> dict[str, Any]:
    mixed, pure, several, covered = 0, [], [], Counter[str]()
    for theme in themes:
        members = [truth[ticket] for ticket in theme["tickets"]]
        languages = Counter(language for language, _ in members)
        if not members:
            continue
        mixed += len(members) - max(languages.values())
        if languages.most_common(1)[0][0] == ENGLISH:
            continue
        problems = Counter(label for _, label in members)
        (several if "several problems" in theme["name"] else pure).append(max(problems.values()) / len(members))
        covered[theme["name"].split(":")[0]] += len(members)
        print(f"{theme['id']:4} {len(members):5} {theme['name'][:70]:70} {dict(problems.most_common(2))}")
    alerted = [theme["name"] for theme in themes if any(one["theme_id"] == theme["id"] for one in alerts)]
    return {
        "tickets": len(truth), "in_themes_of_another_language": mixed, "themes_of_a_problem": len(pure),
        "purity_of_these": sum(pure) / len(pure) if pure else None, "themes_of_several": len(several),
        "alerted_of_several": sum("several problems" in name for name in alerted), "by_language": dict(covered),
    }  # fmt: skip


def _stream() -> list[tuple[dict[str, Any], str, str]]:
    random, corpus = Random(SEED), banking77()
    chosen = sorted(set(corpus.labels))[:INTENTS]
    rows = [(text, ENGLISH, label) for text, label in zip(corpus.texts, corpus.labels, strict=True) if label in chosen]
    rows += [(one.text, one.language, one.problem) for one in write_tickets(SEED, COPIES)]
    random.shuffle(rows)
    times = sorted(START + random.random() * LENGTH for _ in rows)
    found = []
    for at, (time_of, (text, language, label)) in enumerate(zip(times, rows, strict=True)):
        found.append(({
            "specversion": "1.0", "id": f"e-{at}", "source": "/bench", "type": "ticket.created", "subject": f"T-{at}",
            "time": time_of.isoformat(), "data": {"title": "", "body": text, "requester": f"u-{at}"},
        }, language, label))  # fmt: skip
    return found


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-save", action="store_true")
    asked = parser.parse_args()
    figures = {"english": measure_english(), "others": measure_others()}
    with tempfile.TemporaryDirectory() as name:
        figures["mixed"] = mine_mixed(Path(name))
    print(json.dumps(figures, indent=1))
    if not asked.no_save:
        save("languages", figures, show=False)


if __name__ == "__main__":
    main()
