"""Backtesting: what another sensitivity would have found in the stored history. Read-only: nothing is written.

Detection and the decision of alerts run again, epoch after epoch, with the functions that mining runs; texts are not embedded and
themes not found anew. Where the journal reaches back, each epoch sees the counts, flags and plans that the miner saw, so that
unchanged settings give the stored spikes again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from alerts.gates import AlertDecision, PastAlert
from models.alert import AlertKind
from models.bucket import BUCKET_SECONDS, bucket_of
from models.launch import Launch
from models.segment import EVERYTHING, Segment
from models.spikes import ALL_TICKETS, Detector, Finding, SeriesCounts, SeriesKey
from pipelines.context import EpochWindow
from pipelines.epoch.alerts import audience_of, budget_of, decide_open, mix_of
from pipelines.epoch.causes import CHANGES_BACK, WINDOW_TICKETS, fingerprint, is_due, size_of
from pipelines.epoch.episode_transfer import later_holders, transfer_episodes
from pipelines.epoch.spikes import find
from pipelines.miner import next_due
from pipelines.past.restore import FirstTickets, fill, give_spikes, moment_of, recall, stand_by
from pipelines.rules import Rules
from store.alerts import list_alerts
from store.counts import read_cells
from store.epochs import MinerRow, read_busy_epochs, read_miner
from store.journal import read_corrections, read_courses, read_frames, summed
from store.plans import read_changes, read_launches
from store.schema import launches
from store.spikes import StoredSpike
from store.themes import read_fates
from store.tickets import read_attributes

ReportShare = Callable[[float], None]

STIR = 100
"""Epochs after which the database hears from us: PostgreSQL ends sessions that stand still inside a transaction."""


@dataclass(frozen=True, slots=True)
class BacktestAlert:
    """An alert that would have been opened of an episode."""

    spike_id: int
    kind: AlertKind
    audience: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class BacktestRun:
    """What judging again found: episodes (numbered anew), their alerts, and how many epochs were judged.

    exact: whether the journal covers all of it. inherited: numbers of stored episodes that were open when it began.
    """

    spikes: tuple[StoredSpike, ...]
    alerts: tuple[BacktestAlert, ...]
    epochs: int
    exact: bool
    inherited: frozenset[int]


def rerun(
    connection: Connection, rules: Rules, first: int, last: int, *, tell: ReportShare = lambda _: None
) -> BacktestRun:
    """Judge the epochs from `first` to `last` again; `tell` hears which share of them is done, 0 to 1."""
    player = _Player(connection, rules, first, last)
    for epoch in player.due():
        player.play(epoch)
        tell((epoch - first + 1) / (last - first + 1))
    return player.result()


class _Player:
    """Plays stored epochs again, on a memory of its own."""

    def __init__(self, connection: Connection, rules: Rules, first: int, last: int) -> None:
        self._connection, self._rules = connection, rules
        self._first, self._last = first, last
        past = recall(connection, rules.mining, first)
        memory = self._memory = past.memory
        memory.detector = Detector(rules.watched.spikes)
        settings = memory.detector.settings
        memory.counts = SeriesCounts(recent_buckets=settings.recent_buckets, history_hours=settings.history_hours)
        self._first_seen = FirstTickets(memory)
        fill(connection, memory, past.moment, self._first_seen)
        self._row = read_miner(connection)
        self._seconds = memory.epoch_seconds
        self._model = self._row.state.get("model", "")
        self._frames = dict(read_frames(connection))
        self._exact = past.exact
        self._inherited = frozenset(key for key, one in memory.spikes.items() if one.end is None)
        memory.counters["spike"] = max(memory.spikes, default=0)
        self._known = frozenset(memory.spikes)
        self._fates: defaultdict[int, list[Any]] = defaultdict(list)
        for fate in read_fates(connection):
            self._fates[fate.epoch].append(fate)
        self._taken: dict[int, list[int]] = {}
        self._cells = self._own_cells(past.moment.bucket)
        self._corrections: defaultdict[int, list[Any]] = defaultdict(list)
        for epoch, cells in read_corrections(connection, after=first):
            self._corrections[epoch].append(cells)
        self._segments = {number: Segment.from_key(key) for key, number in memory.segments.items()}
        self._busy = read_busy_epochs(connection, first)
        self._plan_times = sorted(connection.execute(select(launches.c.time)).scalars())
        self._plans: tuple[int, tuple[Launch, ...]] = (-1, ())
        self._newcomers = [one for one in list_alerts(connection) if one.kind == AlertKind.NEW_THEME]
        self._alerts: list[BacktestAlert] = []
        self._epochs = 0
        self._at = first

    def due(self) -> Iterator[int]:
        """The epochs that would have been judged: those with events, full hours, and all while an episode is open."""
        yield self._first
        row = MinerRow(self._first + 1, self._row.first_epoch, {"last_busy": self._first})
        while True:
            at = bisect_left(self._busy, row.next_epoch or 0)
            waiting = self._busy[at] if at < len(self._busy) else None
            opened = sum(one.end is None for one in self._memory.spikes.values())
            state = {**row.state, "open_spikes": opened}
            epoch = next_due(replace(row, state=state), waiting, self._last + 1, self._seconds)
            if epoch is None or epoch > self._last:
                return
            yield epoch
            busy = epoch if epoch == waiting else row.state["last_busy"]
            row = MinerRow(epoch + 1, row.first_epoch, {"last_busy": busy})

    def play(self, epoch: int) -> None:
        """Bring the memory to an epoch and judge it."""
        if epoch > self._first:
            for between in range(self._at + 1, epoch + 1):
                self._advance(between)
            self._at = epoch
        moment = self._moment(epoch)
        found, findings = find(self._memory, moment)
        for spike, finding in zip(found, findings, strict=True):
            self._decide(moment, spike, finding)
        self._epochs += 1
        if self._epochs % STIR == 0:
            self._connection.execute(select(1))

    def result(self) -> BacktestRun:
        """What was found."""
        found = [
            one for key, one in sorted(self._memory.spikes.items()) if key not in self._known or key in self._inherited
        ]
        return BacktestRun(tuple(found), tuple(self._alerts), self._epochs, self._exact, self._inherited)

    # -- the memory of an epoch
    # ------------------------------------------------------------------------------------------

    def _advance(self, epoch: int) -> None:
        """Count what the epoch counted and corrected, and let happen to themes what happened to them."""
        length = round(self._seconds) // BUCKET_SECONDS
        for bucket in range(epoch * length, (epoch + 1) * length):
            for theme, segment, n in self._cells.pop(bucket, ()):
                self._count(theme, segment, bucket, n)
        corrected = self._corrections.pop(epoch, [])
        for cells in corrected:
            for theme, segment, bucket, n in cells.tolist():
                self._count(theme, segment, bucket, n)
        self._first_seen.settle()
        for fate in self._fates.pop(epoch, ()):
            if fate.kind == "merge":
                self._taken[fate.theme_id] = give_spikes(self._memory, fate.theme_id, fate.other_id, self._end(epoch))
            else:
                self._give_back(fate.other_id, epoch)
        if corrected:
            transfer_episodes(self._memory, corrected, self._end(epoch))
        if epoch in self._frames:
            stand_by(self._memory, self._frames[epoch])

    def _end(self, epoch: int) -> datetime:
        return moment_of(self._connection, self._rules.mining, epoch, self._seconds, self._model, plans=()).end

    def _count(self, theme: int, segment: int, bucket: int, n: int) -> None:
        named = self._segments[segment]
        self._memory.counts.add(bucket, SeriesKey(theme, named), n)
        if named == EVERYTHING:
            self._first_seen.count(theme, bucket, n)

    def _give_back(self, theme: int, epoch: int) -> None:
        """A merge was undone: the theme has its episodes again, those also that it gave away before this began."""
        given = set(self._taken.pop(theme, ()))
        stood = read_courses(self._connection, epoch + 1)
        given |= {key for key in self._known if key in stood and stood[key].theme_id == theme}
        for key in given:
            self._memory.spikes[key] = self._memory.spikes[key].with_(theme_id=theme)

    def _own_cells(self, begin: int) -> dict[int, list[tuple[int, int, int]]]:
        """What each epoch counted in its own buckets from `begin` on: what is stored less all later corrections."""
        undone = summed(cells for _, cells in read_corrections(self._connection))
        found: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for theme, segment, bucket, n in read_cells(self._connection, begin):
            own = n - undone.pop((theme, segment, bucket), 0)
            if own:
                found[bucket].append((theme, segment, own))
        for (theme, segment, bucket), n in sorted(undone.items()):
            if bucket >= begin:
                found[bucket].append((theme, segment, -n))
        return dict(found)

    def _moment(self, epoch: int) -> EpochWindow:
        bare = moment_of(self._connection, self._rules.mining, epoch, self._seconds, self._model, plans=())
        known = bisect_left(self._plan_times, bare.end)
        if self._plans[0] != known:
            self._plans = known, tuple(read_launches(self._connection, known_by=bare.end))
        return replace(bare, launches=self._plans[1])

    # -- alerts
    # ------------------------------------------------------------------------------------------

    def _decide(self, moment: EpochWindow, spike: StoredSpike, finding: Finding) -> None:
        spike = self._met(moment, spike, finding)
        if spike.end is not None or any(one.spike_id == spike.spike_id for one in self._alerts):
            return
        if spike.spike_id in self._inherited and spike.gate is None:
            return
        rules = self._rules
        accepted = rules.mining.spikes.false_alerts_per_week
        budget = budget_of(self._connection, self._memory, moment, spike, rules.ownership, accepted)
        decision = decide_open(
            self._memory, moment, spike, rules.alerts, self._memory.record_start or moment.end,
            past=self._past(moment, spike), budget=budget,
        )  # fmt: skip
        self._keep(moment, spike, decision)

    def _keep(self, moment: EpochWindow, spike: StoredSpike, decision: AlertDecision) -> None:
        gate = None if decision.gate is None else decision.gate.value
        if gate != spike.gate:
            told = spike.detected_at if gate else moment.detected_at
            self._memory.spikes[spike.spike_id] = spike.with_(gate=gate, detected_at=told)
        if decision.notify:
            mix = mix_of(self._connection, spike, moment.end)
            audience = audience_of(self._memory, spike, mix, self._rules.ownership).name
            self._alerts.append(BacktestAlert(spike.spike_id, decision.kind, audience, moment.detected_at))

    def _met(self, moment: EpochWindow, spike: StoredSpike, finding: Finding) -> StoredSpike:
        """The spike with how many people wrote, asked anew whenever mining would have explained it anew."""
        changes = read_changes(self._connection, spike.start - CHANGES_BACK, moment.end)
        recorded = fingerprint(changes, moment.launches)
        if not is_due(spike, finding, recorded):
            return spike
        themes = sorted(finding.theme_ids or (spike.theme_id,))
        chosen = [] if themes == [ALL_TICKETS] else sorted({*themes, *self._parted_since(themes, spike.start, moment)})
        tickets = read_attributes(self._connection, chosen, spike.start, spike.end or moment.end, WINDOW_TICKETS)
        people = {one[2] or one[0] for one in tickets if spike.segment.holds(one[3])}
        state = {**spike.state, "explained": size_of(spike), "changes": recorded, "requesters": len(people)}
        met = self._memory.spikes[spike.spike_id] = spike.with_(state=state)
        return met

    def _parted_since(self, themes: Collection[int], start: datetime, moment: EpochWindow) -> set[int]:
        """Themes born after a moment that took tickets which were of some themes then, and are stored as theirs."""
        number = self._memory.segments.get(EVERYTHING.key, -1)
        parts = [part for epoch in sorted(self._corrections) for part in self._corrections[epoch]]
        taken = later_holders(themes, parts, number, bucket_of(start), moment.bucket)
        known = self._memory.themes
        return {theme for theme in taken if theme in known and known[theme].born_epoch > moment.epoch}

    def _past(self, moment: EpochWindow, spike: StoredSpike) -> list[PastAlert]:
        """Alerts of the theme that the decision knows of: those of new themes as they were sent, those of spikes as they would be."""
        found = [
            PastAlert(AlertKind.NEW_THEME, one.opened_at)
            for one in self._newcomers
            if one.theme_id == spike.theme_id and one.opened_at <= moment.detected_at
        ]
        mine = {key for key, one in self._memory.spikes.items() if one.theme_id == spike.theme_id}
        return found + [
            PastAlert(one.kind, one.opened_at, one.spike_id) for one in self._alerts if one.spike_id in mine
        ]
