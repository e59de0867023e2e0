"""People who may sign in to the console: role, scope, and how they sign in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from models.access import AccessScope, Person, Role, permissions_of
from models.redaction import quoted
from models.times import rfc3339
from store.errors import StoreError
from store.schema import people


class PersonUnknown(StoreError):
    """There is no person of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"received the person {quoted(name)}, who does not exist; `groundswell people list` shows those who do"
        )


class PersonExists(StoreError):
    """There is a person of this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"received the person {quoted(name)}, who exists already; choose another name, or make a new link for this one"
        )


class LastAdmin(StoreError):
    """Nobody could administer the console any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{quoted(name)} is the last admin who can sign in; make somebody else an admin first")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """A person as stored. `password` is a hash, None until one is chosen; `subject` is the identity at a provider of sign-in."""

    name: str
    role: Role
    scope: AccessScope
    password: str | None
    subject: str | None
    time_zone: str | None
    created_at: datetime
    disabled_at: datetime | None

    @property
    def person(self) -> Person:
        """The person as a request's."""
        return Person(
            name=self.name, role=self.role, permissions=permissions_of(self.role), scope=self.scope, time_zone=self.time_zone
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Return the keys of `groundswell people list --json`."""
        return {
            "name": self.name,
            "role": self.role.value,
            "scope": self.scope.as_dict(),
            "signs_in": self.signs_in,
            "time_zone": self.time_zone,
            "created_at": rfc3339(self.created_at),
            "disabled_at": None if self.disabled_at is None else rfc3339(self.disabled_at),
        }

    @property
    def signs_in(self) -> str:
        """How the person signs in: `password`, `provider`, or `not yet`."""
        if self.password is not None:
            return "password"
        return "not yet" if self.subject is None else "provider"


def read_person(connection: Connection, name: str) -> PersonRecord:
    """Read a person. Raises `PersonUnknown`."""
    row = connection.execute(select(people).where(people.c.name == name)).one_or_none()
    if row is None:
        raise PersonUnknown(name)
    return _record(row)


def person_of_subject(connection: Connection, subject: str) -> PersonRecord | None:
    """Read the person with an identity at a provider of sign-in; None where nobody has it."""
    row = connection.execute(select(people).where(people.c.subject == subject)).one_or_none()
    return None if row is None else _record(row)


def list_people(connection: Connection) -> list[PersonRecord]:
    """Read all people, by name."""
    return [_record(row) for row in connection.execute(select(people).order_by(people.c.name))]


def add_person(connection: Connection, name: str, role: Role, scope: AccessScope, *, at: datetime) -> PersonRecord:
    """Add a person who cannot sign in yet. Raises `PersonExists`."""
    if connection.execute(select(people.c.name).where(people.c.name == name)).one_or_none() is not None:
        raise PersonExists(name)
    connection.execute(insert(people).values(name=name, role=role.value, scope=scope.as_dict(), created_at=at))
    return read_person(connection, name)


def change_person(connection: Connection, name: str, values: Mapping[str, Any]) -> PersonRecord:
    """Change columns of a person: `role`, `scope`, `password`, `subject`, `time_zone`, `disabled_at`.

    Raises `PersonUnknown`; `LastAdmin` where no admin who is not disabled would be left.
    """
    before = read_person(connection, name)
    if _administers(before):
        # Two admins who demote each other at once must wait for each other: else each would see the other as the one who is left.
        admins = select(people.c.name).where(people.c.role == Role.ADMIN.value).order_by(people.c.name)
        connection.execute(admins.with_for_update()).all()
    stored = {
        column: value.as_dict() if isinstance(value, AccessScope) else value.value if isinstance(value, Role) else value
        for column, value in values.items()
    }
    connection.execute(update(people).where(people.c.name == name).values(stored))
    after = read_person(connection, name)
    if (
        _administers(before)
        and not _administers(after)
        and not any(_administers(one) for one in list_people(connection))
    ):
        raise LastAdmin(name)
    return after


def _administers(record: PersonRecord) -> bool:
    return record.role is Role.ADMIN and record.disabled_at is None


def _record(row: Row[Any]) -> PersonRecord:
    return PersonRecord(
        name=row.name,
        role=Role(row.role),
        scope=AccessScope.of(row.scope),
        password=row.password,
        subject=row.subject,
        time_zone=row.time_zone,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
