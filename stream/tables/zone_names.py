"""Zones as they are written in the text of a time: offsets, UTC, and the abbreviations that mean one offset only."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

HOURS = {
    "UTC": 0, "GMT": 0, "Z": 0, "UT": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "JST": 9, "KST": 9, "BRT": -3, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "HKT": 8,
    "SGT": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
"""Hours ahead of UTC. Those of the United States are as RFC 2822 defines them."""

SEVERAL = {
    "CST": "-0600 in North America, +0800 in China", "IST": "+0530 in India, +0200 in Israel, +0100 in Ireland",
    "BST": "+0100 in Great Britain, +0600 in Bangladesh", "AST": "-0400 in the Atlantic, +0300 in Arabia",
}  # fmt: skip
"""Abbreviations of several zones: they are read only where the zone of the file uses them."""


OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+\-\u2212])(\d{1,2})(?::?(\d{2}))?(?::?\d{2})?", re.IGNORECASE)


@lru_cache(maxsize=512)
def zone_of(text: str) -> tzinfo | None:
    """Return the zone that the text names: an offset, UTC, an abbreviation or an IANA name; None where it names none."""
    text = text.strip()
    name = text.upper()
    if name in HOURS:
        return UTC if HOURS[name] == 0 else timezone(timedelta(hours=HOURS[name]))
    if found := OFFSET.fullmatch(text):
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-offset if sign != "+" else offset) if offset <= timedelta(hours=14) else None
    if "/" not in text:
        return None
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
