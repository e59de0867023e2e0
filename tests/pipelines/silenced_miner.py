"""A miner of which only the deciding runs, with silences: spikes and themes are put into its state, epoch by epoch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from models.segment import EVERYTHING
from models.silence import Silence, SilenceKind, SilenceMatchers
from models.spikes import SeriesKey
from models.themes import Birth, LineageReason
from pipelines.context import EpochContext
from pipelines.count_changes import CountChanges
from pipelines.epoch.alerts import decide_alerts
from pipelines.epoch.incidents import settle_incidents
from pipelines.silences import EpochSilences
from store.counts import add_counts
from store.schema import assignments, decided_signals, outbox, tickets
from store.silences import insert_silence
from store.spikes import SpikeState, StoredSpike, write_spikes
from tests.pipelines.incident_miner import START, IncidentMiner, spike
from tests.pipelines.making import make_window


class SilencedMiner(IncidentMiner):
    """Decides what is put into it, under the silences that are stored."""

    def __init__(self, connection: Connection, *, restarts: bool = False, **settings: Any) -> None:
        super().__init__(connection, restarts=restarts, **settings)
        self._newcomers: list[int] = []

    def decide(self, minute: float, *spikes: StoredSpike, born: tuple[int, ...] = ()) -> None:
        """Run the epoch that ends at a minute; `spikes` changed in it, `born` are themes that were born in it."""
        time = START + timedelta(minutes=minute)
        if self.restarts:
            self.state = self._restored(time)
            self.state.newcomers = self._newcomers
        self.state.record_start = START - timedelta(days=20)
        window = make_window(time)
        for theme in born:
            record = self.state.themes[theme]
            record.born_epoch, record.size, record.last_seen = window.number, 9, time
        silences = EpochSilences.read(self.connection, time)
        changes = CountChanges(self.rules.mining.dimensions, self.rules.mining.pairs)
        context = EpochContext(self.connection, self.state, window, self.rules, changes, silences)
        for one in spikes:
            self._count(one, window.bucket - 1)
        touched = [self._as_before(one) for one in spikes]
        self.state.episodes.put(*touched)
        write_spikes(self.connection, touched)
        births = [Birth(theme, time, LineageReason.EMERGED, ()) for theme in born]
        decide_alerts(context, births, touched)
        settle_incidents(context)
        self._newcomers, self._counters = self.state.newcomers, self.state.counts.counters()

    def silence(
        self, start: float, end: float | None, kind: SilenceKind = SilenceKind.SILENCE, review: float | None = None, **matchers: Any
    ) -> Silence:  # fmt: skip
        """Add a silence from one minute to another."""
        times = [None if one is None else START + timedelta(minutes=one) for one in (end, review)]
        return insert_silence(self.connection, Silence(
            silence_id=0, kind=kind, owner="ana", reason="deploy noise", matchers=SilenceMatchers(**matchers), created_at=START,
            starts_at=START + timedelta(minutes=start), ends_at=times[0], review_at=times[1],
        ))  # fmt: skip

    def write_tickets(self, theme: int, requesters: int) -> None:
        """Store tickets of a theme, each of another person."""
        rows = [
            {
                "id": f"T-{theme}-{at}", "source": "/desk", "event_id": f"e-{theme}-{at}", "time": START, "mined_epoch": 1, "title": "",
                "body": "", "counted": True, "status": "new", "requester": f"u-{at}",
            }
            for at in range(requesters)
        ]  # fmt: skip
        self.connection.execute(insert(tickets), rows)
        placing = {"theme_id": theme, "how": "voted", "epoch": 1, "confidence": 1.0, "remembered": False}
        placed = [{"ticket_id": row["id"], **placing} for row in rows]
        self.connection.execute(insert(assignments), placed)

    def decided(self) -> list[tuple[int | None, str | None, int | None]]:
        """The rows of decisions: (spike, gate, silence)."""
        rows = self.connection.execute(select(decided_signals).order_by(decided_signals.c.id))
        return [(row.spike_id, row.gate, row.silence_id) for row in rows]

    def messages(self) -> list[Any]:
        """What was sent about silences: key, audience and sentence."""
        rows = self.connection.execute(select(outbox).where(outbox.c.kind == "silence").order_by(outbox.c.id))
        return [(row.key, row.audience, row.payload["reason"]) for row in rows]

    def everything(self) -> list[Any]:
        """All that was written, without the numbers that the database gives."""
        return [self.rows(), self.decided(), self.messages(), self.connection.execute(select(outbox.c.key)).all()]

    def _count(self, one: StoredSpike, bucket: int) -> None:
        """Count what a spike has more than in its epoch before, in the last bucket."""
        known = self.state.episodes.get(one.spike_id)
        more = one.observed - (0 if known is None else known.observed)
        self.state.counts.add(bucket, SeriesKey(one.theme_id, EVERYTHING), more)
        add_counts(self.connection, [(one.theme_id, 1, bucket, more)])

    def _as_before(self, one: StoredSpike) -> StoredSpike:
        known = self.state.episodes.get(one.spike_id)
        return one if known is None else one.with_(incident_id=known.incident_id, gate=known.gate)


def seen(number: int, theme: int, **changes: Any) -> StoredSpike:
    """A rise that nine people wrote about."""
    return replace(spike(number, theme, **changes), state=SpikeState(requesters=9))
