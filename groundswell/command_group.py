"""The group of all commands: what it says about wrong usage quotes what was typed, redacted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup


class RedactingGroup(TyperGroup):
    """A group of commands whose usage errors contain no card number that somebody pasted into the command line."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the options of the group itself."""
        with _redacted_messages():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Read the rest of the command line and run the command."""
        with _redacted_messages():
            return super().invoke(ctx)


@contextmanager
def _redacted_messages() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Errors of usage have a message that is printed above their own exit; typer has no public base class of them.
        message = getattr(error, "message", None)
        if isinstance(message, str) and hasattr(error, "format_message"):
            from models.redaction import redact

            error.message = redact(message).text  # type: ignore[attr-defined]
        raise
