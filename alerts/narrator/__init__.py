"""The optional narrator: a language model that writes from facts, and is believed only where its text contains nothing else."""

from alerts.narrator.endpoint import NarratorEndpoint
from alerts.narrator.opened import open_endpoint
from alerts.narrator.settings import DigestSettings, NarratorSettings
from alerts.narrator.theme_names import propose_name
from alerts.narrator.writer import EndpointNarrator

__all__ = [
    "DigestSettings",
    "EndpointNarrator",
    "NarratorEndpoint",
    "NarratorSettings",
    "open_endpoint",
    "propose_name",
]
