"""Rules: the settings, the ownership and the model that mining receives from outside."""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.ownership import Ownership
from alerts.settings import AlertSettings
from models.text import TYPICAL_MACROS
from pipelines.settings import MiningSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that decides what an epoch finds, apart from its events.

    Parameters
    ----------
    mining: how event time is cut, and how themes and spikes are found.
    alerts: which themes and spikes are worth an alert.
    ownership: which audience owns what.
    model: name of the embedding model whose vectors are compared.
    broadcast: whether alerts and changed themes are also published for machines, to the audience `BROADCAST`.
    macros: beginnings of standard sentences that are removed before a ticket is embedded or a theme is named.
    """

    mining: MiningSettings
    alerts: AlertSettings
    ownership: Ownership
    model: str
    broadcast: bool = False
    macros: tuple[str, ...] = TYPICAL_MACROS

    @property
    def watched(self) -> MiningSettings:
        """The settings of mining with the highest number of false alerts that any audience accepts.

        Detection runs once, at the highest sensitivity; gates withhold the alerts of the audiences that accept less.
        """
        most = max(self.mining.spikes.false_alerts_per_week, self.ownership.most_accepted or 0.0)
        spikes = self.mining.spikes.model_copy(update={"false_alerts_per_week": most})
        return self.mining.model_copy(update={"spikes": spikes})

    def at_grain(self, seconds: int) -> Rules:
        """Return the rules for a database all of whose tickets have times no finer than `seconds`."""
        spikes = self.mining.spikes.at_grain(seconds)
        if spikes is self.mining.spikes:
            return self
        return replace(self, mining=self.mining.model_copy(update={"spikes": spikes}))
