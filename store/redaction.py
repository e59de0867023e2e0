"""Redaction of what is stored already: rows that an older version wrote, by the rules of this one.

Every column of text and of JSON is either redacted here or named in `KEPT` with the reason; a test holds that of each column of the
schema. Identities are kept: what replaces them is decided before an event is stored (`stream.identity`), and rows refer to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Table, delete, insert, literal, select, tuple_, update

from models.quotation import without_quotes
from models.redaction import Redactor
from store.handling_cells import forget_cells
from store.redacted_values import IDENTITIES, StoredValues
from store.schema import (
    alerts,
    audit,
    causes,
    changes,
    channel_states,
    counts,
    courses,
    decided_signals,
    decisions,
    digests,
    events,
    flow_runs,
    frames,
    inbox,
    incident_events,
    incidents,
    known_issue_events,
    known_issues,
    label_adjudications,
    label_cases,
    label_claims,
    label_gold,
    label_queues,
    label_set_versions,
    launches,
    lineage,
    macros,
    outbox,
    quarantine,
    rebuilds,
    reviews,
    saved_views,
    segments,
    silences,
    sla_cycles,
    sop_versions,
    spikes,
    theme_layout,
    theme_transitions,
    themes,
    ticket_handling,
    tickets,
    trends,
)

BATCH = 500
"""Rows of a transaction: others that write wait for so many at most."""

REDACTED: Mapping[Table, tuple[str, ...]] = {
    events: ("data",),
    tickets: (
        "title", "body", "language", "business_line", "user_type", "product", "payment_method", "region", "platform", "app_version",
        "channel", "handled_by", "vendor", "team", "priority", "tags", "custom",
    ),
    ticket_handling: (
        "business_line", "user_type", "product", "payment_method", "region", "platform", "channel", "language", "priority",
        "created_by", "handled_by", "vendor", "team", "resolved_by",
    ),
    sla_cycles: ("policy",),
    quarantine: ("detail", "excerpt"),
    inbox: ("events",),
    macros: ("beginning",),
    launches: ("title", "scope", "expected"),
    changes: ("title", "scope", "url"),
    themes: ("name", "keywords", "known_issue", "owner"),
    known_issues: ("title", "owner", "jira", "workaround", "sop", "fix_version"),
    known_issue_events: ("reason",),
    theme_layout: ("family_name",),
    theme_transitions: ("reason",),
    lineage: ("reason", "figures"),
    segments: ("key",),
    saved_views: ("query",),
    sop_versions: ("title", "body", "tree", "owner", "note"),
    label_set_versions: ("definition",),
    label_queues: ("title",),
    label_cases: ("handled_by",),
    label_claims: ("reason",),
    label_adjudications: ("note",),
    label_gold: ("note",),
    reviews: ("segment", "seen"),
    spikes: ("segment", "evidence", "verdict", "note", "state"),
    causes: ("segment", "reason"),
    courses: ("segment",),
    trends: ("segment",),
    frames: ("value",),
    alerts: ("reason",),
    incidents: ("segment",),
    incident_events: ("reason", "detail"),
    decided_signals: ("reason", "stages"),
    silences: ("reason", "matchers"),
    outbox: ("payload", "problem"),
    channel_states: ("problem",),
    digests: ("markdown", "html", "facts", "narration"),
    decisions: ("payload", "why", "outcome"),
    rebuilds: ("report",),
    audit: ("detail",),
    flow_runs: ("problem",),
}  # fmt: skip
"""Columns that are redacted, by table; tables of which none is are left out."""

KEPT: Mapping[str, str] = {
    **dict.fromkeys((*IDENTITIES, "erasure_id", "other_id"), "an identity, which other rows refer to"),
    **dict.fromkeys(("requester", "skeleton", "fingerprint", "token", "token_hash", "password"), "a hash"),
    **dict.fromkeys(
        ("type", "kind", "state", "status", "from_state", "to_state", "from_status", "to_status",
         "how", "gate", "reason", "demand", "demand_rule", "suspected", "scope", "action", "name",
         "key", "audience", "channel", "channels", "refused", "sequence", "subject", "system", "model", "metric",
         "version", "zone", "interval", "verdict", "rule", "flow", "outcome", "role", "permissions", "time_zone", "label",
         "language", "target", "themes", "slug", "question", "questions", "set_name", "stratum"),
        "a name of ours or of the settings",
    ),
    **dict.fromkeys(
        ("actor", "author", "holder", "owner", "expired_by", "held_by", "person", "labeller", "labellers"),
        "who works here, not who writes tickets"
    ),
    **dict.fromkeys(("site", "cursor", "reference"), "what a system wants back as it was"),
    **dict.fromkeys(
        ("dimension", "filter_dimension", "filter_value"),
        "sums of the rows of handling, which are deleted where such a row is redacted",
    ),
    **dict.fromkeys(
        ("reading", "value", "planned", "proof", "numeric_ids", "disposition", "state_data"),
        "settings, numbers and signatures of ours",
    ),
}  # fmt: skip
"""Names of columns that are kept where `REDACTED` does not name them, and why."""

WITHDRAWN = "[redacted since]"
"""What replaces the quote of a ticket that was quoted before its text was redacted."""

Key = tuple[Any, ...]

MARKUP = frozenset({"html"})
"""Columns of HTML: only the text between the tags is redacted."""


@dataclass
class TableRedaction:
    """What was redacted, or would be, of a table: rows looked at, rows changed, and what was found by class."""

    table: str
    rows: int = 0
    changed: int = 0
    found: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it."""
        return {
            "table": self.table,
            "rows": self.rows,
            "changed": self.changed,
            "found": dict(sorted(self.found.items())),
        }


