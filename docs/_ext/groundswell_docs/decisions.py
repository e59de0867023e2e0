"""The list of decision records, read from the records themselves."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "decisions"


def decision_list() -> str:
    """List the decision records in the order of their numbers, as a table of contents."""
    return (
        "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(path.stem for path in sorted(FOLDER.glob("[0-9]*.md"))) + "\n```"
    )
