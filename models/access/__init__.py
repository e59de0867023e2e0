"""Who may see and do what: roles, permissions, scopes and the person who looks."""

from models.access.person import Person, local_person
from models.access.role import ROLES, Permission, Role, permissions_of
from models.access.scope import EVERYTHING, SCOPE_DIMENSIONS, AccessScope

__all__ = [
    "EVERYTHING",
    "ROLES",
    "SCOPE_DIMENSIONS",
    "AccessScope",
    "Permission",
    "Person",
    "Role",
    "local_person",
    "permissions_of",
]
