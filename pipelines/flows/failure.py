"""Failures of flow runs, as Prefect may store them: it keeps the text and traceback of an exception with the run."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alerts.errors import AlertsError
from models.redaction import redact
from pipelines.flows.command import CommandFailed
from store.errors import StoreError

DESCRIBED = (StoreError, AlertsError, CommandFailed)
"""Errors whose text is a sentence of ours."""


class FlowRunFailed(Exception):
    """What ended a run. Of an error of ours its redacted sentence, of any other only its kind and place."""

    def __init__(self, error: Exception) -> None:
        super().__init__(_sentence(error))


@contextmanager
def described_failure() -> Iterator[None]:
    """Raise `FlowRunFailed` in place of an error whose text may quote a ticket, and our own errors without their causes."""
    try:
        yield
    except DESCRIBED as error:
        if redact(str(error)).counts:
            raise FlowRunFailed(error) from None
        raise error from None
    except Exception as error:  # noqa: BLE001 (whatever it is, only its kind and place are kept)
        raise FlowRunFailed(error) from None


def _sentence(error: Exception) -> str:
    if isinstance(error, DESCRIBED):
        return redact(str(error)).text
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
