"""Service levels of a ticket, as connectors keep them in its own fields, and whether one was missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from models.times import parse_rfc3339


@dataclass(frozen=True, slots=True)
class StatedCycle:
    """A cycle of a service level that the source states itself; its fields are those of `models.service_levels.cycle`."""

    name: str
    number: int
    started_at: datetime
    stopped_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    elapsed: timedelta


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


def stated_cycles(custom: Mapping[str, Any] | None) -> Iterator[StatedCycle]:
    """Yield the cycles of a ticket as Jira Service Management states them; malformed ones are left out."""
    levels = (custom or {}).get("sla")
    for level in levels if isinstance(levels, list) else ():
        if not isinstance(level, Mapping) or not isinstance(level.get("name"), str):
            continue
        completed = level.get("completed")
        cycles = [*(completed if isinstance(completed, list) else ()), level.get("ongoing")]
        found = [one for cycle in cycles if isinstance(cycle, Mapping) and (one := _cycle(level["name"], cycle))]
        yield from (replace(one, number=number) for number, one in enumerate(found, 1))


def _cycle(name: str, cycle: Mapping[str, Any]) -> StatedCycle | None:
    times = {key: _time(cycle.get(key)) for key in ("start", "stop", "breach")}
    started = times["start"]
    if started is None:
        return None
    is_missed = cycle.get("breached") is True
    stopped, due = times["stop"], times["breach"]
    elapsed = cycle.get("elapsed")
    return StatedCycle(
        name, 1, started, stopped,
        due if stopped is None and not is_missed and cycle.get("paused") is not True else None,
        (due or stopped or started) if is_missed else None,
        timedelta(milliseconds=elapsed) if isinstance(elapsed, int) and not isinstance(elapsed, bool) else timedelta(),
    )  # fmt: skip


def _time(value: object) -> datetime | None:
    try:
        return parse_rfc3339(value) if isinstance(value, str) else None
    except ValueError:
        return None
