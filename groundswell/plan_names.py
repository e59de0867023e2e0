"""The names that a plan of the command line uses: themes found by name, and what is unknown refused with the nearest names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from groundswell.errors import UsageError
from pipelines.launches.planning import PlanRefused, read_known_names, theme_named, unknown_names

if TYPE_CHECKING:
    from groundswell.session import Session


def checked_plan(session: Session, launch: str, data: Mapping[str, Any], *, allow_unknown: bool) -> dict[str, Any]:
    """Return what a plan says with themes as numbers. Raises `UsageError` where a name is unknown."""
    from store.database import reading

    if not data.get("scope") and not data.get("expected"):
        return dict(data)
    with reading(session.engine) as connection:
        known = read_known_names(connection, session.settings.mining.dimensions)
    try:
        lines = [
            {**line, "theme": theme_named(str(line["theme"]), known, f"line {at}")} if "theme" in line else dict(line)
            for at, line in enumerate(data.get("expected", ()), start=1)
        ]
    except PlanRefused as error:
        raise UsageError(str(error)) from error
    # A launch that is missing is refused where the plan is written, which takes over what the other one says.
    named = [line for line in lines if "like" not in line]
    faults = unknown_names(data.get("scope", {}), named, known, launch, allow_unknown=allow_unknown)
    if faults:
        hint = (
            ""
            if allow_unknown or all(one.field != "scope" for one in faults)
            else "; --allow-unknown accepts a value that will exist"
        )
        raise UsageError("; ".join(one.sentence for one in faults) + hint)
    return {**data, "expected": lines} if "expected" in data else dict(data)
