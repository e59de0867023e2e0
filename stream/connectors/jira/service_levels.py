"""Service levels of Jira Service Management: all cycles of each, because a reopened request has several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stream.connectors.contract import PayloadError
from stream.connectors.values import filled, first_text, instant, mapping, objects, stamp, text, ticket_event

_KEY = re.compile(r"/request/([A-Za-z][A-Za-z0-9_]*-\d+|\d+)/sla")
DURATIONS = ("goalDuration", "elapsedTime", "remainingTime")
"""Durations of a cycle; a negative remaining time is overdue."""


def is_service_level(value: object) -> bool:
    """Return whether a field's value is a service level."""
    return isinstance(value, Mapping) and ("completedCycles" in value or "ongoingCycle" in value)


def service_level(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return name, completed cycles and ongoing cycle of a service level; times are RFC 3339, durations milliseconds."""
    ongoing = mapping(value.get("ongoingCycle"))
    return filled(
        name=first_text(value.get("name")),
        completed=[_cycle(cycle) for cycle in objects(value.get("completedCycles"))],
        ongoing=_cycle(ongoing) if ongoing else None,
    )


def service_level_events(source: str, page: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an update with all service levels of a request; the page names the request in its links only."""
    values = list(objects(page.get("values")))
    links = [mapping(part.get("_links")).get("self") for part in (page, *values)]
    key = next((found[1] for link in links if (found := _KEY.search(text(link)))), None) or text(page.get("issueKey"))
    if not key:
        raise PayloadError(
            "received service levels without the request's key; valid is a page with _links.self, or issueKey"
        )
    times = [time for value in values for time in _times(value)]
    if times:
        data = {"custom": {"sla": [service_level(value) for value in values]}}
        yield ticket_event(source, key, "ticket.updated", max(times), data=data, key=f"sla:{stamp(max(times))}")


def _cycle(cycle: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: instant(cycle.get(name)) for name in ("startTime", "stopTime", "breachTime")}
    durations = {name: mapping(cycle.get(name)).get("millis") for name in DURATIONS}
    return filled(
        start=_written(times["startTime"]), stop=_written(times["stopTime"]), breach=_written(times["breachTime"]),
        breached=cycle.get("breached") if isinstance(cycle.get("breached"), bool) else None,
        paused=cycle.get("paused") if isinstance(cycle.get("paused"), bool) else None,
        goal=_number(durations["goalDuration"]), elapsed=_number(durations["elapsedTime"]),
        remaining=_number(durations["remainingTime"]),
    )  # fmt: skip


def _times(level: Mapping[str, Any]) -> Iterator[datetime]:
    for cycle in (*objects(level.get("completedCycles")), mapping(level.get("ongoingCycle"))):
        for name in ("startTime", "stopTime"):
            if (time := instant(cycle.get(name))) is not None:
                yield time


def _written(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
