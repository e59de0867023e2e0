"""The first tables.

Revision 0001, the first one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("spike_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=128), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_theme_id"), ["theme_id"], unique=False)

    op.create_table(
        "assignments",
        sa.Column("ticket_id", sa.String(length=256), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=True, comment="NULL: unthemed"),
        sa.Column("epoch", sa.BigInteger(), nullable=False, comment="epoch of the latest assignment"),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("nearest", sa.Integer(), nullable=True, comment="nearest theme, also of an unthemed ticket"),
        sa.Column(
            "remembered",
            sa.Boolean(),
            nullable=False,
            comment="whether its vector may draw others: not once retracted or erased",
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_assignments")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index("ix_assignments_theme_id", ["theme_id", "epoch"], unique=False)

    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="wall clock"),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "bands",
        sa.Column("theme_id", sa.Integer(), nullable=False, comment="0: all tickets"),
        sa.Column("hour", sa.Integer(), nullable=False, comment="hours since 1970"),
        sa.Column("mean", sa.Float(), nullable=False, comment="tickets expected in the hour, said when the hour began"),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("launch_id", sa.String(length=256), nullable=True, comment="the launch whose envelope it is"),
        sa.PrimaryKeyConstraint("theme_id", "hour", name=op.f("pk_bands")),
    )
    with op.batch_alter_table("bands", schema=None) as batch_op:
        batch_op.create_index(
            "ix_bands_launch_id",
            ["launch_id", "theme_id"],
            unique=False,
            postgresql_where=sa.text("launch_id IS NOT NULL"),
            sqlite_where=sa.text("launch_id IS NOT NULL"),
        )

    op.create_table(
        "causes",
        sa.Column("spike_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("segment", sa.Text(), nullable=True),
        sa.Column("change_id", sa.String(length=256), nullable=True),
        sa.Column("contribution", sa.Float(), nullable=False),
        sa.Column("relative_risk", sa.Float(), nullable=True),
        sa.Column("interval", sa.Text(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("spike_id", "rank", name=op.f("pk_causes")),
    )
    op.create_table(
        "changes",
        sa.Column("source", sa.String(length=256), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("id", sa.String(length=256), nullable=False, comment="each revision of the record has its own"),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "subject", "id", name=op.f("pk_changes")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_changes_time"), ["time"], unique=False)

    op.create_table(
        "counts",
        sa.Column("theme_id", sa.Integer(), nullable=False, comment="0: all tickets"),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("theme_id", "segment_id", "bucket", name=op.f("pk_counts")),
    )
    with op.batch_alter_table("counts", schema=None) as batch_op:
        batch_op.create_index("ix_counts_bucket", ["bucket"], unique=False)

    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="wall clock"),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("applied_epoch", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_applied_epoch"), ["applied_epoch"], unique=False)

    op.create_table(
        "digests",
        sa.Column("audience", sa.String(length=128), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("audience", "start", "end", name=op.f("pk_digests")),
    )
    op.create_table(
        "events",
        sa.Column("source", sa.String(length=256), nullable=False),
        sa.Column("id", sa.String(length=256), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column(
            "epoch",
            sa.BigInteger(),
            nullable=True,
            comment="epoch of event time that takes it; NULL for launches and changes",
        ),
        sa.Column("mined_epoch", sa.BigInteger(), nullable=True, comment="epoch whose transaction took it"),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("data", sa.Text(), nullable=True, comment="redacted; what later stages read of it"),
        sa.PrimaryKeyConstraint("source", "id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_subject", ["subject"], unique=False)
        batch_op.create_index(
            "ix_events_waiting",
            ["epoch"],
            unique=False,
            postgresql_where=sa.text("mined_epoch IS NULL"),
            sqlite_where=sa.text("mined_epoch IS NULL"),
        )

    op.create_table(
        "launches",
        sa.Column("source", sa.String(length=256), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("id", sa.String(length=256), nullable=False, comment="each revision of the plan has its own"),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("tolerance", sa.Float(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column(
            "abouts",
            sa.LargeBinary(),
            nullable=True,
            comment="float16 vectors of the example texts, in the order of `expected`",
        ),
        sa.PrimaryKeyConstraint("source", "subject", "id", name=op.f("pk_launches")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False, comment="fencing token: grows with every holder"),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "lineage",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lineage")),
    )
    with op.batch_alter_table("lineage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lineage_theme_id"), ["theme_id"], unique=False)

    op.create_table(
        "miner",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("next_epoch", sa.BigInteger(), nullable=True, comment="first epoch that is still open"),
        sa.Column("first_epoch", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, comment="counters and calibrations that no row holds"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_miner")),
    )
    op.create_table(
        "offsets",
        sa.Column("stream", sa.String(length=1024), nullable=False, comment="a file's name, or topic"),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column(
            "position", sa.BigInteger(), nullable=False, comment="bytes read of a file; next offset of a partition"
        ),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column(
            "fingerprint",
            sa.String(length=64),
            nullable=False,
            comment="of the start of what was read: distinguishes another file of the same name",
        ),
        sa.Column("newest", sa.BigInteger(), nullable=True, comment="newest ticket event time in it"),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "partition", name=op.f("pk_offsets")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "key",
            sa.String(length=512),
            nullable=False,
            comment="what is sent once: an alert, a digest's window and audience",
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("audience", sa.String(length=128), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="waiting, claimed, sent, failed"),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True, comment="of a waiting row: not to be sent before"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_state"), ["state"], unique=False)

    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("stream", sa.String(length=1024), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="one redacted sentence"),
        sa.Column("excerpt", sa.Text(), nullable=False, comment="redacted"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("stream", "partition", "position", name=op.f("uq_quarantine_stream_partition_position")),
    )
    op.create_table(
        "segments",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=1024), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("key", name=op.f("uq_segments_key")),
    )
    op.create_table(
        "spikes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("detected_at", sa.BigInteger(), nullable=False),
        sa.Column("observed", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("ratio", sa.Float(), nullable=False),
        sa.Column("p_value", sa.Float(), nullable=False),
        sa.Column("q_value", sa.Float(), nullable=False),
        sa.Column("severity", sa.Float(), nullable=False),
        sa.Column("now_observed", sa.Integer(), nullable=False),
        sa.Column("launch_id", sa.String(length=256), nullable=True),
        sa.Column("gate", sa.String(length=32), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column(
            "verdict", sa.Text(), nullable=False, comment="what explains it, or that nothing does, in a sentence"
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, comment="what the detector needs to go on"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spikes")),
    )
    with op.batch_alter_table("spikes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spikes_theme_id"), ["theme_id"], unique=False)

    op.create_table(
        "themes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=True),
        sa.Column("last_seen", sa.BigInteger(), nullable=True),
        sa.Column("born_epoch", sa.BigInteger(), nullable=False),
        sa.Column("named_size", sa.Integer(), nullable=False, comment="size when it was last named"),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("known_issue", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=128), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_themes")),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=256), nullable=False),
        sa.Column("source", sa.String(length=256), nullable=False),
        sa.Column("event_id", sa.String(length=256), nullable=False, comment="the event that created it"),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("mined_epoch", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=True, comment="event time of the newest tombstone"),
        sa.Column("language", sa.String(length=128), nullable=True),
        sa.Column("business_line", sa.String(length=128), nullable=True),
        sa.Column("user_type", sa.String(length=128), nullable=True),
        sa.Column("product", sa.String(length=128), nullable=True),
        sa.Column("payment_method", sa.String(length=128), nullable=True),
        sa.Column("region", sa.String(length=128), nullable=True),
        sa.Column("platform", sa.String(length=128), nullable=True),
        sa.Column("app_version", sa.String(length=128), nullable=True),
        sa.Column("channel", sa.String(length=128), nullable=True),
        sa.Column("handled_by", sa.String(length=128), nullable=True),
        sa.Column("vendor", sa.String(length=128), nullable=True),
        sa.Column("team", sa.String(length=128), nullable=True),
        sa.Column("priority", sa.String(length=128), nullable=True),
        sa.Column("escalated", sa.Boolean(), nullable=True),
        sa.Column("requester", sa.String(length=64), nullable=True, comment="keyed hash"),
        sa.Column("tags", sa.Text(), nullable=True),
        sa.Column("custom", sa.Text(), nullable=True),
        sa.Column(
            "counted", sa.Boolean(), nullable=False, comment="false before it is mined, and after merge, delete or spam"
        ),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("csat", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tickets_mined_epoch"), ["mined_epoch"], unique=False)
        batch_op.create_index("ix_tickets_time", ["time"], unique=False)

    op.create_table(
        "tombstones",
        sa.Column("ticket_id", sa.String(length=256), nullable=False),
        sa.Column(
            "time", sa.BigInteger(), nullable=False, comment="text of the ticket older than this is never stored"
        ),
        sa.Column("mined_epoch", sa.BigInteger(), nullable=True, comment="epoch that erased the vector, too"),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "vectors",
        sa.Column("ticket_id", sa.String(length=256), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False, comment="little-endian float16 of unit length"),
        sa.PrimaryKeyConstraint("ticket_id", "model", name=op.f("pk_vectors")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("vectors")
    op.drop_table("tombstones")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_tickets_time")
        batch_op.drop_index(batch_op.f("ix_tickets_mined_epoch"))

    op.drop_table("tickets")
    op.drop_table("themes")
    with op.batch_alter_table("spikes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spikes_theme_id"))

    op.drop_table("spikes")
    op.drop_table("segments")
    op.drop_table("quarantine")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_state"))

    op.drop_table("outbox")
    op.drop_table("offsets")
    op.drop_table("miner")
    with op.batch_alter_table("lineage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lineage_theme_id"))

    op.drop_table("lineage")
    op.drop_table("leases")
    op.drop_table("launches")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_events_waiting",
            postgresql_where=sa.text("mined_epoch IS NULL"),
            sqlite_where=sa.text("mined_epoch IS NULL"),
        )
        batch_op.drop_index("ix_events_subject")

    op.drop_table("events")
    op.drop_table("digests")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decisions_applied_epoch"))

    op.drop_table("decisions")
    with op.batch_alter_table("counts", schema=None) as batch_op:
        batch_op.drop_index("ix_counts_bucket")

    op.drop_table("counts")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_changes_time"))

    op.drop_table("changes")
    op.drop_table("causes")
    with op.batch_alter_table("bands", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_bands_launch_id",
            postgresql_where=sa.text("launch_id IS NOT NULL"),
            sqlite_where=sa.text("launch_id IS NOT NULL"),
        )

    op.drop_table("bands")
    op.drop_table("audit")
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.drop_index("ix_assignments_theme_id")

    op.drop_table("assignments")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alerts_theme_id"))

    op.drop_table("alerts")
