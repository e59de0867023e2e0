"""Decisions about what wrote tickets: they count from then on, or do not.

A ticket that becomes demand is released, so that the same epoch assigns and counts it like a new one, in its own bucket.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.demand import DemandKind, DemandRule
from pipelines.decisions.effects import DecisionEffects, DecisionOutcome, DecisionRefused
from store.decisions import Decision
from store.demand import set_demand
from store.themes import forget_tickets, themes_of
from store.tickets import StoredTicket, read_tickets, release_tickets, retract_tickets

Wanted = Mapping[str, tuple[DemandKind, DemandRule | None]]
"""The kind of each ticket, and what that is founded on."""


def apply_demand(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Set what wrote tickets, for good: no rule changes it any more. Raises `DecisionRefused` where none is stored."""
    kind = DemandKind(decision.payload["demand"])
    wanted = dict.fromkeys(decision.payload["tickets"], (kind, DemandRule.PERSON))
    before = _set(effects, wanted)
    if not before:
        raise DecisionRefused("none of the tickets is stored")
    return {"before": {key: list(was) for key, was in before.items()}, "missing": len(wanted) - len(before)}


def restore_demand(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo such a decision: each ticket is again what it was before."""
    before = (undone.outcome or {})["before"]
    wanted = {
        key: (DemandKind(kind), None if rule is None else DemandRule(rule)) for key, (kind, rule) in before.items()
    }
    return {"tickets": len(_set(effects, wanted))}


def _set(effects: DecisionEffects, wanted: Wanted) -> dict[str, tuple[str, str | None]]:
    """Set kinds; returns what the tickets that are stored were before."""
    context = effects.context
    stored = read_tickets(context.connection, list(wanted), context.rules.model)
    mined = [stored[key] for key in sorted(stored) if stored[key].mined_epoch is not None]
    leaving = [one for one in mined if one.is_demand and wanted[one.id][0] is not DemandKind.CUSTOMER]
    coming = [one.id for one in mined if not one.is_demand and wanted[one.id][0] is DemandKind.CUSTOMER]
    _take_back(effects, leaving)
    set_demand(context.connection, [(key, *wanted[key]) for key in sorted(stored)])
    release_tickets(context.connection, coming)
    return {
        key: (one.wording.kind.value, None if one.wording.rule is None else one.wording.rule.value)
        for key, one in sorted(stored.items())
    }


def _take_back(effects: DecisionEffects, leaving: list[StoredTicket]) -> None:
    """Take tickets out of the counts and out of the comparison with others; their themes are measured anew."""
    context = effects.context
    ids = [one.id for one in leaving]
    themes = themes_of(context.connection, ids)
    for one in leaving:
        if one.counted:
            context.changes.count(themes.get(one.id), one.time, one.attributes, -1)
    context.state.index.forget(ids)
    forget_tickets(context.connection, ids)
    retract_tickets(context.connection, ids)
    effects.touched.update(theme for theme in themes.values() if theme is not None)
