"""The form of a silence, and what it asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from console.zone import zone_of
from models.access import Person
from models.redaction import quoted
from models.times import parse_length
from pipelines.silencing import SilenceDraft, SilenceInvalid


class SilenceFields(BaseModel):
    """The fields of the form as they are sent, before they are checked. `asked`: a preview was asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str = "silence"
    themes: str = ""
    segment: str = ""
    audience: str = ""
    like: str = ""
    reason: str = ""
    lasts: str = "24h"
    start: str = ""
    review: str = ""
    asked: bool = False


def draft_of(fields: SilenceFields, person: Person) -> SilenceDraft:
    """Return the silence that the form asks for; its times are in the person's zone. Raises `SilenceInvalid`."""
    mute = fields.kind == "mute"
    return SilenceDraft(
        owner=person.name, reason=fields.reason,
        themes=tuple(one.strip() for one in fields.themes.replace("\n", ",").split(",") if one.strip()),
        segment=fields.segment or None, like=fields.like or None, audience=fields.audience or None,
        start=_time(fields.start, person), lasts=None if mute else _length(fields.lasts), mute=mute,
        review=_time(fields.review, person) if mute else None,
    )  # fmt: skip


def _length(text: str) -> timedelta:
    try:
        return parse_length(text)
    except ValueError as error:
        raise SilenceInvalid(
            f"received the length {quoted(text, 40)}; valid is a form such as 30m, 8h or 2d"
        ) from error


def _time(text: str, person: Person) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        local = found if found.tzinfo is not None else found.replace(tzinfo=zone_of(person.time_zone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SilenceInvalid(
            f"received the time {quoted(text, 40)}; valid is a form such as 2026-11-20T14:05"
        ) from error
