"""Parameters that many routes take: numbers of stored things, and times.

A number beyond the column that holds it is the number of none: the database would refuse to compare it.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Annotated

from fastapi import Depends, Path
from pydantic import AfterValidator, BeforeValidator

from models.sops.procedure import LONGEST_SLUG
from store.accounts.api_tokens import TokenUnknown
from store.alerts import AlertUnknown
from store.errors import DecisionUnknown, SpikeUnknown, ThemeUnknown
from store.incidents import IncidentUnknown
from store.known_issues import KnownIssueUnknown
from store.quarantine import RefusedRecordUnknown
from store.silences import SilenceUnknown
from store.types import LARGEST_ID

LARGEST_ROW = 2**63 - 1
"""Records in quarantine and tokens are numbered by the database, in a BIGINT column."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, tzinfo=UTC)
"""Times up to which days can be added, and any zone be used, without leaving the calendar."""


def in_utc(time: datetime) -> datetime:
    """Return a time in UTC; one that names no zone is in UTC. Raises `ValueError` for one near the ends of the calendar."""
    try:
        found = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        found = None
    if found is None or not EARLIEST <= found <= LATEST:
        raise ValueError(f"valid are times from {EARLIEST.date()} to {LATEST.date()}")
    return found


Instant = Annotated[datetime, AfterValidator(in_utc)]
"""A time in UTC, away from the ends of the calendar."""


def _in_calendar(time: datetime | None) -> datetime | None:
    if time is not None:
        in_utc(time)
    return time


LocalTime = Annotated[datetime | None, BeforeValidator(lambda sent: sent or None), AfterValidator(_in_calendar)]
"""A time that a form sends, away from the ends of the calendar; None where it was left empty. `in_zone` says which it is."""


def in_zone(time: datetime | None, zone: tzinfo) -> datetime | None:
    """Return a time in UTC; one that names no zone is in `zone`."""
    if time is None:
        return None
    local = time if time.tzinfo is not None else time.replace(tzinfo=zone)
    return max(local.astimezone(UTC), EARLIEST)


_Number = Annotated[int, Path(description="Its number.")]


async def _theme(theme_id: _Number) -> int:
    if abs(theme_id) > LARGEST_ID:
        raise ThemeUnknown(theme_id)
    return theme_id


async def _spike(spike_id: _Number) -> int:
    if abs(spike_id) > LARGEST_ID:
        raise SpikeUnknown(spike_id)
    return spike_id


async def _alert(alert_id: _Number) -> int:
    if abs(alert_id) > LARGEST_ID:
        raise AlertUnknown(alert_id)
    return alert_id


async def _incident(incident_id: _Number) -> int:
    if abs(incident_id) > LARGEST_ID:
        raise IncidentUnknown(incident_id)
    return incident_id


async def _issue(issue_id: _Number) -> int:
    if abs(issue_id) > LARGEST_ID:
        raise KnownIssueUnknown(issue_id)
    return issue_id


async def _silence(silence_id: _Number) -> int:
    if abs(silence_id) > LARGEST_ID:
        raise SilenceUnknown(silence_id)
    return silence_id


async def _record(record_id: _Number) -> int:
    if abs(record_id) > LARGEST_ROW:
        raise RefusedRecordUnknown(record_id)
    return record_id


async def _token(token_id: _Number) -> int:
    if abs(token_id) > LARGEST_ROW:
        raise TokenUnknown(token_id)
    return token_id


async def _decision(decision_id: _Number) -> int:
    if abs(decision_id) > LARGEST_ID:
        raise DecisionUnknown(decision_id)
    return decision_id


ThemeNumber = Annotated[int, Depends(_theme)]
SpikeNumber = Annotated[int, Depends(_spike)]
AlertNumber = Annotated[int, Depends(_alert)]
IncidentNumber = Annotated[int, Depends(_incident)]
IssueNumber = Annotated[int, Depends(_issue)]
SilenceNumber = Annotated[int, Depends(_silence)]
RecordNumber = Annotated[int, Depends(_record)]
TokenNumber = Annotated[int, Depends(_token)]
DecisionNumber = Annotated[int, Depends(_decision)]

ProcedureSlug = Annotated[str, Path(min_length=1, max_length=LONGEST_SLUG)]
