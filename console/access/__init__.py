"""Who looks at the console: the person of a request, what a route needs, and the notes of looks at ticket text."""

from console.access.identity import Identity, LinkSignIn, PeopleSignIn
from console.access.looks import Looks
from console.access.needs import Needs, PermissionMissing, Public, ScopeTooNarrow, SignInRequired, needs, public

__all__ = [
    "Identity",
    "LinkSignIn",
    "Looks",
    "Needs",
    "PeopleSignIn",
    "PermissionMissing",
    "Public",
    "ScopeTooNarrow",
    "SignInRequired",
    "needs",
    "public",
]
