"""The person, or the program with a token, that a request comes from."""

from __future__ import annotations

from dataclasses import dataclass

from models.access.role import Permission, Role
from models.access.scope import EVERYTHING, AccessScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who looks: a name for the audit log, what they may do, and the part of all tickets that they may see.

    `role` is None for an API token, whose permissions are listed one by one. `time_zone` is an IANA name, None for that of the browser.
    """

    name: str
    permissions: frozenset[Permission]
    role: Role | None = None
    scope: AccessScope = EVERYTHING
    time_zone: str | None = None

    def may(self, permission: Permission | str) -> bool:
        """Check whether the person has a permission."""
        return permission in self.permissions


def local_person(name: str) -> Person:
    """Return the single user of a console on loopback, who may do everything."""
    return Person(name=name, role=Role.ADMIN, permissions=frozenset(Permission))
