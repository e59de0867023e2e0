"""Failures as people see them: one sentence, and an exit code."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from groundswell.terminal import say

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails
    from pydantic_settings import SettingsError
    from sqlalchemy.exc import DBAPIError


def exit_code(error: Exception) -> int:
    """Say what went wrong on stderr and return the exit code.

    Errors that we raise on purpose carry their sentence. Anything else is a defect of ours: it is said as such, in one sentence
    too, and its traceback is shown where `GROUNDSWELL_DEBUG` is set. Both are redacted.
    """
    sentence, code = _sentence_and_code(error)
    if os.environ.get("GROUNDSWELL_DEBUG"):
        import traceback

        say("".join(traceback.format_exception(error)), err=True)
    say(f"groundswell: {sentence}", err=True)
    return code


def _sentence_and_code(error: Exception) -> tuple[str, int]:
    # Looked up here, not at the top: the command line starts without any other package loaded.
    from pydantic import ValidationError
    from pydantic_settings import SettingsError
    from sqlalchemy.exc import DBAPIError

    from alerts.errors import AlertsError
    from console.errors import ConsoleError
    from groundswell.errors import GroundswellError, UsageError
    from models.embedding.errors import ModelUnusable
    from models.redaction.names import NamesUnavailable
    from pipelines.figures.errors import FigureQueryInvalid
    from pipelines.handling.errors import FigureError
    from store.errors import StoreError
    from stream.errors import SourceError

    if isinstance(error, UsageError | FigureQueryInvalid):
        return str(error), 2
    if isinstance(
        error,
        GroundswellError
        | StoreError
        | SourceError
        | AlertsError
        | ConsoleError
        | FigureError
        | ModelUnusable
        | NamesUnavailable,
    ):
        return str(error), 1
    if isinstance(error, ValidationError | SettingsError):
        return _about_settings(error), 2
    if isinstance(error, DBAPIError):
        return _about_database(error), 1
    if isinstance(error, BrokenPipeError):
        return "the reader of the output went away", 1
    return f"a defect: {type(error).__name__}: {error}; set GROUNDSWELL_DEBUG=1 to see where, and report it", 1


def _about_database(error: DBAPIError) -> str:
    from store.sqlite_file import is_damage

    cause = (str(error.orig).strip().splitlines() or [type(error).__name__])[0]
    if is_damage(error.orig):
        return f"the database is damaged ({cause}); `groundswell doctor` says what is wrong with it"
    return f"the database failed ({cause}); check that it is there and has space"


def _about_settings(error: ValidationError | SettingsError) -> str:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return (
            "a setting in the GROUNDSWELL_ environment is wrong: valid for lists and tables is JSON, such as '[\"IP\"]'"
        )
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    which = f"the setting {where} is" if where else "the settings are"
    return f"{which} wrong: {_valid_setting(first, where)}; see groundswell.toml and the GROUNDSWELL_ environment"


def _valid_setting(error: ErrorDetails, where: str) -> str:
    """Say what is valid in words of TOML, and the nearest name where there is none of the one given."""
    from difflib import get_close_matches

    from groundswell.settings import Settings
    from groundswell.settings_sources import DELIMITER, names_of
    from models.invalid_value import what_is_valid

    if error["type"] in ("model_type", "dict_type", "model_attributes_type"):
        return f"valid is a table, [{where}]"
    names = [name.replace(DELIMITER, ".").lower() for name in sorted(names_of(Settings))]
    near = get_close_matches(where, names, n=1) if error["type"] == "extra_forbidden" else []
    return what_is_valid(error) + (f" (the nearest is {near[0]})" if near else "")