class StoredRedaction:
    """Redacts the tables of a database, batch by batch, each in a transaction of its own.

    What quotes tickets is redacted before the tickets: a run that was stopped or killed is run again, and finds by the tickets what is
    left to do. Events may come in meanwhile, but nothing may be mined: a miner would write back the names and segments that it has in
    memory. `guard` is called in each transaction, and raises where that is not sure any more.
    """

    def __init__(
        self,
        engine: Engine,
        redactor: Redactor,
        *,
        guard: Callable[[Connection], object] = lambda _: None,
        dry_run: bool = False,
        batch: int = BATCH,
    ) -> None:
        self._engine = engine
        self._redactor = redactor
        self._guard = guard
        self._dry_run = dry_run
        self._batch = batch
        self._quoted: Collection[str] = ()

    def tickets(self) -> set[str]:
        """Return the tickets whose title or text redaction would change; nothing is written."""
        found: set[str] = set()
        after: Key | None = None
        while True:
            with self._engine.connect().execution_options(writes=False) as connection:
                rows, after = self._rows(connection, tickets, after)
            found |= {row["id"] for row in rows if self._changed(tickets, row, Counter()).keys() & {"title", "body"}}
            if after is None:
                return found

    def digests(self, quoted: Collection[str]) -> TableRedaction:
        """Redact the stored digests, and replace the quotes of these tickets in them: a quote is shortened and escaped."""
        self._quoted = quoted
        return self._table(digests)

    def tables(self) -> Iterator[TableRedaction]:
        """Redact all other tables, one after the other; yields each when it is done."""
        yield from (self._table(table) for table in REDACTED if table is not digests)

    def _table(self, table: Table) -> TableRedaction:
        done = TableRedaction(table.name)
        after: Key | None = None
        while True:
            with self._engine.begin() as connection:
                self._guard(connection)
                rows, after = self._rows(connection, table, after, lock=not self._dry_run)
                for row in rows:
                    self._redact_row(connection, table, row, done)
            if after is None:
                return done

    def _rows(
        self, connection: Connection, table: Table, after: Key | None, *, lock: bool = False
    ) -> tuple[Sequence[RowMapping], Key | None]:
        """Read the next batch, in the order of the primary key; returns the key to go on after, None at the end."""
        keys = list(table.primary_key.columns)
        columns = [*REDACTED[table], *(["source"] if table is tickets else [])]
        query = select(*keys, *(table.c[name] for name in columns)).order_by(*keys).limit(self._batch)
        if after is not None:
            last = [literal(value, key.type) for key, value in zip(keys, after, strict=True)]
            query = query.where(tuple_(*keys) > tuple_(*last))
        rows = connection.execute(query.with_for_update() if lock else query).mappings().all()
        return rows, tuple(rows[-1][key.name] for key in keys) if len(rows) == self._batch else None

    def _redact_row(self, connection: Connection, table: Table, row: RowMapping, done: TableRedaction) -> None:
        done.rows += 1
        values = self._changed(table, row, done.found)
        if values:
            done.changed += 1
            if not self._dry_run:
                _store(connection, table, row, values)

    def _changed(self, table: Table, row: RowMapping, found: Counter[str]) -> dict[str, Any]:
        """Return the columns of a row that redaction changes, as they are to be."""
        classes: Counter[str] = Counter()
        before = {name: row[name] for name in REDACTED[table] if row[name] is not None}
        shown = before
        if table is digests:
            shown = {
                name: without_quotes(text, self._quoted, WITHDRAWN)[0] if isinstance(text, str) else text
                for name, text in before.items()
            }
        values = StoredValues(self._redactor, classes)
        after = (
            values.fields(shown, row["source"])
            if table is tickets
            else {name: _redacted(table, name, value, row, values) for name, value in shown.items()}
        )
        changed = {name: value for name, value in after.items() if value != before[name]}
        if changed:
            found.update(classes)
        return changed


