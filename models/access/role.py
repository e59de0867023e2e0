"""Roles of people, and the permissions that each role has."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """What a route of the console needs."""

    LOOK = "look"
    """See pages, figures and redacted evidence."""
    RATE = "rate"
    """Say whether an alert or digest was useful."""
    RESPOND = "respond"
    """Acknowledge and resolve alerts, merge and split incidents, silence."""
    DECIDE = "decide"
    """Rename, merge, split, move, pin and archive themes; known issues."""
    LABEL = "label"
    """Label cases of the scope, blind to what others said."""
    ADJUDICATE = "adjudicate"
    """Draw queues of cases, settle what labellers disagree on, and read what labels say of themes and labellers."""
    PLAN = "plan"
    """Plan launches and record changes."""
    OPERATE = "operate"
    """See and repair quarantine, outbox and channels."""
    ADMINISTER = "administer"
    """Invite people, give roles and tokens, read the audit log."""


class Role(StrEnum):
    """What a person is in the console."""

    VIEWER = "viewer"
    LABELLER = "labeller"
    SPECIALIST = "specialist"
    OPS = "ops"
    ADMIN = "admin"


_LOOKING = frozenset({Permission.LOOK, Permission.RATE})

ROLES = MappingProxyType(
    {
        Role.VIEWER: _LOOKING,
        Role.LABELLER: _LOOKING | {Permission.LABEL},
        Role.SPECIALIST: _LOOKING | {Permission.RESPOND, Permission.DECIDE, Permission.LABEL, Permission.ADJUDICATE},
        Role.OPS: _LOOKING | {Permission.RESPOND, Permission.PLAN, Permission.OPERATE},
        Role.ADMIN: frozenset(Permission),
    }
)
"""The permissions of each role."""


def permissions_of(role: Role) -> frozenset[Permission]:
    """Return the permissions of a role."""
    return ROLES[role]
