"""App versions: ordered by the rules of PEP 440, which also order plain dotted numbers."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version


def parse_version(text: str) -> Version | None:
    """Read a version such as `38.1.0`; None for a text that is no version."""
    try:
        return Version(text.strip())
    except InvalidVersion:
        return None


def at_least(version: str | None, least: str) -> bool:
    """Tell whether a version is `least` or later; a version that is missing or cannot be read is not."""
    found, bound = parse_version(version or ""), parse_version(least)
    return found is not None and bound is not None and found >= bound
