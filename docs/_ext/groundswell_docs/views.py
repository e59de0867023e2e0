"""The data dictionary of the views, generated from `store/views`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell_docs.schema_text import cell

if TYPE_CHECKING:
    from store.views.view import SqlView


def view_dictionary() -> str:
    """Describe each view as Markdown: what a row is, its columns, their types on both databases and what they mean."""
    from store.views.catalogue import VIEWS

    return "\n\n".join(_section(view) for view in VIEWS)


def _section(view: SqlView) -> str:
    rows = "\n".join(f"| `{one.name}` | {one.kind.value} | {cell(one.meaning)} |" for one in view.columns)
    dated = f"Dated by `{view.period}`." if view.period else "Not dated: it is exported whatever the period."
    key = ", ".join(f"`{name}`" for name in view.key)
    return (
        f"## `{view.name}`\n\n{view.meaning} One row for each {key}. {dated}\n\n"
        f"| column | type | meaning |\n| --- | --- | --- |\n{rows}"
    )
