"""The reference of the database, generated from `store/schema/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Column, Table


def table_reference() -> str:
    """Describe each table as Markdown: its columns, their types on PostgreSQL and what they hold."""
    from store.schema import metadata

    return "\n\n".join(_section(table) for _, table in sorted(metadata.tables.items()))


def _section(table: Table) -> str:
    rows = [f"| `{column.name}` | {_type(column)} | {_note(column)} |" for column in table.columns]
    return f"## `{table.name}`\n\n| column | type | meaning |\n| --- | --- | --- |\n" + "\n".join(rows)


def _type(column: Column[object]) -> str:
    from sqlalchemy.dialects import postgresql

    name = column.type.compile(postgresql.dialect())  # type: ignore[no-untyped-call]
    return f"{name.lower()}{', primary key' if column.primary_key else '' if not column.nullable else ', may be null'}"


def _note(column: Column[object]) -> str:
    targets = ", ".join(f"`{key.target_fullname}`" for key in column.foreign_keys)
    return "; ".join(filter(None, [column.comment or "", f"refers to {targets}" if targets else ""])).replace(
        "|", "\\|"
    )
