"""What reaches people: alerts, incidents, known issues, messages and digests."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, String, Table, Text, false

from store.encryption import SealedJson, SealedText
from store.schema.base import Id, metadata, row_of
from store.types import Json, UtcTime

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("theme_id", Integer, nullable=False, index=True),
    Column("spike_id", Integer, row_of("spikes.id"), index=True),
    Column("state", String(16), nullable=False),
    Column("audience", String(128), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column(
        "incident_id",
        Integer,
        index=True,
        comment="the event that it is about; NULL: opened before there were incidents",
    ),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False, comment="open, ended, merged"),
    Column("theme_id", Integer, nullable=False, index=True, comment="the theme that causes it; 0: all tickets"),
    Column("segment", Json, nullable=False, comment="where it is; empty: everywhere"),
    Column("opened_at", UtcTime, nullable=False, comment="event time of the first notification"),
    Column("start", UtcTime, nullable=False, comment="onset of its first signal"),
    Column("end", UtcTime, nullable=True, comment="end of its last signal; NULL: it lasts"),
    Column("audience", String(128), nullable=False, comment="who must act"),
    Column("severity", Float, nullable=False, comment="greatest of its signals"),
    Column("merged_into", Integer, nullable=True),
    Column("revision", Integer, nullable=False, comment="grows with each change that its message shows"),
    Column("state_data", Json, nullable=False, comment="onsets, figures at the last notification, and what waits"),
)
Index(
    "ix_incidents_open",
    incidents.c.start,
    postgresql_where=incidents.c.end.is_(None),
    sqlite_where=incidents.c.end.is_(None),
)

incident_events = Table(
    "incident_events",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("incident_id", Integer, nullable=False, index=True),
    Column("at", UtcTime, nullable=False, comment="event time; wall clock of what a person did"),
    Column(
        "kind",
        String(16),
        nullable=False,
        comment="opened, joined, escalated, new_segment, ended, returned, merged, split, ...",
    ),
    Column("revision", Integer, nullable=False),
    Column("notified", Boolean, nullable=False, comment="whether a message was put into the outbox for it"),
    Column("actor", String(128), nullable=True, comment="NULL: automatic"),
    Column("reason", Text, nullable=False, comment="one sentence"),
    Column("detail", Json, nullable=False),
)

decided_signals = Table(
    "decided_signals",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("epoch", BigInteger, nullable=False, comment="at whose end it was decided"),
    Column("at", UtcTime, nullable=False, comment="event time"),
    Column("kind", String(16), nullable=False, comment="kind of the alert that it would be"),
    Column("theme_id", Integer, nullable=False),
    Column("spike_id", Integer, nullable=True, index=True),
    Column("alert_id", Integer, nullable=True, index=True),
    Column("incident_id", Integer, nullable=True, index=True),
    Column("gate", String(32), nullable=True, comment="the first that withheld it; NULL: it was sent"),
    Column("silence_id", BigInteger, nullable=True, index=True, comment="the silence or mute rule that hid it"),
    Column("reason", Text, nullable=False),
    Column("stages", Json, nullable=False, comment="each stage in order: passed, value, threshold, reason"),
)
Index("ix_decided_signals_theme_id", decided_signals.c.theme_id, decided_signals.c.at)

silences = Table(
    "silences",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False, comment="silence, which expires, or mute, a rule that is reviewed"),
    Column("owner", String(128), nullable=False),
    Column("reason", Text, nullable=False, comment="redacted"),
    Column("matchers", Json, nullable=False, comment="themes, segment, audience, similar text; all must hold"),
    Column("example", LargeBinary, nullable=True, comment="float16 vector of the example text"),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
    Column("starts_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=True, comment="NULL: a mute rule without an end"),
    Column("review_at", UtcTime, nullable=True, comment="when a mute rule is to be reviewed"),
    Column("expired_by", String(128), nullable=True, comment="who ended it early"),
    Column("reminded_at", UtcTime, nullable=True, comment="event time"),
    Column("reported_at", UtcTime, nullable=True, comment="event time"),
)

known_issues = Table(
    "known_issues",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="number of the decision that made it"),
    Column("title", Text, nullable=False, comment="redacted"),
    Column(
        "state",
        String(16),
        nullable=False,
        comment="investigating, identified, monitoring, fixed, resolved, regressed, closed",
    ),
    Column("owner", String(128), nullable=True),
    Column("jira", Text, nullable=True, comment="key or link"),
    Column("workaround", Text, nullable=True, comment="redacted"),
    Column("sop", Text, nullable=True, comment="what agents say and do; redacted"),
    Column("fix_version", String(128), nullable=True, comment="app version that is expected to hold the fix"),
    Column("fix_expected_at", UtcTime, nullable=True),
    Column("fixed_at", UtcTime, nullable=True),
    Column("opened_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

known_issue_themes = Table(
    "known_issue_themes",
    metadata,
    Column("known_issue_id", Integer, primary_key=True),
    Column("theme_id", Integer, primary_key=True, index=True),
    Column("since", UtcTime, nullable=True),
    Column("until", UtcTime, nullable=True, comment="NULL: still a theme of it"),
)

known_issue_tickets = Table(
    "known_issue_tickets",
    metadata,
    Column("known_issue_id", Integer, primary_key=True),
    Column("ticket_id", String(256), primary_key=True),
    Column("confidence", Float, nullable=False, comment="0 to 1"),
    Column("how", String(16), nullable=False, comment="theme, link, person, detached"),
    Column("at", UtcTime, nullable=False),
)

known_issue_events = Table(
    "known_issue_events",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("known_issue_id", Integer, nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", String(128), nullable=True, comment="NULL: automatic"),
    Column("from_state", String(16), nullable=True),
    Column("to_state", String(16), nullable=False),
    Column("reason", Text, nullable=False, comment="redacted"),
)

theme_transitions = Table(
    "theme_transitions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("theme_id", Integer, nullable=False, index=True),
    Column("at", UtcTime, nullable=False, comment="event time"),
    Column("from_status", String(16), nullable=True),
    Column("to_status", String(16), nullable=False),
    Column("actor", String(128), nullable=True, comment="NULL: automatic"),
    Column("reason", Text, nullable=False),
)

ticket_links = Table(
    "ticket_links",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("other_id", String(256), primary_key=True),
    Column(
        "kind", String(16), primary_key=True, comment="what the other is to it: problem, incident, duplicate, relates"
    ),
    Column("source", String(256), nullable=False),
    Column("epoch", BigInteger, nullable=False, comment="epoch of event time that it was made in"),
    Column("ended_epoch", BigInteger, nullable=True, comment="epoch that it was taken away in; NULL: it is in force"),
)
Index("ix_ticket_links_other_id", ticket_links.c.other_id)

living_messages = Table(
    "living_messages",
    metadata,
    Column("subject", String(128), primary_key=True, comment="what it is about, such as incident:12"),
    Column("audience", String(128), primary_key=True),
    Column("channel", String(128), primary_key=True),
    Column("reference", Json, nullable=False, comment="how the channel finds its message again"),
    Column("revision", Integer, nullable=False, comment="the newest that it shows"),
    Column("sent_at", UtcTime, nullable=False, comment="wall clock"),
)

channel_states = Table(
    "channel_states",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("last_success_at", UtcTime, nullable=True, comment="wall clock"),
    Column("last_failure_at", UtcTime, nullable=True, comment="wall clock"),
    Column("problem", Text, nullable=True, comment="of the last failure, redacted"),
    Column("failures", Integer, nullable=False, comment="in a row"),
    Column(
        "paused_until", UtcTime, nullable=True, comment="wall clock until which nothing is sent to it; NULL: not paused"
    ),
    Column("held_until", UtcTime, nullable=True, comment="wall clock until which a person paused it; NULL: nobody did"),
    Column("held_by", String(128), nullable=True, comment="who paused it"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("subject", String(512), nullable=False, comment="alert:7, incident:3, or a digest and its theme"),
    Column("audience", String(128), nullable=False),
    Column("verdict", String(16), nullable=False, comment="useful, not_useful, wrong_team"),
    Column("rule", String(32), nullable=False, comment="kind of the alert or of the item"),
    Column("theme_id", Integer, nullable=True),
    Column("token", String(64), nullable=False, unique=True, comment="hash of the link, so that it counts once"),
)
Index("ix_feedback_subject", feedback.c.subject)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column(
        "key",
        String(512),
        nullable=False,
        unique=True,
        comment="what is sent once: an alert, a digest's window and audience",
    ),
    Column("kind", String(32), nullable=False),
    Column("audience", String(128), nullable=False),
    Column("payload", SealedJson, nullable=False),
    Column("state", String(16), nullable=False, index=True, comment="waiting, claimed, sent, failed"),
    Column("claimed_until", UtcTime, comment="of a waiting row: not to be sent before"),
    Column("attempts", Integer, nullable=False),
    Column("channels", Json, nullable=True, comment="channels that accepted it; NULL: not known, or not sent yet"),
    Column("sent_at", UtcTime, nullable=True, comment="wall clock when it was sent or given up; NULL: neither"),
    Column(
        "sequence", String(128), nullable=True, comment="rows of one sequence are sent in order, such as incident:12"
    ),
    Column("problem", Text, nullable=True, comment="why it was not sent, redacted"),
    Column("refused", Json, nullable=True, comment="channels that refused it finally"),
)
Index(
    "ix_outbox_sequence",
    outbox.c.sequence,
    postgresql_where=outbox.c.sequence.is_not(None),
    sqlite_where=outbox.c.sequence.is_not(None),
)

digests = Table(
    "digests",
    metadata,
    Column("audience", String(128), primary_key=True),
    Column("start", UtcTime, primary_key=True),
    Column("end", UtcTime, primary_key=True),
    Column(
        "review",
        Boolean,
        primary_key=True,
        server_default=false(),
        comment="a business review, which a week has in addition to its digest",
    ),
    Column("markdown", SealedText, nullable=False),
    Column("html", SealedText, nullable=False),
    Column("kind", String(16), nullable=False, server_default="daily", comment="daily, weekly, launch_day, review"),
    Column(
        "facts",
        SealedJson,
        nullable=True,
        comment="figures and states of its items, which the next digest compares with",
    ),
    Column(
        "narration",
        SealedJson,
        nullable=True,
        comment="what the narrator wrote, or why the rules wrote it; NULL: no narrator",
    ),
)

digest_themes = Table(
    "digest_themes",
    metadata,
    Column("theme_id", Integer, primary_key=True, autoincrement=False, comment="an item of the digest is about it"),
    Column("audience", String(128), primary_key=True),
    Column("start", UtcTime, primary_key=True),
    Column("end", UtcTime, primary_key=True),
)
