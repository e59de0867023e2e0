"""The scaled processes as the command line starts them: settings, database, rules, model, logs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from groundswell.errors import UsageError
from groundswell.logging import configure_logging, log_crashes
from groundswell.requester_keys import confirm_key
from groundswell.session import embedder_choice, make_embedder, make_rules, now, open_session
from groundswell.worker import Collaborators, Process
from models.embedding.registry import once
from store.errors import address_of
from store.requester_keys import RequesterKeyKind


def run(database: str | None, *, health_port: int | None, reads: bool, mines: bool) -> int:
    """Run a worker, a miner or both in this process; returns the exit code.

    Raises `RequesterKeyMissing` and `RequesterKeyChanged` before anything is read, and `UsageError` for a database that other machines
    cannot share.
    """
    configure_logging()
    log_crashes()
    session = open_session(database)
    if session.engine.dialect.name != "postgresql":
        raise UsageError(
            f"received the database {address_of(session.engine.url)}; workers on Kafka share a PostgreSQL, "
            "so pass --database postgresql+psycopg://USER:<password>@HOST/NAME; for SQLite there is `groundswell ingest`"
        )
    settings = session.settings
    if health_port is not None:
        stream = settings.stream.model_copy(update={"health_port": health_port})
        settings = settings.model_copy(update={"stream": stream})
    confirm_key(settings, session.engine, RequesterKeyKind.SETTING, settings.stream.key(), now)
    rules = replace(make_rules(settings, embedder_choice(settings).name), broadcast=True)
    # Reading and naming share one model; whoever asks first loads it.
    load = once(partial(make_embedder, settings))
    return Process(Collaborators(settings, session.engine, rules, now, load), reads=reads, mines=mines).run()
