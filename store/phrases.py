"""Phrases in what was made of tickets, such as names of themes in reasons and digests, and their replacement."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Connection, Table, Text, cast, or_, select, true, update

from store.encryption import SealedJson, SealedText, cipher_of
from store.schema import (
    alerts,
    audit,
    causes,
    decided_signals,
    decisions,
    digests,
    incident_events,
    known_issue_events,
    lineage,
    outbox,
    rebuilds,
    silences,
    spikes,
    theme_layout,
    theme_transitions,
)

TEXTS = (
    alerts.c.reason, spikes.c.verdict, spikes.c.note, causes.c.reason, incident_events.c.reason, known_issue_events.c.reason,
    theme_transitions.c.reason, decided_signals.c.reason, silences.c.reason, theme_layout.c.family_name,
)  # fmt: skip
"""Sentences with names of themes."""

PAGES = (digests.c.markdown, digests.c.html)
"""Pages with names of themes, escaped."""

VALUES = (
    lineage.c.figures,
    incident_events.c.detail,
    decided_signals.c.stages,
    silences.c.matchers,
    outbox.c.payload,
    rebuilds.c.report,
    decisions.c.payload,
    decisions.c.outcome,
    audit.c.detail,
    digests.c.facts,
    digests.c.narration,
)
"""JSON with names of themes, and with their keywords."""


@dataclass(frozen=True, slots=True)
class Replacements:
    """What is replaced: `phrases` by others as whole words, `escaped` the same as digests write them; `keywords` are dropped."""

    phrases: Mapping[str, str]
    escaped: Mapping[str, str]
    keywords: frozenset[str] = frozenset()

    def in_text(self, text: str) -> str:
        """Replace the phrases in a sentence."""
        return _replaced(text, self.phrases)

    def in_page(self, text: str) -> str:
        """Replace the phrases in a rendered digest."""
        return _replaced(text, self.escaped)

    def in_value(self, value: Any) -> Any:
        """Replace the phrases in every text of a JSON value, and drop the keywords from its lists of keywords."""
        if isinstance(value, str):
            return self.in_text(value)
        if isinstance(value, list):
            return [self.in_value(one) for one in value]
        if not isinstance(value, dict):
            return value
        found = {name: self.in_value(one) for name, one in value.items()}
        if isinstance(value.get("keywords"), list):
            found["keywords"] = [one for one in value["keywords"] if one not in self.keywords]
        return found


def replace_phrases(connection: Connection, found: Replacements) -> dict[str, int]:
    """Replace phrases in all that was made of tickets; returns how many values of each table changed."""
    changed: dict[str, int] = {}
    for columns, replace, wanted in (
        (TEXTS, found.in_text, found.phrases),
        (PAGES, found.in_page, found.escaped),
        (VALUES, found.in_value, [_in_json(one) for one in (*found.phrases, *found.keywords)]),
    ):
        for column in columns:
            number = _replace(connection, column, replace, wanted)
            if number:
                table = column.table.name
                changed[table] = changed.get(table, 0) + number
    return changed


def _replace(connection: Connection, column: Column[Any], replace: Any, wanted: Collection[str]) -> int:
    table: Table = column.table
    keys = list(table.primary_key.columns)
    changed = 0
    for row in connection.execute(
        select(*keys, column.label("held")).where(_contains(connection, column, wanted))
    ).all():
        value = replace(row.held)
        if value != row.held:
            one = [key == at for key, at in zip(keys, row, strict=False)]
            connection.execute(update(table).where(*one).values({column.name: value}))
            changed += 1
    return changed


def _contains(connection: Connection, column: Column[Any], wanted: Collection[str]) -> ColumnElement[bool]:
    if cipher_of(connection.dialect) is not None and isinstance(column.type, SealedText | SealedJson):
        # The database cannot look into what is encrypted: every value is read and compared.
        return true()
    text = cast(column, Text)
    return or_(*(text.contains(one, autoescape=True) for one in wanted))


def _replaced(text: str, phrases: Mapping[str, str]) -> str:
    # The longest first: one name may begin with another.
    for old, new in sorted(phrases.items(), key=lambda pair: -len(pair[0])):
        if old in text:
            # A backslash in the replacement would be read as a group.
            text = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new.replace("\\", r"\\"), text)
    return text


def _in_json(text: str) -> str:
    return orjson.dumps(text).decode()[1:-1]
