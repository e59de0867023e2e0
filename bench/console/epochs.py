"""Closes epochs of a filled database as the miner does: counts new tickets, and moves the miner's row on.

usage: python -m bench.console.epochs DATABASE EVERY SECONDS

Prints when each was committed, in seconds of the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import sys
import time

from sqlalchemy import select

from store.counts import add_counts
from store.database import open_database
from store.epochs import MinerRow, read_miner, write_miner
from store.schema import themes

TOUCHED = 120
"""Themes with new tickets in an epoch."""


def main() -> None:
    """Close an epoch every so many seconds, for as long as the load lasts."""
    url, every, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    engine = open_database(url)
    with engine.connect() as connection:
        known = list(connection.execute(select(themes.c.id).order_by(themes.c.size.desc()).limit(TOUCHED)).scalars())
    until = time.perf_counter() + seconds
    while time.perf_counter() + every <= until:
        time.sleep(every)
        with engine.begin() as connection:
            row = read_miner(connection)
            assert row.next_epoch is not None
            cells = [(theme, segment, row.next_epoch, 1) for theme in known for segment in (1, 2, 5)]
            add_counts(connection, [(0, segment, row.next_epoch, len(known)) for segment in (1, 2, 5)] + cells)
            write_miner(connection, MinerRow(row.next_epoch + 1, row.first_epoch, row.state))
        print(time.perf_counter(), flush=True)
    engine.dispose()


if __name__ == "__main__":
    main()
