"""Backtesting: what another sensitivity would have found in the stored history. Nothing is written.

Detection and the decision of alerts run again, epoch after epoch, with the functions that mining runs; texts are not embedded and
themes not discovered anew. Where the journal covers the history, each epoch sees the counts, flags and plans that the miner saw, so
that unchanged settings find the stored spikes again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from alerts.gates import PastAlert, ReportedEvent
from models.alert import AlertKind
from models.bucket import BUCKET_SECONDS, bucket_of
from models.segment import EVERYTHING
from models.spikes import Detector, Finding, SeriesCounts, SeriesKey
from pipelines.context import EpochContext
from pipelines.count_changes import CountChanges
from pipelines.epoch.alerts import apply_gate, audience_of, budget_of, decide_open, mix_of_spike
from pipelines.epoch.causes import CHANGES_BACK, WINDOW_TICKETS, fingerprint, is_due, size_of, themes_read
from pipelines.epoch.episode_transfer import later_holders, transfer_episodes
from pipelines.epoch.spikes import find
from pipelines.miner import next_due
from pipelines.past.reported_events import PastEvents
from pipelines.past.restore import FirstTickets, fill, recall, set_frame
from pipelines.past.windows import PastWindows
from pipelines.rules import Rules
from pipelines.silences import EpochSilences
from pipelines.state import MinerState
from pipelines.state.counts import CountState
from store.alerts import list_alerts
from store.counts import read_cells, read_segments
from store.epochs import MinerRow, read_busy_epochs, read_miner
from store.journal import read_corrections, read_courses, read_frames, summed
from store.plans import read_changes
from store.silences import read_silences
from store.spikes import StoredSpike
from store.themes import read_fates
from store.tickets import read_attributes

ReportShare = Callable[[float], None]

KEEP_ALIVE = 100
"""Epochs after which the database receives a query: PostgreSQL ends sessions that are idle inside a transaction."""


@dataclass(frozen=True, slots=True)
class BacktestAlert:
    """An alert that would have been opened for an episode."""

    spike_id: int
    kind: AlertKind
    audience: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class BacktestRun:
    """What judging again found: episodes (numbered anew), their alerts, and how many epochs were judged.

    exact: whether the journal covers all of it. continued: numbers of stored episodes that were open when it began.
    """

    spikes: tuple[StoredSpike, ...]
    alerts: tuple[BacktestAlert, ...]
    epochs: int
    exact: bool
    continued: frozenset[int]


def rerun(
    connection: Connection, rules: Rules, first: int, last: int, *, report: ReportShare = lambda _: None
) -> BacktestRun:
    """Judge the epochs from `first` to `last` again; `report` receives the share of them that is done, 0 to 1."""
    replay = _Replay(connection, rules, first, last)
    for epoch in replay.due():
        replay.judge(epoch)
        report((epoch - first + 1) / (last - first + 1))
    return replay.result()


class _Replay:
    """Judges stored epochs again, in a state of its own."""

    def __init__(self, connection: Connection, rules: Rules, first: int, last: int) -> None:
        self._connection, self._rules = connection, rules
        self._first, self._last, self._at = first, last, first
        past = recall(connection, rules.mining, first)
        self._state, self._exact = past.state, past.exact
        self._watch(past.state)
        first_seen = FirstTickets(self._state)
        fill(connection, self._state, past.window, first_seen)
        self._history = _History(connection, self._state, first, past.window.bucket, first_seen)
        self._row = read_miner(connection)
        self._windows = PastWindows(connection, rules.mining.lateness, self._state.epoch_seconds, self._row)
        self._continued = frozenset(one.spike_id for one in self._state.episodes.open())
        self._known = frozenset(one.spike_id for one in self._state.episodes)
        self._state.counts.continue_after("spike", max(self._known, default=0))
        self._busy = read_busy_epochs(connection, first)
        self._newcomers = [one for one in list_alerts(connection) if one.kind == AlertKind.NEW_THEME]
        self._silences = read_silences(connection)
        self._events = PastEvents(connection)
        self._alerts: list[BacktestAlert] = []
        self._epochs = 0

    def _watch(self, state: MinerState) -> None:
        """Let the state detect with the settings that are tried, and begin with no counts."""
        state.detector = Detector(self._rules.watched.spikes)
        settings = state.detector.settings
        series = SeriesCounts(recent_buckets=settings.recent_buckets, history_hours=settings.history_hours)
        state.counts = CountState(series, read_segments(self._connection))

    def due(self) -> Iterator[int]:
        """Iterate over the epochs that would have been judged: those with events, full hours, and all while an episode is open."""
        yield self._first
        row = MinerRow(self._first + 1, self._row.first_epoch, {"last_busy": self._first})
        while True:
            at = bisect_left(self._busy, row.next_epoch or 0)
            waiting = self._busy[at] if at < len(self._busy) else None
            state = {**row.state, "open_spikes": len(self._state.episodes.open())}
            epoch = next_due(replace(row, state=state), waiting, self._last + 1, self._state.epoch_seconds)
            if epoch is None or epoch > self._last:
                return
            yield epoch
            busy = epoch if epoch == waiting else row.state["last_busy"]
            row = MinerRow(epoch + 1, row.first_epoch, {"last_busy": busy})

    def judge(self, epoch: int) -> None:
        """Bring the state to an epoch and judge it."""
        if epoch > self._first:
            for between in range(self._at + 1, epoch + 1):
                self._history.advance(between, self._windows.end(between), self._known)
            self._at = epoch
        window = self._windows.of(epoch)
        silences = EpochSilences(self._silences, window.end)
        context = EpochContext(self._connection, self._state, window, self._rules, CountChanges((), ()), silences)
        for spike, finding in find(self._connection, self._state, window):
            self._decide(context, self._counted(context, spike, finding))
        self._epochs += 1
        if self._epochs % KEEP_ALIVE == 0:
            self._connection.execute(select(1))

    def result(self) -> BacktestRun:
        """Return what was found."""
        found = [
            one
            for one in self._state.episodes.by_id()
            if one.spike_id not in self._known or one.spike_id in self._continued
        ]
        return BacktestRun(tuple(found), tuple(self._alerts), self._epochs, self._exact, self._continued)

    def _decide(self, context: EpochContext, spike: StoredSpike) -> None:
        """Decide whether an open episode would be alerted, unless it was."""
        if spike.end is not None or any(one.spike_id == spike.spike_id for one in self._alerts):
            return
        if spike.spike_id in self._continued and spike.gate is None:
            return
        past, budget = self._past(context, spike), budget_of(context, spike)
        _, decision = decide_open(context, spike, past=past, budget=budget, event_of=partial(self._event_of, context))
        apply_gate(context, spike, decision)
        if decision.notify:
            audience = audience_of(context, spike, mix_of_spike(context.connection, spike, context.window.end)).name
            alert = BacktestAlert(spike.spike_id, decision.kind, audience, context.window.detected_at)
            self._alerts.append(alert)

    def _event_of(self, context: EpochContext, spike: StoredSpike) -> ReportedEvent | None:
        """Return the event that a spike is a part of by the record; the alerts are those that would be open."""
        opened = {one.spike_id for one in self._alerts}
        alerted = {
            one.theme_id
            for one in self._state.episodes.by_id()
            if one.spike_id in opened or (one.spike_id in self._known and one.gate is None)
        }
        return self._events.event_of(context.window, spike, alerted)

    def _counted(self, context: EpochContext, spike: StoredSpike, finding: Finding) -> StoredSpike:
        """Count the people who wrote a spike's tickets, whenever mining would have explained it anew."""
        window = context.window
        about = themes_read(spike, finding)
        changes = read_changes(context.connection, spike.start - CHANGES_BACK, window.end, about=about)
        recorded = fingerprint(changes, window.launches)
        if not is_due(spike, finding, recorded):
            return spike
        themes = themes_read(spike, finding)
        if themes:
            themes = sorted({*themes, *self._history.split_since(themes, bucket_of(spike.start), context)})
        tickets = read_attributes(context.connection, themes, spike.start, spike.end or window.end, WINDOW_TICKETS)
        people = {one.person for one in tickets if spike.segment.holds(one.attributes)}
        state = spike.state.with_(explained=size_of(spike), changes=recorded, requesters=len(people))
        counted = spike.with_(state=state)
        self._state.episodes.put(counted)
        return counted

    def _past(self, context: EpochContext, spike: StoredSpike) -> list[PastAlert]:
        """Return the alerts about the spike's theme: those about new themes as they were sent, those about spikes as they would be."""
        found = [
            PastAlert(AlertKind.NEW_THEME, one.opened_at)
            for one in self._newcomers
            if one.theme_id == spike.theme_id and one.opened_at <= context.window.detected_at
        ]
        own = {one.spike_id for one in self._state.episodes.of_theme(spike.theme_id)}
        return found + [PastAlert(one.kind, one.opened_at, one.spike_id) for one in self._alerts if one.spike_id in own]


