"""Noting runs of flows in the database of the application, where the console shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from models.redaction import redact
from pipelines.flows.context import FlowContext
from pipelines.flows.failure import DESCRIBED, FlowRunFailed
from store.database import open_database
from store.errors import StoreError
from store.flow_runs import begin_run, end_run


@contextmanager
def recorded_run(flow: str) -> Iterator[None]:
    """Note when a run of a flow begins and how it ends. A database that cannot be written to does not end the run."""
    context = FlowContext.current()
    engine = open_database(context.database, context.encryption_key_file)
    run_id = _begin(engine, flow)
    try:
        yield
    except BaseException as error:
        _end(engine, run_id, problem_of(error))
        raise
    else:
        _end(engine, run_id, None)
    finally:
        engine.dispose()


def problem_of(error: BaseException) -> str:
    """Return what is noted of a failure: the redacted text of an error of a task, which quotes no ticket, or the kind of any other."""
    if isinstance(error, (FlowRunFailed, *DESCRIBED)):
        return redact(str(error)).text
    return type(error).__name__


def _begin(engine: Engine, flow: str) -> int | None:
    try:
        with engine.begin() as connection:
            return begin_run(connection, flow, _now())
    except (SQLAlchemyError, StoreError) as error:
        structlog.get_logger().warning("flow_run_not_noted", flow=flow, error=type(error).__name__)
        return None


def _end(engine: Engine, run_id: int | None, problem: str | None) -> None:
    if run_id is None:
        return
    try:
        with engine.begin() as connection:
            end_run(connection, run_id, _now(), problem)
    except (SQLAlchemyError, StoreError) as error:
        structlog.get_logger().warning("flow_run_not_noted", run=run_id, error=type(error).__name__)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - Prefect starts the run, so no application passes a clock
