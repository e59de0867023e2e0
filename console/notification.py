"""What the console needs to know of notification: its settings, the audiences, and a way to compare texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from alerts.ownership import Ownership
from alerts.settings import AlertSettings
from pipelines.past.decision_path import PathRules
from pipelines.settings import MiningSettings
from pipelines.silencing import Embed, SilencingRules


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationParts:
    """What decides who is notified. `embed` gives the vector of a text; without it no silence can have an example text."""

    alerts: AlertSettings = field(default_factory=AlertSettings)
    ownership: Ownership = field(default_factory=Ownership)
    embed: Embed | None = None

    def path_rules(self, mining: MiningSettings, now: datetime) -> PathRules:
        """Return what the path of a decision is read by."""
        return PathRules(mining=mining, alerts=self.alerts, ownership=self.ownership, now=now)

    def silencing_rules(self, mining: MiningSettings, now: datetime) -> SilencingRules:
        """Return what a silence is checked by."""
        return SilencingRules(mining=mining, ownership=self.ownership, now=now, embed=self.embed)
