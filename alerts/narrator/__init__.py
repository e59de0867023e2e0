"""The optional narrator: a language model that writes from facts, and is believed only where its text contains nothing else."""

from typing import TYPE_CHECKING

from models.lazy import lazy_names

if TYPE_CHECKING:
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

__getattr__ = lazy_names(
    __name__,
    {
        "endpoint": ("NarratorEndpoint",),
        "opened": ("open_endpoint",),
        "settings": ("DigestSettings", "NarratorSettings"),
        "theme_names": ("propose_name",),
        "writer": ("EndpointNarrator",),
    },
)
