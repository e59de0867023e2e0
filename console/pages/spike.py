"""Spikes: their list, and one of them with what it is, what explains it, and what withheld its alert."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from console.access import needs
from console.list_filters import SpikeFilters
from console.pages.page import Pages
from console.paging import turning
from console.parameters import SpikeNumber
from models.access import Permission, Person
from models.spikes.explain.plain_verdict import PlainVerdict, verdict_of_episode, withheld
from store.board import now_of, snapshot
from store.board.spike_list import GATES, SORTS, ListedSpike, listed_spike, spike_list
from store.board.spikes import spike_rows
from store.board.theme_quotes import quotes_of
from store.decided_signals import DecidedSignal, newest_decision_of_spike
from store.errors import SpikeUnknown
from store.schema import spikes

STATES = ("open", "ended")


def spike_routes(pages: Pages) -> APIRouter:
    """Make the routes of spikes."""
    router = APIRouter(prefix="/spikes", default_response_class=HTMLResponse)

    @router.get("")
    def listed(
        filters: Annotated[SpikeFilters, Query()], person: Annotated[Person, needs(Permission.LOOK)]
    ) -> HTMLResponse:
        query = filters.query()
        with snapshot(pages.engine) as connection:
            found = spike_list(connection, query)
            return pages.write(
                connection, "spikes.html", now_of(connection), person=person, found=found, query=query, segment_text=filters.segment,
                turning=turning("/spikes", filters.chosen(), found), states=STATES, gates=GATES, sorts=tuple(SORTS),
            )  # fmt: skip

    @router.get("/{spike_id}")
    def show(spike_id: SpikeNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            one = listed_spike(connection, spike_id)
            if one is None:
                raise SpikeUnknown(spike_id)
            (row,) = spike_rows(connection, spikes.c.id == spike_id)
            quotes = quotes_of(connection, row.evidence)
            decided = newest_decision_of_spike(connection, spike_id)
            answer = pages.write(
                connection, "spike.html", now_of(connection), person=person, one=one, row=row, quotes=quotes, decided=decided,
                answer=verdict_of(one, decided),
            )  # fmt: skip
        pages.looks.note(person, f"spike {spike_id}", len(quotes))
        return answer

    return router


def verdict_of(one: ListedSpike, decided: DecidedSignal | None) -> PlainVerdict:
    """Say whether a spike was reported, with what the stage that withheld it found."""
    refused = None if decided is None else next((stage for stage in decided.stages if stage.passed is False), None)
    if one.gate is None or refused is None:
        return one.answer
    return verdict_of_episode(one.counts, one.gate, one.alert_id, withheld(refused))
