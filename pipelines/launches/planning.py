"""A plan as a person writes it: what it must say, which names it may use, and from when on the miner can know of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from sqlalchemy import Connection, select

from models.event import LaunchData
from models.formats import harmless
from models.invalid_value import what_is_valid
from models.nearest_names import alternatives, nearest_names
from models.redaction import quoted
from store.epochs import read_mined_until
from store.errors import StoreError
from store.launch_counts import read_known_values
from store.plans import newest_revision
from store.schema import launches, themes
from store.survivors import survivors
from store.types import LARGEST_ID

LONGEST_TITLE = 200
LONGEST_ABOUT = 2_000
MOST_LINES = 40
"""Lines of one plan: more of them are a catalogue, which nobody checks."""

_OFFERED = 3
"""Themes that are offered in place of a number that no theme has: those with most tickets."""


@dataclass(frozen=True, slots=True)
class PlanFault:
    """What is wrong with a plan: where (`scope`, `title`, `line 2`), and the sentence that says so."""

    field: str
    sentence: str


class PlanRefused(StoreError):
    """A plan that cannot be written as it is; `faults` has a sentence for each thing that is wrong."""

    def __init__(self, faults: Iterable[PlanFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(one.sentence for one in self.faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDraft:
    """A launch to write: `data` has the fields of `LaunchData`, `known_since` None means as soon as the miner can know of it."""

    launch_id: str
    data: Mapping[str, Any]
    known_since: datetime | None = None


class PlanningDesk(Protocol):
    """What writing and previewing plans needs from outside: both raise `PlanRefused`."""

    def write(self, draft: PlanDraft) -> str:
        """Write a revision of a plan; return what became of it: added, revised or unchanged."""

    def embed(self, text: str) -> NDArray[np.floating]:
        """Return the vector of a redacted text, by the model that the database was mined with."""


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The names that a plan may use: values by dimension, themes by number and by name, launches. Empty before anything is mined."""

    values: Mapping[str, Collection[str]]
    themes: Mapping[int, str]
    launches: Collection[str]
    merged: Mapping[int, int]

    @property
    def nothing_mined(self) -> bool:
        """Whether there is nothing that a name could be checked by."""
        return not self.themes and not any(self.values.values())


def read_known_names(connection: Connection, dimensions: Collection[str]) -> KnownNames:
    """Read the names that a plan may use; themes with most tickets first."""
    query = select(themes.c.id, themes.c.name).where(themes.c.merged_into.is_(None), themes.c.size > 0)
    found = {row.id: row.name for row in connection.execute(query.order_by(themes.c.size.desc(), themes.c.id))}
    subjects = connection.execute(select(launches.c.subject).distinct()).scalars()
    return KnownNames(read_known_values(connection, dimensions), found, sorted(subjects), survivors(connection))


def known_since(connection: Connection, now: datetime) -> datetime:
    """Return the time from which a plan that is written at `now` (wall clock) is known, in event time.

    The miner uses a plan from the first epoch that ends after that time. On data that lag behind the clock that is the next epoch to
    be mined and not the one in which the data reach the clock.
    """
    frontier = read_mined_until(connection)
    return now if frontier is None else min(now, frontier)


def read_plan(data: Mapping[str, Any]) -> LaunchData:
    """Validate what a plan says, without its names. Raises `PlanRefused` with a sentence for each field that does not fit."""
    try:
        plan = LaunchData.model_validate(data)
    except ValidationError as error:
        raise PlanRefused(_fault(one) for one in error.errors()) from error
    faults = [*_of_texts(plan)]
    if len(plan.expected) > MOST_LINES:
        faults.append(PlanFault("lines", f"received {len(plan.expected)} lines; valid are up to {MOST_LINES}"))
    if faults:
        raise PlanRefused(faults)
    return plan


def unknown_names(
    scope: Mapping[str, str],
    lines: Sequence[Mapping[str, Any]],
    known: KnownNames,
    own_id: str | None,
    *,
    allow_unknown: bool,
) -> list[PlanFault]:
    """Find the dimensions, values, themes and launches of a plan that are unknown, each with the nearest names.

    With `allow_unknown` a value that no ticket has had yet is accepted: it may exist from the launch on. Where nothing was mined yet no
    value and no theme can be checked.
    """
    faults = []
    for name, value in scope.items():
        if name not in known.values:
            faults.append(PlanFault("scope", _unknown("dimension", name, known.values, "none that a scope can have")))
        elif not allow_unknown and not known.nothing_mined and value not in known.values[name]:
            faults.append(PlanFault("scope", _unknown_value(name, value, known)))
    for at, line in enumerate(lines, start=1):
        theme, like = line.get("theme"), line.get("like")
        if theme is not None and not known.nothing_mined:
            faults += _of_theme(theme, known, f"line {at}")
        if like is not None and (like not in known.launches or like == own_id):
            others = [one for one in known.launches if one != own_id]
            faults.append(PlanFault(f"line {at}", _unknown("launch", like, others, "no other launch on record")))
    return faults


def check_names(plan: LaunchData, known: KnownNames, own_id: str | None, *, allow_unknown: bool) -> None:
    """Raise `PlanRefused` where a plan uses unknown names, see `unknown_names`."""
    lines = [one.model_dump() for one in plan.expected]
    faults = unknown_names(plan.scope, lines, known, own_id, allow_unknown=allow_unknown)
    if faults:
        raise PlanRefused(faults)


