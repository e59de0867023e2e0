"""Spikes as JSON: searched and described."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.list_filters import SpikeFilters
from console.pages.page import Pages
from console.pages.spike import verdict_of
from console.paging import list_json
from console.parameters import SpikeNumber
from models.access import Permission
from store.board import snapshot
from store.board.spike_list import listed_spike, spike_list
from store.decided_signals import newest_decision_of_spike
from store.errors import SpikeUnknown
from store.spikes import read_causes


def add_spikes(router: APIRouter, pages: Pages) -> None:
    """Add the routes of spikes."""

    @router.get("/spikes/search", dependencies=[needs(Permission.LOOK)])
    def search(filters: Annotated[SpikeFilters, Query()]) -> Response:
        """Search spikes as their page does, 100 at a time; `gate` is one gate, `withheld` for any or `alerted` for none."""
        query = filters.query()
        with snapshot(pages.engine) as connection:
            return answer(list_json(spike_list(connection, query)))

    @router.get("/spikes/{spike_id}", dependencies=[needs(Permission.LOOK)])
    def spike(spike_id: SpikeNumber) -> Response:
        """Describe a spike as its page does: the verdict, its causes, and each stage of the newest decision about it."""
        with snapshot(pages.engine) as connection:
            one = listed_spike(connection, spike_id)
            if one is None:
                raise SpikeUnknown(spike_id)
            decided = newest_decision_of_spike(connection, spike_id)
            causes = read_causes(connection, [spike_id]).get(spike_id, [])
        shown = {
            "answer": verdict_of(one, decided).as_json(), "causes": [dict(cause) for cause in causes],
            "stages": [] if decided is None else [stage.as_json() for stage in decided.stages],
        }  # fmt: skip
        return answer({**one.as_json(), **shown})
