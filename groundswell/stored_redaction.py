"""Redaction of what is stored already, composed: tables, files, and the free pages of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine

from alerts.redacted_files import redact_files
from groundswell.errors import GroundswellError
from models.clock import Clock
from models.redaction import Redactor
from pipelines.miner import this_process
from store.erasure.pages import clean_pages
from store.lease import check_lease, claim_lease, lease_holder, release_lease
from store.redaction import StoredRedaction

if TYPE_CHECKING:
    from alerts.settings import AlertSettings

LEASE = timedelta(minutes=5)
"""Longer than a batch takes: it is prolonged in each transaction."""


def redact_everything(
    engine: Engine, alerts: AlertSettings, redactor: Redactor, *, clock: Clock, dry_run: bool = False
) -> Iterator[dict[str, Any]]:
    """Redact all tables and files; yields what was done of each, as `--json` prints it. Running it again is safe.

    Then the pages of the database are freed of what they held before.

    Raises `GroundswellError` where another process mines the database.
    """
    with engine.begin() as connection:
        token = None if dry_run else claim_lease(connection, this_process(), clock(), LEASE)
        holder = lease_holder(connection)
    if token is None and not dry_run:
        raise GroundswellError(f"the database is being mined by {holder}; stop it, and run the same command again")
    stored = StoredRedaction(engine, redactor, guard=_guard(token, clock), dry_run=dry_run)
    try:
        quoted = stored.tickets()
        yield stored.digests(quoted).as_json()
        yield redact_files(alerts, redactor, quoted, dry_run=dry_run).as_json()
        yield from (one.as_json() for one in stored.tables())
        if not dry_run:
            clean_pages(engine)
    finally:
        if token is not None:
            with engine.begin() as connection:
                release_lease(connection, token, clock())


def _guard(token: int | None, clock: Clock) -> Callable[[Connection], object]:
    if token is None:
        return lambda _: None
    return lambda connection: check_lease(connection, token, clock(), LEASE)
