"""The data map, generated from `store/data_map.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.data_map import HeldData


def data_map() -> str:
    """List as Markdown what each column that can hold text holds, for how long, and what an erasure does with it."""
    from store.data_map import DATA_MAP

    head = "| table | columns | what it holds | where it comes from | kept for | at an erasure |\n| --- | --- | --- | --- | --- | --- |"
    return "\n".join([head, *map(_row, DATA_MAP)])


def _row(held: HeldData) -> str:
    from store.data_map import is_encrypted

    stars = {name: "\\*" if is_encrypted(held.table, name) else "" for name in held.columns}
    columns = ", ".join(f"`{name}`{star}" for name, star in stars.items())
    limit = "as long as the database" if held.retention is None else f"`retention.{held.retention.value}`"
    return f"| `{held.table}` | {columns} | {held.kind.value} | {held.source} | {limit} | {held.erasure.value} |"
