"""Stored sentences as a page shows them: times in the viewer's zone, names of dimensions as words.

A sentence that says why something was alerted is written once, for messages and logs, with times in UTC; a page that shows it
beside times in the viewer's zone must not give one moment two times.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

from console.zone import when
from models.spikes.series import DIMENSIONS

_DATED = r"\d{4}-\d\d-\d\d \d\d:\d\d"
_TIME = re.compile(rf"\b(?:({_DATED}) to )?({_DATED}) UTC\b|\b(\d\d:\d\d) UTC\b")
_NAMES = re.compile(rf"\b({'|'.join(name for name in DIMENSIONS if '_' in name)})\b(?! ?=)")


def localized(sentence: str, near: datetime | None = None) -> Markup:
    """Write a stored sentence; a time without a date is the last such time at or before `near`, and stays as it is without one."""
    text, end = Markup(), 0
    for found in _TIME.finditer(sentence):
        text += _worded(sentence[end : found.start()]) + (_times(found, near) or escape(found[0]))
        end = found.end()
    return text + _worded(sentence[end:])


def _worded(text: str) -> Markup:
    return escape(_NAMES.sub(lambda name: name[0].replace("_", " "), text))


def _times(found: re.Match[str], near: datetime | None) -> Markup | None:
    try:
        if found[2]:
            return Markup(" to ").join(when(_dated(text)) for text in (found[1], found[2]) if text)
        return None if near is None else when(_last(found[3], near))
    except (ValueError, OverflowError):
        return None


def _dated(text: str) -> datetime:
    return datetime.strptime(f"{text} +0000", "%Y-%m-%d %H:%M %z")


def _last(clock: str, near: datetime) -> datetime:
    hour, minute = map(int, clock.split(":"))
    time = near.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return time if time <= near else time - timedelta(days=1)
