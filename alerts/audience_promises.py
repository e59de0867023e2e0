"""The promises to the tickets of an audience, for its digests."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from alerts.ownership import EVERYONE, Audience
from store.digest_rows import DigestRows, promise_period
from store.promises import PromiseState, of_audience, read_promises


def read_audience_promises(
    connection: Connection, audiences: Iterable[Audience], rows: DigestRows
) -> dict[str, PromiseState]:
    """Read the promises to the tickets of each audience, by its name, as of the last refresh; nothing before the first one.

    An audience has the tickets that its match holds for at their creation, and those of the themes that it names; `everyone` has all.
    """
    period = promise_period(connection, rows.window)
    if period is None:
        return {}
    found = {}
    for audience in audiences:
        match = audience.match
        named = [theme.theme_id for theme in rows.themes if match.names(theme.theme_id, theme.name)]
        where = None if audience.name == EVERYONE else of_audience(match.values, named)
        state = read_promises(connection, period, where)
        if state.any:
            found[audience.name] = state
    return found
