"""Alerts in the miner's state: what was alerted about each theme, and the new themes that wait for a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from sqlalchemy import Connection

from alerts.gates import PastAlert
from models.alert import AlertKind
from store.alerts import list_alerts


class PastAlerts:
    """Alerts by the theme that they are about now.

    `newcomers` are the new themes about which no alert was decided finally, in the order in which they were born.
    """

    def __init__(self, by_theme: Mapping[int, list[PastAlert]] | None = None, newcomers: Iterable[int] = ()) -> None:
        self._by_theme = dict(by_theme or {})
        self.newcomers = list(newcomers)

    @classmethod
    def read(cls, connection: Connection, newcomers: Iterable[int] = ()) -> Self:
        """Read the alerts from the store."""
        return cls(_read(connection), newcomers)

    def of(self, theme_id: int) -> Sequence[PastAlert]:
        """Return the alerts about a theme."""
        return self._by_theme.get(theme_id, ())

    def of_spike(self, theme_id: int, spike_id: int) -> bool:
        """Tell whether an alert about a theme was opened for a spike."""
        return any(one.spike_id == spike_id for one in self.of(theme_id))

    def add(self, theme_id: int, alert: PastAlert) -> None:
        """Add an alert about a theme."""
        self._by_theme.setdefault(theme_id, []).append(alert)

    def merge(self, theme: int, into: int) -> None:
        """Count the alerts about a merged theme as alerts about the theme that it was merged into."""
        for alert in list(self.of(theme)):
            self.add(into, alert)

    def transfer(self, spike_id: int, theme: int, into: int) -> None:
        """Count the alerts about a spike as alerts about the theme that its tickets went to."""
        moving = [one for one in self.of(theme) if one.spike_id == spike_id]
        self._by_theme[theme] = [one for one in self.of(theme) if one.spike_id != spike_id]
        for alert in moving:
            self.add(into, alert)

    def read_again(self, connection: Connection) -> None:
        """Read the alerts again, after an undone merge gave them back."""
        self._by_theme = _read(connection)


def _read(connection: Connection) -> dict[int, list[PastAlert]]:
    by_theme: dict[int, list[PastAlert]] = {}
    for one in list_alerts(connection):
        alert = PastAlert(AlertKind(one.kind), one.opened_at, one.spike_id)
        by_theme.setdefault(one.theme_id, []).append(alert)
    return by_theme
