"""The file of targets: what figures should be, in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from models.metrics.cells import DIMENSIONS
from models.metrics.metric import BetterDirection, MetricUnit, ServiceMetric
from models.metrics.targets import COMPLIANCE, FigureTarget, better_of, unit_of
from models.redaction import quoted
from models.times import parse_length
from pipelines.figures.errors import TargetsInvalid

METRICS = (*ServiceMetric, COMPLIANCE)
"""Metrics that may have targets."""


class _Target(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    at_most: float | str | None = None
    at_least: float | str | None = None
    match: dict[str, str | int | list[str]] = {}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    target: list[_Target] = []


def read_targets(path: Path | None) -> tuple[FigureTarget, ...]:
    """Read the file, in its order; nothing without one. Raises `TargetsInvalid`, which names the place at fault."""
    if path is None:
        return ()
    try:
        content = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
        return tuple(_target(at, one) for at, one in enumerate(content.target, 1))
    except OSError as error:
        raise TargetsInvalid(f"{path}: it cannot be read ({error.strerror}); check figures.targets") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TargetsInvalid(f"{path}: {where}: received {quoted(first['input'], 60)}; {first['msg']}") from error
    except ValueError as error:
        raise TargetsInvalid(f"{path}: {error}") from error


def _target(at: int, row: _Target) -> FigureTarget:
    if row.metric not in METRICS:
        raise ValueError(f"target {at}: received the metric {quoted(row.metric, 60)}; valid are {', '.join(METRICS)}")
    if (row.at_most is None) == (row.at_least is None):
        raise ValueError(f"target {at} ({row.metric}): give one of at_most and at_least")
    is_most = row.at_least is None
    better = better_of(row.metric)
    if better is not BetterDirection.NEITHER and is_most != (better is BetterDirection.LOWER):
        raise ValueError(
            f"target {at} ({row.metric}): received {'at_most' if is_most else 'at_least'}; its better direction is {better.value}, so "
            f"valid is {'at_least' if is_most else 'at_most'}"
        )
    return FigureTarget(
        metric=row.metric, limit=_limit(at, row.metric, row.at_most if is_most else row.at_least), is_most=is_most,
        match={name: _values(at, name, value) for name, value in _known(at, row.match).items()},
    )  # fmt: skip


def _limit(at: int, metric: str, value: float | str | None) -> float:
    unit = unit_of(metric)
    if unit is MetricUnit.SECONDS:
        if not isinstance(value, str):
            raise ValueError(
                f'target {at} ({metric}): received {value!r}; valid is a length of time such as "30m" or "8h"'
            )
        try:
            return parse_length(value).total_seconds()
        except ValueError as error:
            raise ValueError(f"target {at} ({metric}): received {quoted(value, 60)}; {error}") from error
    if isinstance(value, str) or value is None:
        raise ValueError(f"target {at} ({metric}): received {quoted(str(value), 60)}; valid is a number")
    if not 0 <= value < float("inf") or (unit is MetricUnit.SHARE and value > 1):
        valid = "a share from 0 to 1, such as 0.85" if unit is MetricUnit.SHARE else "a number of 0 or more"
        raise ValueError(f"target {at} ({metric}): received {value!r}; valid is {valid}")
    return value


def _known(at: int, match: Mapping[str, Any]) -> dict[str, Any]:
    columns = {"theme_id" if name == "theme" else name: value for name, value in match.items()}
    if unknown := sorted(columns.keys() - set(DIMENSIONS)):
        known = ", ".join("theme" if one == "theme_id" else one for one in DIMENSIONS)
        raise ValueError(f"target {at}: received match.{quoted(unknown[0], 60)}; valid are {known}")
    return columns


def _values(at: int, name: str, value: str | int | list[str]) -> frozenset[str]:
    values = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    if not values or not all(values):
        raise ValueError(f"target {at}: received no value for match.{name}; give at least one")
    return frozenset(values)
