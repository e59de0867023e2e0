"""Lines of a plan that no ticket can be matched by, since the embedding model does not read their text."""

from __future__ import annotations

from models.event import LaunchData
from models.language.embed import unread_language
from models.language.names import language_name


def unread_lines(plan: LaunchData, read: frozenset[str] | None) -> list[str]:
    """Say of each line whose text is in a language that the model does not read that it means no theme, and what to do.

    Parameters
    ----------
    plan : LaunchData
    read : set of ISO 639 codes, optional
        Languages that the model reads; None for all.
    """
    found = []
    for at, line in enumerate(plan.expected, start=1):
        language = unread_language(line.about, None, read) if line.about else None
        if language is not None:
            found.append(
                f"Line {at} is in {language_name(language)}, which the embedding model does not read, so it is matched with no ticket: "
                "name the theme by its number, describe it in a language that the model reads, or set a multilingual model "
                "(docs/how-to/choose-embedding-model.md)."
            )
    return found
