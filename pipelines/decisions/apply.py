"""What people decided, applied to the themes, tickets, known issues and incidents that it names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from models.known_issues import AttachmentWay
from models.themes import LineageReason
from pipelines.constraints import read_constraints
from pipelines.context import EpochContext
from pipelines.decisions.assignment import apply_assignment
from pipelines.decisions.demand import apply_demand
from pipelines.decisions.dispositions import apply_disposition
from pipelines.decisions.effects import DecisionEffects, DecisionOutcome, DecisionRefused
from pipelines.decisions.incidents import apply_incident_merge, apply_incident_split
from pipelines.decisions.known_issues import apply_clear, apply_fix, apply_flag, apply_membership, apply_update
from pipelines.decisions.switch import SwitchRefused, apply_switch
from pipelines.decisions.undo import undo
from pipelines.state.themes import UNNAMED, ThemeRecord
from pipelines.themes.lineage import note
from store.decisions import NO_THEME, Decision, DecisionKind, mark_applied
from store.errors import DecisionUnknown, ThemeUnknown
from store.placements import write_placements, write_whole_theme
from store.survivors import surviving_theme
from store.themes import themes_of, tickets_of


def apply_decision(context: EpochContext, decision: Decision) -> set[int]:
    """Apply a decision in the context of the first open epoch. Returns the themes whose tickets changed.

    A decision that does not fit any more changes nothing and is marked as refused, with the reason. Then the constraints of
    grouping are read anew.
    """
    effects = DecisionEffects(context)
    try:
        outcome = _APPLY[decision.kind](effects, decision)
    except (DecisionRefused, SwitchRefused, ThemeUnknown, DecisionUnknown) as refusal:
        outcome = {"refused": str(refusal)}
    mark_applied(context.connection, decision.decision_id, context.window.number, outcome)
    context.state.index.constrain(read_constraints(context.connection, context.window.model))
    return effects.touched


def _rename(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    record = effects.record(decision.theme_id)
    before = {"name": record.name, "pinned": record.name_pinned}
    effects.rename(record, decision.payload["name"], pinned=True)
    return {"before": before}


def _merge(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Merge themes into one; the outcome keeps what an undo needs to separate them again."""
    connection = effects.context.connection
    into = effects.record(decision.theme_id)
    given = [surviving_theme(connection, theme) for theme in decision.payload["from"]]
    given = [theme for theme in dict.fromkeys(given) if theme != into.theme_id]
    if not given:
        raise DecisionRefused(f"all of these themes are theme {into.theme_id} already")
    before, taken = _said_of(into), []
    for theme in given:
        taken.append(effects.to_revive(theme))
        write_whole_theme(connection, decision.decision_id, theme, into.theme_id)
        effects.merge(theme, into.theme_id)
    return {"before": before, "after": _said_of(into), "taken": taken}


def _said_of(record: ThemeRecord) -> DecisionOutcome:
    return {
        "name": record.name, "pinned": record.name_pinned, "known_issue": record.known_issue,
        "owner": record.owner, "owner_pinned": record.owner_pinned,
    }  # fmt: skip


def _split(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    context = effects.context
    source = effects.record(decision.theme_id)
    now = themes_of(context.connection, decision.payload["tickets"])
    leaving = [ticket for ticket in decision.payload["tickets"] if now.get(ticket) == source.theme_id]
    if not leaving:
        raise DecisionRefused(f"none of the {len(now)} tickets belongs to theme {source.theme_id} any more")
    parts = {_new_part(effects, decision.payload.get("name")): leaving}
    rest = sorted(set(tickets_of(context.connection, source.theme_id)) - set(leaving))
    if decision.payload.get("retire") and rest:
        parts[_new_part(effects, None)] = rest
    size = source.size
    wanted: dict[str, int | None] = {ticket: theme for theme, tickets in parts.items() for ticket in tickets}
    _place(effects, decision.decision_id, wanted, recorded=set(wanted))
    for theme, tickets in parts.items():
        figures = {
            "share": round(min(1.0, len(tickets) / size), 4) if size else None,
            "similarity": context.state.index.likeness(source.theme_id, theme),
        }
        note(
            context, "split", source.theme_id, theme,
            tickets=len(tickets), reason=LineageReason.DECIDED.value, figures=figures,
        )  # fmt: skip
    return {"created": list(parts), "tickets": len(wanted)}


def _new_part(effects: DecisionEffects, name: str | None) -> int:
    """Make the theme that a part of another one becomes, without tickets yet; returns its id."""
    state = effects.context.state
    made = ThemeRecord(
        theme_id=state.index.new_theme(), name=name or UNNAMED, born_epoch=effects.context.window.number, name_pinned=bool(name)
    )  # fmt: skip
    state.themes.add(made)
    effects.write(made)
    return made.theme_id


def _move(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Move tickets to the theme that a person named. Those in it already are recorded too, so that they stay from now on."""
    theme = None if decision.theme_id == NO_THEME else effects.record(decision.theme_id).theme_id
    now = themes_of(effects.context.connection, decision.payload["tickets"])
    if not now:
        raise DecisionRefused("none of the tickets has been mined")
    moved = _place(effects, decision.decision_id, dict.fromkeys(now, theme))
    return {"tickets": moved, "missing": len(decision.payload["tickets"]) - len(now)}


def _place(
    effects: DecisionEffects,
    decision_id: int,
    wanted: Mapping[str, int | None],
    *,
    recorded: Collection[str] = (),
) -> int:
    """Put tickets, by id, into themes for good; returns how many changed theirs."""
    now = themes_of(effects.context.connection, list(wanted))
    ways = {key: (now[key], wanted[key]) for key in sorted(now)}
    write_placements(effects.context.connection, decision_id, [(key, *way) for key, way in ways.items()])
    return effects.move(ways, recorded=recorded)


def _switch(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    outcome, touched = apply_switch(
        effects.context, decision.payload["rebuild"], decision.decision_id, adopting="model" in decision.payload
    )
    effects.touched.update(touched)
    return outcome


_APPLY: Mapping[str, Callable[[DecisionEffects, Decision], DecisionOutcome]] = {
    DecisionKind.KNOWN_ISSUE: apply_flag,
    DecisionKind.CLEAR_KNOWN_ISSUE: apply_clear,
    DecisionKind.FIX_KNOWN_ISSUE: apply_fix,
    DecisionKind.UPDATE_KNOWN_ISSUE: apply_update,
    DecisionKind.ATTACH_TICKETS: partial(apply_membership, how=AttachmentWay.PERSON),
    DecisionKind.DETACH_TICKETS: partial(apply_membership, how=AttachmentWay.DETACHED),
    DecisionKind.ARCHIVE: apply_disposition,
    DecisionKind.RESOLVE: apply_disposition,
    DecisionKind.ASSIGN: apply_assignment,
    DecisionKind.RENAME: _rename,
    DecisionKind.MERGE: _merge,
    DecisionKind.SPLIT: _split,
    DecisionKind.PIN: _move,
    DecisionKind.MOVE: _move,
    DecisionKind.DEMAND: apply_demand,
    DecisionKind.INCIDENT_MERGE: apply_incident_merge,
    DecisionKind.INCIDENT_SPLIT: apply_incident_split,
    DecisionKind.SWITCH: _switch,
    DecisionKind.UNDO: undo,
}
