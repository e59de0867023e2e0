"""What all tables share: the metadata with its names of constraints, ids, and references to rows."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""Only an INTEGER primary key is SQLite's own row id."""


def row_of(column: str) -> ForeignKey:
    """Refer to a column of a row that the same transaction may insert later: it is looked for at the commit.

    `docs/decisions/0008` says which columns refer to others without a foreign key, and why.
    """
    return ForeignKey(column, deferrable=True, initially="DEFERRED")
