"""Times and JSON in PostgreSQL's own types, foreign keys, and the indexes that queries asked for.

Revision 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIMES = {
    "alerts": ("opened_at",),
    "audit": ("at",),
    "changes": ("time",),
    "courses": ("end",),
    "decisions": ("at",),
    "digests": ("start", "end"),
    "events": ("time",),
    "launches": ("time", "start", "end"),
    "leases": ("expires_at",),
    "metrics": ("at",),
    "offsets": ("newest",),
    "outbox": ("claimed_until",),
    "rebuilds": ("at",),
    "reviews": ("start", "end", "until"),
    "spikes": ("start", "end", "detected_at"),
    "themes": ("first_seen", "last_seen"),
    "tickets": ("time", "erased_at"),
    "tombstones": ("time",),
}
"""Columns of whole microseconds since 1970."""

JSON = {
    "audit": ("detail",),
    "causes": ("segment", "interval"),
    "changes": ("scope",),
    "courses": ("segment",),
    "decisions": ("payload", "outcome"),
    "events": ("data",),
    "frames": ("value",),
    "launches": ("scope", "expected"),
    "lineage": ("figures",),
    "miner": ("state",),
    "outbox": ("payload",),
    "rebuilds": ("report",),
    "reviews": ("segment", "planned", "seen"),
    "spikes": ("segment", "evidence", "state"),
    "themes": ("keywords", "known_issue"),
    "tickets": ("tags", "custom"),
}
"""Columns of canonical JSON text."""

KEYS = {
    "alerts": {"spike_id": "spikes.id"},
    "causes": {"spike_id": "spikes.id"},
    "courses": {"spike_id": "spikes.id"},
    "decision_tickets": {"decision_id": "decisions.id"},
    "decisions": {"undone_by": "decisions.id"},
    "lineage": {"theme_id": "themes.id", "other_id": "themes.id"},
    "rebuilds": {"metric": "metrics.version"},
    "rebuilt": {"rebuild_id": "rebuilds.id"},
    "themes": {"merged_into": "themes.id"},
}
"""Foreign keys by table and column. All are looked for at the commit, since a transaction writes in its own order."""

# Whole days and the rest of the day apart: a number of microseconds since 1970 has more digits than a double holds, and
# PostgreSQL multiplies intervals as doubles.
TO_TIME = (
    "'epoch'::timestamptz + ({0} / 86400000000) * interval '24 hours' + ({0} % 86400000000) * interval '1 microsecond'"
)
FROM_TIME = "(extract(epoch FROM {0}) * 1000000)::bigint"

CANONICAL = """
CREATE FUNCTION pg_temp.canonical(value jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    CASE jsonb_typeof(value)
        WHEN 'object' THEN RETURN (
            SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || pg_temp.canonical(part), ',' ORDER BY key COLLATE "C"), '')
                || '}' FROM jsonb_each(value) AS parts(key, part)
        );
        WHEN 'array' THEN RETURN (
            SELECT '[' || coalesce(string_agg(pg_temp.canonical(part), ',' ORDER BY place), '') || ']'
                FROM jsonb_array_elements(value) WITH ORDINALITY AS parts(part, place)
        );
        ELSE RETURN value::text;
    END CASE;
END
$$
"""
"""JSON as text with sorted keys and no spaces, as version 0004 wrote it."""


def upgrade() -> None:
    """Change the types on PostgreSQL, then add keys and indexes on both databases. Each table is rewritten once."""
    if _on_postgresql():
        for table in sorted({*TIMES, *JSON}):
            _retype(table, "TIMESTAMPTZ", TO_TIME, "JSONB", "{0}::jsonb")
    for table, keys in KEYS.items():
        with op.batch_alter_table(table) as batch_op:
            for column, target in keys.items():
                other, key = target.split(".")
                name = op.f(f"fk_{table}_{column}")
                batch_op.create_foreign_key(name, other, [column], [key], deferrable=True, initially="DEFERRED")
    op.create_index(op.f("ix_alerts_spike_id"), "alerts", ["spike_id"])
    op.create_index(op.f("ix_lineage_epoch"), "lineage", ["epoch"])
    _create_partial("ix_events_mined_epoch", "events", "mined_epoch", "mined_epoch IS NOT NULL")
    _create_partial("ix_spikes_open", "spikes", "theme_id", '"end" IS NULL')


def downgrade() -> None:
    """Take all of it back; texts and numbers are those that were there before."""
    for name, table in (
        ("ix_spikes_open", "spikes"), ("ix_events_mined_epoch", "events"), (op.f("ix_lineage_epoch"), "lineage"),
        (op.f("ix_alerts_spike_id"), "alerts"),
    ):  # fmt: skip
        op.drop_index(name, table_name=table)
    for table, keys in KEYS.items():
        with op.batch_alter_table(table) as batch_op:
            for column in keys:
                batch_op.drop_constraint(op.f(f"fk_{table}_{column}"), type_="foreignkey")
    if _on_postgresql():
        op.get_bind().exec_driver_sql(CANONICAL)
        for table in sorted({*TIMES, *JSON}):
            _retype(table, "BIGINT", FROM_TIME, "TEXT", "pg_temp.canonical({0})")
        op.execute("DROP FUNCTION pg_temp.canonical")


def _on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _retype(table: str, time: str, to_time: str, json: str, to_json: str) -> None:
    changes = [(f'"{column}"', time, to_time) for column in TIMES.get(table, ())]
    changes += [(f'"{column}"', json, to_json) for column in JSON.get(table, ())]
    parts = [f"ALTER COLUMN {column} TYPE {kind} USING {how.format(column)}" for column, kind, how in changes]
    op.get_bind().exec_driver_sql(f"ALTER TABLE {table} {', '.join(parts)}".replace("%", "%%"))


def _create_partial(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], postgresql_where=sa.text(where), sqlite_where=sa.text(where))
