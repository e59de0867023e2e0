"""Incidents, decisions about signals, silences, known issues, delivery and feedback.

Revision 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import Json, UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LASTING = sa.text('"end" IS NULL')
SEQUENCE = sa.text("sequence IS NOT NULL")
ADDED = (
    ("spikes", ("incident_id",)),
    ("themes", ("disposition",)),
    ("alerts", ("incident_id",)),
    ("outbox", ("sequence", "problem", "refused")),
    ("digests", ("kind", "facts", "narration")),
)


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, comment="open, ended, merged"),
        sa.Column("theme_id", sa.Integer(), nullable=False, comment="the theme that causes it; 0: all tickets"),
        sa.Column("segment", Json, nullable=False, comment="where it is; empty: everywhere"),
        sa.Column("opened_at", UtcTime, nullable=False, comment="event time of the first notification"),
        sa.Column("start", UtcTime, nullable=False, comment="onset of its first signal"),
        sa.Column("end", UtcTime, nullable=True, comment="end of its last signal; NULL: it lasts"),
        sa.Column("audience", sa.String(128), nullable=False, comment="who must act"),
        sa.Column("severity", sa.Float(), nullable=False, comment="greatest of its signals"),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False, comment="grows with each change that its message shows"),
        sa.Column(
            "state_data", Json, nullable=False, comment="onsets, figures at the last notification, and what waits"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index("ix_incidents_open", "incidents", ["start"], postgresql_where=LASTING, sqlite_where=LASTING)
    op.create_index("ix_incidents_theme_id", "incidents", ["theme_id"])
    op.create_table(
        "incident_events",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime, nullable=False, comment="event time; wall clock of what a person did"),
        sa.Column(
            "kind",
            sa.String(16),
            nullable=False,
            comment="opened, joined, escalated, new_segment, ended, returned, merged, split, ...",
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("notified", sa.Boolean(), nullable=False, comment="whether a message was put into the outbox for it"),
        sa.Column("actor", sa.String(128), nullable=True, comment="NULL: automatic"),
        sa.Column("reason", sa.Text(), nullable=False, comment="one sentence"),
        sa.Column("detail", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_events")),
    )
    op.create_index("ix_incident_events_incident_id", "incident_events", ["incident_id"])
    op.create_table(
        "decided_signals",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False, comment="at whose end it was decided"),
        sa.Column("at", UtcTime, nullable=False, comment="event time"),
        sa.Column("kind", sa.String(16), nullable=False, comment="kind of the alert that it would be"),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("spike_id", sa.Integer(), nullable=True),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("gate", sa.String(32), nullable=True, comment="the first that withheld it; NULL: it was sent"),
        sa.Column("silence_id", sa.BigInteger(), nullable=True, comment="the silence or mute rule that hid it"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stages", Json, nullable=False, comment="each stage in order: passed, value, threshold, reason"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decided_signals")),
    )
    op.create_index("ix_decided_signals_alert_id", "decided_signals", ["alert_id"])
    op.create_index("ix_decided_signals_incident_id", "decided_signals", ["incident_id"])
    op.create_index("ix_decided_signals_silence_id", "decided_signals", ["silence_id"])
    op.create_index("ix_decided_signals_spike_id", "decided_signals", ["spike_id"])
    op.create_index("ix_decided_signals_theme_id", "decided_signals", ["theme_id", "at"])
    op.create_table(
        "silences",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column(
            "kind", sa.String(16), nullable=False, comment="silence, which expires, or mute, a rule that is reviewed"
        ),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="redacted"),
        sa.Column("matchers", Json, nullable=False, comment="themes, segment, audience, similar text; all must hold"),
        sa.Column("example", sa.LargeBinary(), nullable=True, comment="float16 vector of the example text"),
        sa.Column("created_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("starts_at", UtcTime, nullable=False),
        sa.Column("ends_at", UtcTime, nullable=True, comment="NULL: a mute rule without an end"),
        sa.Column("review_at", UtcTime, nullable=True, comment="when a mute rule is to be reviewed"),
        sa.Column("expired_by", sa.String(128), nullable=True, comment="who ended it early"),
        sa.Column("reminded_at", UtcTime, nullable=True, comment="event time"),
        sa.Column("reported_at", UtcTime, nullable=True, comment="event time"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
    )
    op.create_table(
        "known_issues",
        sa.Column(
            "id", sa.Integer(), autoincrement=False, nullable=False, comment="number of the decision that made it"
        ),
        sa.Column("title", sa.Text(), nullable=False, comment="redacted"),
        sa.Column(
            "state",
            sa.String(16),
            nullable=False,
            comment="investigating, identified, monitoring, fixed, resolved, regressed, closed",
        ),
        sa.Column("owner", sa.String(128), nullable=True),
        sa.Column("jira", sa.Text(), nullable=True, comment="key or link"),
        sa.Column("workaround", sa.Text(), nullable=True, comment="redacted"),
        sa.Column("sop", sa.Text(), nullable=True, comment="what agents say and do; redacted"),
        sa.Column("fix_version", sa.String(128), nullable=True, comment="app version that is expected to hold the fix"),
        sa.Column("fix_expected_at", UtcTime, nullable=True),
        sa.Column("fixed_at", UtcTime, nullable=True),
        sa.Column("opened_at", UtcTime, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_issues")),
    )
    op.create_table(
        "known_issue_themes",
        sa.Column("known_issue_id", sa.Integer(), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime, nullable=True),
        sa.Column("until", UtcTime, nullable=True, comment="NULL: still a theme of it"),
        sa.PrimaryKeyConstraint("known_issue_id", "theme_id", name=op.f("pk_known_issue_themes")),
    )
    op.create_index("ix_known_issue_themes_theme_id", "known_issue_themes", ["theme_id"])
    op.create_table(
        "known_issue_tickets",
        sa.Column("known_issue_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.String(256), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False, comment="0 to 1"),
        sa.Column("how", sa.String(16), nullable=False, comment="theme, link, person, detached"),
        sa.Column("at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("known_issue_id", "ticket_id", name=op.f("pk_known_issue_tickets")),
    )
    op.create_table(
        "known_issue_events",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("known_issue_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("actor", sa.String(128), nullable=True, comment="NULL: automatic"),
        sa.Column("from_state", sa.String(16), nullable=True),
        sa.Column("to_state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="redacted"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_issue_events")),
    )
    op.create_index("ix_known_issue_events_known_issue_id", "known_issue_events", ["known_issue_id"])
    op.create_table(
        "theme_transitions",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime, nullable=False, comment="event time"),
        sa.Column("from_status", sa.String(16), nullable=True),
        sa.Column("to_status", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(128), nullable=True, comment="NULL: automatic"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme_transitions")),
    )
    op.create_index("ix_theme_transitions_theme_id", "theme_transitions", ["theme_id"])
    op.create_table(
        "ticket_links",
        sa.Column("ticket_id", sa.String(256), nullable=False),
        sa.Column("other_id", sa.String(256), nullable=False),
        sa.Column(
            "kind",
            sa.String(16),
            nullable=False,
            comment="what the other is to it: problem, incident, duplicate, relates",
        ),
        sa.Column("source", sa.String(256), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False, comment="epoch of event time that it was made in"),
        sa.Column(
            "ended_epoch",
            sa.BigInteger(),
            nullable=True,
            comment="epoch that it was taken away in; NULL: it is in force",
        ),
        sa.PrimaryKeyConstraint("ticket_id", "other_id", "kind", name=op.f("pk_ticket_links")),
    )
    op.create_index("ix_ticket_links_other_id", "ticket_links", ["other_id"])
    op.create_table(
        "living_messages",
        sa.Column("subject", sa.String(128), nullable=False, comment="what it is about, such as incident:12"),
        sa.Column("audience", sa.String(128), nullable=False),
        sa.Column("channel", sa.String(128), nullable=False),
        sa.Column("reference", Json, nullable=False, comment="how the channel finds its message again"),
        sa.Column("revision", sa.Integer(), nullable=False, comment="the newest that it shows"),
        sa.Column("sent_at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("subject", "audience", "channel", name=op.f("pk_living_messages")),
    )
    op.create_table(
        "channel_states",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("last_success_at", UtcTime, nullable=True, comment="wall clock"),
        sa.Column("last_failure_at", UtcTime, nullable=True, comment="wall clock"),
        sa.Column("problem", sa.Text(), nullable=True, comment="of the last failure, redacted"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column(
            "paused_until",
            UtcTime,
            nullable=True,
            comment="wall clock until which nothing is sent to it; NULL: not paused",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channel_states")),
    )
    op.create_table(
        "feedback",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("subject", sa.String(512), nullable=False, comment="alert:7, incident:3, or a digest and its theme"),
        sa.Column("audience", sa.String(128), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False, comment="useful, not_useful, wrong_team"),
        sa.Column("rule", sa.String(32), nullable=False, comment="kind of the alert or of the item"),
        sa.Column("theme_id", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(64), nullable=False, comment="hash of the link, so that it counts once"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("token", name=op.f("uq_feedback_token")),
    )
    op.create_index("ix_feedback_subject", "feedback", ["subject"])
    op.create_table(
        "requester_keys",
        sa.Column(
            "fingerprint",
            sa.String(64),
            nullable=False,
            comment="of the key that requesters are hashed with, not the key",
        ),
        sa.Column("since", UtcTime, nullable=False, comment="wall clock of its first use"),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_requester_keys")),
    )
    _add_columns()


def _add_columns() -> None:
    with op.batch_alter_table("spikes") as batch:
        batch.add_column(
            sa.Column(
                "incident_id", sa.Integer(), nullable=True, comment="the event that it is a sign of; NULL: none yet"
            )
        )
    op.create_index("ix_spikes_incident_id", "spikes", ["incident_id"])
    with op.batch_alter_table("themes") as batch:
        batch.add_column(
            sa.Column(
                "disposition",
                Json,
                nullable=True,
                comment="what a person made of it: archived until it escalates, or resolved",
            )
        )
    with op.batch_alter_table("alerts") as batch:
        batch.add_column(
            sa.Column(
                "incident_id",
                sa.Integer(),
                nullable=True,
                comment="the event that it is about; NULL: opened before there were incidents",
            )
        )
    op.create_index("ix_alerts_incident_id", "alerts", ["incident_id"])
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(
            sa.Column(
                "sequence",
                sa.String(128),
                nullable=True,
                comment="rows of one sequence are sent in order, such as incident:12",
            )
        )
        batch.add_column(sa.Column("problem", sa.Text(), nullable=True, comment="why it was not sent, redacted"))
        batch.add_column(sa.Column("refused", Json, nullable=True, comment="channels that refused it finally"))
    op.create_index("ix_outbox_sequence", "outbox", ["sequence"], postgresql_where=SEQUENCE, sqlite_where=SEQUENCE)
    with op.batch_alter_table("digests") as batch:
        batch.add_column(
            sa.Column(
                "kind", sa.String(16), nullable=False, server_default="daily", comment="daily, weekly, launch_day"
            )
        )
        batch.add_column(
            sa.Column(
                "facts",
                Json,
                nullable=True,
                comment="figures and states of its items, which the next digest compares with",
            )
        )
        batch.add_column(
            sa.Column(
                "narration",
                Json,
                nullable=True,
                comment="what the narrator wrote, or why the rules wrote it; NULL: no narrator",
            )
        )


def downgrade() -> None:
    op.drop_index("ix_outbox_sequence", "outbox")
    op.drop_index("ix_alerts_incident_id", "alerts")
    op.drop_index("ix_spikes_incident_id", "spikes")
    for table, columns in ADDED:
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)
    for table in (
        "requester_keys",
        "feedback",
        "channel_states",
        "living_messages",
        "ticket_links",
        "theme_transitions",
        "known_issue_events",
        "known_issue_tickets",
        "known_issue_themes",
        "known_issues",
        "silences",
        "decided_signals",
        "incident_events",
        "incidents",
    ):
        op.drop_table(table)
