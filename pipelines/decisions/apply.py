"""What people decided, applied first thing in the next epoch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from models.bucket import bucket_of
from models.segment import EVERYTHING
from models.spikes.series import SeriesKey
from models.themes import LineageReason, Merge, Move
from pipelines.constraints import read_constraints
from pipelines.context import EpochWindow
from pipelines.decisions.switch import SwitchRefused, apply_switch
from pipelines.state import MinerState, ThemeRecord, read_past
from pipelines.themes.changes import UNNAMED, apply_merge, apply_moves, theme_row
from pipelines.themes.counts import CountChanges
from pipelines.themes.lineage import note
from store.decisions import (
    NO_THEME,
    Decision,
    DecisionKind,
    due_decisions,
    mark_applied,
    mark_undone,
    read_decision,
    surviving_theme,
)
from store.errors import DecisionUnknown, StoreError, ThemeUnknown
from store.placements import read_placements, write_placements, write_whole_theme
from store.spikes import write_spikes
from store.themes import count_arrived, themes_of, write_themes

USUAL_OVER = timedelta(days=1)
"""A flagged theme's own volume is that of the day before: people know the trouble as it is now."""

DecisionOutcome = dict[str, Any]


class DecisionRefused(StoreError):
    """A decision does not fit what is there when it comes to be applied; its text says why, and nothing was changed."""


@dataclass
class _Desk:
    """What applying a decision works with; `touched` gathers the themes whose tickets changed."""

    connection: Connection
    memory: MinerState
    moment: EpochWindow
    tally: CountChanges
    touched: set[int]

    def record(self, theme_id: int) -> ThemeRecord:
        """The theme that a number stands for now."""
        return self.memory.themes[surviving_theme(self.connection, theme_id)]

    def write(self, *records: ThemeRecord) -> None:
        """Store themes as they are in memory."""
        write_themes(self.connection, [theme_row(one) for one in records])


def apply_decisions(connection: Connection, memory: MinerState, moment: EpochWindow, tally: CountChanges) -> set[int]:
    """Apply the decisions that are due, in the order in which they were made. Returns the themes whose tickets changed.

    One that does not fit any more changes nothing and is marked as refused, with the reason. Then grouping is told what binds.
    """
    due = due_decisions(connection, moment.epoch)
    desk = _Desk(connection, memory, moment, tally, set())
    for decision in due:
        try:
            outcome = _APPLY[decision.kind](desk, decision)
        except (DecisionRefused, SwitchRefused, ThemeUnknown, DecisionUnknown) as refusal:
            outcome = {"refused": str(refusal)}
        mark_applied(connection, decision.decision_id, moment.epoch, outcome)
    if due:
        memory.index.constrain(read_constraints(connection, moment.model))
    return desk.touched


def _flag(desk: _Desk, decision: Decision) -> DecisionOutcome:
    record = desk.record(decision.theme_id)
    before, since = record.known_issue, desk.moment.end - desk.moment.length
    record.known_issue = {
        **{name: decision.payload.get(name) for name in ("title", "jira", "workaround")},
        "since": since.isoformat(),
        "usual_per_day": _volume(desk.memory, record.theme_id, desk.moment),
    }
    desk.write(record)
    return {"before": before}


def _clear(desk: _Desk, decision: Decision) -> DecisionOutcome:
    record = desk.record(decision.theme_id)
    before, record.known_issue = record.known_issue, None
    desk.write(record)
    return {"before": before}


def _rename(desk: _Desk, decision: Decision) -> DecisionOutcome:
    record = desk.record(decision.theme_id)
    before = {"name": record.name, "pinned": record.name_pinned}
    _call(desk, record, decision.payload["name"], pinned=True)
    return {"before": before}


