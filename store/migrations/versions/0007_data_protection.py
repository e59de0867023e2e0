"""What erasure, retention and the identities of sources need.

Revision 0007, after 0006.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from models.quotation import quoted_tickets
from store.types import Json, UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SUBJECT = sa.text("subject IS NOT NULL")
DETAILED = sa.text("type IN ('comment.added', 'ticket.updated') AND data IS NOT NULL")
REQUESTER = sa.text("requester IS NOT NULL")
ERASED = sa.text("erased_until IS NOT NULL AND mined_epoch IS NULL")


def upgrade() -> None:
    op.create_table(
        "requester_tombstones",
        sa.Column("requester", sa.String(64), nullable=False, comment="keyed hash"),
        sa.Column(
            "time", UtcTime, nullable=False, comment="text of the requester's tickets older than this is never stored"
        ),
        sa.PrimaryKeyConstraint("requester", name=op.f("pk_requester_tombstones")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock; text older than this is never stored"),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("scope", sa.String(16), nullable=False, comment="ticket or requester"),
        sa.Column("subject", sa.String(64), nullable=False, comment="keyed hash of what was erased"),
        sa.Column(
            "proof",
            Json,
            nullable=True,
            comment="signed: what was removed from where; NULL: it was not finished yet",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_subject", "erasures", ["subject"])
    op.create_table(
        "erased_tickets",
        sa.Column("erasure_id", sa.String(64), nullable=False),
        sa.Column("ticket_id", sa.String(256), nullable=False),
        sa.PrimaryKeyConstraint("erasure_id", "ticket_id", name=op.f("pk_erased_tickets")),
    )
    with op.batch_alter_table("tombstones") as batch:
        batch.add_column(
            sa.Column(
                "erased_until",
                UtcTime,
                nullable=True,
                comment="a person erased what is older, its vector and hashes, too",
            )
        )
    op.create_index("ix_tombstones_erased", "tombstones", ["mined_epoch"], postgresql_where=ERASED, sqlite_where=ERASED)
    op.create_table(
        "quotations",
        sa.Column("ticket_id", sa.String(256), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False, comment="what quotes its text: digest, rebuild"),
        sa.Column("key", sa.String(512), nullable=False, comment="outbox key of the digest, number of the rebuild"),
        sa.PrimaryKeyConstraint("ticket_id", "kind", "key", name=op.f("pk_quotations")),
    )
    op.create_table(
        "retained",
        sa.Column("kind", sa.String(16), nullable=False, comment="kind of data: text, vectors, events, …"),
        sa.Column("since", UtcTime, nullable=False, comment="what is older was removed and is not stored again"),
        sa.Column("applied_at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retained")),
    )
    op.create_table(
        "encryption_keys",
        sa.Column(
            "id", sa.String(16), nullable=False, comment="name of a key that ticket text is encrypted with, not the key"
        ),
        sa.Column("since", UtcTime, nullable=False, comment="wall clock of its first use"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encryption_keys")),
    )
    with op.batch_alter_table("quarantine") as batch:
        batch.add_column(
            sa.Column("subject", sa.String(256), nullable=True, comment="ticket that it concerns; NULL: not readable")
        )
        batch.add_column(
            sa.Column("requester", sa.String(64), nullable=True, comment="keyed hash; NULL: none, or not readable")
        )
    op.create_index("ix_quarantine_subject", "quarantine", ["subject"], postgresql_where=SUBJECT, sqlite_where=SUBJECT)
    op.create_index(
        "ix_quarantine_requester", "quarantine", ["requester"], postgresql_where=REQUESTER, sqlite_where=REQUESTER
    )
    with op.batch_alter_table("source_profiles") as batch:
        batch.add_column(
            sa.Column(
                "numeric_ids",
                Json,
                nullable=True,
                comment="forms of its ids that are numbers by nature, by field, as its first thousand show; NULL: not decided",
            )
        )
    op.create_index("ix_events_detailed", "events", ["time"], postgresql_where=DETAILED, sqlite_where=DETAILED)
    _note_what_is_sent()
    _note_quotations()


def _note_what_is_sent() -> None:
    """Add which channels accepted a notification, and when; of those sent before, the time of the upgrade is all that is known."""
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(
            sa.Column(
                "channels", Json, nullable=True, comment="channels that accepted it; NULL: not known, or not sent yet"
            )
        )
        batch.add_column(
            sa.Column(
                "sent_at", UtcTime, nullable=True, comment="wall clock when it was sent or given up; NULL: neither"
            )
        )
    outbox = sa.table("outbox", sa.column("state", sa.String), sa.column("sent_at", UtcTime))
    now = datetime.now(UTC)  # noqa: TID251 - Alembic runs the migration, so no application passes a clock
    op.execute(sa.update(outbox).where(outbox.c.state.in_(["sent", "failed"])).values(sent_at=now))


def _note_quotations() -> None:
    """Note what published digests quote, and take the examples from reports of rebuilds, which do not name their tickets."""
    connection = op.get_bind()
    digests = sa.table(
        "digests", sa.column("audience"), sa.column("start", UtcTime), sa.column("end", UtcTime), sa.column("markdown")
    )
    quotations = sa.table("quotations", sa.column("ticket_id"), sa.column("kind"), sa.column("key"))
    for row in connection.execute(sa.select(digests)).all():
        key = f"digest:{row.audience}:{row.start.isoformat()}:{row.end.isoformat()}"
        if ids := dict.fromkeys(quoted_tickets(row.markdown)):
            connection.execute(sa.insert(quotations), [{"ticket_id": one, "kind": "digest", "key": key} for one in ids])
    rebuilds = sa.table("rebuilds", sa.column("id", sa.Integer), sa.column("report", Json))
    for number, report in connection.execute(sa.select(rebuilds)).all():
        if not isinstance(report, dict):
            continue
        for entry in (*report.get("split", ()), *report.get("born", ())):
            entry["examples"] = []
        connection.execute(sa.update(rebuilds).where(rebuilds.c.id == number).values(report=report))


def downgrade() -> None:
    op.drop_index("ix_events_detailed", "events")
    with op.batch_alter_table("outbox") as batch:
        batch.drop_column("sent_at")
        batch.drop_column("channels")
    with op.batch_alter_table("source_profiles") as batch:
        batch.drop_column("numeric_ids")
    op.drop_index("ix_quarantine_requester", "quarantine")
    op.drop_index("ix_quarantine_subject", "quarantine")
    with op.batch_alter_table("quarantine") as batch:
        batch.drop_column("requester")
        batch.drop_column("subject")
    op.drop_index("ix_tombstones_erased", "tombstones")
    with op.batch_alter_table("tombstones") as batch:
        batch.drop_column("erased_until")
    op.drop_index("ix_erasures_subject", "erasures")
    for table in ("encryption_keys", "retained", "quotations", "erased_tickets", "erasures", "requester_tombstones"):
        op.drop_table(table)