def cancelling(connection: Connection, launch_id: str) -> dict[str, Any]:
    """Return what a revision must say to cancel a launch that has not begun, or to end one that runs where the data are now.

    Raises `PlanRefused` where there is no such launch, or where it is over or cancelled already.
    """
    known = newest_revision(connection, "launch", launch_id, None)
    if known is None:
        raise PlanRefused([PlanFault("launch", f"received the launch {quoted(launch_id, 80)}, which is not on record")])
    mined = read_mined_until(connection)
    if known.cancelled or (mined is not None and known.end <= mined):
        said = "cancelled already" if known.cancelled else "over"
        raise PlanRefused([PlanFault("launch", f"received the launch {quoted(launch_id, 80)}, which is {said}")])
    if mined is not None and known.start < mined:
        return {"end": mined.isoformat()}
    return {"cancelled": True}


def theme_named(text: str, known: KnownNames, field: str) -> int:
    """Find the theme that a person means by its number, or by its name or a part of it that one theme alone has.

    Raises `PlanRefused` with the nearest names.
    """
    plain = text.strip().removeprefix("#")
    number = plain.split(" ", 1)[0] if text.strip().startswith("#") else plain
    if number.isdecimal():
        found = int(number) if len(number) <= len(str(LARGEST_ID)) else LARGEST_ID + 1
        faults = [] if known.nothing_mined and found <= LARGEST_ID else _of_theme(found, known, field)
        if faults:
            raise PlanRefused(faults)
        return found
    wanted = " ".join(plain.split()).casefold()
    same = [theme for theme, name in known.themes.items() if name.casefold() == wanted]
    part = [theme for theme, name in known.themes.items() if wanted and wanted in name.casefold()]
    for candidates in (same, part):
        if len(candidates) == 1:
            return candidates[0]
    raise PlanRefused([PlanFault(field, _unclear_theme(text, same or part, known))])


def _unclear_theme(text: str, candidates: list[int], known: KnownNames) -> str:
    said = quoted(text, 80)
    if candidates:
        offered = alternatives(f"#{theme} {known.themes[theme]}" for theme in candidates[:5])
        return (
            f"received the theme {said}, which {len(candidates)} themes are called; write the number of one: {offered}"
        )
    names = {f"#{theme} {name}": name for theme, name in known.themes.items()}
    by_name = {name: said for said, name in reversed(names.items())}
    near = [by_name[name] for name in nearest_names(text, by_name)]
    tail = _offer(near) if near else "; write a theme's name or number, or an example text instead"
    return f"received the theme {said}, which no theme is called{tail}"


def _of_theme(theme: int, known: KnownNames, field: str) -> list[PlanFault]:
    if known.merged.get(theme, theme) in known.themes:
        return []
    offered = [f"#{one} {name}" for one, name in list(known.themes.items())[:_OFFERED]]
    tail = f"; the largest are {alternatives(offered)}" if offered else ""
    return [PlanFault(field, f"received the theme {theme}, which does not exist or holds no ticket{tail}")]


def _offer(near: Sequence[str]) -> str:
    return f"; the nearest {'is' if len(near) == 1 else 'are'} {alternatives(near)}" if near else ""


def _unknown(noun: str, name: str, known: Iterable[str], what: str) -> str:
    names = list(known)
    near = nearest_names(name, names) or tuple(names[:9])
    tail = _offer(near)
    return f"received the {noun} {quoted(name, 80)}, which is {what}{tail}"


def _unknown_value(dimension: str, value: str, known: KnownNames) -> str:
    values = known.values[dimension]
    near = nearest_names(value, values) or tuple(list(values)[:3])
    elsewhere = [name for name, others in known.values.items() if name != dimension and value in others]
    tail = _offer(near)
    if elsewhere:
        tail += f"; it is a value of {alternatives(elsewhere)}"
    said = quoted(value, 80)
    return f"received {dimension} {said} in the scope, which no ticket has had{tail}"


def _fault(error: Mapping[str, Any]) -> PlanFault:
    place = [str(one) for one in error.get("loc", ())]
    if place[:1] == ["expected"]:
        field = f"line {int(place[1]) + 1}" if len(place) > 1 and place[1].isdecimal() else "lines"
    else:
        field = place[0] if place else "end"
    if error["type"] == "missing":
        return PlanFault(field, f"received no {place[-1]}; a plan needs one")
    name = place[-1] if place else "plan"
    said = f"received {quoted(str(error.get('input', '')), 80)} as the {name}: " if place else ""
    return PlanFault(field, f"{said}{what_is_valid(error)}")


def _of_texts(plan: LaunchData) -> Iterable[PlanFault]:
    texts = [("title", plan.title, LONGEST_TITLE)]
    texts += [
        (f"line {at}", line.about, LONGEST_ABOUT)
        for at, line in enumerate(plan.expected, start=1)
        if line.about is not None
    ]
    for field, text, longest in texts:
        if not text.strip():
            yield PlanFault(field, f"received no {'title' if field == 'title' else 'example text'}; write one")
        elif len(text) > longest:
            yield PlanFault(field, f"received {len(text):,} characters; valid are up to {longest:,}")
        elif harmless(text) != text:
            yield PlanFault(field, "received control characters; valid is plain text")
