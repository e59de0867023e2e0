"""Silences and mute rules as JSON: listed, added and ended."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from console.access import needs
from console.api.answer import answer
from console.notification import NotificationParts
from console.pages.page import Pages
from console.parameters import Instant, SilenceNumber
from models.access import Permission, Person
from models.times import parse_length
from pipelines.settings import MiningSettings
from pipelines.silencing import SilenceDraft, add_silence, preview_silence
from store.board import snapshot
from store.silence_listings import describe_silence, list_silences
from store.silences import end_silence


def _length(value: object) -> object:
    return parse_length(value) if isinstance(value, str) else value


class SilenceBody(BaseModel):
    """A silence as it is sent: what must match, for how long (`for`) or until when, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    themes: tuple[int | str, ...] = ()
    segment: str = ""
    like: str | None = None
    audience: str | None = None
    owner: str | None = None
    start: Instant | None = None
    until: Instant | None = None
    lasts: Annotated[timedelta | None, BeforeValidator(_length), Field(alias="for")] = None
    mute: bool = False
    review: Instant | None = None

    def draft(self, actor: str) -> SilenceDraft:
        """Return what is asked for; `actor` owns it where no owner is named. A time without a zone is in UTC."""
        return SilenceDraft(
            owner=self.owner or actor, reason=self.reason, themes=tuple(str(one) for one in self.themes), segment=self.segment,
            like=self.like, audience=self.audience, start=self.start, until=self.until, lasts=self.lasts,
            mute=self.mute, review=self.review,
        )  # fmt: skip


def silence_routes(pages: Pages, *, mining: MiningSettings, notification: NotificationParts) -> APIRouter:
    """Make the routes under `/api/silences`."""
    router = APIRouter(prefix="/api/silences", default_response_class=Response)
    engine, clock = pages.engine, pages.clock

    @router.get("", dependencies=[needs(Permission.LOOK)])
    def listing(ended: bool = False) -> Response:  # noqa: FBT001, FBT002 - a flag in a URL
        """List the silences and mute rules, as `groundswell silences list --json` does; `ended` adds those that are over."""
        with snapshot(engine) as connection:
            return answer(list_silences(connection, clock(), ended=ended))

    @router.get("/{silence_id}", dependencies=[needs(Permission.LOOK)])
    def silence(silence_id: SilenceNumber) -> Response:
        """Describe a silence with the signals that it has hidden, as `groundswell silences show ID --json` does."""
        with snapshot(engine) as connection:
            return answer(describe_silence(connection, silence_id, clock()))

    @router.post("", status_code=HTTPStatus.CREATED)
    def add(body: SilenceBody, person: Annotated[Person, needs(Permission.RESPOND)]) -> Response:
        """Add a silence or a mute rule, as `groundswell silences add` does: all that is given must match."""
        with engine.begin() as connection:
            made = add_silence(connection, body.draft(person.name), notification.silencing_rules(mining, clock()))
            return answer(made.as_json(), HTTPStatus.CREATED)

    @router.post("/preview")
    def preview(body: SilenceBody, person: Annotated[Person, needs(Permission.RESPOND)]) -> Response:
        """Check a silence without adding it, and list the alerts of the last 7 days that it would have hidden (null: not known)."""
        with snapshot(engine) as connection:
            found = preview_silence(connection, body.draft(person.name), notification.silencing_rules(mining, clock()))
            hidden = None if found.hidden is None else [one.as_json() for one in found.hidden]
            return answer({
                "silence": found.silence.as_json(), "sentence": found.sentence, "alerts": found.alerts, "days": found.days,
                "same": list(found.same), "hidden": hidden,
            })  # fmt: skip

    @router.delete("/{silence_id}")
    def end(
        silence_id: SilenceNumber, person: Annotated[Person, needs(Permission.RESPOND)], at: Instant | None = None
    ) -> Response:
        """End a silence early, now or at an event time, as `groundswell silences expire ID` does."""
        now = clock()
        with engine.begin() as connection:
            ended = end_silence(connection, silence_id, ends_at=at or now, actor=person.name, at=now)
            return answer(ended.as_json())

    return router