def _call(desk: _Desk, record: ThemeRecord, name: str, *, pinned: bool) -> None:
    if name != record.name:
        figures = {"before": record.name, "after": name}
        note(
            desk.connection, desk.memory, desk.moment.epoch, "rename", record.theme_id,
            tickets=record.size, reason=LineageReason.DECIDED.value, figures=figures,
        )  # fmt: skip
    record.name, record.name_pinned = name, pinned
    desk.write(record)


def _merge(desk: _Desk, decision: Decision) -> DecisionOutcome:
    """Each theme goes into the survivor; what an undo needs to part them again is kept."""
    into = desk.record(decision.theme_id)
    given = [surviving_theme(desk.connection, theme) for theme in decision.payload["from"]]
    given = [theme for theme in dict.fromkeys(given) if theme != into.theme_id]
    if not given:
        raise DecisionRefused(f"all of these themes are theme {into.theme_id} already")
    before = {"name": into.name, "pinned": into.name_pinned, "known_issue": into.known_issue}
    taken = []
    for theme in given:
        gone = desk.memory.themes[theme]
        taken.append({
            "theme": theme, "status": gone.status,
            "spikes": [key for key, one in sorted(desk.memory.spikes.items()) if one.theme_id == theme],
        })  # fmt: skip
        write_whole_theme(desk.connection, decision.decision_id, theme, into.theme_id)
        _become(desk, theme, into.theme_id)
    after = {"name": into.name, "pinned": into.name_pinned, "known_issue": into.known_issue}
    return {"before": before, "after": after, "taken": taken}


def _become(desk: _Desk, theme: int, into: int) -> None:
    gone = desk.memory.themes[theme]
    whole = gone.size + desk.memory.themes[into].size
    numbers = {"share": round(gone.size / whole, 4)} if whole else {}
    alike = desk.memory.index.likeness(theme, into)
    if alike is not None:
        numbers["similarity"] = alike
    merge = Merge(theme, into, desk.moment.end, LineageReason.DECIDED, numbers)
    desk.touched |= apply_merge(desk.connection, desk.memory, merge, desk.moment.epoch, desk.tally)
    desk.memory.index.merge(theme, into)


def _split(desk: _Desk, decision: Decision) -> DecisionOutcome:
    source = desk.record(decision.theme_id)
    there = themes_of(desk.connection, decision.payload["tickets"])
    leaving = [ticket for ticket in decision.payload["tickets"] if there.get(ticket) == source.theme_id]
    if not leaving:
        raise DecisionRefused(f"none of the {len(there)} tickets belongs to theme {source.theme_id} any more")
    theme = desk.memory.index.new_theme()
    name = decision.payload.get("name")
    made = ThemeRecord(
        theme, name or UNNAMED, (), "live", "new", 0, None, None, desk.moment.epoch, 0, name_pinned=bool(name)
    )
    desk.memory.themes[theme] = made
    desk.write(made)
    size = source.size
    _place(desk, decision.decision_id, dict.fromkeys(leaving, theme), told=set(leaving))
    figures = {
        "share": round(min(1.0, len(leaving) / size), 4) if size else None,
        "similarity": desk.memory.index.likeness(source.theme_id, theme),
    }
    note(
        desk.connection, desk.memory, desk.moment.epoch, "split", source.theme_id, theme,
        tickets=len(leaving), reason=LineageReason.DECIDED.value, figures=figures,
    )  # fmt: skip
    return {"created": [theme], "tickets": len(leaving)}


def _move(desk: _Desk, decision: Decision) -> DecisionOutcome:
    """Put tickets where they were told to be. Those that are there already are noted too: they stay from now on."""
    theme = None if decision.theme_id == NO_THEME else desk.record(decision.theme_id).theme_id
    there = themes_of(desk.connection, decision.payload["tickets"])
    if not there:
        raise DecisionRefused("none of the tickets has been mined")
    moved = _place(desk, decision.decision_id, dict.fromkeys(there, theme))
    return {"tickets": moved, "missing": len(decision.payload["tickets"]) - len(there)}


