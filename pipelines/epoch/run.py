"""Mining one epoch of event time, in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.event import ERASING, TicketEventType
from models.segment import Segment
from models.spikes.series import SeriesKey
from models.themes import Birth
from pipelines.constraints import read_constraints
from pipelines.context import EpochWindow
from pipelines.decisions.apply import apply_decisions
from pipelines.epoch.alerts import decide_alerts
from pipelines.epoch.broadcast import broadcast_changes, snapshot_themes
from pipelines.epoch.episode_transfer import follow_tickets, rising_themes
from pipelines.epoch.journal import note_corrections, note_episodes, note_frame, shorten_journal
from pipelines.epoch.launches import review_ended
from pipelines.epoch.missing_planned_volume import report_missing
from pipelines.epoch.spikes import detect_spikes, expect_hour, known_episodes, theme_facts
from pipelines.launches.resolve_plans import resolve_plans
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from pipelines.state import MinerState
from pipelines.themes.changes import (
    apply_discovery,
    assign_tickets,
    grow_sizes,
    measure_sizes,
    name_due,
    name_themes,
    status_of,
)
from pipelines.themes.counts import CountChanges
from pipelines.themes.lineage import dormant_themes, note_revivals
from pipelines.ticket_lifecycle import TicketLifecycle, fold_events
from pipelines.ticket_words import words_of
from store.counts import add_counts, write_segments
from store.epochs import MinerRow, TakenEvent, take_events, write_miner
from store.plans import read_launches
from store.themes import forget_tickets, set_statuses, themes_of, write_assignments
from store.tickets import StoredTicket, erase, mark_tickets, read_lifecycles, read_tickets


@dataclass(frozen=True, slots=True)
class Mined:
    """What an epoch did."""

    events: int = 0
    births: int = 0
    spikes: int = 0


def mine(connection: Connection, memory: MinerState, epoch: int, rules: Rules) -> Mined:
    """Mine one epoch.

    The order of effects, all in the caller's transaction:

    1. Apply what people decided.
    2. Take the epoch's events, assign new tickets in canonical order, retract and erase what its events retract and erase.
    3. Discover themes among what is unthemed, and write the changes of counts; episodes follow their tickets.
    4. Detect spikes against baselines and plans, explain them, decide alerts, which go to the outbox; look back at launches.
    5. Say what is expected of the next hour, when one begins.
    6. Where machines listen, put alerts and changed themes into the outbox for them.
    7. Move the miner's row on: a process that dies before the commit leaves no trace of the epoch.
    """
    moment = _moment(connection, epoch, rules)
    before = snapshot_themes(memory) if rules.broadcast else None
    _advance_record(memory, epoch, moment)
    slept = dormant_themes(memory)
    # Where the journal begins, in a database that was mined before there was one, it takes in all episodes.
    standing = {} if memory.frame is None else dict(memory.spikes)
    tally = CountChanges(rules.mining.dimensions, rules.mining.pairs)
    touched = apply_decisions(connection, memory, moment, tally)
    taken = take_events(connection, epoch)
    memory.last_busy = epoch if taken else memory.last_busy
    changed, passing = _take(connection, memory, taken, epoch, tally, rules)
    rising = rising_themes(memory, moment)
    found = memory.index.discover(moment.end, lambda ids: words_of(connection, ids, rules.macros), rising)
    touched |= changed | apply_discovery(connection, memory, found, epoch, tally, rules.model)
    if found.merges:
        memory.index.constrain(read_constraints(connection, rules.model))
    # Not before `discover`, which looks at the epoch's new tickets where `assign` put them.
    memory.index.forget(passing)
    forget_tickets(connection, sorted(passing))
    measure_sizes(connection, memory, touched)
    note_revivals(connection, memory, slept, moment, rules.mining.dormant_after)
    _flush(connection, memory, tally, epoch)
    follow_tickets(connection, memory, moment)
    _name(connection, memory, found.births, moment, rules)
    resolve_plans(memory, moment)
    spikes = detect_spikes(connection, memory, moment, rules.mining)
    accepted = rules.mining.spikes.false_alerts_per_week
    decide_alerts(connection, memory, moment, found.births, spikes, rules.ownership, rules.alerts, accepted)
    _follow_launches(connection, memory, moment, rules)
    note_episodes(connection, standing, memory, epoch)
    note_frame(connection, memory, moment)
    _set_statuses(connection, memory, moment, rules.mining, everything=_hourly(moment) or bool(spikes) or bool(found))
    if _hourly(moment):
        expect_hour(connection, memory, moment)
    if moment.bucket % BUCKETS_PER_DAY == 0:
        memory.counts.trim(moment.bucket)
        shorten_journal(connection, memory, moment, rules.mining.journal)
    if before is not None:
        broadcast_changes(connection, memory, before, epoch)
    write_miner(connection, MinerRow(epoch + 1, memory.first_epoch, memory.state()))
    return Mined(len(taken), len(found.births), len(spikes))


def _follow_launches(connection: Connection, memory: MinerState, moment: EpochWindow, rules: Rules) -> None:
    """Look back at launches that are over, and tell of planned themes that do not come, once themes are no longer learned."""
    if not moment.launches:
        return
    facts, known = theme_facts(memory), known_episodes(memory)
    review_ended(connection, memory, moment, facts, known)
    if memory.record_start is not None and moment.end > memory.record_start + rules.alerts.learning_period:
        report_missing(connection, memory, moment, facts, known, rules.ownership, rules.mining.dimensions)


def decide_now(connection: Connection, memory: MinerState, epoch: int, rules: Rules) -> None:
    """Apply what people decided as of the end of a closed epoch, and no more: counts, sizes and names follow.

    The caller moves the miner's row on.
    """
    moment = _moment(connection, epoch, rules)
    tally = CountChanges(rules.mining.dimensions, rules.mining.pairs)
    touched = apply_decisions(connection, memory, moment, tally)
    measure_sizes(connection, memory, touched)
    # What was judged at the epoch's end was judged before this.
    _flush(connection, memory, tally, epoch + 1)
    _name(connection, memory, (), moment, rules)


def _moment(connection: Connection, epoch: int, rules: Rules) -> EpochWindow:
    end = datetime.fromtimestamp((epoch + 1) * rules.mining.epoch.total_seconds(), tz=UTC)
    launches = tuple(read_launches(connection, known_by=end))
    return EpochWindow(epoch, end, end + rules.mining.lateness, launches, rules.model, rules.mining.epoch)


def _advance_record(memory: MinerState, epoch: int, moment: EpochWindow) -> None:
    if memory.first_epoch is None:
        memory.first_epoch = epoch
        memory.record_start = moment.end - moment.length


def _hourly(moment: EpochWindow) -> bool:
    return moment.bucket % BUCKETS_PER_HOUR == 0


def _take(
    connection: Connection,
    memory: MinerState,
    taken: Sequence[TakenEvent],
    epoch: int,
    tally: CountChanges,
    rules: Rules,
) -> tuple[set[int], set[str]]:
    """Follow what happened to older tickets, and assign new ones.

    Returns the themes whose size must be read again, and the new tickets that are gone again already.
    """
    subjects = list(dict.fromkeys(event.subject for event in taken))
    if not subjects:
        return set(), set()
    stored = read_tickets(connection, subjects, rules.model)
    lifecycles = read_lifecycles(connection, subjects)
    created = [event.subject for event in taken if event.type == TicketEventType.CREATED]
    fresh = [stored[key] for key in dict.fromkeys(created) if key in stored and stored[key].mined_epoch is None]
    standings = {key: fold_events(lifecycles.get(key, ())) for key in subjects if key in stored}
    new = {ticket.id for ticket in fresh}
    gone = _gone(taken, stored, standings, new)
    memory.index.forget(gone - new)
    placed = assign_tickets(memory, fresh, epoch)
    for ticket in fresh:
        if standings[ticket.id].counted:
            tally.count(placed.themes[ticket.id], ticket.time, ticket.attributes)
    older = [
        stored[key] for key in subjects if key in stored and key not in new and stored[key].mined_epoch is not None
    ]
    touched = _follow(connection, older, standings, tally)
    mark_tickets(connection, _marks([*fresh, *older], standings, epoch, new))
    write_assignments(connection, placed.rows)
    forget_tickets(connection, sorted(gone - new))
    erase(connection, sorted({event.subject for event in taken if event.type in ERASING}), epoch)
    arrivals = [(placed.themes[t.id], t.time) for t in fresh if standings[t.id].counted]
    grow_sizes(connection, memory, [(theme, time) for theme, time in arrivals if theme is not None])
    return touched, gone & new


def _follow(
    connection: Connection, older: Sequence[StoredTicket], standings: Mapping[str, TicketLifecycle], tally: CountChanges
) -> set[int]:
    changed = [ticket for ticket in older if ticket.counted != standings[ticket.id].counted]
    themes = themes_of(connection, [ticket.id for ticket in changed])
    for ticket in changed:
        tally.count(themes.get(ticket.id), ticket.time, ticket.attributes, 1 if standings[ticket.id].counted else -1)
    return {theme for theme in themes.values() if theme is not None}


def _gone(
    taken: Sequence[TakenEvent],
    stored: Mapping[str, StoredTicket],
    standings: Mapping[str, TicketLifecycle],
    new: set[str],
) -> set[str]:
    """Tickets whose vectors must draw no others: retracted or erased ones."""
    erased = {event.subject for event in taken if event.type in ERASING and event.subject in stored}
    retracted = {
        key for key, standing in standings.items() if not standing.counted and (key in new or stored[key].counted)
    }
    return erased | retracted


def _marks(
    known: Sequence[StoredTicket], standings: Mapping[str, TicketLifecycle], epoch: int, new: set[str]
) -> list[dict[str, Any]]:
    return [
        {
            "key": ticket.id, "mined_epoch": epoch if ticket.id in new else ticket.mined_epoch,
            "counted": standings[ticket.id].counted, "status": standings[ticket.id].status, "csat": standings[ticket.id].csat,
        }
        for ticket in known
    ]  # fmt: skip


def _flush(connection: Connection, memory: MinerState, tally: CountChanges, epoch: int) -> None:
    """Write the epoch's changes of counts, and keep them in memory; segments get their ids in the order of their keys."""
    fresh = sorted({segment.key for (_, _, segment), n in tally.changes.items() if n} - memory.segments.keys())
    added = {key: memory.next_id("segment") for key in fresh}
    memory.segments.update(added)
    write_segments(connection, added)
    keys: dict[Segment, int] = {}
    rows = []
    for (bucket, theme, segment), n in sorted(tally.changes.items()):
        if n:
            if segment not in keys:
                keys[segment] = memory.segments[segment.key]
            rows.append((theme, keys[segment], bucket, n))
            memory.counts.add(bucket, SeriesKey(theme, segment), n)
    add_counts(connection, rows)
    for (bucket, theme, segment), n in sorted(tally.shifted.items()):
        memory.counts.add(bucket, SeriesKey(theme, segment), n)
    changed = Counter({(theme, number, bucket): n for theme, number, bucket, n in rows})
    for (bucket, theme, segment), n in tally.shifted.items():
        changed[theme, memory.segments[segment.key], bucket] += n
    note_corrections(connection, memory, changed, epoch)


def _name(
    connection: Connection, memory: MinerState, births: Sequence[Birth], moment: EpochWindow, rules: Rules
) -> None:
    """Name what was born at once, and what outgrew its name when a day begins: names should not flicker."""
    daily = moment.bucket % BUCKETS_PER_DAY == 0
    unnamed = births or any(one.live and one.size and one.named_size == 0 for one in memory.themes.values())
    due = name_due(memory) if daily or unnamed else []
    if not daily:
        due = [theme for theme in due if memory.themes[theme].named_size == 0]
    name_themes(connection, memory, due, rules, moment.epoch)


def _set_statuses(
    connection: Connection, memory: MinerState, moment: EpochWindow, settings: MiningSettings, *, everything: bool
) -> None:
    if not everything:
        return
    rising = {spike.theme_id for spike in memory.spikes.values() if spike.end is None and spike.gate is None}
    changed: dict[int, tuple[str, str]] = {}
    for theme, record in memory.themes.items():
        if record.live:
            found = status_of(record, moment, settings, rising=theme in rising)
            if found != (record.state, record.status):
                record.state, record.status = changed[theme] = found
    set_statuses(connection, changed)
