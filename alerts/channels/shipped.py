"""The channels that this version ships, made from settings."""

from __future__ import annotations

from alerts.channels.base import Channel
from alerts.channels.file import FileChannel
from alerts.settings import AlertSettings


def make_channels(settings: AlertSettings) -> dict[str, Channel]:
    """Make every channel that an ownership file may name, by its name."""
    file = FileChannel(settings.outbox_folder)
    return {file.name: file}
