"""The embedded chain over a story, as the command line drives it, but with an embedder that loads nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Select, Table, func, select

from alerts.ownership_file import read_ownership
from alerts.settings import AlertSettings
from groundswell.embedded import EmbeddedRun, Summary
from models.embedding import HashingEmbedder
from models.spikes.settings import SpikeSettings
from models.theme import KnownIssue
from models.themes.settings import ThemeSettings
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from store.database import open_database, reading, upgrade
from store.decisions import flag_known_issue
from store.listings import list_alerts, list_lineage, list_spikes, list_themes
from store.schema import assignments, decisions, metadata, tickets
from tests.harness.sources import open_events
from tests.pipelines.story import Story

NOW = datetime(2026, 12, 24, tzinfo=UTC)
KEY = b"k" * 32
CUT = timedelta(days=8)
"""Where the story's two files meet: between them a person flags a theme as a known issue."""


def make_rules(
    *, epoch: timedelta = timedelta(minutes=30), learning: timedelta = timedelta(days=5), gather_pool: int = 400
) -> Rules:
    """Rules under which ten days of a story hold everything: a short learning period, a short history."""
    mining = MiningSettings(
        epoch=epoch,
        lateness=timedelta(hours=2, minutes=10),
        dimensions=("region", "platform", "app_version"),
        pairs=(("platform", "app_version"),),
        themes=ThemeSettings(learning=learning, first_learning=100, memory=1_200, gather_pool=gather_pool),
        spikes=SpikeSettings(
            learning_hours=int(learning.total_seconds() // 3600), history_hours=168, recent_buckets=4 * 288
        ),
    )
    alerts = AlertSettings(learning_period=learning)
    return Rules(mining=mining, alerts=alerts, ownership=read_ownership(None), model=HashingEmbedder().name)


def open_new(url: str) -> Engine:
    """Open a database and bring it to head."""
    engine = open_database(url)
    upgrade(engine)
    return engine


def make_run(engine: Engine, rules: Rules | None = None, *, batch: int = 64) -> EmbeddedRun:
    """Compose the embedded run."""
    return EmbeddedRun(
        engine, HashingEmbedder(), rules or make_rules(), clock=lambda: NOW, requester_key=KEY, batch=batch
    )


SHORT_CUT = timedelta(days=5)


def short_story() -> Story:
    """A week in which everything happens that the long one holds, but less of it: for what is run many times."""
    return Story(days=7, per_day=45)


def short_rules() -> Rules:
    """Rules that fit the short story."""
    return make_rules(epoch=timedelta(hours=1), learning=timedelta(days=3), gather_pool=40)


def write_parts(folder: Path, parts: tuple[bytes, bytes]) -> tuple[Path, Path]:
    """Write the two files of a story."""
    paths = folder / "first.jsonl", folder / "second.jsonl"
    for path, content in zip(paths, parts, strict=True):
        path.write_bytes(content)
    return paths


def run_story(
    engine: Engine,
    paths: tuple[Path, Path],
    *,
    rules: Rules | None = None,
    batch: int = 64,
    stop: Callable[[], bool] = lambda: False,
    report: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Ingest the first file, flag the theme of refunds as a known issue, ingest the second. Done again, it goes on."""
    rules = rules or make_rules()
    with open_events(paths[0]) as source:
        first = make_run(engine, rules, batch=batch).ingest([source], keep_open=True, stop=stop, report=report)
    if first.stopped:
        return first
    flag_refunds(engine)
    with open_events(paths[1]) as source:
        return make_run(engine, rules, batch=batch).ingest([source], stop=stop, report=report)


def flag_refunds(engine: Engine) -> None:
    """Flag the theme that holds most of the tickets about refunds, once."""
    with engine.begin() as connection:
        if connection.execute(select(decisions.c.id)).first() is None:
            flag_known_issue(
                connection,
                theme_about(connection, "refund"),
                KnownIssue(title="Known", jira="PAY-1"),
                actor="ada",
                at=NOW,
            )


def theme_about(connection: Connection, word: str) -> int:
    """The theme that holds most of the tickets with a word in their text."""
    query = (
        select(assignments.c.theme_id)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(tickets.c.body.contains(word), assignments.c.theme_id.is_not(None))
        .group_by(assignments.c.theme_id)
        .order_by(func.count().desc(), assignments.c.theme_id)
    )
    return connection.execute(query).scalars().first() or 0


def listings(engine: Engine) -> dict[str, bytes]:
    """What `--json` would print, as bytes."""
    with reading(engine) as connection:
        found = {
            "themes": list_themes(connection, members=True),
            "spikes": list_spikes(connection),
            "alerts": list_alerts(connection),
            "lineage": list_lineage(connection),
        }
    return {name: orjson.dumps(rows) for name, rows in found.items()}


MINED = (
    "miner",
    "tickets",
    "tombstones",
    "themes",
    "lineage",
    "assignments",
    "segments",
    "counts",
    "bands",
    "spikes",
    "causes",
    "alerts",
    "incidents",
    "incident_events",
    "reviews",
    "corrections",
    "courses",
    "frames",
)


def mined_rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row that mining wrote, by table: more than listings show, so that a difference is found where it begins."""
    with reading(engine) as connection:
        found = {name: [tuple(row) for row in connection.execute(_rows_of(metadata.tables[name]))] for name in MINED}
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def _rows_of(table: Table) -> Select[tuple[Any, ...]]:
    """All of a table, without the numbers that the database gives to rows: those of transactions that failed leave gaps."""
    return select(*(column for column in table.c if column is not table.autoincrement_column))