def _place(desk: _Desk, decision_id: int, wanted: Mapping[str, int | None], *, told: Collection[str] = ()) -> int:
    """Give tickets to themes, by ticket; returns how many changed theirs."""
    there = themes_of(desk.connection, list(wanted))
    write_placements(desk.connection, decision_id, [(key, there[key], wanted[key]) for key in sorted(there)])
    return _go(desk, {key: (there[key], wanted[key]) for key in sorted(there)}, told=told)


def _go(desk: _Desk, ways: Mapping[str, tuple[int | None, int | None]], *, told: Collection[str] = ()) -> int:
    """Let tickets go from one theme to another, by ticket."""
    moves = [Move(key, left, joined, LineageReason.DECIDED) for key, (left, joined) in ways.items() if left != joined]
    for joined in sorted({move.to_theme or NO_THEME for move in moves}):
        going = [move.ticket_id for move in moves if (move.to_theme or NO_THEME) == joined]
        desk.memory.index.move(going, joined or None)
    desk.touched |= apply_moves(
        desk.connection, desk.memory, moves, desk.moment.epoch, desk.tally, desk.moment.model, told=told
    )
    return len(moves)


def _switch(desk: _Desk, decision: Decision) -> DecisionOutcome:
    outcome, touched = apply_switch(
        desk.connection,
        desk.memory,
        decision.payload["rebuild"],
        decision.decision_id,
        desk.moment,
        desk.tally,
        adopting="model" in decision.payload,
    )
    desk.touched |= touched
    return outcome


def _undo(desk: _Desk, decision: Decision) -> DecisionOutcome:
    undone = read_decision(desk.connection, decision.payload["decision"])
    if not undone.in_force:
        raise DecisionRefused(f"decision {undone.decision_id} is not in force")
    outcome = _UNDO[undone.kind](desk, undone)
    mark_undone(desk.connection, undone.decision_id, decision.decision_id)
    return outcome


def _restore_flag(desk: _Desk, undone: Decision) -> DecisionOutcome:
    record = desk.record(undone.theme_id)
    record.known_issue = (undone.outcome or {}).get("before")
    desk.write(record)
    return {}


def _restore_name(desk: _Desk, undone: Decision) -> DecisionOutcome:
    before = (undone.outcome or {})["before"]
    _call(desk, desk.record(undone.theme_id), before["name"], pinned=before["pinned"])
    return {}


def _part(desk: _Desk, undone: Decision) -> DecisionOutcome:
    """Undo a merge: the themes live again with the tickets that they brought. What arrived since stays where it is."""
    outcome = undone.outcome or {}
    into = desk.record(undone.theme_id)
    _revive(desk, outcome["taken"])
    returned = _return(desk, undone, parted={one["theme"] for one in outcome["taken"]})
    _note_parting(desk, undone, into.theme_id, returned)
    _restore_standing(desk, into, outcome["before"], outcome["after"])
    desk.memory.past = read_past(desk.connection)
    stayed = count_arrived(desk.connection, into.theme_id, undone.applied_epoch or 0)
    return {"tickets": sum(returned.values()), "stayed": stayed}


def _unswitch(desk: _Desk, undone: Decision) -> DecisionOutcome:
    """Undo a switch: what it merged lives again, and each ticket goes back. Themes that it made are left empty."""
    taken = (undone.outcome or {})["taken"]
    _revive(desk, taken)
    returned = _return(desk, undone)
    desk.memory.past = read_past(desk.connection)
    return {"tickets": sum(returned.values())}


def _revive(desk: _Desk, taken: Sequence[Mapping[str, Any]]) -> None:
    for one in taken:
        record = desk.memory.themes[one["theme"]]
        record.state, record.status, record.merged_into = "live", one["status"], None
        desk.write(record)
        _give_back_spikes(desk, one["spikes"], record.theme_id)


