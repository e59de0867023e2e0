"""What came in: events, tickets and their vectors, sources, refused records, launches and changes."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from store.encryption import SealedJson, SealedText
from store.schema.base import Id, metadata
from store.types import Json, UtcTime

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
