"""Mining one epoch of event time, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from models.epochs import epoch_end
from models.themes import Discovery
from pipelines.constraints import read_constraints
from pipelines.context import EpochContext
from pipelines.epoch.alerts import decide_alerts
from pipelines.epoch.attachments import attach_tickets
from pipelines.epoch.broadcast import broadcast_changes, snapshot_themes
from pipelines.epoch.counts import write_count_changes
from pipelines.epoch.decided import apply_due, take_over_notes
from pipelines.epoch.episode_transfer import follow_tickets, rising_themes
from pipelines.epoch.erasures import forget_erased
from pipelines.epoch.incidents import settle_incidents
from pipelines.epoch.journal import note_episodes, note_frame, shorten_journal
from pipelines.epoch.known_issues import review_fixes
from pipelines.epoch.launches import review_ended
from pipelines.epoch.missing_planned_volume import report_missing
from pipelines.epoch.spikes import detect_spikes, expect_hour
from pipelines.epoch.tickets import TakenTickets, take_tickets
from pipelines.epoch.trends import follow_trends
from pipelines.launches.resolve_plans import resolve_plans
from pipelines.rules import Rules
from pipelines.state import MinerState
from pipelines.state.retention import kept_since
from pipelines.themes.changes import apply_discovery
from pipelines.themes.families import group_families
from pipelines.themes.known_issues import sync_members
from pipelines.themes.lineage import note_revivals
from pipelines.themes.names import name_due_themes
from pipelines.themes.sizes import measure_sizes
from pipelines.themes.status import note_transitions, update_statuses
from pipelines.ticket_words import words_of
from store.epochs import MinerRow, read_next_epoch, take_events, write_miner
from store.launch_counts import tickets_in_scope
from store.news import read_news
from store.spikes import StoredSpike
from store.themes import forget_tickets


@dataclass(frozen=True, slots=True)
class Mined:
    """What an epoch did: the events it took, the themes that were born, the spikes that opened, changed or closed.

    `no_demand` counts the tickets that are not demand by kind; those that it found to be of another kind than an epoch before are
    taken from their kind of then.
    """

    events: int = 0
    births: int = 0
    spikes: int = 0
    no_demand: Mapping[str, int] = field(default_factory=dict)


def mine(connection: Connection, state: MinerState, epoch: int, rules: Rules) -> Mined:
    """Mine one epoch.

    The order of effects, all in the caller's transaction:

    1. Apply what people decided (`apply_due`), and forget the tickets that a person erased since the epoch before.
    2. Take the epoch's events: assign new tickets in canonical order, retract and erase what the events retract and erase.
    3. Discover themes, and write the changes of counts; episodes follow their tickets.
    4. Detect spikes against baselines and plans, explain them, decide alerts; review launches. The alerts join incidents, and what
       is news about an incident goes to the outbox.
    5. Write what is expected of the next hour, when one begins; at the end of a day, follow the trends of days and weeks,
       and group themes into families.
    6. Where machines listen, put alerts and changed themes into the outbox for them.
    7. Move the miner's row on: a process that dies before the commit leaves no trace of the epoch.
    """
    news = read_news(connection, epoch, epoch_end(epoch, rules.mining.epoch.total_seconds()))
    context = EpochContext.begin(connection, state, epoch, rules, news)
    if state.first_epoch is None:
        state.first_epoch, state.record_start = epoch, context.window.start
    if news.due:
        apply_due(connection, state, read_next_epoch(connection) or epoch, rules)
        context = replace(context, news=read_news(connection, epoch, context.window.end))
    before = snapshot_themes(state) if rules.broadcast else None
    # Every epoch, so that a miner that never stopped and one that was just restored see equally far back.
    state.counts.trim(context.window.bucket)
    dormant = state.themes.dormant()
    # Where the journal begins, in a database that was mined before there was one, it takes in all episodes.
    episodes = {} if state.frame is None else state.episodes.snapshot()
    take_over_notes(context)
    forget_erased(context)
    taken = take_events(connection, epoch)
    state.last_busy = epoch if taken else state.last_busy
    tickets = take_tickets(context, taken)
    found = _mine_themes(context, tickets, dormant)
    spikes = _mine_spikes(context, found, episodes)
    if context.window.ends_hour or spikes or found:
        update_statuses(context)
    note_transitions(context)
    if context.window.ends_hour:
        expect_hour(context)
    if context.window.ends_day:
        follow_trends(context)
        group_families(context)
        state.episodes.trim(kept_since(context.window.end, state.detector.settings))
        shorten_journal(context)
    if before is not None:
        broadcast_changes(context, before)
    write_miner(connection, MinerRow(epoch + 1, state.first_epoch, state.as_json()))
    return Mined(len(taken), len(found.births), len(spikes), tickets.no_demand)


def _mine_themes(context: EpochContext, tickets: TakenTickets, dormant: Mapping[int, datetime | None]) -> Discovery:
    """Discover themes, and bring themes, counts, episodes, names and plans up to date with the epoch's tickets."""
    connection, state, rules = context.connection, context.state, context.rules
    rising = rising_themes(state, context.window)
    found = state.index.discover(
        context.window.end, lambda ids: words_of(connection, ids, rules.macros, marked=True), rising
    )
    touched = tickets.touched | apply_discovery(context, found)
    if found.merges:
        state.index.constrain(read_constraints(connection, rules.model))
    # Not before `discover`, which looks at the epoch's new tickets where `assign` put them.
    state.index.forget(tickets.passing)
    forget_tickets(connection, sorted(tickets.passing))
    measure_sizes(context, touched)
    note_revivals(context, dormant)
    sync_members(context)
    attach_tickets(context, tickets.subjects)
    corrected = write_count_changes(context)
    follow_tickets(context, corrected=corrected)
    name_due_themes(context)
    resolve_plans(state, context.window, partial(tickets_in_scope, context.connection))
    return found


def _mine_spikes(context: EpochContext, found: Discovery, episodes: Mapping[int, StoredSpike]) -> list[StoredSpike]:
    """Detect and explain spikes, decide alerts, review launches, and keep the journal; `episodes` are those before the epoch."""
    spikes = detect_spikes(context)
    review_fixes(context)
    decide_alerts(context, found.births, spikes)
    _follow_launches(context)
    settle_incidents(context)
    note_episodes(context, episodes)
    note_frame(context)
    return spikes


def _follow_launches(context: EpochContext) -> None:
    """Review launches that are over, and report planned themes that do not come, once the learning period is over."""
    if not context.window.launches:
        return
    review_ended(context)
    start = context.state.record_start
    if start is not None and context.window.end > start + context.rules.alerts.learning_period:
        report_missing(context)
