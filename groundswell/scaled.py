"""The scaled processes as the command line starts them: settings, database, rules, model, logs."""

from __future__ import annotations

from dataclasses import replace

from groundswell.errors import UsageError
from groundswell.logging import configure_logging
from groundswell.session import make_rules, now, open_session
from groundswell.settings import Settings
from groundswell.worker import Collaborators, Process
from models.embedding import Embedder


def run(database: str | None, *, health_port: int | None, reads: bool, mines: bool) -> int:
    """Run a worker, a miner or both in this process; returns the exit code.

    Raises `RequesterKeyMissing` before anything is read, and `UsageError` for a database that other machines cannot share.
    """
    from models.embedding.minilm import minilm_name

    configure_logging()
    session = open_session(database)
    if session.engine.dialect.name != "postgresql":
        raise UsageError(
            f"received the database {session.engine.url.render_as_string(hide_password=True)}; workers on Kafka share a PostgreSQL, "
            "so pass --database postgresql+psycopg://USER:PASSWORD@HOST/NAME; for SQLite there is `groundswell ingest`"
        )
    settings = session.settings
    if health_port is not None:
        stream = settings.stream.model_copy(update={"health_port": health_port})
        settings = settings.model_copy(update={"stream": stream})
    settings.stream.key()
    rules = replace(make_rules(settings, minilm_name(bf16=_bf16(settings))), broadcast=True)
    given = Collaborators(settings, session.engine, rules, now, (lambda: load_embedder(settings)) if reads else None)
    return Process(given, mines=mines).run()


def load_embedder(settings: Settings) -> Embedder:
    """The embedding model in the number format that the settings ask for."""
    from models.embedding import MiniLM

    return MiniLM(bf16=_bf16(settings))


def _bf16(settings: Settings) -> bool | None:
    return None if settings.stream.precision is None else settings.stream.precision == "bf16"
