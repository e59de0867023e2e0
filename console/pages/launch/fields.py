"""The form of a plan: what it sends, read as a plan, and a stored plan written as what it sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from console.planning import PlanRequest
from console.zone import zone_of
from models.redaction import quoted
from pipelines.launches.planning import PlanFault, PlanRefused

KINDS = ("launch", "campaign", "sale", "holiday")
LINE_KINDS = {
    "about": "themes like an example text", "theme": "one theme", "all": "all other themes", "like": "as an earlier launch",
}  # fmt: skip
SPARE_LINES = 2
SPARE_PAIRS = 1
MOST_FIELDS = 60
MOST_TOLERANCE = 500.0
"""Percent; a plan takes a share of at most 5."""


class PlanFields(BaseModel):
    """The fields of the form as they are sent, before they are read; times are in the viewer's zone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str = ""
    kind: str = "launch"
    start: str = ""
    end: str = ""
    tolerance: str = "30"
    dimension: list[str] = Field(default=[], max_length=MOST_FIELDS)
    value: list[str] = Field(default=[], max_length=MOST_FIELDS)
    means: list[str] = Field(default=[], max_length=MOST_FIELDS)
    text: list[str] = Field(default=[], max_length=MOST_FIELDS)
    lift: list[str] = Field(default=[], max_length=MOST_FIELDS)
    allow_unknown: str = ""
    action: str = "preview"

    def pairs(self) -> list[tuple[str, str]]:
        """Return the dimensions and values of the scope that are not empty."""
        given = zip(self.dimension, self.value, strict=False)
        return [(name.strip(), value.strip()) for name, value in given if name.strip() or value.strip()]

    def lines(self) -> list[tuple[str, str, str]]:
        """Return the lines that say something: what they mean, the text, and the lift."""
        given = zip(self.means, self.text, self.lift, strict=False)
        return [one for one in given if one[1].strip() or one[2].strip()]


def request_of(fields: PlanFields, zone: str | None, launch_id: str | None) -> PlanRequest:
    """Read the fields as a plan. Raises `PlanRefused` where a time or a number is none."""
    faults: list[PlanFault] = []
    start, end = (_time(getattr(fields, name), name, zone, faults) for name in ("start", "end"))
    tolerance = _number(fields.tolerance, "tolerance", faults)
    if tolerance is not None and not 0 <= tolerance <= MOST_TOLERANCE:
        said = f"received {quoted(fields.tolerance, 40)}; valid are 0 to {MOST_TOLERANCE:g} percent"
        faults.append(PlanFault("tolerance", said))
    scope: dict[str, str] = {}
    for name, value in fields.pairs():
        if not name or not value or name in scope:
            said = "twice" if name in scope else "without a value" if name else "without a dimension"
            faults.append(PlanFault("scope", f"received {quoted(name or value, 60)} {said} in the scope"))
        scope[name] = value
    lines = [_line(one, f"line {at}", faults) for at, one in enumerate(fields.lines(), start=1)]
    if faults:
        raise PlanRefused(faults)
    data = {
        "title": fields.title.strip(), "kind": fields.kind, "start": start, "end": end, "scope": scope,
        "tolerance": (tolerance or 0.0) / 100.0, "expected": lines,
    }  # fmt: skip
    return PlanRequest(data=data, launch_id=launch_id, allow_unknown=bool(fields.allow_unknown))


def fields_of(plan: Mapping[str, Any], zone: str | None) -> PlanFields:
    """Write a plan, as it is stored, as the fields of the form."""
    lines = [_written(line) for line in plan["expected"]]
    return PlanFields(
        title=plan["title"],
        kind=plan["kind"],
        start=_local(plan["start"], zone),
        end=_local(plan["end"], zone),
        tolerance=f"{100 * plan['tolerance']:g}",
        dimension=list(plan["scope"]),
        value=list(plan["scope"].values()),
        means=[one[0] for one in lines],
        text=[one[1] for one in lines],
        lift=[one[2] for one in lines],
    )


def blank_fields(now: datetime, zone: str | None, like: str = "") -> PlanFields:
    """Return the fields of a new plan: six hours from the next full hour on, and one line like `like` where that is named."""
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    end = start + timedelta(hours=6)
    means, text, lift = (["like"], [like], ["1"]) if like else ([], [], [])
    return PlanFields(start=_local(start, zone), end=_local(end, zone), means=means, text=text, lift=lift)


def _line(one: tuple[str, str, str], field: str, faults: list[PlanFault]) -> dict[str, Any]:
    means, text, lift = (part.strip() for part in one)
    if means not in LINE_KINDS:
        faults.append(PlanFault(field, f"received {quoted(means, 40)} as what the line means; choose one of the list"))
    if means != "all" and not text:
        faults.append(
            PlanFault(field, "received a lift without what it lifts; write a theme, an example text or a launch")
        )
    number = _number(lift, field, faults)
    return {"lift": number, means: True if means == "all" else text}


def _written(line: Mapping[str, Any]) -> tuple[str, str, str]:
    means = next((name for name in ("theme", "about", "like") if line.get(name) is not None), "all")
    text = "" if means == "all" else f"#{line[means]}" if means == "theme" else str(line[means])
    return means, text, f"{line['lift']:g}"


def _time(text: str, name: str, zone: str | None, faults: list[PlanFault]) -> str | None:
    try:
        found = datetime.fromisoformat(text.strip())
        placed = found if found.tzinfo is not None else found.replace(tzinfo=zone_of(zone))
        return placed.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        said = f"received {quoted(text, 40)}, which is no time" if text.strip() else "received no time"
        faults.append(PlanFault(name, f"{said}; valid is a time such as 2026-11-27 08:00"))
        return None


def _number(text: str, field: str, faults: list[PlanFault]) -> float | None:
    try:
        return float(text.strip().replace(",", ".").rstrip("%×x ").strip())
    except ValueError:
        said = f"received {quoted(text, 40)} where a number belongs" if text.strip() else "received no number"
        faults.append(PlanFault(field, f"{said}; write one such as 2.5"))
        return None


def _local(time: datetime, zone: str | None) -> str:
    return time.astimezone(zone_of(zone)).strftime("%Y-%m-%dT%H:%M")


def padded(rows: Sequence[tuple[str, ...]], spare: int, blank: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Add empty rows for what is still to be written."""
    return [*rows, *([blank] * spare)]
