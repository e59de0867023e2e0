"""Text in a terminal: what tickets and people wrote is shown as characters, never obeyed."""

from __future__ import annotations

import sys

from models.formats import harmless


def say(text: str, *, err: bool = False) -> None:
    """Print a line, or lines, on stdout or stderr. Text of tickets and of people is printed by this function or in a table only.

    What goes to stderr is redacted: an error quotes what was typed or read, and a card number may have been pasted there.
    """
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{redacted(text) if err else harmless(text)}\n")
    stream.flush()


def redacted(text: str) -> str:
    """Return a text as a report on stderr may show it: redacted, without control characters."""
    from models.redaction import redact

    return harmless(redact(text).text)


def plain_option(name: str, text: str | None) -> str | None:
    """Return an option's text, without spaces around it. Raises `UsageError` where it has control characters or says nothing."""
    from groundswell.errors import UsageError

    if text is None:
        return None
    if harmless(text) != text or "\n" in text.strip():
        raise UsageError(f"received {name} with control characters; valid is one line of plain text")
    if not text.strip():
        raise UsageError(f"received an empty {name}; leave it out, or say something")
    return text.strip()
