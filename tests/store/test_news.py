"""Tests of what an epoch looks at: one statement says what there is, and never that there is nothing where there is something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert

from store.database import open_database, upgrade
from store.epochs import MinerRow, write_miner
from store.news import read_news, read_progress
from store.schema import corrections, decisions, launches, silences, themes, tombstones

EPOCH = 1_000
END = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER, LATER = END - timedelta(hours=1), END + timedelta(hours=1)
DECISION = {"at": EARLIER, "actor": "ada", "kind": "demand", "theme_id": 0, "payload": {"demand": "customer"}}
SILENCE = {"kind": "theme", "owner": "ada", "reason": "known", "matchers": {}, "created_at": EARLIER}
THEME = {
    "id": 1, "name": "unnamed", "keywords": [], "state": "live", "status": "new", "size": 3, "born_epoch": 1, "named_size": 0,
}  # fmt: skip
LAUNCH = {
    "source": "/plans", "subject": "spring", "id": "1", "kind": "launch", "title": "Spring", "start": END, "end": LATER,
    "scope": {}, "tolerance": 0.2, "expected": [], "cancelled": False,
}  # fmt: skip
FOUND: list[tuple[str, Table, dict[str, Any]]] = [
    ("due", decisions, DECISION),
    ("due", decisions, {**DECISION, "due_epoch": EPOCH}),
    ("decided", decisions, {**DECISION, "applied_epoch": EPOCH - 1}),
    ("launches", launches, {**LAUNCH, "time": EARLIER}),
    ("silences", silences, {**SILENCE, "starts_at": END}),
    ("renamed", themes, THEME),
    ("erased", tombstones, {"ticket_id": "a", "time": EARLIER, "erased_until": END}),
    ("corrections", corrections, {"epoch": EPOCH, "cells": b""}),
]
NOTHING: list[tuple[Table, dict[str, Any]]] = [
    (decisions, {**DECISION, "due_epoch": EPOCH + 1}),
    (decisions, {**DECISION, "applied_epoch": EPOCH - 2}),
    (decisions, {**DECISION, "kind": "rename", "applied_epoch": EPOCH}),
    (launches, {**LAUNCH, "time": END}),
    (silences, {**SILENCE, "starts_at": LATER}),
    (silences, {**SILENCE, "starts_at": EARLIER, "reported_at": END}),
    (themes, {**THEME, "named_size": 3}),
    (tombstones, {"ticket_id": "a", "time": EARLIER, "erased_until": END, "mined_epoch": EPOCH - 1}),
    (corrections, {"epoch": EPOCH - 1, "cells": b""}),
]


@pytest.fixture
def fresh(database_url: str) -> Iterator[Engine]:
    """Return a database that was never mined."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def engine(fresh: Engine) -> Engine:
    """Return a database that is mined up to the epoch."""
    with fresh.begin() as connection:
        write_miner(connection, MinerRow(EPOCH, 1, {"last_busy": 7}))
    return fresh


def test_each_kind_of_news_is_found(engine: Engine) -> None:
    """What an epoch has to look at is news of its kind, and of no other."""
    for kind, table, row in FOUND:
        with engine.connect() as connection:
            connection.execute(insert(table).values(row))
            news = asdict(read_news(connection, EPOCH, END))
            assert {name for name, there in news.items() if there} == {kind}


def test_what_concerns_other_epochs_is_no_news(engine: Engine) -> None:
    """What is later, was done before, or is of another kind is no news of the epoch."""
    for table, row in NOTHING:
        with engine.connect() as connection:
            connection.execute(insert(table).values(row))
            assert not any(asdict(read_news(connection, EPOCH, END)).values())


def test_progress_says_whether_a_decision_is_due(engine: Engine) -> None:
    """A decision for the first open epoch is due, one for a later epoch is not; the row is as it was written."""
    with engine.connect() as connection:
        connection.execute(insert(decisions).values({**DECISION, "due_epoch": EPOCH + 1}))
        found = read_progress(connection)
        assert (found.row, found.waiting, found.due) == (MinerRow(EPOCH, 1, {"last_busy": 7}), None, False)
        connection.execute(insert(decisions).values(DECISION))
        assert read_progress(connection).due


def test_nothing_is_due_before_the_first_epoch(fresh: Engine) -> None:
    """Without a miner's row there is no progress, and a decision waits for the first epoch."""
    with fresh.connect() as connection:
        connection.execute(insert(decisions).values(DECISION))
        found = read_progress(connection)
    assert (found.row.next_epoch, found.waiting, found.due) == (None, None, False)
