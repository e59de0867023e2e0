"""Logs: one line per unit of work, JSON where no terminal listens, and never a word of a ticket."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog

from models.redaction import shortened

NOISY = ("faust", "mode", "aiokafka", "kafka", "uvicorn", "sqlalchemy", "asyncio")
"""Libraries whose own lines may quote what they carry: only their warnings pass, and only as the library's name and level."""


def configure_logging(stream: TextIO | None = None) -> None:
    """Set up structlog on `stream` (default: standard output), also for what libraries log."""
    out = stream or sys.stdout
    render: Any = structlog.dev.ConsoleRenderer() if out.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    forward = _Forward()
    for name in NOISY:
        library = logging.getLogger(name)
        library.handlers[:] = [forward]
        library.setLevel(logging.WARNING)
        library.propagate = False


def log_crashes() -> None:
    """Log what ends a thread or this process in place of its traceback, whose last line would be the error's own text."""
    sys.excepthook = _log_end
    threading.excepthook = lambda ended: _log_end(ended.exc_type, ended.exc_value or ended.exc_type(), None)


def failure(error: BaseException) -> dict[str, str]:
    """What may be logged of an error: its kind, the first line of what a database or broker said, redacted, and where it arose.

    The text of other errors may quote a ticket (SQLAlchemy adds the parameters, pydantic the input), so it is left out.
    """
    described = {"error": type(error).__name__, "where": _where(error)}
    cause = getattr(error, "orig", None)
    if cause is not None:
        described["cause"] = shortened((str(cause).strip().splitlines() or [""])[0], 200)
    elif isinstance(error, OSError):
        described["cause"] = error.strerror or ""
    return described


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def _log_end(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    structlog.get_logger().error("crashed", **failure(error))


class _Forward(logging.Handler):
    """Takes a library's line, and passes on that there was one: which logger, which level, where."""

    def emit(self, record: logging.LogRecord) -> None:
        described = failure(record.exc_info[1]) if record.exc_info and record.exc_info[1] else {}
        structlog.get_logger().warning(
            "library",
            library=record.name,
            severity=record.levelname.lower(),
            at=f"{record.module}:{record.lineno}",
            **described,
        )
