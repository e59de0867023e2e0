"""Decisions that are taken by a command or on the console: applied at once where nothing mines, and what is said of that."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from groundswell.session import Session, embedder_choice, make_embedder, make_rules, now, refreshed

if TYPE_CHECKING:
    from pipelines.immediate import DecisionApplier
    from pipelines.rules import Rules
    from store.decisions import Decision


def decision_applier(session: Session) -> DecisionApplier:
    """Compose what applies decisions in the session's database; the embedding model is loaded when a new theme is named."""
    from pipelines.immediate import DecisionApplier

    return DecisionApplier(
        session.engine,
        partial(_rules, session),
        now,
        wait=time.sleep,
        make_embedder=cache(partial(make_embedder, session.settings)),
    )


def take_effect(session: Session, made: Decision) -> tuple[Decision, str]:
    """Apply a decision that was committed. Returns it as it is now, and a sentence that says whether it took effect."""
    from store.database import reading
    from store.decisions import read_decision

    found = decision_applier(session)()
    with reading(session.engine) as connection:
        decision = read_decision(connection, made.decision_id)
    if decision.state == "applied":
        return decision, "It took effect at once."
    if decision.state == "undone":
        return decision, "It is withdrawn."
    if decision.refusal is not None:
        return decision, f"It was refused: {decision.refusal}."
    if found.holder is not None:
        return decision, f"It is pending: the miner at {found.holder} applies it within seconds."
    if found.problem is not None:
        return (
            decision,
            f"It is pending, and the next epoch that is mined applies it; it could not be applied now: {found.problem}.",
        )
    return decision, "It is pending: the first epoch that is mined applies it."


def _rules(session: Session) -> Rules:
    from store.database import reading
    from store.offsets import read_offsets
    from stream.kafka.topics import Topics

    settings = refreshed(session)
    with reading(session.engine) as connection:
        # Where workers read tickets from Kafka, machines listen for what changes.
        broadcast = bool(read_offsets(connection, [Topics(settings.stream.topics.prefix).tickets]))
    return replace(make_rules(settings, embedder_choice(settings).name), broadcast=broadcast)
