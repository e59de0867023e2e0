"""A miner of which only the incidents run: spikes are put into its state, epoch by epoch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from alerts.gates import AlertDecision
from alerts.ownership import Audience, Ownership
from alerts.settings import AlertSettings
from models.alert import AlertKind
from models.bucket import bucket_of
from models.segment import EVERYTHING, Segment
from models.spikes import SeriesKey
from pipelines.decisions.apply import apply_decision
from pipelines.epoch.incidents import open_alert, settle_incidents
from pipelines.state import MinerState, restore
from pipelines.state.themes import ThemeRecord
from store.counts import write_segments
from store.decisions import due_decisions
from store.epochs import MinerRow
from store.incidents import read_all_incidents
from store.schema import incident_events, outbox
from store.spikes import StoredSpike, write_spikes
from store.themes import write_themes
from tests.pipelines.chain import make_rules
from tests.pipelines.making import make_context, make_spike, make_window

START = datetime(2026, 11, 4, 10, tzinfo=UTC)
RULES = make_rules(epoch=timedelta(minutes=5))


class IncidentMiner:
    """Incidents epoch by epoch; with `restarts`, each epoch begins with a state that is restored from the store."""

    def __init__(self, connection: Connection, *, restarts: bool = False, **settings: Any) -> None:
        self.connection, self.restarts = connection, restarts
        self.rules = replace(RULES, alerts=AlertSettings(**settings))
        write_segments(connection, {EVERYTHING.key: 1, Segment.of({"region": "BR"}).key: 2})
        self._tickets: list[tuple[int, SeriesKey, int]] = []
        self._counters: dict[str, int] = {}
        self._alerted: set[int] = set()
        self.state = self._restored(START)

    def own(self, *audiences: Audience) -> None:
        """Let other audiences own themes from now on."""
        self.rules = replace(self.rules, ownership=Ownership((*audiences, Audience("everyone"))))

    def name(self, **themes: int) -> None:
        """Name live themes."""
        records = [
            ThemeRecord(theme_id=number, name=name, first_seen=START, last_seen=START)
            for name, number in themes.items()
        ]
        for record in records:
            self.state.themes.add(record)
        write_themes(self.connection, [record.as_row() for record in records])

    def epoch(
        self, minute: float, *spikes: StoredSpike, new: tuple[int, ...] = (), kind: AlertKind = AlertKind.SPIKE
    ) -> None:
        """Run the epoch that ends at a minute: `spikes` are as they are then, each alerted once unless a gate withholds it.

        `new` are themes that are alerted as new.
        """
        time = START + timedelta(minutes=minute)
        if self.restarts:
            self.state = self._restored(time)
        context = make_context(self.connection, self.state, make_window(time), self.rules)
        for decision in due_decisions(self.connection, context.window.number):
            apply_decision(context, decision)
        for one in spikes:
            self._count(one, time)
        self.state.episodes.put(*(self._known(one) for one in spikes))
        write_spikes(self.connection, [self.state.episodes[one.spike_id] for one in spikes])
        for theme in new:
            self._add(bucket_of(START), SeriesKey(theme, EVERYTHING), 9)
            open_alert(
                context,
                AlertDecision(notify=True, gate=None, kind=AlertKind.NEW_THEME, reason="something new"),
                theme,
                None,
                Counter(),
            )
        for spike in spikes:
            if spike.gate is None and spike.spike_id not in self._alerted and (spike.end is None or spike.missing):
                self._alerted.add(spike.spike_id)
                decision = AlertDecision(notify=True, gate=None, kind=kind, reason=f"spike {spike.spike_id}")
                open_alert(context, decision, spike.theme_id, self.state.episodes[spike.spike_id], Counter())
        settle_incidents(context)
        self._counters = self.state.counts.counters()

    def sent(self) -> list[tuple[str, str, str | None]]:
        """The rows of the outbox: (incident and revision, audience, news)."""
        rows = self.connection.execute(select(outbox).where(outbox.c.kind == "incident").order_by(outbox.c.id))
        return [(":".join(row.key.split(":")[1:3]), row.audience, row.payload["news"]) for row in rows]

    def payloads(self) -> list[dict[str, Any]]:
        """What the rows of the outbox say."""
        rows = self.connection.execute(
            select(outbox.c.payload).where(outbox.c.kind == "incident").order_by(outbox.c.id)
        )
        return list(rows.scalars())

    def rows(self) -> list[Any]:
        """All that incidents wrote, without the numbers that the database gives."""
        events = self.connection.execute(select(incident_events).order_by(incident_events.c.id))
        return [read_all_incidents(self.connection), [tuple(row)[1:] for row in events], self.sent(), self.payloads()]

    def _count(self, spike: StoredSpike, time: datetime) -> None:
        """Count the tickets that a spike has more than in the epoch before, in the bucket before a time."""
        known = self.state.episodes.get(spike.spike_id)
        more = spike.observed - (known.observed if known else 0)
        if spike.end is None and more > 0:
            self._add(bucket_of(time) - 1, SeriesKey(spike.theme_id, spike.segment), more)

    def _add(self, bucket: int, key: SeriesKey, tickets: int) -> None:
        self._tickets.append((bucket, key, tickets))
        self.state.counts.add(bucket, key, tickets)

    def _known(self, spike: StoredSpike) -> StoredSpike:
        known = self.state.episodes.get(spike.spike_id)
        return spike if known is None else spike.with_(incident_id=known.incident_id)

    def _restored(self, now: datetime) -> MinerState:
        state = restore(
            self.connection, MinerRow(), self.rules.mining, "none", now, returns=self.rules.alerts.return_window
        )
        for name, last in self._counters.items():
            state.counts.continue_after(name, last)
        for bucket, key, tickets in self._tickets:
            state.counts.add(bucket, key, tickets)
        return state


def spike(
    number: int, theme: int, *, at: float = 0, until: float | None = None, observed: int = 9, where: dict[str, str] | None = None,
    **changes: Any,
) -> StoredSpike:  # fmt: skip
    """A rise that began `at` minutes after the start."""
    end = None if until is None else START + timedelta(minutes=until)
    return make_spike(
        number, theme, START + timedelta(minutes=at), end, observed=observed, segment=Segment.of(where or {}),
        severity=float(observed), **changes,
    )  # fmt: skip
