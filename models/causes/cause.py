"""A cause: what explains the excess of a spike, or what is missing, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.segment import Segment

CauseKind = Literal["segment", "change", "incident", "launch"]
EARLIER_SPIKE = "spike:"
"""Begins the identity of an earlier spike where a change has its own."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One supported explanation of an excess, or of missing volume.

    kind: `segment` (where it is), `change` or `incident` (what was recorded shortly before; an incident may also be
    an earlier spike that this one is like), `launch` (what runs, or what led to expect what is missing).
    segment: the segment, the scope of the change or launch, or what is shared with the earlier spike.
    change_id: the change's or launch's identity, `spike:12` for an earlier spike; None for a segment.
    contribution: share of the excess, or of what is missing, inside the segment, 0 to 1.
    relative_risk, interval: observed to expected inside it, other causes allowed for, and its 90 % interval; below 1 in
        a silence.
    score: how well it is supported, larger is better: gain in log-likelihood less its penalty for a segment;
    for a change or launch the likeness of its scope to the excess times its nearness in time, 0 to 1.
    reason: one sentence that a person can check.
    """

    kind: CauseKind
    segment: Segment | None
    change_id: str | None
    contribution: float
    relative_risk: float | None
    interval: tuple[float, float] | None
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The supported causes, segments first, best first; and a verdict, also when there is none."""

    causes: tuple[Cause, ...]
    verdict: str
