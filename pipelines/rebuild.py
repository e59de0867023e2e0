"""Rebuilds: themes derived anew from stored vectors, without changing the live ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from more_itertools import chunked
from sqlalchemy import Connection, Engine

from models.arrays import Ints, Vectors
from models.embedding import Embedder
from models.formats import counted
from models.language.embed import embed_tickets
from models.text import TYPICAL_MACROS, ticket_text
from models.themes import Constraints, LanguageIndexes, RememberedTicket
from models.themes.grouping.groups import theme_groups
from models.themes.rebuild.label_map import learn_map
from models.themes.rebuild.regroup import Grouping, LiveTickets, Regrouped, regroup
from models.themes.window.centering import centred, from_steps
from models.themes.window.ticket_window import UNTHEMED
from pipelines.constraints import read_constraints
from pipelines.decisions.switch import SwitchRefused
from pipelines.epoch.decided import apply_due
from pipelines.learning import known_themes
from pipelines.miner import Miner
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from pipelines.state import MinerState
from pipelines.ticket_words import words_of
from store.database import reading
from store.decisions import NO_THEME, Decision, DecisionKind, append_decision, read_decision
from store.epochs import MinerRow, read_miner, write_miner
from store.erasure.lock import share_with_erasures
from store.errors import StoreError
from store.placements import Placement
from store.rebuilds import NewRebuild, Rebuild, read_rebuilds, ready_rebuild, write_metric, write_rebuild
from store.records import write_vectors
from store.themes import read_themes, write_themes
from store.tickets import (
    read_languages,
    read_newest,
    read_remembered,
    read_texts_of,
    read_titles,
    read_vector_languages,
    read_vectors,
    read_waiting,
)

EMBED_AT_ONCE = 512

EXAMPLES = 3

FEWEST_LABELS, FEWEST_OF_A_THEME = 20, 3
"""Labels below which no metric is learned, in all and of a theme: it would only fit single tickets."""


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
        """Name the metric: equal labels and vectors give an equal version."""

    def apply(self, vectors: Vectors) -> Vectors:
        """Return the vectors as they are to be compared: shape (n, dimensions) to (n, dimensions), unit rows."""

    def dump(self) -> bytes:
        """Write the metric as bytes from which it can be restored."""


FitMetric = Callable[[Vectors, Ints], Metric | None]
"""Learns a metric from vectors of shape (n, dimensions) and labels of shape (n,), -1 for no label; None: nothing to learn."""


@dataclass(frozen=True, slots=True)
class RebuildMethod:
    """How themes are derived.

    Parameters
    ----------
    embedder: the model whose vectors are compared (default: that of the database).
    macros: beginnings of standard sentences that are removed from texts.
    grouping: groups vectors (default: consensus with the words of the tickets).
    fit: learns a metric from people's decisions and labels, if there are enough; None leaves them out.
    """

    embedder: Embedder | None = None
    macros: Collection[str] = TYPICAL_MACROS
    grouping: Grouping | None = None
    fit: FitMetric | None = learn_map


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tickets:
    """The tickets that a rebuild looks at, in the order in which they were mined.

    model: the model of `vectors`, shape (n, dimensions). known_model: the model of the database. index: the stored state of its
    theme index. themes: theme of each ticket, shape (n,). labels: theme that people gave it by decisions and labels, by ticket id.
    mixed: themes that stand for a language and not for a problem, which do not continue with another model.
    unread: tickets in a language that the other model does not read, with their themes.
    """

    ids: Sequence[str]
    themes: Ints
    vectors: Vectors
    model: str
    known_model: str
    index: Mapping[str, Any]
    constraints: Constraints
    labels: Mapping[str, int]
    next_epoch: int
    mixed: Collection[int] = ()
    unread: Sequence[tuple[str, int | None]] = ()

    def continuing(self) -> Ints:
        """Return the theme of each ticket that may continue in the rebuild, 0 for the others; shape (n,)."""
        return np.where(np.isin(self.themes, sorted(self.mixed)), UNTHEMED, self.themes)

    def labelled(self) -> Ints:
        """Label of each ticket, -1 where it has none or its theme has fewer than `FEWEST_OF_A_THEME`; shape (n,)."""
        known = np.array([self.labels.get(ticket, -1) for ticket in self.ids], np.int64)
        themes, counts = np.unique(known, return_counts=True)
        return np.where(np.isin(known, themes[counts >= FEWEST_OF_A_THEME]), known, -1)


def rebuild(
    engine: Engine, settings: MiningSettings, method: RebuildMethod | None = None, *, actor: str, at: datetime
) -> Rebuild:
    """Derive themes anew from the newest `settings.rebuild_tickets` tickets, and store the result without changing live themes.

    The decisions of people are constraints. With an embedder of another model the redacted texts are embedded anew first, and
    the vectors stored in addition to those of the model in use: a run that is interrupted continues where it stopped. Where
    people's decisions and labels are of enough tickets, the vectors are compared in the metric that `fit` learns from them, and
    groups that contain labelled tickets become their themes.

    Raises
    ------
    NothingToRebuild
        There are no themes yet.
    """
    method = method or RebuildMethod()
    tickets = _read_tickets(engine, settings, method)
    known = tickets.labelled()
    metric = _learn(method.fit, tickets.vectors, known)
    grouping = method.grouping
    if grouping is None:
        with reading(engine) as connection:
            words = words_of(connection, tickets.ids, method.macros)
        grouping = _by_consensus(words, known if metric else None)
    same_model = tickets.model == tickets.known_model
    vectors = tickets.vectors
    if metric is not None:
        vectors = metric.apply(vectors)
    elif same_model:
        vectors = centred(vectors, from_steps(tickets.index.get("centre", ()), vectors.shape[1]))
    found = regroup(
        LiveTickets(tickets.ids, vectors, tickets.continuing()),
        tickets.constraints,
        grouping=grouping,
        smallest=settings.themes.smallest_group,
        threshold=None if metric else tickets.index.get("threshold"),
        hysteresis=same_model,
        known=known if metric else None,
    )
    return _store(engine, tickets, found, metric, actor=actor, at=at)


def propose(
    engine: Engine, settings: MiningSettings, since: datetime, method: RebuildMethod, *, actor: str, at: datetime
) -> Rebuild | None:
    """Rebuild, or return None where a rebuild was made at or after `since` or there are no themes yet.

    Meant for schedules: of several late runs the first makes the rebuild that all of them ask for.
    """
    with reading(engine) as connection:
        if any(one.at >= since for one in read_rebuilds(connection)):
            return None
    try:
        return rebuild(engine, settings, method, actor=actor, at=at)
    except NothingToRebuild:
        return None


def learning_sentence(report: Mapping[str, Any]) -> str:
    """Say whether labels were used, and how many; `report` is a rebuild as listings print it."""
    labels = counted(report.get("labels", 0), "labelled ticket")
    if report.get("metric"):
        return f"{labels} from people's decisions and labels were used (label map {report['metric']})."
    if report.get("labels", 0) >= FEWEST_LABELS:
        return f"{labels} were not used, as asked."
    return (
        f"No labels were used: people's decisions and labels give {labels}, and at least {FEWEST_LABELS} are needed "
        f"({FEWEST_OF_A_THEME} of a theme)."
    )


def _read_tickets(engine: Engine, settings: MiningSettings, method: RebuildMethod) -> _Tickets:
    with reading(engine) as connection:
        row = read_miner(connection)
        if not row.state or row.next_epoch is None:
            raise NothingToRebuild
        known = str(row.state["model"])
        other = method.embedder is not None and method.embedder.name != known
        live = list(read_remembered(connection, known, settings.rebuild_tickets))
        newest = read_newest(connection, known, settings.rebuild_tickets) if other else []
        constraints = read_constraints(connection, known)
        labels = known_themes(connection)
    model, unread, mixed = known, [], set()
    if method.embedder is not None and other:
        model, ids = method.embedder.name, [one[0] for one in newest]
        _embed(engine, ids, method.embedder, method.macros)
        with reading(engine) as connection:
            found = read_vectors(connection, ids, model)
            words = read_vector_languages(connection, ids, model)
            constraints = read_constraints(connection, model)
            mixed = {theme for theme, one in read_themes(connection).items() if one.several_problems}
        unread = [(ticket, theme) for ticket, theme, _ in newest if ticket in words]
        live = [
            (ticket, theme, time, found[ticket], None)
            for ticket, theme, time in newest
            if ticket in found and ticket not in words
        ]
    if not live:
        raise NothingToRebuild
    return _Tickets(
        ids=[one[0] for one in live],
        themes=np.array([one[1] or UNTHEMED for one in live], np.int64),
        vectors=np.stack([one[3] for one in live]),
        model=model,
        known_model=known,
        index=row.state["index"],
        constraints=constraints,
        labels=labels,
        next_epoch=row.next_epoch,
        mixed=mixed,
        unread=unread,
    )


def _by_consensus(words: Vectors, known: Ints | None) -> Grouping:
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
    """Switch to a rebuild that was derived from another model's vectors, and mine with that model from now on.

    Nothing else may mine meanwhile, and everything that mines afterwards must be configured with the new model. In order:

    1. Embed the tickets that came since the rebuild was made, those that are not mined yet included.
    2. In one transaction, under the miner's lease: append the decision, apply it with all pending ones, compare the new
       vectors from now on, calibrated on them, and note the model in the miner's row.

    Raises `RebuildUnknown`, `RebuildSpent`, `MinerBusy`, `SwitchRefused` where the embedder is not the rebuild's.
    """
    with reading(engine) as connection:
        asked = ready_rebuild(connection, rebuild_id)
        known = str(read_miner(connection).state["model"])
        ids = [one[0] for one in read_newest(connection, known, rules.mining.rebuild_tickets)]
        ids += read_waiting(connection)
    if asked.model != embedder.name:
        raise SwitchRefused(
            f"rebuild {rebuild_id} was made with the model {asked.model}, and this one is {embedder.name}; pass the first one"
        )
    _embed(engine, ids, embedder, rules.macros)
    miner = Miner(engine, replace(rules, model=known), clock)
    try:
        made = miner.act(lambda connection, state: _adopt(connection, state, rules, asked, Author(actor, clock(), why)))
    finally:
        miner.release()
    Miner(engine, rules, clock).settle_layout()
    return made


@dataclass(frozen=True, slots=True)
class Author:
    """Who decides, when, and why."""

    actor: str
    at: datetime
    why: str | None


def _adopt(connection: Connection, state: MinerState, rules: Rules, asked: Rebuild, author: Author) -> Decision:
    payload = {"rebuild": asked.rebuild_id, "model": asked.model}
    made = append_decision(
        connection, NO_THEME, DecisionKind.SWITCH, payload, actor=author.actor, at=author.at, why=author.why
    )
    row = read_miner(connection)
    unread = read_languages(connection, asked.model)
    # Before the decision is applied, which names the themes whose tickets it exchanges.
    _read_from_now_on(connection, state, unread)
    apply_due(connection, state, row.next_epoch or 0, replace(rules, model=state.model))
    stored, memory = state.as_json(), rules.mining.themes.memory
    # A ticket whose text was erased has no vector of the new model, so it is not remembered any more.
    rows = [
        RememberedTicket(*one)
        for language in (None, *unread)
        for one in read_remembered(connection, asked.model, memory, language=language)
    ]
    index = LanguageIndexes.switched(rules.mining.themes, stored["index"], rows)
    write_miner(
        connection,
        MinerRow(row.next_epoch, state.first_epoch, {**stored, "index": index.state(), "model": asked.model}),
    )
    return read_decision(connection, made.decision_id)


def _read_from_now_on(connection: Connection, state: MinerState, unread: Collection[str]) -> None:
    """Let the themes of languages that the new model reads be themes as all others; they get their names at the next epoch."""
    now_read = [one for one in state.themes if one.language and one.language not in unread and not one.several_problems]
    for record in now_read:
        record.language, record.named_size = None, 0
    write_themes(connection, [record.as_row() for record in now_read])


def _embed(engine: Engine, ids: Sequence[str], embedder: Embedder, macros: Collection[str]) -> None:
    """Embed stored texts that have no vector of the model yet, some hundred at once."""
    for part in chunked(ids, EMBED_AT_ONCE):
        with reading(engine) as connection:
            there = read_vectors(connection, part, embedder.name)
            texts = [one for one in read_texts_of(connection, part) if one.id not in there]
        if texts:
            found = embed_tickets(
                embedder, [ticket_text(one.title, one.body, macros) for one in texts], [one.language for one in texts]
            )
            with engine.begin() as connection:
                # Read again: what was erased meanwhile must not get a vector.
                share_with_erasures(connection)
                still = {one.id for one in read_texts_of(connection, part)}
                write_vectors(
                    connection,
                    [
                        {
                            "ticket_id": one.id,
                            "model": embedder.name,
                            "vector": vector.astype("<f2").tobytes(),
                            "language": language,
                        }
                        for one, vector, language in zip(texts, *found, strict=True)
                        if one.id in still
                    ],
                )


def _learn(fit: FitMetric | None, vectors: Vectors, known: Ints) -> Metric | None:
    return None if fit is None or _number(known) < FEWEST_LABELS else fit(vectors, known)


def _number(known: Ints) -> int:
    return int((known >= 0).sum())


def _store(
    engine: Engine, tickets: _Tickets, found: Regrouped, metric: Metric | None, *, actor: str, at: datetime
) -> Rebuild:
    rows: list[Placement] = [
        (ticket, before or None, now or None)
        for ticket, before, now in zip(tickets.ids, tickets.themes.tolist(), found.themes.tolist(), strict=True)
        if before != now
    ]
    rows += [(ticket, before, None) for ticket, before in tickets.unread if before is not None]
    with engine.begin() as connection:
        if metric is not None:
            write_metric(
                connection,
                version=metric.version,
                model=tickets.model,
                at=at,
                labels=_number(tickets.labelled()),
                state=metric.dump(),
            )
        made = NewRebuild(
            at=at, actor=actor, model=tickets.model, metric=None if metric is None else metric.version,
            next_epoch=tickets.next_epoch, report=_report(connection, found, rows, tickets),
        )  # fmt: skip
        return write_rebuild(connection, made, rows)


def _report(connection: Connection, found: Regrouped, rows: Sequence[Placement], tickets: _Tickets) -> dict[str, Any]:
    names = {number: row.name for number, row in read_themes(connection).items()}
    sizes = Counter(found.themes.tolist())
    joined: dict[int, list[str]] = {}
    for ticket, _, now in rows:
        if now is not None and now < 0:
            joined.setdefault(now, []).append(ticket)
    examples = {number: read_titles(connection, listed, EXAMPLES) for number, listed in joined.items()}
    new = {
        number: {
            "size": sizes[number],
            "examples": [text[:160] for _, text in shown],
            "quoted": [ticket for ticket, _ in shown],
        }
        for number, shown in examples.items()
    }
    themed = int((tickets.themes != UNTHEMED).sum())
    left = sum(before is not None for _, before, _ in rows)
    return {
        "tickets": len(tickets.ids),
        "labels": _number(tickets.labelled()),
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
        "born": [{"new": number, **new.get(number, {"size": size, "examples": [], "quoted": []})} for number, size in found.born],
    }  # fmt: skip