def _note_parting(desk: _Desk, undone: Decision, into: int, returned: Mapping[int | None, int]) -> None:
    for one in (undone.outcome or {})["taken"]:
        alike = desk.memory.index.likeness(into, one["theme"])
        note(
            desk.connection, desk.memory, desk.moment.epoch, "split", into, one["theme"],
            tickets=returned.get(one["theme"], 0), reason="undone",
            figures={"decision": undone.decision_id, "similarity": alike},
        )  # fmt: skip


def _restore_standing(desk: _Desk, into: ThemeRecord, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Take back the name and the flag that a merge brought, unless people said otherwise since."""
    if into.name == after["name"] and into.name_pinned == after["pinned"]:
        _call(desk, into, before["name"], pinned=before["pinned"])
    if into.known_issue == after["known_issue"]:
        into.known_issue = before["known_issue"]
        desk.write(into)


def _give_back_spikes(desk: _Desk, spike_ids: Sequence[int], theme: int) -> None:
    given = [desk.memory.spikes[key].with_(theme_id=theme) for key in spike_ids]
    desk.memory.spikes.update({one.spike_id: one for one in given})
    write_spikes(desk.connection, given)


def _return(desk: _Desk, undone: Decision, *, parted: Collection[int] = ()) -> dict[int | None, int]:
    """Send tickets back to where a decision took them from, as far as they still are where it put them.

    Of `parted` themes the caller tells where their tickets come from.
    """
    rows = read_placements(desk.connection, undone.decision_id)
    there = themes_of(desk.connection, [row[0] for row in rows])
    ways: dict[str, tuple[int | None, int | None]] = {}
    returned: dict[int | None, int] = {}
    for ticket, left, joined in rows:
        now = None if joined is None else surviving_theme(desk.connection, joined)
        back = None if left is None else surviving_theme(desk.connection, left)
        if there.get(ticket, -1) == now and now != back:
            ways[ticket] = now, back
            returned[back] = returned.get(back, 0) + 1
    _go(desk, ways, told={ticket for ticket, (_, back) in ways.items() if back in parted})
    return returned


def _rejoin(desk: _Desk, undone: Decision) -> DecisionOutcome:
    """Undo a split: the new theme goes back whole, with what arrived in it since."""
    (made,) = (undone.outcome or {})["created"]
    source = desk.record(undone.theme_id)
    arrived = count_arrived(desk.connection, made, undone.applied_epoch or 0)
    brought = desk.memory.themes[made].size
    _become(desk, made, source.theme_id)
    return {"tickets": brought, "arrived": arrived}


def _take_back(desk: _Desk, undone: Decision) -> DecisionOutcome:
    return {"tickets": sum(_return(desk, undone).values())}


def _volume(memory: MinerState, theme: int, moment: EpochWindow) -> float:
    start = bucket_of(moment.end - USUAL_OVER)
    return float(memory.counts.total(SeriesKey(theme, EVERYTHING), start, moment.bucket))


_APPLY: Mapping[str, Callable[[_Desk, Decision], DecisionOutcome]] = {
    DecisionKind.KNOWN_ISSUE: _flag,
    DecisionKind.CLEAR_KNOWN_ISSUE: _clear,
    DecisionKind.RENAME: _rename,
    DecisionKind.MERGE: _merge,
    DecisionKind.SPLIT: _split,
    DecisionKind.PIN: _move,
    DecisionKind.MOVE: _move,
    DecisionKind.SWITCH: _switch,
    DecisionKind.UNDO: _undo,
}

_UNDO: Mapping[str, Callable[[_Desk, Decision], DecisionOutcome]] = {
    DecisionKind.KNOWN_ISSUE: _restore_flag,
    DecisionKind.CLEAR_KNOWN_ISSUE: _restore_flag,
    DecisionKind.RENAME: _restore_name,
    DecisionKind.MERGE: _part,
    DecisionKind.SPLIT: _rejoin,
    DecisionKind.PIN: _take_back,
    DecisionKind.MOVE: _take_back,
    DecisionKind.SWITCH: _unswitch,
}
