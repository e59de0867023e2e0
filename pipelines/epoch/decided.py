"""What people decided, applied completely in the first open epoch, before that epoch's tickets and without closing it.

Whoever applies a decision (the miner that is about to mine, a miner that waits for tickets, or the process in which a person
decides while nothing mines) makes the same steps with the same state, one decision after the other. So what a later run of the
epoch finds does not depend on when between two epochs a decision was applied.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection

from pipelines.context import EpochContext
from pipelines.decisions.apply import apply_decision
from pipelines.decisions.known_issues import number_old_flags
from pipelines.epoch.broadcast import broadcast_changes, snapshot_themes
from pipelines.epoch.counts import write_count_changes
from pipelines.epoch.episode_transfer import follow_tickets
from pipelines.epoch.journal import note_episodes
from pipelines.launches.resolve_plans import resolve_plans
from pipelines.rules import Rules
from pipelines.state import MinerState
from pipelines.themes.known_issues import adopt_flags, sync_members
from pipelines.themes.names import name_due_themes
from pipelines.themes.renaming import adopt_names
from pipelines.themes.sizes import measure_sizes
from pipelines.themes.status import note_transitions, update_statuses
from store.decisions import Decision, due_decisions
from store.launch_counts import tickets_in_scope


def apply_due(connection: Connection, state: MinerState, epoch: int, rules: Rules) -> list[int]:
    """Apply the decisions that are due, in the order in which they were made. Returns their numbers.

    `epoch` is the first open epoch. The state and the store are as they are at the end of an epoch afterwards, apart from the
    miner's own row, which the caller writes.
    """
    due = due_decisions(connection, epoch)
    for decision in due:
        _apply(EpochContext.begin(connection, state, epoch, rules), decision)
    return [one.decision_id for one in due]


def take_over_notes(context: EpochContext) -> None:
    """Take over what was written to themes outside of mining: names and flags without what was erased, and numbers of old flags."""
    if context.news.renamed:
        adopt_names(context)
    adopt_flags(context)
    if context.state.themes.members is None:
        number_old_flags(context)


def _apply(context: EpochContext, decision: Decision) -> None:
    state = context.state
    state.counts.trim(context.window.bucket)
    published = snapshot_themes(state) if context.rules.broadcast else None
    episodes = state.episodes.snapshot()
    take_over_notes(context)
    touched = apply_decision(context, decision)
    measure_sizes(context, touched)
    # Not before the sizes: a theme that has tickets again is live.
    update_statuses(context)
    sync_members(context)
    write_count_changes(context)
    follow_tickets(context)
    # Only what the decision made: themes that have outgrown their names are named with the day's tickets.
    name_due_themes(context, daily=False)
    if touched:
        resolve_plans(state, context.window, partial(tickets_in_scope, context.connection))
    note_transitions(context)
    if state.frame is not None:
        # Without a frame there is no journal yet: its first epoch takes in all episodes.
        note_episodes(context, episodes)
    if published is not None:
        broadcast_changes(context, published, decision=decision.decision_id)
