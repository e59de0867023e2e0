"""The data map: what each column that can hold text holds, where that comes from, how long it is kept, and how it goes.

The documentation prints it, retention blanks by it, and a test compares it with the schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Column, LargeBinary, String

from store.encryption import SealedJson, SealedText
from store.retention.kinds import RetentionKind
from store.schema import metadata
from store.types import Json


class DataKind(StrEnum):
    """What a column holds, the most sensitive kind that it can hold; the values are shown."""

    TEXT = "ticket text"
    QUOTE = "quotes"
    DERIVED = "made of text"
    PSEUDONYM = "pseudonym"
    TYPED = "typed by staff"
    STAFF = "name of staff"
    ATTRIBUTE = "attribute"
    TECHNICAL = "no person"


class ErasureWay(StrEnum):
    """What an erasure does with what a column holds of the erased tickets; the values are shown."""

    BLANKED = "blanked"
    DELETED = "row deleted"
    REPLACED = "quotes and names replaced"
    RENAMED = "replaced by a random name"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class HeldData:
    """Columns of one table that are alike.

    Parameters
    ----------
    table, columns: where it is.
    kind: what it is.
    source: where it comes from, and what makes it sensitive or not.
    retention: the kind of data whose limit removes it; None where it is kept.
    erasure: what an erasure does with it.
    """

    table: str
    columns: tuple[str, ...]
    kind: DataKind
    source: str
    retention: RetentionKind | None = None
    erasure: ErasureWay = ErasureWay.KEPT


_KEY = "ids of the source system; sensitive ones are keyed hashes"
_REDACTED = "written by customers and agents, redacted before it is stored"
_FIGURES = "figures, ids of themes, and attributes of tickets"
_CONSTANT = "a word of a fixed list, or a number as text"
_PEOPLE = "typed by staff, redacted"
_CHOSEN = "what a person chose from a list after reading a ticket"
_NAMES = "sentences of figures and names of themes; names have no phrase of one person alone"


def _held(
    table: str,
    columns: str,
    kind: DataKind,
    source: str,
    retention: RetentionKind | None = None,
    erasure: ErasureWay = ErasureWay.KEPT,
) -> HeldData:
    return HeldData(table, tuple(columns.split()), kind, source, retention, erasure)


DATA_MAP: tuple[HeldData, ...] = (
    # ── what came in ──
    _held("events", "source id subject", DataKind.PSEUDONYM, f"{_KEY}; they prevent that an event is counted twice"),
    _held("events", "type", DataKind.TECHNICAL, _CONSTANT),
    _held("events", "data", DataKind.TEXT, f"comments and updates, {_REDACTED}", RetentionKind.EVENTS, ErasureWay.BLANKED),
    _held("tickets", "id source event_id", DataKind.PSEUDONYM, _KEY),
    _held("tickets", "title body tags custom", DataKind.TEXT, _REDACTED, RetentionKind.TEXT, ErasureWay.BLANKED),
    _held(
        "tickets", "skeleton", DataKind.DERIVED, "keyed hash of the text without numbers", RetentionKind.TEXT,
        ErasureWay.BLANKED,
    ),
    _held(
        "tickets", "requester", DataKind.PSEUDONYM, "keyed hash of the requester's normalised address or id",
        erasure=ErasureWay.RENAMED,
    ),
    _held(
        "tickets",
        "language business_line user_type product payment_method region platform app_version channel handled_by vendor team priority",
        DataKind.ATTRIBUTE, "attributes that tickets are counted by, redacted",
    ),
    _held("tickets", "status demand demand_rule suspected", DataKind.TECHNICAL, _CONSTANT),
    _held("vectors", "ticket_id", DataKind.PSEUDONYM, _KEY, RetentionKind.VECTORS, ErasureWay.DELETED),
    _held("vectors", "model language", DataKind.TECHNICAL, "name of a model; code of a language"),
    _held(
        "vectors", "vector", DataKind.DERIVED, "embedding of the redacted text, from which words can be guessed",
        RetentionKind.VECTORS, ErasureWay.DELETED,
    ),
    _held("tombstones", "ticket_id", DataKind.PSEUDONYM, f"{_KEY}; it prevents that erased text comes back"),
    _held("offsets", "stream fingerprint", DataKind.TECHNICAL, "paths of files and names of topics; hash of a file's start"),
    _held(
        "quarantine", "detail excerpt", DataKind.TEXT, "refused records, redacted", RetentionKind.QUARANTINE,
        ErasureWay.BLANKED,
    ),
    _held("quarantine", "subject requester", DataKind.PSEUDONYM, _KEY, RetentionKind.QUARANTINE, ErasureWay.BLANKED),
    _held("quarantine", "stream reason", DataKind.TECHNICAL, "paths of files and topics; a fixed list", RetentionKind.QUARANTINE),
    _held("quarantine", "reading", DataKind.TECHNICAL, "how a file was read: names of its columns, redacted", RetentionKind.QUARANTINE),
    _held("source_profiles", "source zone numeric_ids", DataKind.TECHNICAL, "names of sources and time zones; how ids are formed"),
    _held(
        "macros", "beginning", DataKind.DERIVED, "beginnings of sentences that many tickets share", erasure=ErasureWay.DELETED
    ),
    _held("inbox", "system", DataKind.TECHNICAL, "name of a system"),
    _held("inbox", "delivery_id", DataKind.TECHNICAL, "the sender's number of a delivery"),
    _held(
        "inbox", "events", DataKind.TEXT, "deliveries of webhooks, redacted, for the seconds until they are processed",
        erasure=ErasureWay.BLANKED,
    ),
    _held("cursors", "system site cursor", DataKind.TECHNICAL, "how far a system was read by its API"),
    _held("guessed_settings", "name value reason", DataKind.TECHNICAL, "settings, with the regions that they follow from"),
    _held("launches", "source subject id kind scope", DataKind.ATTRIBUTE, "ids and scopes of plans"),
    _held("launches", "title expected", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.REPLACED),
    _held("launches", "abouts", DataKind.DERIVED, "vectors of the example texts of plans, which staff typed"),
    _held("changes", "source subject id kind scope", DataKind.ATTRIBUTE, "ids and scopes of changes"),
    _held("changes", "themes", DataKind.TECHNICAL, "numbers of themes"),
    _held("changes", "title url", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.REPLACED),
    # ── what was mined ──
    _held("miner", "name", DataKind.TECHNICAL, _CONSTANT),
    _held("miner", "state", DataKind.PSEUDONYM, "ids of the tickets that are compared with, counters and calibrations"),
    _held(
        "themes", "name keywords", DataKind.DERIVED, "phrases that two persons' tickets at least contain, or a person's choice",
        erasure=ErasureWay.REPLACED,
    ),
    _held("themes", "known_issue", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.REPLACED),
    _held("themes", "state status owner language", DataKind.TECHNICAL, "a fixed list, and names of audiences"),
    _held("themes", "disposition", DataKind.TECHNICAL, "whether a person archived or resolved it, with figures of then"),
    _held("known_issues", "title jira workaround sop", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.REPLACED),
    _held("known_issues", "state owner fix_version", DataKind.TECHNICAL, "a fixed list, names of teams and versions"),
    _held("known_issue_tickets", "ticket_id", DataKind.PSEUDONYM, _KEY, erasure=ErasureWay.DELETED),
    _held("known_issue_tickets", "how", DataKind.TECHNICAL, _CONSTANT),
    _held("known_issue_events", "actor", DataKind.STAFF, "user name of who changed it"),
    _held("known_issue_events", "from_state to_state", DataKind.TECHNICAL, _CONSTANT),
    _held("known_issue_events", "reason", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.REPLACED),
    _held("trends", "segment", DataKind.ATTRIBUTE, "a business line"),
    _held("trends", "gate outcome", DataKind.TECHNICAL, _CONSTANT),
    _held("theme_transitions", "from_status to_status", DataKind.TECHNICAL, _CONSTANT),
    _held("theme_transitions", "actor", DataKind.STAFF, "user name of who decided"),
    _held("theme_transitions", "reason", DataKind.DERIVED, _NAMES, erasure=ErasureWay.REPLACED),
    _held("ticket_links", "ticket_id other_id source", DataKind.PSEUDONYM, _KEY),
    _held("ticket_links", "kind", DataKind.TECHNICAL, _CONSTANT),
    _held("lineage", "kind reason", DataKind.TECHNICAL, _CONSTANT),
    _held("lineage", "figures", DataKind.DERIVED, "figures, and names of themes before and after", erasure=ErasureWay.REPLACED),
    _held("assignments", "ticket_id", DataKind.PSEUDONYM, _KEY),
    _held("assignments", "how", DataKind.TECHNICAL, _CONSTANT),
    _held("segments", "key", DataKind.ATTRIBUTE, "attributes that tickets are counted by"),
    _held("bands", "launch_id", DataKind.TECHNICAL, "id of a plan"),
    _held("reviews", "launch_id kind segment planned seen", DataKind.TECHNICAL, _FIGURES),
    _held("spikes", "segment kind launch_id gate", DataKind.ATTRIBUTE, _FIGURES),
    _held("spikes", "evidence state", DataKind.PSEUDONYM, "ids of tickets, and figures"),
    _held("spikes", "verdict note", DataKind.DERIVED, _NAMES, erasure=ErasureWay.REPLACED),
    _held("causes", "kind segment change_id interval", DataKind.ATTRIBUTE, _FIGURES),
    _held("causes", "reason", DataKind.DERIVED, f"{_NAMES}; titles of changes and launches", erasure=ErasureWay.REPLACED),
    _held("corrections", "cells", DataKind.TECHNICAL, "numbers of tickets; `mining.journal` limits it"),
    _held("courses", "segment gate", DataKind.ATTRIBUTE, "figures of episodes; `mining.journal` limits them"),
    _held("frames", "value", DataKind.TECHNICAL, "settings, plans and flags that spikes were judged with; `mining.journal` limits it"),
    # ── what reaches people ──
    _held("alerts", "kind state audience", DataKind.TECHNICAL, "a fixed list, and names of audiences"),
    _held("alerts", "reason", DataKind.DERIVED, _NAMES, erasure=ErasureWay.REPLACED),
    _held("incidents", "state segment audience", DataKind.ATTRIBUTE, _FIGURES),
    _held("incidents", "state_data", DataKind.TECHNICAL, "figures at the last notification, and ids"),
    _held("incident_events", "kind", DataKind.TECHNICAL, _CONSTANT),
    _held("incident_events", "actor", DataKind.STAFF, "user name of who merged, split or acknowledged"),
    _held("incident_events", "reason detail", DataKind.DERIVED, _NAMES, erasure=ErasureWay.REPLACED),
    _held("decided_signals", "kind gate", DataKind.TECHNICAL, _CONSTANT),
    _held("decided_signals", "reason stages", DataKind.DERIVED, _NAMES, erasure=ErasureWay.REPLACED),
    _held("silences", "kind", DataKind.TECHNICAL, _CONSTANT),
    _held("silences", "owner expired_by", DataKind.STAFF, "user name of who silenced"),
    _held("silences", "reason matchers", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.REPLACED),
    _held("silences", "example", DataKind.DERIVED, "vector of an example text, which staff typed"),
    _held("living_messages", "subject audience channel reference", DataKind.TECHNICAL, "how a channel finds a message again"),
    _held("channel_states", "held_by", DataKind.STAFF, "user name of who paused it"),
    _held("channel_states", "name problem", DataKind.TECHNICAL, "names of channels, and what they answered, redacted"),
    _held("feedback", "subject audience verdict rule token", DataKind.TECHNICAL, "what was said of which alert; hash of a link"),
    _held(
        "outbox", "key kind audience state channels refused sequence problem", DataKind.TECHNICAL,
        "what was sent to which audience by which channel, and what it answered, redacted",
    ),
    _held("outbox", "payload", DataKind.DERIVED, _NAMES, RetentionKind.OUTBOX, ErasureWay.REPLACED),
    _held("digest_themes", "audience", DataKind.TECHNICAL, "which themes a digest is about", RetentionKind.DIGESTS),
    _held("digests", "audience kind", DataKind.TECHNICAL, "name of an audience", RetentionKind.DIGESTS),
    _held("digests", "facts narration", DataKind.DERIVED, _NAMES, RetentionKind.DIGESTS, ErasureWay.REPLACED),
    _held(
        "digests", "markdown html", DataKind.QUOTE, "digests quote redacted texts, each with the id of its ticket",
        RetentionKind.DIGESTS, ErasureWay.REPLACED,
    ),
    _held(
        "quotations", "ticket_id kind key", DataKind.PSEUDONYM, "what quotes which ticket", RetentionKind.DIGESTS,
        ErasureWay.DELETED,
    ),
    # ── what people decided ──
    _held("decisions", "actor", DataKind.STAFF, "user name of who decided"),
    _held("decisions", "kind", DataKind.TECHNICAL, _CONSTANT),
    _held("decisions", "payload why outcome", DataKind.TYPED, f"{_PEOPLE}; ids of tickets", erasure=ErasureWay.REPLACED),
    _held("decision_tickets", "ticket_id", DataKind.PSEUDONYM, _KEY),
    _held("rebuilds", "actor", DataKind.STAFF, "user name of who asked for it"),
    _held("rebuilds", "model metric state", DataKind.TECHNICAL, "names of models, and a fixed list"),
    _held(
        "rebuilds", "report", DataKind.QUOTE, "examples of proposed themes, each with the id of its ticket", RetentionKind.TEXT,
        ErasureWay.REPLACED,
    ),
    _held("rebuilt", "ticket_id", DataKind.PSEUDONYM, _KEY),
    _held("metrics", "version model", DataKind.TECHNICAL, "names of models and metrics"),
    _held("metrics", "state", DataKind.DERIVED, "weights that were learned from the vectors of many tickets"),
    _held("audit", "actor", DataKind.STAFF, "user name of who acted", RetentionKind.AUDIT),
    _held("audit", "action subject", DataKind.TECHNICAL, "what was done to what: ids and a fixed list", RetentionKind.AUDIT),
    _held("audit", "detail", DataKind.TYPED, _PEOPLE, RetentionKind.AUDIT, ErasureWay.REPLACED),
    _held("flow_runs", "flow outcome", DataKind.TECHNICAL, "names of flows, and how they ended; the newest runs of each"),
    _held("flow_runs", "problem", DataKind.TECHNICAL, "why a run failed: sentences of ours, redacted"),
    _held("leases", "name holder", DataKind.TECHNICAL, "names of processes"),
    _held("encryption_keys", "id", DataKind.TECHNICAL, "names of the keys that texts are encrypted with, not the keys"),
    # ── what was erased, and what is no longer kept ──
    _held("requester_tombstones", "requester", DataKind.PSEUDONYM, "keyed hash; it prevents that erased text comes back"),
    _held("erasures", "id scope subject", DataKind.PSEUDONYM, "keyed hash of what was erased, which the proof names"),
    _held("erasures", "actor", DataKind.STAFF, "user name of who erased"),
    _held("erasures", "proof", DataKind.PSEUDONYM, "numbers of what was removed, signed; no text"),
    _held("erased_tickets", "ticket_id erasure_id", DataKind.PSEUDONYM, f"{_KEY}; they are looked for when a proof is verified"),
    _held("retained", "kind", DataKind.TECHNICAL, _CONSTANT),
    _held("requester_keys", "fingerprint", DataKind.TECHNICAL, "of the key that requesters are hashed with, not the key"),
    # ── who may look ──
    _held("people", "name subject", DataKind.STAFF, "name that a person signs in with, and the identity at the provider of sign-in"),
    _held("people", "role scope time_zone", DataKind.TECHNICAL, "a fixed list, and values of dimensions"),
    _held("people", "password", DataKind.STAFF, "Argon2id hash, never the password"),
    _held("invitations", "token_hash", DataKind.TECHNICAL, "hash of a random one-time token"),
    _held("invitations", "person", DataKind.STAFF, "name of who is invited"),
    _held("sessions", "token_hash", DataKind.TECHNICAL, "hash of a random token"),
    _held("sessions", "person", DataKind.STAFF, "name of who signed in"),
    _held("api_tokens", "token_hash permissions scope", DataKind.TECHNICAL, "hash of a random token, and fixed lists"),
    _held("api_tokens", "label person", DataKind.STAFF, "what the token is for, and who made it"),
    _held("sign_in_attempts", "key", DataKind.STAFF, "keyed hash of a name or an address; kept for minutes"),
    _held("saved_views", "person", DataKind.STAFF, "name of who saved it"),
    _held("saved_views", "name query", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.KEPT),
    # ── procedures ──
    _held("sops", "slug", DataKind.TECHNICAL, "names of procedures"),
    _held("sop_versions", "slug", DataKind.TECHNICAL, "names of procedures"),
    _held("sop_versions", "title body tree note", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.REPLACED),
    _held("sop_versions", "owner author", DataKind.STAFF, "who keeps a procedure, and user name of who wrote a version"),
    _held("sop_links", "slug kind", DataKind.TECHNICAL, "names of procedures, and a fixed list"),
    _held("sop_links", "actor", DataKind.STAFF, "user name of who linked it"),
    # ── labels ──
    _held("label_sets", "name", DataKind.TECHNICAL, "names of label sets"),
    _held("label_set_versions", "name", DataKind.TECHNICAL, "names of label sets"),
    _held("label_set_versions", "definition", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.KEPT),
    _held("label_set_versions", "author", DataKind.STAFF, "user name of who wrote a version"),
    _held("label_queues", "title", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.KEPT),
    _held("label_queues", "kind set_name questions scope", DataKind.TECHNICAL, "fixed lists, and values of dimensions"),
    _held("label_queues", "labellers author", DataKind.STAFF, "names of who may label it, and user name of who drew it"),
    _held("label_cases", "ticket_id", DataKind.PSEUDONYM, _KEY, erasure=ErasureWay.DELETED),
    _held("label_cases", "handled_by stratum", DataKind.ATTRIBUTE, "who handled it; its theme and band", erasure=ErasureWay.DELETED),
    _held("label_claims", "labeller", DataKind.STAFF, "user name of who labels", erasure=ErasureWay.DELETED),
    _held("label_claims", "state", DataKind.TECHNICAL, _CONSTANT, erasure=ErasureWay.DELETED),
    _held("label_claims", "reason", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.DELETED),
    _held("labels", "labeller", DataKind.STAFF, "user name of who labelled", erasure=ErasureWay.DELETED),
    _held("labels", "question value", DataKind.DERIVED, _CHOSEN, erasure=ErasureWay.DELETED),
    _held("label_adjudications", "actor", DataKind.STAFF, "user name of who adjudicated", erasure=ErasureWay.DELETED),
    _held("label_adjudications", "question value", DataKind.DERIVED, _CHOSEN, erasure=ErasureWay.DELETED),
    _held("label_adjudications", "note", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.DELETED),
    _held("label_gold", "ticket_id", DataKind.PSEUDONYM, _KEY, erasure=ErasureWay.DELETED),
    _held("label_gold", "author", DataKind.STAFF, "user name of who gave it", erasure=ErasureWay.DELETED),
    _held("label_gold", "set_name question value", DataKind.DERIVED, _CHOSEN, erasure=ErasureWay.DELETED),
    _held("label_gold", "note", DataKind.TYPED, _PEOPLE, erasure=ErasureWay.DELETED),
    # ── how themes are arranged for people ──
    _held("theme_layout", "family_name", DataKind.DERIVED, _NAMES, erasure=ErasureWay.REPLACED),
    # ── how tickets were handled ──
    _held("ticket_handling", "ticket_id source", DataKind.PSEUDONYM, _KEY),
    _held("ticket_resolutions", "ticket_id", DataKind.PSEUDONYM, _KEY),
    _held("sla_cycles", "ticket_id", DataKind.PSEUDONYM, _KEY),
    _held("sla_cycles", "policy target", DataKind.TECHNICAL, "names of policies and of the service levels of a source"),
    _held("handling_groups", "dimension filter_dimension", DataKind.TECHNICAL, "names of columns of ticket_handling"),
    _held("handling_groups", "value filter_value", DataKind.ATTRIBUTE, "values of these columns, redacted"),
    _held("handling_cells", "durations", DataKind.TECHNICAL, "counts of durations"),
    _held(
        "ticket_handling",
        "business_line user_type product payment_method region platform channel language priority created_by handled_by vendor team "
        "resolved_by",
        DataKind.ATTRIBUTE, "attributes that figures are made by, redacted",
    ),
)  # fmt: skip


def readable_columns() -> Iterator[Column[object]]:
    """Yield each column of the schema that can hold text: texts, JSON and bytes."""
    for table in metadata.sorted_tables:
        yield from (
            one for one in table.columns if isinstance(one.type, String | Json | LargeBinary) or _wraps_text(one)
        )


def is_encrypted(table: str, column: str) -> bool:
    """Return whether a column is encrypted where keys are set."""
    return isinstance(metadata.tables[table].c[column].type, SealedText | SealedJson)


def columns_of(retention: RetentionKind, erasure: ErasureWay, table: str) -> tuple[str, ...]:
    """Return the columns of a table that a limit removes, and that an erasure treats in the same way."""
    return tuple(
        name
        for one in DATA_MAP
        if (one.table, one.retention, one.erasure) == (table, retention, erasure)
        for name in one.columns
    )


def _wraps_text(column: Column[object]) -> bool:
    """Return whether a type of its own, such as one that encrypts, stores text or bytes."""
    inner = getattr(column.type, "impl_instance", None)
    return isinstance(inner, String | LargeBinary)
