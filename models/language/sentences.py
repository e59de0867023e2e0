"""What is said of tickets in languages that the embedding model does not read."""

from __future__ import annotations

from collections.abc import Mapping

from models.formats import counted
from models.language.names import language_name

MOST_NAMED = 8

ADVICE = "set a multilingual embedding model to group them by meaning, see docs/how-to/choose-embedding-model.md"


def named_counts(tickets: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the languages by name with their tickets, most first, for counts by ISO 639 code; those without tickets are left out."""
    found = [(language_name(code), count) for code, count in tickets.items() if count > 0]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def unread_sentence(tickets: Mapping[str, int]) -> str:
    """Say how many tickets are in languages that the model does not read, and what to do; "" for none."""
    named = named_counts(tickets)
    if not named:
        return ""
    shown = [f"{language} {count:,}" for language, count in named[:MOST_NAMED]]
    rest = sum(count for _, count in named[MOST_NAMED:])
    total = sum(count for _, count in named)
    verb = "is" if total == 1 else "are"
    return (
        f"{counted(total, 'ticket')} {verb} in languages that the embedding model does not read "
        f"({', '.join([*shown, *([f'others {rest:,}'] if rest else [])])}), grouped by words within each language; {ADVICE}."
    )
