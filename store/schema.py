"""The tables. One set for SQLite and PostgreSQL; `migrations/` creates them, and a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)  # fmt: skip

from store.encryption import SealedJson, SealedText
from store.types import Json, UtcTime

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


def _row_of(column: str) -> ForeignKey:
    """Refer to a column of a row that the same transaction may insert later: it is looked for at the commit.

    `docs/decisions/0008` says which columns refer to others without a foreign key, and why.
    """
    return ForeignKey(column, deferrable=True, initially="DEFERRED")


# ── what came in ─────────────────────────────────────────────────────────────────────────────────────────────────────
events = Table(
    "events",
    metadata,
    Column("source", String(256), primary_key=True),
    Column("id", String(256), primary_key=True),
    Column("type", String(32), nullable=False),
    Column("subject", String(256), nullable=False),
    Column("time", UtcTime, nullable=False),
    Column(
        "epoch", BigInteger, nullable=True, comment="epoch of event time that takes it; NULL for launches and changes"
    ),
    Column("mined_epoch", BigInteger, nullable=True, comment="epoch whose transaction took it"),
    Column("late", Boolean, nullable=False),
    Column("data", SealedJson, nullable=True, comment="redacted; what later stages read of it"),
)
Index("ix_events_subject", events.c.subject)
Index(
    "ix_events_mined_epoch",
    events.c.mined_epoch,
    postgresql_where=events.c.mined_epoch.is_not(None),
    sqlite_where=events.c.mined_epoch.is_not(None),
)
Index(
    "ix_events_waiting",
    events.c.epoch,
    postgresql_where=events.c.mined_epoch.is_(None),
    sqlite_where=events.c.mined_epoch.is_(None),
)
DETAILED = ("comment.added", "ticket.updated")
"""Types of events whose rows contain text."""
Index(
    "ix_events_detailed",
    events.c.time,
    postgresql_where=events.c.type.in_(DETAILED) & events.c.data.is_not(None),
    sqlite_where=events.c.type.in_(DETAILED) & events.c.data.is_not(None),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(256), primary_key=True),
    Column("source", String(256), nullable=False),
    Column("event_id", String(256), nullable=False, comment="the event that created it"),
    Column("time", UtcTime, nullable=False),
    Column("mined_epoch", BigInteger, nullable=True, index=True),
    Column("title", SealedText, nullable=False),
    Column("body", SealedText, nullable=False),
    Column("erased_at", UtcTime, nullable=True, comment="event time of the newest tombstone"),
    Column("language", String(128)),
    Column("business_line", String(128)),
    Column("user_type", String(128)),
    Column("product", String(128)),
    Column("payment_method", String(128)),
    Column("region", String(128)),
    Column("platform", String(128)),
    Column("app_version", String(128)),
    Column("channel", String(128)),
    Column("handled_by", String(128)),
    Column("vendor", String(128)),
    Column("team", String(128)),
    Column("priority", String(128)),
    Column("escalated", Boolean),
    Column("requester", String(64), comment="keyed hash"),
    Column("tags", SealedJson),
    Column("custom", SealedJson),
    Column("counted", Boolean, nullable=False, comment="false before it is mined, and after merge, delete or spam"),
    Column("status", String(16), nullable=False),
    Column("csat", Integer),
    Column(
        "demand",
        String(16),
        nullable=False,
        default="customer",
        server_default="customer",
        comment="what wrote it: only `customer` is demand; replies of machines, spam and agents' messages are kept apart",
    ),
    Column("demand_rule", String(16), comment="what that is founded on; NULL where no rule says that it is not demand"),
    Column(
        "suspected", String(16), comment="kind that its wording suggests, and that it is once the wording is repeated"
    ),
    Column("skeleton", String(32), comment="keyed hash of its text without numbers; NULL once the text is erased"),
)
Index("ix_tickets_time", tickets.c.time)
Index("ix_tickets_source", tickets.c.source, tickets.c.time)
Index(
    "ix_tickets_attributes",
    tickets.c.time,
    tickets.c.counted,
    tickets.c.business_line,
    tickets.c.region,
    tickets.c.vendor,
    tickets.c.product,
    tickets.c.user_type,
    tickets.c.channel,
    tickets.c.id,
)
"""What the console counts by where no counts are kept: it need not read the rows, which are long."""
Index(
    "ix_tickets_not_demand",
    tickets.c.demand,
    tickets.c.time,
    postgresql_where=tickets.c.demand != "customer",
    sqlite_where=tickets.c.demand != "customer",
)
Index("ix_tickets_requester_skeleton", tickets.c.requester, tickets.c.skeleton, tickets.c.time)
Index(
    "ix_tickets_suspected",
    tickets.c.skeleton,
    tickets.c.time,
    postgresql_where=tickets.c.suspected.is_not(None),
    sqlite_where=tickets.c.suspected.is_not(None),
)

vectors = Table(
    "vectors",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("model", String(128), primary_key=True),
    Column("vector", LargeBinary, nullable=False, comment="little-endian float16 of unit length"),
    Column(
        "language",
        String(16),
        comment="language of the ticket where the model does not read it: the vector is of the words; NULL for one of the model",
    ),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("time", UtcTime, nullable=False, comment="text of the ticket older than this is never stored"),
    Column("mined_epoch", BigInteger, nullable=True, comment="epoch that erased the vector, too"),
    Column("erased_until", UtcTime, nullable=True, comment="a person erased what is older, its vector and hashes, too"),
)
Index(
    "ix_tombstones_erased",
    tombstones.c.mined_epoch,
    postgresql_where=tombstones.c.erased_until.is_not(None) & tombstones.c.mined_epoch.is_(None),
    sqlite_where=tombstones.c.erased_until.is_not(None) & tombstones.c.mined_epoch.is_(None),
)

offsets = Table(
    "offsets",
    metadata,
    Column("stream", String(1024), primary_key=True, comment="a file's name, or topic"),
    Column("partition", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False, comment="bytes read of a file; next offset of a partition"),
    Column("lines", BigInteger, nullable=False),
    Column(
        "fingerprint",
        String(64),
        nullable=False,
        comment="of the start of what was read: distinguishes another file of the same name",
    ),
    Column("newest", UtcTime, comment="newest ticket event time in it"),
    Column("ended", Boolean, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("stream", String(1024), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column(
        "element",
        Integer,
        nullable=False,
        server_default="0",
        comment="number among the refused ones of one position: a page of JSON holds many",
    ),
    Column("reason", String(32), nullable=False),
    Column("detail", SealedText, nullable=False, comment="one redacted sentence"),
    Column("excerpt", SealedText, nullable=False, comment="redacted"),
    Column("refused_at", UtcTime, nullable=True, comment="wall clock of the last attempt; NULL: not known"),
    Column(
        "reading",
        Json,
        nullable=True,
        comment="how its file was read: mapping, format, encoding, content; NULL: not known",
    ),
    Column("subject", String(256), nullable=True, comment="ticket that it concerns; NULL: not readable"),
    Column("requester", String(64), nullable=True, comment="keyed hash; NULL: none, or not readable"),
    UniqueConstraint("stream", "partition", "position", "element"),
)
Index("ix_quarantine_reason", quarantine.c.reason, quarantine.c.id)
Index(
    "ix_quarantine_subject",
    quarantine.c.subject,
    postgresql_where=quarantine.c.subject.is_not(None),
    sqlite_where=quarantine.c.subject.is_not(None),
)
Index(
    "ix_quarantine_requester",
    quarantine.c.requester,
    postgresql_where=quarantine.c.requester.is_not(None),
    sqlite_where=quarantine.c.requester.is_not(None),
)

source_profiles = Table(
    "source_profiles",
    metadata,
    Column("source", String(256), primary_key=True),
    Column("grain", Integer, nullable=False, comment="seconds: 1, 3600 or 86400, the finest step of its times"),
    Column("zone", String(64), nullable=True, comment="IANA zone of its times where they have none of their own"),
    Column("skew", Float, nullable=False, comment="seconds that its clock is ahead of ours"),
    Column(
        "numeric_ids",
        Json,
        nullable=True,
        comment="forms of its ids that are numbers by nature, by field, as its first thousand show; NULL: not decided",
    ),
)

macros = Table(
    "macros",
    metadata,
    Column("beginning", String(256), primary_key=True, comment="start of the sentence, in lower case"),
    Column("tickets", Integer, nullable=False, comment="tickets that it was found in when it was learned"),
    Column("learned_at", UtcTime, nullable=False, comment="wall clock"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("system", String(64), nullable=False),
    Column("delivery_id", String(256), nullable=False, comment="the sender's own; a repeat has the same"),
    Column("received_at", UtcTime, nullable=False, comment="wall clock"),
    Column("events", SealedJson, nullable=False, comment="redacted events, ready to be stored"),
    UniqueConstraint("system", "delivery_id"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("system", String(64), primary_key=True),
    Column("site", String(256), primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("updated_at", UtcTime, nullable=False, comment="wall clock"),
)

guessed_settings = Table(
    "guessed_settings",
    metadata,
    Column("name", String(128), primary_key=True, comment="a setting that was not given when tickets first came in"),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False, comment="one sentence"),
)

launches = Table(
    "launches",
    metadata,
    Column("source", String(256), primary_key=True),
    Column("subject", String(256), primary_key=True),
    Column("id", String(256), primary_key=True, comment="each revision of the plan has its own"),
    Column("time", UtcTime, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("start", UtcTime, nullable=False),
    Column("end", UtcTime, nullable=False),
    Column("scope", Json, nullable=False),
    Column("tolerance", Float, nullable=False),
    Column("expected", Json, nullable=False),
    Column(
        "abouts", LargeBinary, nullable=True, comment="float16 vectors of the example texts, in the order of `expected`"
    ),
    Column(
        "cancelled",
        Boolean,
        nullable=False,
        default=False,
        server_default=false(),
        comment="with this revision it is as if it had never been planned",
    ),
)

changes = Table(
    "changes",
    metadata,
    Column("source", String(256), primary_key=True),
    Column("subject", String(256), primary_key=True),
    Column("id", String(256), primary_key=True, comment="each revision of the record has its own"),
    Column("time", UtcTime, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("scope", Json, nullable=False),
    Column("url", Text),
    Column("themes", Json, nullable=True, comment="numbers of the themes that it concerns; NULL: it may concern any"),
)

# ── what was mined ───────────────────────────────────────────────────────────────────────────────────────────────────
miner = Table(
    "miner",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("next_epoch", BigInteger, nullable=True, comment="first epoch that is still open"),
    Column("first_epoch", BigInteger, nullable=True),
    Column("state", Json, nullable=False, comment="counters and calibrations that no row holds"),
)

themes = Table(
    "themes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("keywords", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("size", Integer, nullable=False),
    Column("first_seen", UtcTime),
    Column("last_seen", UtcTime),
    Column("born_epoch", BigInteger, nullable=False),
    Column(
        "language",
        String(16),
        comment="language of its tickets where the model does not read it; NULL for other themes",
    ),
    Column(
        "several_problems",
        Boolean,
        nullable=False,
        default=False,
        server_default=false(),
        comment="its tickets have only the language in common: it is no problem, and is not alerted as one",
    ),
    Column("named_size", Integer, nullable=False, comment="size when it was last named"),
    Column("merged_into", Integer, _row_of("themes.id")),
    Column("known_issue", Json),
    Column("disposition", Json, comment="what a person made of it: archived until it escalates, or resolved"),
    Column("owner", String(128)),
    Column(
        "name_pinned",
        Boolean,
        nullable=False,
        default=False,
        server_default=false(),
        comment="a person gave the name: it is never changed automatically",
    ),
    Column(
        "owner_pinned",
        Boolean,
        nullable=False,
        default=False,
        server_default=false(),
        comment="a person assigned the owner: the ownership file does not change it",
    ),
)

lineage = Table(
    "lineage",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("theme_id", Integer, _row_of("themes.id"), nullable=False, index=True),
    Column("other_id", Integer, _row_of("themes.id")),
    Column("tickets", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("figures", Json, nullable=False),
)

assignments = Table(
    "assignments",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("theme_id", Integer, nullable=True, comment="NULL: unthemed"),
    Column("epoch", BigInteger, nullable=False, comment="epoch of the latest assignment"),
    Column("how", String(16), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("nearest", Integer, comment="nearest theme, also of an unthemed ticket"),
    Column(
        "remembered",
        Boolean,
        nullable=False,
        comment="whether its vector may draw others: not once retracted or erased",
    ),
)

Index("ix_assignments_theme_id", assignments.c.theme_id, assignments.c.epoch)
Index("ix_assignments_epoch", assignments.c.epoch)

segments = Table(
    "segments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", String(1024), nullable=False, unique=True),
)

counts = Table(
    "counts",
    metadata,
    Column("theme_id", Integer, primary_key=True, comment="0: all tickets"),
    Column("segment_id", Integer, primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
)
Index("ix_counts_bucket", counts.c.bucket)

bands = Table(
    "bands",
    metadata,
    Column("theme_id", Integer, primary_key=True, comment="0: all tickets"),
    Column("hour", Integer, primary_key=True, comment="hours since 1970"),
    Column("mean", Float, nullable=False, comment="tickets expected in the hour, said when the hour began"),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("launch_id", String(256), comment="the launch whose envelope it is"),
)

Index(
    "ix_bands_launch_id",
    bands.c.launch_id,
    bands.c.theme_id,
    postgresql_where=bands.c.launch_id.is_not(None),
    sqlite_where=bands.c.launch_id.is_not(None),
)

reviews = Table(
    "reviews",
    metadata,
    Column("launch_id", String(256), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("start", UtcTime, nullable=False),
    Column("end", UtcTime, nullable=False),
    Column("segment", Json, nullable=False, comment="where it was looked at: the scope, or everything"),
    Column("until", UtcTime, nullable=False, comment="end of the epoch that looked back at it"),
    Column("planned", Json, nullable=False, comment="ids of the themes that its plan named"),
    Column("planned_all", Boolean, nullable=False),
    Column(
        "seen",
        Json,
        nullable=False,
        comment="by theme (0: all tickets) and phase of the launch: tickets, and what was usual",
    ),
)

spikes = Table(
    "spikes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("theme_id", Integer, nullable=False, index=True),
    Column("segment", Json, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("start", UtcTime, nullable=False),
    Column("end", UtcTime),
    Column("detected_at", UtcTime, nullable=False),
    Column("observed", Integer, nullable=False),
    Column("expected", Float, nullable=False),
    Column("ratio", Float, nullable=False),
    Column("p_value", Float, nullable=False),
    Column("q_value", Float, nullable=False),
    Column("severity", Float, nullable=False),
    Column("now_observed", Integer, nullable=False),
    Column("launch_id", String(256)),
    Column("gate", String(32)),
    Column("incident_id", Integer, index=True, comment="the event that it is a sign of; NULL: none yet"),
    Column("evidence", Json, nullable=False),
    Column("verdict", Text, nullable=False, comment="what explains it, or that nothing does, in a sentence"),
    Column("note", Text),
    Column("state", Json, nullable=False, comment="what the detector needs to go on"),
)
Index("ix_spikes_open", spikes.c.theme_id, postgresql_where=spikes.c.end.is_(None), sqlite_where=spikes.c.end.is_(None))

causes = Table(
    "causes",
    metadata,
    Column("spike_id", Integer, _row_of("spikes.id"), primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("segment", Json),
    Column("change_id", String(256)),
    Column("contribution", Float, nullable=False),
    Column("relative_risk", Float),
    Column("interval", Json),
    Column("score", Float, nullable=False),
    Column("reason", Text, nullable=False),
)

trends = Table(
    "trends",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("theme_id", Integer, nullable=False, index=True, comment="0: all tickets"),
    Column("segment", Json, nullable=False),
    Column("start", UtcTime, nullable=False, comment="edge of a day, UTC"),
    Column("end", UtcTime, comment="edge of a day, UTC; NULL: it lasts"),
    Column("detected_at", UtcTime, nullable=False),
    Column("days", Integer, nullable=False, comment="length of the window that showed it"),
    Column("observed", Integer, nullable=False, comment="tickets since its start"),
    Column("expected", Float, nullable=False),
    Column("p_value", Float, nullable=False),
    Column("gate", String(32), comment="why digests do not report it; NULL: they do"),
    Column("outcome", String(16), comment="why it ended; NULL: it lasts"),
)

# ── what was known when ──────────────────────────────────────────────────────────────────────────────────────────────
corrections = Table(
    "corrections",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("epoch", BigInteger, nullable=False, index=True),
    Column(
        "cells",
        LargeBinary,
        nullable=False,
        comment="what the epoch changed in counts of other epochs' buckets: zlib of int32 (theme, segment, bucket, n)",
    ),
)

courses = Table(
    "courses",
    metadata,
    Column("spike_id", Integer, _row_of("spikes.id"), primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False, comment="at whose end the episode stood so"),
    Column("theme_id", Integer, nullable=False),
    Column("segment", Json, nullable=False),
    Column("end", UtcTime),
    Column("observed", Integer, nullable=False),
    Column("expected", Float, nullable=False),
    Column("severity", Float, nullable=False),
    Column("gate", String(32)),
)

frames = Table(
    "frames",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False, comment="from which on it holds"),
    Column("value", Json, nullable=False, comment="settings, flags and resolved plans that spikes were judged with"),
)

# ── what reaches people ──────────────────────────────────────────────────────────────────────────────────────────────
alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("theme_id", Integer, nullable=False, index=True),
    Column("spike_id", Integer, _row_of("spikes.id"), index=True),
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
    Column("markdown", SealedText, nullable=False),
    Column("html", SealedText, nullable=False),
    Column("kind", String(16), nullable=False, server_default="daily", comment="daily, weekly, launch_day"),
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

# ── what people decided, and who may mine ────────────────────────────────────────────────────────────────────────────
decisions = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("actor", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("theme_id", Integer, nullable=False),
    Column("payload", Json, nullable=False),
    Column("applied_epoch", BigInteger, nullable=True, index=True),
    Column("why", Text, nullable=True, comment="redacted"),
    Column("due_epoch", BigInteger, nullable=True, comment="epoch that applies it, in a replay; NULL: the next one"),
    Column(
        "undone_by",
        BigInteger,
        _row_of("decisions.id"),
        nullable=True,
        comment="the decision that undid it; its own id: withdrawn while pending",
    ),
    Column("outcome", Json, nullable=True, comment="what applying it did, or why it was refused"),
)

decision_tickets = Table(
    "decision_tickets",
    metadata,
    Column("decision_id", BigInteger, _row_of("decisions.id"), primary_key=True),
    Column("ticket_id", String(256), primary_key=True),
    Column("from_theme", Integer, nullable=True, comment="NULL: unthemed"),
    Column("to_theme", Integer, nullable=True, comment="NULL: unthemed"),
)
Index("ix_decision_tickets_ticket_id", decision_tickets.c.ticket_id)

rebuilds = Table(
    "rebuilds",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("actor", String(128), nullable=False),
    Column("model", String(128), nullable=False, comment="whose vectors were grouped"),
    Column(
        "metric",
        String(64),
        _row_of("metrics.version"),
        nullable=True,
        comment="the learned metric that they were compared in",
    ),
    Column("state", String(16), nullable=False, comment="ready, asked, switched, discarded"),
    Column("next_epoch", BigInteger, nullable=False, comment="first epoch that was open when it was made"),
    Column("report", SealedJson, nullable=False),
)

rebuilt = Table(
    "rebuilt",
    metadata,
    Column("rebuild_id", BigInteger, _row_of("rebuilds.id"), primary_key=True),
    Column("ticket_id", String(256), primary_key=True),
    Column("from_theme", Integer, nullable=True, comment="its theme when the rebuild was made"),
    Column("to_theme", Integer, nullable=True, comment="NULL: unthemed; negative: a theme that would be born"),
)

metrics = Table(
    "metrics",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("model", String(128), nullable=False),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("labels", Integer, nullable=False, comment="labelled tickets that it was learned from"),
    Column("state", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("actor", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(256), nullable=False),
    Column("detail", Json, nullable=False),
)
Index("ix_audit_at", audit.c.at)
Index("ix_audit_actor", audit.c.actor, audit.c.at)
Index("ix_audit_action", audit.c.action, audit.c.at)
Index("ix_audit_subject", audit.c.subject, audit.c.at)

leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("token", BigInteger, nullable=False, comment="fencing token: grows with every holder"),
    Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
)

# ── what was erased, and what is no longer kept ──────────────────────────────────────────────────────────────────────
requester_tombstones = Table(
    "requester_tombstones",
    metadata,
    Column("requester", String(64), primary_key=True, comment="keyed hash"),
    Column("time", UtcTime, nullable=False, comment="text of the requester's tickets older than this is never stored"),
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", UtcTime, nullable=False, comment="wall clock; text older than this is never stored"),
    Column("actor", String(128), nullable=False),
    Column("scope", String(16), nullable=False, comment="ticket or requester"),
    Column("subject", String(64), nullable=False, comment="keyed hash of what was erased"),
    Column("proof", Json, nullable=True, comment="signed: what was removed from where; NULL: it was not finished yet"),
)
Index("ix_erasures_subject", erasures.c.subject)

erased_tickets = Table(
    "erased_tickets",
    metadata,
    Column("erasure_id", String(64), primary_key=True),
    Column("ticket_id", String(256), primary_key=True),
)

quotations = Table(
    "quotations",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("kind", String(16), primary_key=True, comment="what quotes its text: digest, rebuild"),
    Column("key", String(512), primary_key=True, comment="outbox key of the digest, number of the rebuild"),
)

retained = Table(
    "retained",
    metadata,
    Column("kind", String(16), primary_key=True, comment="kind of data: text, vectors, events, …"),
    Column("since", UtcTime, nullable=False, comment="what is older was removed and is not stored again"),
    Column("applied_at", UtcTime, nullable=False, comment="wall clock"),
)

encryption_keys = Table(
    "encryption_keys",
    metadata,
    Column("id", String(16), primary_key=True, comment="name of a key that ticket text is encrypted with, not the key"),
    Column("since", UtcTime, nullable=False, comment="wall clock of its first use"),
)

requester_keys = Table(
    "requester_keys",
    metadata,
    Column(
        "fingerprint", String(64), primary_key=True, comment="of the key that requesters are hashed with, not the key"
    ),
    Column("since", UtcTime, nullable=False, comment="wall clock of its first use"),
)

# ── what ran by schedule ─────────────────────────────────────────────────────────────────────────────────────────────
flow_runs = Table(
    "flow_runs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("flow", String(64), nullable=False),
    Column("started_at", UtcTime, nullable=False, comment="wall clock"),
    Column("ended_at", UtcTime, nullable=True, comment="wall clock; NULL: it runs, or its process was killed"),
    Column("outcome", String(16), nullable=True, comment="completed, failed; NULL: it has not ended"),
    Column("problem", Text, nullable=True, comment="why it failed, redacted"),
)
Index("ix_flow_runs_flow", flow_runs.c.flow, flow_runs.c.id)

# ── who may look ─────────────────────────────────────────────────────────────────────────────────────────────────────
people = Table(
    "people",
    metadata,
    Column("name", String(128), primary_key=True, comment="how the person signs in and is named in the audit log"),
    Column("role", String(16), nullable=False),
    Column("scope", Json, nullable=False, comment="allowed values by dimension; empty: everything"),
    Column("password", String(256), comment="argon2 hash; NULL: signs in elsewhere, or not yet"),
    Column("subject", String(512), unique=True, comment="issuer and subject of OpenID Connect"),
    Column("time_zone", String(64)),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
    Column("disabled_at", UtcTime, comment="wall clock"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person", String(128), nullable=False),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
    Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
    Column("used_at", UtcTime, comment="wall clock"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person", String(128), nullable=False, index=True),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
    Column("seen_at", UtcTime, nullable=False, comment="wall clock, to the minute"),
    Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("label", String(128), nullable=False),
    Column("person", String(128), nullable=False, comment="who made it"),
    Column("permissions", Json, nullable=False),
    Column("scope", Json, nullable=False, comment="allowed values by dimension; empty: everything"),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
    Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
    Column("revoked_at", UtcTime, comment="wall clock"),
    Column("used_at", UtcTime, comment="wall clock, to the minute"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, comment="keyed hash of a name or an address"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)
Index("ix_sign_in_attempts_key", sign_in_attempts.c.key, sign_in_attempts.c.at)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("person", String(128), nullable=False, comment="who saved it, and sees it"),
    Column("name", String(100), nullable=False, comment="redacted"),
    Column(
        "query", Text, nullable=False, comment="query of the board's address: filters, order and grouping, redacted"
    ),
    Column("saved_at", UtcTime, nullable=False, comment="wall clock"),
    UniqueConstraint("person", "name"),
)

# ── how themes are arranged for people ───────────────────────────────────────────────────────────────────────────────
theme_layout = Table(
    "theme_layout",
    metadata,
    Column("theme_id", Integer, primary_key=True, autoincrement=False),
    Column("x", Float, nullable=False, comment="position on the map, -1 to 1"),
    Column("y", Float, nullable=False, comment="position on the map, -1 to 1"),
    Column("family_id", Integer, comment="number of the family, kept from one layout to the next; NULL: in none"),
    Column("family_name", Text),
    Column("at", UtcTime, nullable=False, comment="event time of the layout"),
)

# ── how tickets were handled ─────────────────────────────────────────────────────────────────────────────────────────
ticket_handling = Table(
    "ticket_handling",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("theme_id", Integer, comment="theme of the ticket; NULL: unthemed"),
    Column("source", String(256), nullable=False),
    Column("business_line", String(128)),
    Column("user_type", String(128)),
    Column("product", String(128)),
    Column("payment_method", String(128)),
    Column("region", String(128)),
    Column("platform", String(128)),
    Column("channel", String(128)),
    Column("language", String(128)),
    Column("priority", String(128), comment="the latest"),
    Column("created_by", String(128), comment="who handled it first: ai, human or vendor"),
    Column("handled_by", String(128), comment="who handled it last: ai, human or vendor"),
    Column("vendor", String(128), comment="vendor that handled it last"),
    Column("team", String(128), comment="team that handled it last"),
    Column("resolved_by", String(128), comment="who handled it when it was solved first"),
    Column("created_at", UtcTime, nullable=False),
    Column("removed_at", UtcTime, comment="merged, deleted or spam; NULL: it counts"),
    Column("first_reply_at", UtcTime, comment="first public answer"),
    Column("first_human_reply_at", UtcTime),
    Column("first_resolved_at", UtcTime),
    Column("first_reopened_at", UtcTime),
    Column("resolved_at", UtcTime, comment="solved last; NULL: it is open"),
    Column("escalated_at", UtcTime, comment="escalated first; NULL: never"),
    Column("rated_at", UtcTime),
    Column("csat", Integer, comment="1 to 5"),
    Column("reopens", Integer, nullable=False),
    Column("replies", Integer, nullable=False, comment="public answers"),
    Column("human_replies", Integer, nullable=False, comment="public answers of persons"),
    Column("replies_before_resolution", Integer, nullable=False),
    Column("messages", Integer, nullable=False, comment="what the requester wrote after the creation"),
    Column("transfers", Integer, nullable=False, comment="changes of handler, vendor or team"),
    Column("had_human", Boolean, nullable=False, comment="whether a person handled or answered it at any time"),
    Column("requester_wait", Float, nullable=False, comment="seconds that it waited for the requester"),
    Column("third_party_wait", Float, nullable=False, comment="seconds that it waited for a third party"),
)
Index("ix_ticket_handling_created_at", ticket_handling.c.created_at)
Index("ix_ticket_handling_theme_id", ticket_handling.c.theme_id, ticket_handling.c.created_at)
Index("ix_ticket_handling_first_resolved_at", ticket_handling.c.first_resolved_at)

ticket_resolutions = Table(
    "ticket_resolutions",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1: the first time that it was solved"),
    Column("resolved_at", UtcTime, nullable=False),
    Column("reopened_at", UtcTime, comment="NULL: it is solved since"),
)
Index("ix_ticket_resolutions_resolved_at", ticket_resolutions.c.resolved_at)

sla_cycles = Table(
    "sla_cycles",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("policy", String(128), primary_key=True, comment="name of the policy, or of the source's own service level"),
    Column(
        "target", String(16), primary_key=True, comment="first_reply, next_reply, resolution; stated: by the source"
    ),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1: the first promise of this target"),
    Column("started_at", UtcTime, nullable=False),
    Column("stopped_at", UtcTime, comment="NULL: it is open"),
    Column("due_at", UtcTime, comment="when an open one is missed as things are; NULL: stopped, missed or paused"),
    Column("breached_at", UtcTime, comment="when it was missed; NULL: it was not, or `due_at` decides"),
    Column("elapsed", Float, nullable=False, comment="seconds of the policy's time that have run"),
)
Index("ix_sla_cycles_due_at", sla_cycles.c.due_at)
Index("ix_sla_cycles_breached_at", sla_cycles.c.breached_at)
Index("ix_sla_cycles_stopped_at", sla_cycles.c.stopped_at)

handling_groups = Table(
    "handling_groups",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="digest of the other columns"),
    Column("dimension", String(32), nullable=False, comment="a column of ticket_handling; empty: all tickets"),
    Column("value", String(256), nullable=False, comment="its value; empty: tickets without one"),
    Column("filter_dimension", String(32), nullable=False, comment="a second column; empty: there is none"),
    Column("filter_value", String(256), nullable=False),
)
Index(
    "ix_handling_groups_value", handling_groups.c.dimension, handling_groups.c.filter_dimension, handling_groups.c.value
)
Index(
    "ix_handling_groups_filter_value",
    handling_groups.c.dimension,
    handling_groups.c.filter_dimension,
    handling_groups.c.filter_value,
)

handling_cells = Table(
    "handling_cells",
    metadata,
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False, comment="days since 1970, UTC"),
    Column("created", Integer, nullable=False, comment="by the day of creation, as the next five"),
    Column("escalated", Integer, nullable=False),
    Column("transferred", Integer, nullable=False),
    Column("ai_begun", Integer, nullable=False, comment="AI handled them first"),
    Column("ai_decided", Integer, nullable=False, comment="of these, solved or taken by a person"),
    Column("ai_alone", Integer, nullable=False, comment="of these, solved by AI without a person"),
    Column("resolved", Integer, nullable=False, comment="by the day of the first solution, as the next two"),
    Column("reopened", Integer, nullable=False),
    Column("one_touch", Integer, nullable=False),
    Column("rated", Integer, nullable=False, comment="by the day of the rating"),
    Column("satisfied", Integer, nullable=False, comment="ratings of 4 and 5"),
    Column("opened", Integer, nullable=False, comment="came into the backlog: created or reopened"),
    Column("closed", Integer, nullable=False, comment="left the backlog: solved or removed"),
    Column("first_reply_kept", Integer, nullable=False, comment="promises by the day of decision, as the next seven"),
    Column("first_reply_missed", Integer, nullable=False),
    Column("next_reply_kept", Integer, nullable=False),
    Column("next_reply_missed", Integer, nullable=False),
    Column("resolution_kept", Integer, nullable=False),
    Column("resolution_missed", Integer, nullable=False),
    Column("stated_kept", Integer, nullable=False),
    Column("stated_missed", Integer, nullable=False),
    Column(
        "durations",
        LargeBinary,
        comment="histograms of durations by the day of creation, see models/metrics/histogram.py",
    ),
    sqlite_with_rowid=False,
)

# ── procedures ───────────────────────────────────────────────────────────────────────────────────────────────────────
sops = Table(
    "sops",
    metadata,
    Column("slug", String(80), primary_key=True, comment="name of the procedure in addresses and commands"),
    Column("version", Integer, nullable=False, comment="number of its newest version"),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
)

sop_versions = Table(
    "sop_versions",
    metadata,
    Column("slug", String(80), ForeignKey("sops.slug"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1: the first version"),
    Column("title", Text, nullable=False, comment="redacted"),
    Column("body", Text, nullable=False, comment="Markdown, redacted"),
    Column("tree", Text, nullable=False, comment="decision tree in YAML, redacted; empty: none"),
    Column("owner", String(128), nullable=False, comment="who keeps it right: a person, team or audience"),
    Column("review_on", Date, comment="first day on which its review is overdue; NULL: it needs none"),
    Column("note", Text, nullable=False, comment="why the version was written, redacted"),
    Column("author", String(128), nullable=False, comment="user name of who wrote the version"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)

sop_links = Table(
    "sop_links",
    metadata,
    Column("slug", String(80), ForeignKey("sops.slug"), primary_key=True),
    Column("kind", String(16), primary_key=True, comment="what it is for: theme or known_issue"),
    Column("target", Integer, primary_key=True, autoincrement=False, comment="number of the theme or known issue"),
    Column("actor", String(128), nullable=False, comment="user name of who linked it"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)
Index("ix_sop_links_kind", sop_links.c.kind, sop_links.c.target)
