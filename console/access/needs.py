"""What a route needs: one permission, or nobody at all. Each route of the console declares one of the two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import BaseRoute

from models.access import Permission, Person


class SignInRequired(Exception):
    """Nobody is signed in; the text is one sentence."""

    def __init__(self) -> None:
        super().__init__("Nobody is signed in: sign in, or send an API token as `Authorization: Bearer …`.")


class PermissionMissing(Exception):
    """The person may not do this; the text is one sentence."""

    def __init__(self, person: Person, permission: Permission) -> None:
        super().__init__(
            f"{person.name} may not do this: it needs the permission {permission.value}; ask an admin of the console for it."
        )


class ScopeTooNarrow(Exception):
    """The page shows all tickets, and the person may see a part of them; the text is one sentence."""

    def __init__(self, person: Person) -> None:
        super().__init__(
            f"This shows all tickets, and {person.name} may see those of {person.scope.in_words()}; "
            "the board and the pages of themes show those."
        )


class Needs:
    """A dependency that gives the person who looks, or refuses.

    Without `narrows` a person with a limited scope is refused: a route declares it when it shows no more than `person.scope`.
    """

    def __init__(self, permission: Permission, *, narrows: bool) -> None:
        self.permission, self.narrows = permission, narrows

    def __call__(self, request: Request) -> Person:
        """Return the person. Raises `SignInRequired`, `PermissionMissing`, `ScopeTooNarrow`."""
        person: Person | None = request.app.state.identity.person(request)
        if person is None:
            raise SignInRequired
        if not person.may(self.permission):
            raise PermissionMissing(person, self.permission)
        if not self.narrows and not person.scope.is_everything:
            raise ScopeTooNarrow(person)
        return person


class Public:
    """A dependency that marks a route which needs nobody."""

    def __call__(self) -> None:
        """Let everybody in."""


def needs(permission: Permission, *, narrows: bool = False) -> Any:
    """Make the dependency of a route that needs a permission; it gives the `Person`."""
    return Depends(Needs(permission, narrows=narrows))


Administrator: TypeAlias = Annotated[Person, needs(Permission.ADMINISTER)]
"""The person, who administers the console."""
Decider: TypeAlias = Annotated[Person, needs(Permission.DECIDE)]
"""The person, who decides on themes and known issues."""
Anyone: TypeAlias = Annotated[Person, needs(Permission.LOOK, narrows=True)]
"""Whoever is signed in, of any scope: for what concerns the person alone."""


def public() -> Any:
    """Make the dependency of a route that needs nobody."""
    return Depends(Public())


def routes_of(routes: Sequence[BaseRoute]) -> list[RouteContext]:
    """List all routes that FastAPI answers, those of included routers with their whole paths; mounted applications are left out.

    An application keeps the routers that it includes as one route each, so that its own list does not have their routes.
    """
    return [one for one in iter_route_contexts(routes) if isinstance(one.original_route, APIRoute)]


def declared(route: RouteContext) -> list[Needs | Public]:
    """List what a route declares, its routers' declarations included."""
    return [one for one in _calls(route.dependant) if isinstance(one, (Needs, Public))]


def check_declared(routes: Sequence[BaseRoute]) -> None:
    """Raise `RuntimeError` where a route does not declare exactly one of `needs` and `public`: nothing is open by omission."""
    for route in routes_of(routes):
        found = len(declared(route))
        if found != 1:
            raise RuntimeError(
                f"the route {route.path} declares {found} permissions; declare one by `needs`, or `public`"
            )


def _calls(dependant: Dependant) -> Iterable[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)
