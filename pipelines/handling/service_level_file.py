"""The file of service levels: business hours and policies in TOML, read and checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from models.metrics.business_hours import BusinessSchedule, OpenHours
from models.metrics.history import WaitedFor
from models.redaction import redact
from models.service_levels.levels import ServiceLevels
from models.service_levels.policy import AnsweredBy, ServicePolicy, ServiceTarget
from models.times import parse_length
from pipelines.handling.errors import ServiceLevelsInvalid

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ATTRIBUTES = (
    "business_line", "user_type", "product", "payment_method", "region", "platform", "channel", "language", "priority", "handled_by",
    "vendor", "team", "source",
)  # fmt: skip
"""What a policy may ask of a ticket."""

_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
_Length = Annotated[timedelta, BeforeValidator(lambda value: parse_length(value) if isinstance(value, str) else value)]


class _Schedule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=60)
    zone: ZoneInfo
    hours: dict[str, str | list[str]] = Field(min_length=1)
    holidays: list[str] = []
    closed: list[date] = []

    @field_validator("zone", mode="before")
    @classmethod
    def _is_zone(cls, value: object) -> ZoneInfo:
        try:
            return ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"received the zone {value!r}; valid is a name such as Europe/Berlin") from error


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=128)
    match: dict[str, str | list[str]] = {}
    schedule: str | None = None
    pauses: list[WaitedFor] = [WaitedFor.REQUESTER]
    answered_by: AnsweredBy = AnsweredBy.PERSON
    targets: dict[ServiceTarget, _Length] = Field(min_length=1)

    @field_validator("match")
    @classmethod
    def _names_attributes(cls, match: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(match.keys() - set(ATTRIBUTES)):
            raise ValueError(f"received {unknown[0]!r}; valid are {', '.join(ATTRIBUTES)}")
        return match

    @field_validator("name")
    @classmethod
    def _is_no_secret(cls, name: str) -> str:
        # It is stored with each promise, and shown.
        if redact(name).text != name:
            raise ValueError(
                f"received the name {redact(name).text!r}, which has something sensitive in it; give it another one"
            )
        return name


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schedule: list[_Schedule] = []
    policy: list[_Policy] = Field(min_length=1)


def read_service_levels(path: Path | None) -> ServiceLevels:
    """Read the file; without one nothing is promised. Raises `ServiceLevelsInvalid`, which names the place at fault."""
    if path is None:
        return ServiceLevels()
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = _File.model_validate(tomllib.loads(text))
        schedules = {one.name: _schedule(one) for one in content.schedule}
        policies = [_policy(one, schedules) for one in content.policy]
    except OSError as error:
        raise ServiceLevelsInvalid(
            f"{path}: it cannot be read ({error.strerror}); check figures.service_levels"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ServiceLevelsInvalid(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from error
    except ValueError as error:
        raise ServiceLevelsInvalid(f"{path}: {error}") from error
    _check_names(path, [one.name for one in content.schedule], "schedule")
    _check_names(path, [one.name for one in policies], "policy")
    return ServiceLevels(policies, schedules, text)


def _check_names(path: Path, names: Sequence[str], noun: str) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ServiceLevelsInvalid(f"{path}: the {noun} {twice[0]!r} is there twice; give each its own name")


def _policy(row: _Policy, schedules: Mapping[str, BusinessSchedule]) -> ServicePolicy:
    if row.schedule is not None and row.schedule not in schedules:
        known = ", ".join(schedules) or "none, write it under [[schedule]]"
        raise ValueError(f"policy {row.name!r}: received the schedule {row.schedule!r}; known are {known}")
    match = {name: frozenset([value] if isinstance(value, str) else value) for name, value in row.match.items()}
    return ServicePolicy(
        name=row.name, match=match, targets=row.targets, schedule=row.schedule, pauses=frozenset(row.pauses),
        answered_by=row.answered_by,
    )  # fmt: skip


def _schedule(row: _Schedule) -> BusinessSchedule:
    weekdays: dict[int, list[OpenHours]] = {}
    for days, hours in row.hours.items():
        for day in _days(row.name, days):
            weekdays.setdefault(day, []).extend(
                _open_hours(row.name, one) for one in ([hours] if isinstance(hours, str) else hours)
            )
    return BusinessSchedule(row.zone, weekdays, frozenset(row.closed) | _public_holidays(row.name, row.holidays))


def _days(name: str, text: str) -> range:
    first, _, last = text.lower().partition("-")
    if first not in WEEKDAYS or (last and last not in WEEKDAYS):
        raise ValueError(
            f"schedule {name!r}: received the days {text!r}; valid are mon to sun, or a range such as mon-fri"
        )
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < start:
        raise ValueError(f"schedule {name!r}: received the days {text!r}; valid is a range whose first day comes first")
    return range(start, end + 1)


def _open_hours(name: str, text: str) -> OpenHours:
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"schedule {name!r}: received the hours {text!r}; valid is 09:00-17:30, to 24:00 at most")
    first, first_minute, last, last_minute = (int(part) for part in found.groups())
    try:
        return OpenHours(60 * first + first_minute, 60 * last + last_minute)
    except ValueError as error:
        raise ValueError(
            f"schedule {name!r}: received the hours {text!r}; valid is a start before the end, to 24:00 at most"
        ) from error


def _public_holidays(name: str, codes: Sequence[str]) -> frozenset[date]:
    """Return the public holidays of countries or parts of them, such as DE or DE-BY."""
    import holidays

    found: set[date] = set()
    for code in codes:
        country, _, part = code.partition("-")
        try:
            days = holidays.country_holidays(country.upper(), subdiv=part.upper() or None, years=_YEARS)
        except NotImplementedError as error:
            raise ValueError(
                f"schedule {name!r}: received the holidays of {code!r}; valid is a code of ISO 3166 such as BR, or DE-BY"
            ) from error
        found.update(days)
    return frozenset(found)


_YEARS = range(2015, 2041)
"""Years whose public holidays are known to schedules."""