class _History:
    """What each stored epoch did to counts, themes and episodes before it was judged."""

    def __init__(
        self, connection: Connection, state: MinerState, first: int, begin: int, first_seen: FirstTickets
    ) -> None:
        self._connection, self._state, self._first_seen = connection, state, first_seen
        self._frames = dict(read_frames(connection))
        self._fates: defaultdict[int, list[Any]] = defaultdict(list)
        for fate in read_fates(connection):
            self._fates[fate.epoch].append(fate)
        self._taken: dict[int, list[int]] = {}
        self._cells = _own_cells(connection, begin)
        self._corrections: defaultdict[int, list[Any]] = defaultdict(list)
        for epoch, cells in read_corrections(connection, after=first):
            self._corrections[epoch].append(cells)
        self._segments = state.counts.segments()

    def advance(self, epoch: int, end: datetime, known: Collection[int]) -> None:
        """Count what the epoch counted and corrected, and apply to themes and episodes what happened to them.

        `known` are the numbers of the episodes from before the backtest.
        """
        length = round(self._state.epoch_seconds) // BUCKET_SECONDS
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
                given = self._state.episodes.give(fate.theme_id, fate.other_id, end)
                self._taken[fate.theme_id] = [one.spike_id for one in given]
            else:
                self._give_back(fate.other_id, epoch, known)
        if corrected:
            transfer_episodes(self._state, corrected, end)
        if epoch in self._frames:
            set_frame(self._state, self._frames[epoch])

    def split_since(self, themes: Collection[int], start: int, context: EpochContext) -> set[int]:
        """Return the themes born after the epoch that now have tickets which some themes had, created since the bucket `start`."""
        cells = [part for epoch in sorted(self._corrections) for part in self._corrections[epoch]]
        taken = later_holders(themes, cells, self._state.counts.everything, start, context.window.bucket)
        known = self._state.themes
        return {theme for theme in taken if theme in known and known[theme].born_epoch > context.window.number}

    def _count(self, theme: int, segment: int, bucket: int, n: int) -> None:
        named = self._segments[segment]
        self._state.counts.add(bucket, SeriesKey(theme, named), n)
        if named == EVERYTHING:
            self._first_seen.count(theme, bucket, n)

    def _give_back(self, theme: int, epoch: int, known: Collection[int]) -> None:
        """Undo a merge: the theme has its episodes again, those included that it gave away before the backtest began."""
        given = set(self._taken.pop(theme, ()))
        before = read_courses(self._connection, epoch + 1)
        given |= {key for key in known if key in before and before[key].theme_id == theme}
        self._state.episodes.reassign(given, theme)


def _own_cells(connection: Connection, begin: int) -> dict[int, list[tuple[int, int, int]]]:
    """Return what each epoch counted in its own buckets from `begin` on: what is stored less all later corrections."""
    undone = summed(cells for _, cells in read_corrections(connection))
    found: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for theme, segment, bucket, n in read_cells(connection, begin):
        own = n - undone.pop((theme, segment, bucket), 0)
        if own:
            found[bucket].append((theme, segment, own))
    for (theme, segment, bucket), n in sorted(undone.items()):
        if bucket >= begin:
            found[bucket].append((theme, segment, -n))
    return dict(found)
