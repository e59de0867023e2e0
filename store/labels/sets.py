"""Label sets and their versions, which are only ever added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from models.formats import harmless
from models.labelling.label_set import LabelSet, read_label_sets
from models.redaction import redact_value
from models.times import rfc3339
from store.audit import record
from store.labels.errors import LabelInvalid, LabelSetUnknown
from store.schema import label_set_versions, label_sets
from store.upsert import insert_new

DEFAULT_SET = "cases"
"""The set that comes with the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSetVersion:
    """A stored version of a label set; `number` 0 and no author where it comes with the program and is not stored yet."""

    label_set: LabelSet
    author: str | None = None
    at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Write it as `labels sets --json` does."""
        return {
            "name": self.label_set.name, "version": self.label_set.version, **self.label_set.as_json(), "author": self.author,
            "at": rfc3339(self.at),
        }  # fmt: skip


def write_label_set(connection: Connection, given: LabelSet, *, actor: str, at: datetime) -> LabelSet:
    """Add a version of a set in the caller's transaction and return it; one that says what the newest says is left out.

    Texts are redacted. Raises `LabelInvalid` where a set has lost its form by that.
    """
    try:
        wanted = LabelSet.parse(given.name, redact_value(given.as_json()))
    except ValueError as error:
        raise LabelInvalid(str(error)) from error
    insert_new(connection, label_sets, [{"name": wanted.name, "version": 0, "created_at": at}])
    # Two writers wait for each other at this row.
    query = select(label_sets.c.version).where(label_sets.c.name == wanted.name).with_for_update()
    newest = connection.execute(query).scalar_one()
    if newest:
        known = read_label_set(connection, wanted.name, newest)
        if known.as_json() == wanted.as_json():
            return known
    number = newest + 1
    connection.execute(update(label_sets).where(label_sets.c.name == wanted.name).values(version=number))
    values = {"name": wanted.name, "number": number, "definition": _definition(wanted), "author": actor, "at": at}
    connection.execute(insert(label_set_versions).values(values))
    record(
        connection, at=at, actor=actor, action="wrote a label set", subject=f"label set {wanted.name}",
        detail={"version": number},
    )  # fmt: skip
    return replace(wanted, version=number)


def read_label_set(connection: Connection, name: str, version: int | None = None) -> LabelSet:
    """Read a version of a set, by default the newest. Raises `LabelSetUnknown`."""
    if harmless(name) != name:
        raise LabelSetUnknown(name, version)
    mine = label_set_versions.c.name == name
    query = select(label_set_versions).where(mine).order_by(label_set_versions.c.number.desc()).limit(1)
    if version is not None:
        query = query.where(label_set_versions.c.number == version)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise LabelSetUnknown(name, version)
    return _version(row).label_set


def stored_label_set(connection: Connection, name: str, *, actor: str, at: datetime) -> LabelSet:
    """Return the newest version of a set; one that comes with the program is stored first. Raises `LabelSetUnknown`."""
    try:
        return read_label_set(connection, name)
    except LabelSetUnknown:
        coming = next((one for one in read_label_sets() if one.name == name), None)
        if coming is None:
            raise
        return write_label_set(connection, coming, actor=actor, at=at)


def list_label_sets(connection: Connection) -> list[LabelSetVersion]:
    """List the newest version of each set by name, those that come with the program included."""
    newest = label_set_versions.c.number == label_sets.c.version
    query = select(label_set_versions).join(label_sets, (label_sets.c.name == label_set_versions.c.name) & newest)
    stored = {row.name: _version(row) for row in connection.execute(query)}
    coming = {one.name: LabelSetVersion(label_set=one) for one in read_label_sets()}
    return [found for _, found in sorted((coming | stored).items())]


def _definition(wanted: LabelSet) -> dict[str, Any]:
    """Write a set with its questions in order, which the keys of stored JSON have not."""
    said = wanted.as_json()
    return {**said, "questions": [{"name": name, **one} for name, one in said["questions"].items()]}


def _version(row: Row[Any]) -> LabelSetVersion:
    questions = {one["name"]: {key: one[key] for key in one if key != "name"} for one in row.definition["questions"]}
    found = LabelSet.parse(row.name, {**row.definition, "questions": questions}, row.number)
    return LabelSetVersion(label_set=found, author=row.author, at=row.at)
