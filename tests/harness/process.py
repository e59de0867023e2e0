"""A worker or miner as a process of its own, with an embedder that loads nothing and failures that are injected.

Run as `python -m tests.harness.process PLAN`, a JSON file: what `Settings` takes, and in addition `reads`, `mines`,
`fail` (share of transactions that fail, half of them after their commit), `seed`, `ahead` (seconds by which the
clock goes ahead, so that a story of another year is in its past) and `real` (the real embedding model).
"""

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from alerts.ownership_file import read_ownership
from groundswell.logging import configure_logging
from groundswell.settings import Settings
from groundswell.worker import Collaborators, Process
from models.embedding import HashingEmbedder, MiniLM
from models.embedding.minilm import minilm_name
from models.embedding.registry import once
from pipelines.rules import Rules
from store.database import open_database


def inject_failures(engine: Engine, share: float, chance: random.Random) -> None:
    """Make a share of commits fail: half are rolled back, of half the answer is lost after they took effect."""
    commit = engine.dialect.do_commit

    def failing(connection: Any) -> None:
        drawn = chance.random()
        if drawn < share / 2:
            raise OperationalError("COMMIT", {}, Exception("injected before the commit"))
        commit(connection)
        if drawn < share:
            raise OperationalError("COMMIT", {}, Exception("injected after the commit"))

    engine.dialect.do_commit = failing  # type: ignore[method-assign]


def main(path: str) -> int:
    """Run the process that the plan describes."""
    plan = json.loads(Path(path).read_text())
    own = {name: plan.pop(name) for name in ("reads", "mines", "fail", "seed", "ahead", "real")}
    settings = Settings(**plan)
    engine = open_database(settings.database.url)
    inject_failures(engine, own["fail"], random.Random(own["seed"]))
    embedder = MiniLM if own["real"] else HashingEmbedder
    model = minilm_name() if own["real"] else HashingEmbedder().name
    rules = Rules(
        mining=settings.mining, alerts=settings.alerts, ownership=read_ownership(None), model=model, broadcast=True
    )
    ahead = timedelta(seconds=own["ahead"])
    configure_logging()
    given = Collaborators(settings, engine, rules, lambda: datetime.now(UTC) + ahead, once(embedder))
    return Process(given, reads=own["reads"], mines=own["mines"]).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
