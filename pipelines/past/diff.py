"""The difference between the stored spikes and those of a backtest: what is added, gone, earlier and later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from alerts.ownership import Ownership
from models.theme import ALL_TICKETS
from models.times import rfc3339
from pipelines.epoch.alerts import mix_of_spike
from pipelines.past.backtest import BacktestRun
from pipelines.past.restore import opening_epochs
from store.alerts import list_alerts
from store.spikes import StoredSpike, read_spikes
from store.themes import read_themes

Fate = Literal["same", "earlier", "later", "added", "gone"]

_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeDifference:
    """One episode as it was, as it would be, or both.

    minutes: by how much it would be detected later; below 0 earlier. alerted, was_alerted: whether there would be an alert, and
    whether there was one.
    """

    fate: Fate
    was: StoredSpike | None
    now: StoredSpike | None
    theme_id: int
    theme_name: str
    audience: str
    minutes: float
    alerted: bool
    was_alerted: bool

    @property
    def shown(self) -> StoredSpike:
        """The episode as it would be, or as it was where it would not be found."""
        found = self.now or self.was
        assert found is not None  # noqa: S101 - one of the two is there
        return found

    @property
    def week(self) -> datetime:
        """The Monday on which the week of its start begins, 00:00 UTC."""
        start = self.shown.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return start - timedelta(days=start.weekday())

    def as_json(self) -> dict[str, Any]:
        """Write the difference as `--json` prints it."""
        one, was = self.shown, self.was
        return {
            "fate": self.fate, "theme_id": self.theme_id, "theme_name": self.theme_name, "kind": one.kind,
            "segment": one.segment.as_dict(), "start": rfc3339(one.start), "end": rfc3339(one.end), "audience": self.audience,
            "week": f"{self.week:%Y-%m-%d}", "detected_at": None if self.now is None else rfc3339(self.now.detected_at),
            "was_detected_at": None if was is None else rfc3339(was.detected_at), "minutes_later": self.minutes,
            "observed": one.observed, "expected": one.expected, "ratio": one.ratio, "p_value": one.p_value,
            "severity": one.severity, "gate": None if self.now is None else self.now.gate,
            "was_gate": None if was is None else was.gate, "alert": self.alerted, "was_alert": self.was_alerted,
            "spike_id": None if was is None else was.spike_id,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """Counts of one audience in one week (`week` its Monday), before and after."""

    audience: str
    week: datetime
    spikes: int
    were: int
    alerts: int
    alerts_were: int
    added: int
    gone: int
    earlier: int
    later: int


def compare(
    connection: Connection, again: BacktestRun, ownership: Ownership, lateness: timedelta, first: int, last: int
) -> list[SpikeDifference]:
    """Compare the stored episodes that opened in the epochs from `first` to `last` with those of a backtest; sorted by start."""
    stored = _opened_between(connection, lateness, first, last)
    found = [one for one in again.spikes if one.spike_id not in again.continued]
    pairs = match(stored, found)
    was_alerted = {one.spike_id for one in list_alerts(connection)}
    audiences = {one.spike_id: one.audience for one in again.alerts}
    names = {key: row.name for key, row in read_themes(connection).items()}

    def change(was: StoredSpike | None, now: StoredSpike | None) -> SpikeDifference:
        one = now or was
        assert one is not None  # noqa: S101 - `match` gives no empty pair
        name = "All tickets" if one.theme_id == ALL_TICKETS else names.get(one.theme_id, "")
        audience = audiences.get(now.spike_id) if now else None
        if audience is None:
            audience = ownership.audience_of(mix_of_spike(connection, one, one.end or _EVER), one.theme_id, name).name
        minutes = (now.detected_at - was.detected_at).total_seconds() / 60 if was and now else 0.0
        return SpikeDifference(
            fate=_fate(was, now, minutes), was=was, now=now, theme_id=one.theme_id, theme_name=name, audience=audience,
            minutes=minutes, alerted=now is not None and now.spike_id in audiences,
            was_alerted=was is not None and was.spike_id in was_alerted,
        )  # fmt: skip

    return sorted((change(*pair) for pair in pairs), key=lambda one: (one.shown.start, one.theme_id))


def match(
    stored: Sequence[StoredSpike], found: Sequence[StoredSpike]
) -> list[tuple[StoredSpike | None, StoredSpike | None]]:
    """Pair episodes of one theme whose times overlap, those detected at the closest times first.

    An episode without a partner is paired with None.
    """
    candidates = sorted(
        (abs((one.detected_at - other.detected_at).total_seconds()), one.spike_id, other.spike_id)
        for one in stored
        for other in found
        if one.theme_id == other.theme_id and one.start < (other.end or _EVER) and other.start < (one.end or _EVER)
    )
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for _, left, right in candidates:
        if left not in pairs and right not in used:
            pairs[left] = right
            used.add(right)
    by_id = {one.spike_id: one for one in found}
    paired: list[tuple[StoredSpike | None, StoredSpike | None]] = [
        (one, by_id[pairs[one.spike_id]] if one.spike_id in pairs else None) for one in stored
    ]
    return paired + [(None, one) for one in found if one.spike_id not in used]


def by_week(changes: Iterable[SpikeDifference]) -> list[Weeks]:
    """Count differences by audience and week."""
    groups: dict[tuple[str, datetime], list[SpikeDifference]] = {}
    for one in changes:
        groups.setdefault((one.audience, one.week), []).append(one)
    return [_sum(audience, week, group) for (audience, week), group in sorted(groups.items())]


def _sum(audience: str, week: datetime, group: Sequence[SpikeDifference]) -> Weeks:
    fates: Mapping[str, int] = {
        fate: sum(one.fate == fate for one in group) for fate in ("added", "gone", "earlier", "later")
    }
    return Weeks(
        audience=audience, week=week, spikes=sum(one.now is not None for one in group),
        were=sum(one.was is not None for one in group), alerts=sum(one.alerted for one in group),
        alerts_were=sum(one.was_alerted for one in group), **fates,
    )  # fmt: skip


def _fate(was: StoredSpike | None, now: StoredSpike | None, minutes: float) -> Fate:
    if was is None:
        return "added"
    if now is None:
        return "gone"
    return "same" if minutes == 0 else "later" if minutes > 0 else "earlier"


def _opened_between(connection: Connection, lateness: timedelta, first: int, last: int) -> list[StoredSpike]:
    opened = opening_epochs(connection, lateness)
    return [one for one in read_spikes(connection) if first <= opened[one.spike_id] <= last]
