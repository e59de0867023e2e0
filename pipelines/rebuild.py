"""Rebuilds: themes derived anew from stored vectors, beside the live ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from sqlalchemy import Connection, Engine

from models.embedding import Embedder, ticket_text
from models.embedding.text import TYPICAL_MACROS
from models.themes import RememberedTicket, ThemeIndex
from models.themes.grouping.groups import theme_groups
from models.themes.rebuild.regroup import Grouping, Regrouped, regroup
from models.themes.window.centering import from_steps
from models.themes.window.ticket_window import UNTHEMED, Floats, Ints, centred
from pipelines.constraints import read_constraints
from pipelines.decisions.labels import read_labels
from pipelines.decisions.switch import SwitchRefused
from pipelines.epoch.run import decide_now
from pipelines.miner import Miner
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from pipelines.state import MinerState
from pipelines.ticket_words import words_of
from store.database import reading
from store.decisions import NO_THEME, Decision, DecisionKind, append_decision, read_decision
from store.epochs import MinerRow, read_miner, write_miner
from store.errors import StoreError
from store.placements import Placement
from store.rebuilds import Rebuild, ready_rebuild, write_metric, write_rebuild
from store.records import write_vectors
from store.themes import read_themes
from store.tickets import read_remembered, read_texts_of, read_titles, read_vectors, read_waiting

EMBED_AT_ONCE = 512

EXAMPLES = 3

FEWEST_LABELS = 20
"""Labels below which a metric would learn single tickets by heart."""


class NothingToRebuild(StoreError):
    """There are no themes to rebuild."""

    def __init__(self) -> None:
        super().__init__(
            "no ticket has been mined yet, so there are no themes to rebuild; `groundswell ingest FILE` first"
        )


class Metric(Protocol):
    """A learned way of comparing vectors."""

    @property
    def version(self) -> str:
        """Names it: equal labels and vectors give an equal version."""

    def apply(self, vectors: Floats) -> Floats:
        """Give the vectors as they are to be compared: shape (n, dimensions) to (n, dimensions), unit rows."""

    def dump(self) -> bytes:
        """Write it down, so that it can be read back."""


FitMetric = Callable[[Floats, Ints], Metric | None]
"""Learns a metric from labelled vectors of shape (n, dimensions) and their labels of shape (n,); None: nothing to learn."""


def rebuild(
    engine: Engine,
    settings: MiningSettings,
    *,
    actor: str,
    at: datetime,
    embedder: Embedder | None = None,
    macros: Collection[str] = TYPICAL_MACROS,
    grouping: Grouping | None = None,
    fit: FitMetric | None = None,
) -> Rebuild:
    """Derive themes anew from the newest `settings.rebuild_tickets` tickets, and keep the result beside the live ones.

    What people decided is honoured. With an `embedder` of another model their redacted texts are embedded anew first, and
    the vectors stored beside those of the model in use: a run that is interrupted goes on where it stopped. With `fit`
    the vectors are compared in a metric learned from people's decisions. Nothing live changes.

    Raises
    ------
    NothingMined
        There are no themes yet.
    """
    with reading(engine) as connection:
        row = read_miner(connection)
        if not row.state or row.next_epoch is None:
            raise NothingToRebuild
        known = str(row.state["model"])
        live = list(read_remembered(connection, known, settings.rebuild_tickets))
        constraints = read_constraints(connection, known)
        labels = read_labels(connection)
    model = known if embedder is None else embedder.name
    ids = [one[0] for one in live]
    if embedder is not None and model != known:
        _embed(engine, ids, embedder, macros)
        with reading(engine) as connection:
            found = read_vectors(connection, ids, model)
            constraints = read_constraints(connection, model)
        live = [(ticket, theme, time, found[ticket]) for ticket, theme, time, _ in live if ticket in found]
        ids = [one[0] for one in live]
    if not live:
        raise NothingToRebuild
    themes = np.array([one[1] or UNTHEMED for one in live], np.int64)
    vectors = np.stack([one[3] for one in live])
    known_themes = np.array([labels.get(ticket, -1) for ticket in ids], np.int64)
    metric = _learn(fit, vectors, known_themes)
    if grouping is None:
        with reading(engine) as connection:
            grouping = _by_consensus(words_of(connection, ids, macros), known_themes if metric else None)
    index = row.state["index"]
    if metric is not None:
        vectors = metric.apply(vectors)
    elif model == known:
        vectors = centred(vectors, from_steps(index.get("centre", ()), vectors.shape[1]))
    found_now = regroup(
        vectors,
        themes,
        ids,
        constraints,
        grouping=grouping,
        smallest=settings.themes.smallest_group,
        threshold=index.get("threshold"),
        hysteresis=model == known and metric is None,
    )
    return _keep(
        engine, found_now, ids, themes, labels, metric, actor=actor, at=at, model=model, next_epoch=row.next_epoch
    )


def _by_consensus(words: Floats, known: Ints | None) -> Grouping:
    return lambda vectors, smallest: theme_groups(vectors, smallest=smallest, lexical=words, known=known)


def adopt(
    engine: Engine,
    rules: Rules,
    rebuild_id: int,
    embedder: Embedder,
    *,
    clock: Callable[[], datetime],
    actor: str,
    why: str | None = None,
) -> Decision:
    """Switch to a rebuild that another model's vectors gave, and mine with that model from now on.

    Nobody else may mine meanwhile, and everything that mines afterwards has to be set to the new model. In order:

    1. Embed the tickets that came since the rebuild was made, those that are not mined yet included.
    2. In one transaction, under the miner's lease: append the decision, apply it with all that is pending, compare with the
       new vectors from now on, calibrated on them, and note the model in the miner's row.

    Raises `RebuildUnknown`, `RebuildSpent`, `MinerBusy`, `SwitchRefused` where the embedder is not the rebuild's.
    """
    with reading(engine) as connection:
        asked = ready_rebuild(connection, rebuild_id)
        known = str(read_miner(connection).state["model"])
        ids = [one[0] for one in read_remembered(connection, known, rules.mining.rebuild_tickets)]
        ids += read_waiting(connection)
    if asked.model != embedder.name:
        raise SwitchRefused(
            f"rebuild {rebuild_id} was made with the model {asked.model}, and this one is {embedder.name}; pass the first one"
        )
    _embed(engine, ids, embedder, rules.macros)
    miner = Miner(engine, replace(rules, model=known), clock)
    try:
        return miner.act(lambda connection, memory: _adopt(connection, memory, rules, asked, actor, clock(), why))
    finally:
        miner.release()


def _adopt(
    connection: Connection, memory: MinerState, rules: Rules, asked: Rebuild, actor: str, at: datetime, why: str | None
) -> Decision:
    payload = {"rebuild": asked.rebuild_id, "model": asked.model}
    made = append_decision(connection, NO_THEME, DecisionKind.SWITCH, payload, actor=actor, at=at, why=why)
    row = read_miner(connection)
    decide_now(connection, memory, (row.next_epoch or 1) - 1, replace(rules, model=memory.model))
    state = dict(memory.state())
    rows = [RememberedTicket(*one) for one in read_remembered(connection, asked.model, rules.mining.themes.memory)]
    # Of tickets that have no text any more there is no vector to be made: they are remembered no longer.
    index = ThemeIndex.restore(rules.mining.themes, {**state["index"], "remembered": len(rows)}, rows)
    index.recalibrate()
    write_miner(
        connection,
        MinerRow(row.next_epoch, memory.first_epoch, {**state, "index": index.state(), "model": asked.model}),
    )
    return read_decision(connection, made.decision_id)


def _embed(engine: Engine, ids: Sequence[str], embedder: Embedder, macros: Collection[str]) -> None:
    """Embed stored texts that have no vector of the model yet, part by part."""
    for start in range(0, len(ids), EMBED_AT_ONCE):
        part = ids[start : start + EMBED_AT_ONCE]
        with reading(engine) as connection:
            there = read_vectors(connection, part, embedder.name)
            texts = [one for one in read_texts_of(connection, part) if one[0] not in there]
        if texts:
            vectors = embedder.embed([ticket_text(title, body, macros) for _, title, body in texts])
            with engine.begin() as connection:
                # Read again: what was erased meanwhile must not get a vector.
                still = {one[0] for one in read_texts_of(connection, part)}
                write_vectors(
                    connection,
                    [
                        {"ticket_id": ticket, "model": embedder.name, "vector": vector.astype("<f2").tobytes()}
                        for (ticket, _, _), vector in zip(texts, vectors, strict=True)
                        if ticket in still
                    ],
                )


def _learn(fit: FitMetric | None, vectors: Floats, known: Ints) -> Metric | None:
    rows = known >= 0
    if fit is None or rows.sum() < FEWEST_LABELS:
        return None
    return fit(vectors[rows], known[rows])


def _keep(
    engine: Engine,
    found: Regrouped,
    ids: Sequence[str],
    themes: Ints,
    labels: Mapping[str, int],
    metric: Metric | None,
    *,
    actor: str,
    at: datetime,
    model: str,
    next_epoch: int,
) -> Rebuild:
    rows: list[Placement] = [
        (ticket, before or None, now or None)
        for ticket, before, now in zip(ids, themes.tolist(), found.themes.tolist(), strict=True)
        if before != now
    ]
    with engine.begin() as connection:
        if metric is not None:
            write_metric(
                connection,
                version=metric.version,
                model=model,
                at=at,
                labels=len(set(labels) & set(ids)),
                state=metric.dump(),
            )
        report = _report(connection, found, rows, ids, themes)
        return write_rebuild(
            connection, at=at, actor=actor, model=model, metric=None if metric is None else metric.version,
            next_epoch=next_epoch, report=report, rows=rows,
        )  # fmt: skip


def _report(
    connection: Connection, found: Regrouped, rows: Sequence[Placement], ids: Sequence[str], themes: Ints
) -> dict[str, Any]:
    names = {number: row.name for number, row in read_themes(connection).items()}
    sizes = Counter(found.themes.tolist())
    joined: dict[int, list[str]] = {}
    for ticket, _, now in rows:
        if now is not None and now < 0:
            joined.setdefault(now, []).append(ticket)
    new = {
        number: {
            "size": sizes[number],
            "examples": [text[:160] for _, text in read_titles(connection, listed, EXAMPLES)],
        }
        for number, listed in joined.items()
    }
    themed = int((themes != UNTHEMED).sum())
    left = sum(before is not None for _, before, _ in rows)
    return {
        "tickets": len(ids),
        "changed": len(rows),
        "share": round(left / themed, 4) if themed else 0.0,
        "joined": len(rows) - left,
        "carried": [{"theme": theme, "name": names[theme], "share": share} for theme, share in found.carried],
        "merged": [
            {"theme": theme, "name": names[theme], "into": into, "share": share} for theme, into, share in found.merged
        ],
        "split": [
            {"theme": theme, "name": names[theme], "new": number, "share": share, **new.get(number, {})}
            for theme, number, share in found.split
        ],
        "born": [{"new": number, **new.get(number, {"size": size, "examples": []})} for number, size in found.born],
    }  # fmt: skip
