"""Tickets that a person erased: the miner forgets their vectors, and nothing that was decided changes."""

from __future__ import annotations

from pipelines.context import EpochContext
from store.erasure.tombstones import mark_erasures_mined, unmined_erasures


def forget_erased(context: EpochContext) -> None:
    """Drop the tickets that were erased since the last epoch from the window, so that no others are compared with them.

    Their vectors are gone from the store by then. Their themes and counts stay.
    """
    erased = unmined_erasures(context.connection) if context.news.erased else []
    if erased:
        context.state.index.forget(set(erased))
        mark_erasures_mined(context.connection, erased, context.window.number)
