"""How a cause is told: one plain sentence with its figures, which a person can check."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.change import Change
from models.segment import Segment

_ORDER = (
    "business_line", "user_type", "region", "product", "payment_method", "platform", "app_version", "channel", "handled_by",
)  # fmt: skip
_ALONE = frozenset({"user_type", "region", "product", "payment_method", "platform"})
"""Dimensions whose values say by themselves what they are."""
_SPELLED = {"android": "Android", "ios": "iOS"}
_MOST_RISK = 1000.0


def named(segment: Segment) -> str:
    """A segment as people say it; `everything` when it is empty.

    >>> named(Segment.of({"app_version": "38.2.0", "platform": "android"}))
    'Android 38.2.0'
    >>> named(Segment.of({"handled_by": "ai", "region": "BR"}))
    'BR, handled by ai'
    """
    values = segment.as_dict()
    first = [name for name in _ORDER if name in values]
    names = [*first, *(name for name in values if name not in first)]
    alone = [_SPELLED.get(values[name], values[name]) for name in names if name in _ALONE]
    rest = [f"{name.replace('_', ' ')} {values[name]}" for name in names if name not in _ALONE]
    if "platform" in values and "app_version" in values:
        alone.append(values["app_version"])
        rest = [each for each in rest if not each.startswith("app version ")]
    return ", ".join(([" ".join(alone)] if alone else []) + rest) or "everything"


def titled(text: str) -> str:
    """A sentence with its first letter large, except a name that is written otherwise."""
    return text if text.startswith("iOS") else text[:1].upper() + text[1:]


def times(risk: float) -> str:
    """A relative risk; where next to nothing is expected the quotient is a matter of the prior, and no figure to quote."""
    if risk >= _MOST_RISK:
        return "more than 1,000 times"
    return f"{risk:.1f} times" if risk < 100 else f"{risk:.0f} times"


def percent(share: float) -> str:
    """A share in whole percent: `83 %`."""
    return f"{share * 100:.0f} %"


def lasting(span: timedelta) -> str:
    """A span in minutes below two hours, in hours below two days, else in days."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{minutes / 60:.0f} hours" if minutes < 2880 else f"{minutes / 1440:.0f} days"


def began(start: datetime, change: Change) -> str:
    """When a rise began, told by a change: `began 12 minutes after release 38.2.0`."""
    after = start - change.time
    side = "after" if after >= timedelta(0) else "before"
    return f"began {lasting(abs(after))} {side} {called(change)}"


def called(change: Change) -> str:
    """A change by its kind and title, the kind said once."""
    kind = change.kind.replace("_", " ")
    if kind in change.title.lower():
        first = change.title[: len(kind)]
        return kind + change.title[len(kind) :] if first.lower() == kind else change.title
    return f"{kind} {change.title}"


def day(time: datetime) -> str:
    """A day as people say it: `3 November 2026`."""
    return f"{time.day} {time:%B %Y}"
