"""Sentences: each cause in one plain sentence with its figures, which a person can check."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.causes.direction import Direction
from models.change import Change
from models.formats import percent
from models.segment import Segment

_ORDER = (
    "business_line", "user_type", "region", "product", "payment_method", "platform", "app_version", "channel", "handled_by",
)  # fmt: skip
_SELF_EXPLANATORY = frozenset({"user_type", "region", "product", "payment_method", "platform"})
"""Dimensions whose values need no name of the dimension."""
_SPELLED = {"android": "Android", "ios": "iOS"}
_MOST_RISK = 1000.0


def named(segment: Segment) -> str:
    """Format a segment for readers; `everything` when it is empty.

    >>> named(Segment.of({"app_version": "38.2.0", "platform": "android"}))
    'Android 38.2.0'
    >>> named(Segment.of({"handled_by": "ai", "region": "BR"}))
    'BR, handled by ai'
    >>> named(Segment.of({"platform": "android", "channel": "web_form"}))
    'Android, web form'
    """
    values = segment.as_dict()
    first = [name for name in _ORDER if name in values]
    names = [*first, *(name for name in values if name not in first)]
    known = [_SPELLED.get(values[name], values[name]) for name in names if name in _SELF_EXPLANATORY]
    rest = [_one(name, values[name]) for name in names if name not in _SELF_EXPLANATORY]
    if "platform" in values and "app_version" in values:
        known.append(values["app_version"])
        rest = [each for each in rest if not each.startswith("app version ")]
    return ", ".join(([" ".join(known)] if known else []) + rest) or "everything"


def _one(name: str, value: str) -> str:
    return value.replace("_", " ") if name == "channel" else f"{name.replace('_', ' ')} {value}"


def titled(text: str) -> str:
    """Capitalise the first letter of a sentence, unless it begins with a name that is written otherwise."""
    return text if text.startswith("iOS") else text[:1].upper() + text[1:]


def times(risk: float) -> str:
    """Format a relative risk; where next to nothing is expected it depends on the prior, and is not quoted exactly."""
    if risk >= _MOST_RISK:
        return "more than 1,000 times"
    return f"{risk:.1f} times" if risk < 100 else f"{risk:.0f} times"


def lasting(duration: timedelta) -> str:
    """Format a duration in minutes below two hours, in hours below two days, else in days."""
    minutes = round(duration.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{minutes / 60:.0f} hours" if minutes < 2880 else f"{minutes / 1440:.0f} days"


def figures(direction: Direction, contribution: float, observed: int, expected: float) -> str:
    """Format what a scope contains: `83 % of the excess at 9.4 times the usual`."""
    share = f"{percent(contribution)} of {direction.subject}"
    if direction.sign > 0:
        return f"{share} at {times(observed / expected)} the usual"
    return f"{share}, {where_expected(observed, expected)}"


def where_expected(observed: int, expected: float) -> str:
    """Format tickets with what was expected: `3 tickets where 41 were expected`."""
    usual = f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}"
    return f"{observed:,} ticket{'' if observed == 1 else 's'} where {usual} were expected"


def since(time: datetime, start: datetime, uncertainty: timedelta, onset: str) -> str:
    """Format when something was recorded, relative to an uncertain onset: `12 minutes before the rise began`."""
    after = time - start
    if timedelta(0) < after <= uncertainty:
        return f"about when {onset} began"
    return f"{lasting(abs(after))} {'after' if after > timedelta(0) else 'before'} {onset} began"


def began(start: datetime, change: Change, uncertainty: timedelta = timedelta(0)) -> str:
    """Format when a rise or silence began, relative to a change: `began 12 minutes after release 38.2.0`."""
    after = start - change.time
    if -uncertainty <= after < timedelta(0):
        return f"began about when {called(change)} was recorded"
    side = "after" if after >= timedelta(0) else "before"
    return f"began {lasting(abs(after))} {side} {called(change)}"


def called(change: Change) -> str:
    """Name a change by its kind and title, with the kind once."""
    kind = change.kind.replace("_", " ")
    if kind in change.title.lower():
        first = change.title[: len(kind)]
        return kind + change.title[len(kind) :] if first.lower() == kind else change.title
    return f"{kind} {change.title}"


def day(time: datetime) -> str:
    """Format a day: `3 November 2026`."""
    return f"{time.day} {time:%B %Y}"
