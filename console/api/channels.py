"""Channels and the outbox as JSON, with the actions of the page of operations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from console.access import needs
from console.api.answer import answer
from console.operations import LONGEST_PAUSE, Operations
from console.pages.page import Pages
from models.access import Permission, Person
from models.times import rfc3339
from store.board import snapshot
from store.types import LARGEST_ROW


class ReviveBody(BaseModel):
    """Which given-up messages to send again: one row, or those of a channel; without either, all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: Annotated[int, Field(ge=1, le=LARGEST_ROW)] | None = None
    channel: Annotated[str, Field(max_length=128)] | None = None


class PauseBody(BaseModel):
    """For how long a channel is paused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: Annotated[int, Field(ge=1, le=LONGEST_PAUSE)]


def add_channels(router: APIRouter, pages: Pages, operations: Operations) -> None:
    """Add the routes of channels and of the outbox."""

    @router.get("/channels", dependencies=[needs(Permission.OPERATE)])
    def channels() -> Response:
        """List the channels with what waits for each and what was given up, as `groundswell channels status --json` does."""
        with snapshot(pages.engine) as connection:
            return answer([one.as_json() for one in operations.channels(connection)])

    @router.post("/outbox/retry")
    def revive(body: ReviveBody, person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        """Let given-up messages be sent again, as `groundswell channels retry` does; `revived` says how many."""
        return answer({"revived": operations.revive(person, row_id=body.row, channel=body.channel)})

    @router.post("/channels/{name}/pause")
    def pause(name: str, body: PauseBody, person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        """Send nothing to a channel for so many hours; what is due waits. `until` says when it goes on."""
        return answer({"until": rfc3339(operations.pause(person, name, body.hours))})

    @router.post("/channels/{name}/resume")
    def resume(name: str, person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        """Send to a paused channel again, and what waits at once."""
        operations.resume(person, name)
        return answer({"until": None})

    @router.post("/channels/{name}/test")
    def test(name: str, person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        """Send one message that is marked as a test, as `groundswell channels test` does."""
        return answer(operations.try_channel(person, name).as_json())
