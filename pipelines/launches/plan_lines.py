"""The lines of a plan before it is written: which themes each means, and with which lift."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from models.event import ExpectedLift, LaunchData
from models.launch import Launch, PlannedLift
from models.redaction import redact
from models.segment import EVERYTHING, Segment
from models.spikes.launches.response import PastLaunch, responding_themes
from models.theme import ALL_TICKETS
from models.themes import LanguageIndexes
from pipelines.launches.resolve_plans import resolved
from pipelines.settings import MiningSettings
from pipelines.state.miner_state import restore_index
from store.epochs import read_miner, read_planned
from store.plans import read_launches
from store.reviews import read_reviews
from store.survivors import survivors

EmbedText = Callable[[str], NDArray[np.floating]]
"""Gives the vector of a redacted text, by the model that the database was mined with."""


@dataclass(frozen=True, slots=True)
class LiftedThemes:
    """Themes that share a line, the one that is lifted first, and the lift."""

    theme_ids: tuple[int, ...]
    lift: float


@dataclass(frozen=True, slots=True)
class ResolvedLine:
    """What a line of a plan means: its groups of themes; `lift_all` where it lifts what no line names."""

    groups: tuple[LiftedThemes, ...] = ()
    lift_all: float | None = None


class IndexCache:
    """The index of themes as of the last mined epoch: reading it takes a second or so, and a form is previewed many times."""

    def __init__(self) -> None:
        self._kept: tuple[int | None, LanguageIndexes] | None = None
        self._lock = Lock()

    def read(self, connection: Connection, mining: MiningSettings) -> LanguageIndexes | None:
        """Restore the index, or return the one that was restored for the same epoch; None before anything is mined."""
        row = read_miner(connection)
        model = str(row.state.get("model", ""))
        if row.next_epoch is None or not row.state.get("index"):
            return None
        with self._lock:
            kept = self._kept
            if kept is not None and kept[0] == row.next_epoch:
                return kept[1]
            index = restore_index(connection, row.state, mining, model)
            self._kept = (row.next_epoch, index)
            return index


@dataclass(frozen=True, slots=True)
class _Themes:
    merged: Mapping[int, int]

    def survivor(self, theme_id: int) -> int:
        """Return the theme that holds the tickets of another now."""
        return self.merged.get(theme_id, theme_id)


@dataclass(frozen=True, slots=True)
class _Sight:
    index: LanguageIndexes
    themes: _Themes


def resolve_lines(
    connection: Connection, plan: LaunchData, mining: MiningSettings, cache: IndexCache, embed: EmbedText
) -> list[ResolvedLine]:
    """Resolve the lines of a plan to themes, as the miner would now; `embed` is called for example texts alone."""
    merged = survivors(connection)
    launch = _launch(plan, embed)
    index = cache.read(connection, mining) if any(one.about is not None for one in launch.lifts) else None
    groups: Sequence[Sequence[int]]
    if index is None:
        groups = [[merged.get(one.theme_id, one.theme_id)] if one.theme_id is not None else [] for one in launch.lifts]
    else:
        groups = resolved(_Sight(index, _Themes(merged)), launch)
    found = [_resolved(line, group) for line, group in zip(plan.expected, groups, strict=True)]
    return [
        _as_before(connection, line.like, line.lift, merged) if line.like is not None else one
        for line, one in zip(plan.expected, found, strict=True)
    ]


def _launch(plan: LaunchData, embed: EmbedText) -> Launch:
    lifts = tuple(
        PlannedLift(line.lift, line.theme, _vector(line, embed), everything=line.all, like=line.like)
        for line in plan.expected
    )
    return Launch("", plan.kind, plan.title, plan.start, plan.end, Segment.of(plan.scope), plan.tolerance, lifts)


def _vector(line: ExpectedLift, embed: EmbedText) -> NDArray[np.float32] | None:
    return np.asarray(embed(redact(line.about).text), np.float32) if line.about else None


def _resolved(line: ExpectedLift, group: Sequence[int]) -> ResolvedLine:
    if line.all:
        return ResolvedLine(lift_all=line.lift)
    return ResolvedLine((LiftedThemes(tuple(group), line.lift),) if group else ())


def stored_lines(connection: Connection, launch: Launch) -> list[ResolvedLine]:
    """Return what the lines of a written plan mean, as the miner resolved them last; nothing of texts before the day before."""
    merged = survivors(connection)
    planned = read_planned(connection, launch.launch_id)
    found = []
    for at, one in enumerate(launch.lifts):
        group = planned[at] if at < len(planned) else [one.theme_id] if one.theme_id is not None else []
        if one.like is not None:
            found.append(_as_before(connection, one.like, one.lift, merged))
        elif one.everything:
            found.append(ResolvedLine(lift_all=one.lift))
        else:
            themes = tuple(merged.get(theme, theme) for theme in group)
            found.append(ResolvedLine((LiftedThemes(themes, one.lift),) if themes else ()))
    return without_repeats(found)


def _as_before(connection: Connection, like: str, factor: float, merged: Mapping[int, int]) -> ResolvedLine:
    """Resolve a line that is like an earlier launch: by its review, and before that by what was planned for it."""
    review = read_reviews(connection).get(like)
    if review is not None:
        return _reviewed(review.past, factor, merged)
    past = next((one for one in read_launches(connection) if one.launch_id == like), None)
    groups: list[LiftedThemes] = []
    lift_all: float | None = None
    planned = read_planned(connection, like)
    for at, one in enumerate(past.lifts if past is not None else ()):
        if one.everything:
            lift_all = factor * one.lift
        elif at < len(planned) and planned[at]:
            groups.append(LiftedThemes(tuple(merged.get(theme, theme) for theme in planned[at]), factor * one.lift))
    return ResolvedLine(tuple(groups), lift_all)


def _reviewed(past: PastLaunch, factor: float, merged: Mapping[int, int]) -> ResolvedLine:
    groups: list[LiftedThemes] = []
    lift_all: float | None = None
    for theme in responding_themes(past):
        seen, usual = past.inside(theme)
        lift = max(factor * (float(seen) + 1.0) / (float(usual) + 1.0), 1e-3)
        if theme == ALL_TICKETS:
            lift_all = lift
        else:
            groups.append(LiftedThemes((merged.get(theme, theme),), lift))
    return ResolvedLine(tuple(groups), lift_all)


def without_repeats(lines: Sequence[ResolvedLine]) -> list[ResolvedLine]:
    """Leave each theme to the first line that lifts it, so that no ticket is counted under two lines."""
    taken: set[int] = set()
    found = []
    for line in lines:
        groups = []
        for group in line.groups:
            free = tuple(theme for theme in group.theme_ids if theme not in taken)
            taken.update(free)
            if free:
                groups.append(LiftedThemes(free, group.lift))
        found.append(replace(line, groups=tuple(groups)))
    return found


def launches_around(connection: Connection, own_id: str | None, scope: Segment) -> list[tuple[datetime, datetime]]:
    """Return the windows of the other launches whose scope meets this one: weeks under them are not usual."""
    return [
        (one.start, one.end)
        for one in read_launches(connection)
        if one.launch_id != own_id and (one.scope == EVERYTHING or scope.compatible(one.scope))
    ]