def _redacted(table: Table, name: str, value: Any, row: RowMapping, values: StoredValues) -> Any:
    if table is segments:
        return values.segment(value)
    if table is events:
        return values.fields(value, row["source"])
    if table is inbox:
        return values.events(value)
    if isinstance(value, str):
        return values.html(value) if name in MARKUP else values.text(value)
    return values.json(value)


def _store(connection: Connection, table: Table, row: RowMapping, values: dict[str, Any]) -> None:
    unique = {segments: "key", macros: "beginning"}.get(table)
    if unique is not None and _is_taken(connection, table, unique, values[unique]):
        # Two values have become one: of two equal macros one is enough, and the counts of two equal segments are added up.
        if table is macros:
            connection.execute(delete(macros).where(macros.c.beginning == row["beginning"]))
        else:
            _merge_segment(connection, row["id"], values["key"])
        return
    if table is ticket_handling:
        # The sums by the values before would show them: the next refresh counts all anew.
        forget_cells(connection)
    where = [column == row[column.name] for column in table.primary_key.columns]
    connection.execute(update(table).where(*where).values(values))


def _merge_segment(connection: Connection, old: int, key: str) -> None:
    new = connection.execute(select(segments.c.id).where(segments.c.key == key)).scalar_one()
    for cell in connection.execute(select(counts).where(counts.c.segment_id == old)).all():
        same = (counts.c.theme_id == cell.theme_id) & (counts.c.segment_id == new) & (counts.c.bucket == cell.bucket)
        if not connection.execute(update(counts).where(same).values(n=counts.c.n + cell.n)).rowcount:
            row = {"theme_id": cell.theme_id, "segment_id": new, "bucket": cell.bucket, "n": cell.n}
            connection.execute(insert(counts).values(row))
    connection.execute(delete(counts).where(counts.c.segment_id == old))
    connection.execute(delete(segments).where(segments.c.id == old))


def _is_taken(connection: Connection, table: Table, name: str, value: str) -> bool:
    return connection.execute(select(table.c[name]).where(table.c[name] == value)).first() is not None
