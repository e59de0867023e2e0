"""An opened narrator: the endpoint of the settings with its connections, for as long as a block runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alerts.errors import NarratorUnavailable
from alerts.narrator.endpoint import NarratorEndpoint
from alerts.narrator.settings import NarratorSettings


@contextmanager
def open_endpoint(settings: NarratorSettings) -> Iterator[NarratorEndpoint]:
    """Open the endpoint of the settings. Raises `NarratorUnavailable` where none is set."""
    import httpx

    if settings.url is None:
        raise NarratorUnavailable("none is set; set digest.narrator.url and digest.narrator.model")
    with httpx.Client() as http:
        yield NarratorEndpoint(settings, http)
