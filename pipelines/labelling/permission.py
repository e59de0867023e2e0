"""The permission that each action of labelling needs."""

from __future__ import annotations

from models.access import Permission, Person
from store.labels.errors import LabelPermissionMissing


def require(person: Person, *permissions: Permission) -> None:
    """Raise `LabelPermissionMissing` unless the person has one of the permissions."""
    if not any(person.may(one) for one in permissions):
        raise LabelPermissionMissing(person, permissions[0])
