"""Undoing a decision: its effects are taken back, as far as nobody decided otherwise since."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.theme import ThemeState, ThemeStatus
from pipelines.decisions.assignment import restore_assignment
from pipelines.decisions.demand import restore_demand
from pipelines.decisions.dispositions import restore_disposition
from pipelines.decisions.effects import DecisionEffects, DecisionOutcome, DecisionRefused
from pipelines.decisions.incidents import undo_incident_merge, undo_incident_split
from pipelines.decisions.known_issues import restore_issue, restore_membership
from pipelines.state.themes import ThemeRecord
from pipelines.themes.lineage import note
from store.decisions import Decision, DecisionKind, mark_undone, read_decision
from store.placements import read_placements
from store.spikes import read_spikes, write_spikes
from store.survivors import surviving_theme
from store.themes import count_arrived, themes_of


def undo(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Undo the decision that a decision names. Raises `DecisionRefused` where it is not in force."""
    connection = effects.context.connection
    undone = read_decision(connection, decision.payload["decision"])
    if not undone.in_force:
        raise DecisionRefused(f"decision {undone.decision_id} is not in force")
    # What follows from the undo was decided by whoever undid it.
    outcome = _UNDO[undone.kind](effects, replace(undone, actor=decision.actor))
    mark_undone(connection, undone.decision_id, decision.decision_id)
    return outcome


def _restore_name(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    before = (undone.outcome or {})["before"]
    effects.rename(effects.record(undone.theme_id), before["name"], pinned=before["pinned"])
    return {}


def _separate(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo a merge: the themes live again with the tickets that they brought. Tickets that arrived since stay where they are."""
    connection, outcome = effects.context.connection, undone.outcome or {}
    into = effects.record(undone.theme_id)
    _revive(effects, outcome["taken"])
    returned = _return_tickets(effects, undone, separated={one["theme"] for one in outcome["taken"]})
    _note_separation(effects, undone, into.theme_id, returned)
    _restore_said(effects, into, outcome["before"], outcome["after"])
    stayed = count_arrived(connection, into.theme_id, undone.applied_epoch or 0)
    return {"tickets": sum(returned.values()), "stayed": stayed}


def _unswitch(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo a switch: what it merged lives again, and each ticket goes back. Themes that it made are left without tickets."""
    _revive(effects, (undone.outcome or {})["taken"])
    returned = _return_tickets(effects, undone)
    return {"tickets": sum(returned.values())}


def _rejoin(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo a split: all tickets of the new themes go back, those that arrived in them since included."""
    source = effects.record(undone.theme_id)
    arrived = brought = 0
    for made in (undone.outcome or {})["created"]:
        arrived += count_arrived(effects.context.connection, made, undone.applied_epoch or 0)
        brought += effects.context.state.themes[made].size
        effects.merge(made, source.theme_id)
    return {"tickets": brought, "arrived": arrived}


def _move_back(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    return {"tickets": sum(_return_tickets(effects, undone).values())}


def _revive(effects: DecisionEffects, taken: Sequence[Mapping[str, Any]]) -> None:
    """Let merged themes live again, with the spikes that they had."""
    state = effects.context.state
    for one in taken:
        record = state.themes[one["theme"]]
        record.state, record.status, record.merged_into = ThemeState.LIVE, ThemeStatus(one["status"]), None
        effects.write(record)
        state.episodes.load(read_spikes(effects.context.connection, spike_ids=one["spikes"]))
        write_spikes(effects.context.connection, state.episodes.reassign(one["spikes"], record.theme_id))


def _note_separation(effects: DecisionEffects, undone: Decision, into: int, returned: Mapping[int | None, int]) -> None:
    for one in (undone.outcome or {})["taken"]:
        similarity = effects.context.state.index.likeness(into, one["theme"])
        note(
            effects.context, "split", into, one["theme"], tickets=returned.get(one["theme"], 0), reason="undone",
            figures={"decision": undone.decision_id, "similarity": similarity},
        )  # fmt: skip


def _restore_said(
    effects: DecisionEffects, into: ThemeRecord, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Take back the name and the flag that a merge brought, unless people said otherwise since."""
    if into.name == after["name"] and into.name_pinned == after["pinned"]:
        effects.rename(into, before["name"], pinned=before["pinned"])
    if into.known_issue == after["known_issue"]:
        effects.flag(into, before["known_issue"])
    # Merges of earlier versions say nothing of owners.
    if "owner" in after and (into.owner, into.owner_pinned) == (after["owner"], after["owner_pinned"]):
        effects.assign(into, before["owner"], pinned=before["owner_pinned"])


def _return_tickets(
    effects: DecisionEffects, undone: Decision, *, separated: Collection[int] = ()
) -> dict[int | None, int]:
    """Move tickets back to where a decision took them from, as far as they still are where it put them.

    Returns how many returned, by theme. Of `separated` themes the caller writes the lineage.
    """
    connection = effects.context.connection
    rows = read_placements(connection, undone.decision_id)
    named = {theme for _, left, joined in rows for theme in (left, joined) if theme is not None}
    survivor: dict[int | None, int | None] = {theme: surviving_theme(connection, theme) for theme in named}
    survivor[None] = None
    there = themes_of(connection, [row[0] for row in rows])
    ways: dict[str, tuple[int | None, int | None]] = {}
    returned: dict[int | None, int] = {}
    for ticket, left, joined in rows:
        now, back = survivor[joined], survivor[left]
        if there.get(ticket, -1) == now and now != back:
            ways[ticket] = now, back
            returned[back] = returned.get(back, 0) + 1
    effects.move(ways, recorded={ticket for ticket, (_, back) in ways.items() if back in separated})
    return returned


_UNDO: Mapping[str, Callable[[DecisionEffects, Decision], DecisionOutcome]] = {
    DecisionKind.KNOWN_ISSUE: restore_issue,
    DecisionKind.CLEAR_KNOWN_ISSUE: restore_issue,
    DecisionKind.FIX_KNOWN_ISSUE: restore_issue,
    DecisionKind.UPDATE_KNOWN_ISSUE: restore_issue,
    DecisionKind.ATTACH_TICKETS: restore_membership,
    DecisionKind.DETACH_TICKETS: restore_membership,
    DecisionKind.ARCHIVE: restore_disposition,
    DecisionKind.RESOLVE: restore_disposition,
    DecisionKind.ASSIGN: restore_assignment,
    DecisionKind.RENAME: _restore_name,
    DecisionKind.MERGE: _separate,
    DecisionKind.SPLIT: _rejoin,
    DecisionKind.PIN: _move_back,
    DecisionKind.MOVE: _move_back,
    DecisionKind.DEMAND: restore_demand,
    DecisionKind.INCIDENT_MERGE: undo_incident_merge,
    DecisionKind.INCIDENT_SPLIT: undo_incident_split,
    DecisionKind.SWITCH: _unswitch,
}
