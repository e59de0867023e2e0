"""Service levels of a ticket, as connectors keep them in its own fields, and whether one was missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_breached(custom: Mapping[str, Any] | None) -> bool | None:
    """Return whether a ticket missed a service level; None where its own fields state none.

    Read are `sla` as the connectors for Jira (a list of service levels with their completed and ongoing cycles, each `breached` or
    not) and Zendesk (an object with `type`, which is `breach` for a missed one) write it, and `sla_breached`, a boolean that other
    sources may map to.
    """
    if not custom:
        return None
    stated = custom.get("sla_breached")
    found = [stated] if isinstance(stated, bool) else []
    levels = custom.get("sla")
    for level in levels if isinstance(levels, list) else [levels]:
        if isinstance(level, Mapping):
            found += _of_level(level)
    return any(found) if found else None


def _of_level(level: Mapping[str, Any]) -> list[bool]:
    completed = level.get("completed")
    cycles = [level.get("ongoing"), *(completed if isinstance(completed, list) else ())]
    stated = [cycle.get("breached") for cycle in cycles if isinstance(cycle, Mapping)]
    kind = level.get("type") or level.get("event")
    return [one for one in stated if isinstance(one, bool)] + ([kind == "breach"] if isinstance(kind, str) else [])
