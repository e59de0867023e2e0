"""Planning launches, for the form and the JSON interface alike: preview, write, cancel."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from models.access import Person
from models.clock import Clock
from models.event import LaunchData
from models.redaction import quoted, redact
from pipelines.launches.plan_lines import IndexCache
from pipelines.launches.plan_preview import PlanPreview, PreviewRules, preview_plan
from pipelines.launches.planning import (
    KnownNames,
    PlanDraft,
    PlanFault,
    PlanningDesk,
    PlanRefused,
    cancelling,
    check_names,
    known_since,
    read_known_names,
    read_plan,
    theme_named,
)
from pipelines.settings import MiningSettings
from store.audit import record
from store.board import snapshot
from store.plans import newest_revision

LONGEST_SLUG = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """A plan as a person sends it.

    `data` has the fields of `LaunchData`, a theme also by its name. `launch_id` None: a new launch. `known_since` None: as soon as
    possible. `allow_unknown` accepts values of the scope that no ticket has had.
    """

    data: Mapping[str, Any]
    launch_id: str | None = None
    known_since: datetime | None = None
    allow_unknown: bool = False


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """A plan whose names are known, and what it means."""

    plan: LaunchData
    preview: PlanPreview


@dataclass(frozen=True, slots=True)
class Planning:
    """Checks, previews and writes plans. Without a `desk` nothing is written and no example text can be previewed."""

    engine: Engine
    clock: Clock
    mining: MiningSettings
    desk: PlanningDesk | None = None
    cache: IndexCache = field(default_factory=IndexCache)

    def check(self, asked: PlanRequest) -> CheckedPlan:
        """Check a plan and work out what it means. Raises `PlanRefused` with a sentence for each thing that is wrong."""
        with snapshot(self.engine) as connection:
            plan = self._checked(connection, asked)
            rules = PreviewRules(mining=self.mining, cache=self.cache, embed=self._embed, own_id=asked.launch_id)
            since = asked.known_since or known_since(connection, self.clock())
            return CheckedPlan(plan, preview_plan(connection, plan, rules, since))

    def write(self, asked: PlanRequest, person: Person, named: str | None = None) -> tuple[str, str]:
        """Write a plan; return the launch's id and what became of it: added, revised, unchanged. Raises `PlanRefused`.

        `named` is the id that a new launch is to have.
        """
        with snapshot(self.engine) as connection:
            plan = self._checked(connection, asked)
            launch_id = asked.launch_id or named or _new_id(connection, plan)
            if asked.launch_id is not None and newest_revision(connection, "launch", launch_id, None) is None:
                raise _unknown(launch_id)
        data = plan.model_dump(mode="json", exclude={"cancelled"})
        state = self._write(PlanDraft(launch_id=launch_id, data=data, known_since=asked.known_since))
        self._note(person, f"launch {state}", launch_id)
        return launch_id, state

    def cancel(self, launch_id: str, person: Person) -> str:
        """Cancel a launch, or end one that runs; return which: cancelled or ended. Raises `PlanRefused`."""
        with snapshot(self.engine) as connection:
            data = cancelling(connection, launch_id)
        self._write(PlanDraft(launch_id=launch_id, data=data))
        state = "cancelled" if data.get("cancelled") else "ended"
        self._note(person, f"launch {state}", launch_id)
        return state

    def known_names(self, connection: Connection) -> KnownNames:
        """Read the names that a plan may use."""
        return read_known_names(connection, self.mining.dimensions)

    def _checked(self, connection: Connection, asked: PlanRequest) -> LaunchData:
        known = self.known_names(connection)
        faults: list[PlanFault] = []
        lines = _with_numbers(asked.data.get("expected") or (), known, faults)
        try:
            plan = read_plan({**asked.data, "expected": lines})
            check_names(plan, known, asked.launch_id, allow_unknown=asked.allow_unknown)
        except PlanRefused as error:
            raise PlanRefused([*error.faults, *faults]) from error
        if faults:
            raise PlanRefused(faults)
        return plan

    def _embed(self, text: str) -> Any:
        return self._ready().embed(text)

    def _write(self, draft: PlanDraft) -> str:
        return self._ready().write(draft)

    def _ready(self) -> PlanningDesk:
        if self.desk is None:
            raise PlanRefused(
                [PlanFault("plan", "received a plan, but this console writes none; use `groundswell launches add`")]
            )
        return self.desk

    def _note(self, person: Person, action: str, launch_id: str) -> None:
        with self.engine.begin() as connection:
            record(connection, at=self.clock(), actor=person.name, action=action, subject=f"launch {launch_id}"[:256])


def _with_numbers(lines: Any, known: KnownNames, faults: list[PlanFault]) -> list[Any]:
    """Replace names of themes by their numbers; what is wrong with a name is added to `faults`, and its line left out."""
    found: list[Any] = []
    for at, line in enumerate(lines if isinstance(lines, Sequence) and not isinstance(lines, str) else (), start=1):
        given = line.get("theme") if isinstance(line, Mapping) else None
        if given is None or isinstance(given, bool):
            found.append(line)
            continue
        try:
            found.append({**line, "theme": theme_named(str(given), known, f"line {at}")})
        except PlanRefused as error:
            faults += error.faults
    return found


def _new_id(connection: Connection, plan: LaunchData) -> str:
    """Name a launch by its title and day; the same plan sent twice is the same launch."""
    title = redact(plan.title).text
    slug = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:LONGEST_SLUG].strip("-") or plan.kind
    base = f"{slug}-{plan.start:%Y-%m-%d}"
    number = 1
    while True:
        launch_id = base if number == 1 else f"{base}-{number}"
        known = newest_revision(connection, "launch", launch_id, None)
        if known is None or (known.title, known.start, known.end) == (title, plan.start, plan.end):
            return launch_id
        number += 1


def _unknown(launch_id: str) -> PlanRefused:
    return PlanRefused([PlanFault("launch", f"received the launch {quoted(launch_id, 80)}, which is not on record")])
