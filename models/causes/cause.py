"""A cause: what explains the excess of a spike, or missing volume, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.segment import Segment

EARLIER_SPIKE = "spike:"
"""Prefix of the identity of an earlier spike, where a change has its own."""


class CauseKind(StrEnum):
    """What a cause is: a segment, a recorded change or incident, or a launch."""

    SEGMENT = "segment"
    CHANGE = "change"
    INCIDENT = "incident"
    LAUNCH = "launch"


@dataclass(frozen=True, slots=True)
class Cause:
    """One supported explanation of an excess, or of missing volume.

    kind: `segment` (where it is), `change` or `incident` (what was recorded shortly before; an incident may also be an
    earlier spike that this one resembles), `launch` (what is running, or what led to expect the missing volume).
    segment: the segment, the scope of the change or launch, or what the earlier spike has in common with this one.
    change_id: the change's or launch's identity, `spike:12` for an earlier spike; None for a segment.
    contribution: share of the excess, or of the missing volume, inside the segment, 0 to 1.
    relative_risk, interval: observed to expected inside it, adjusted for the other causes, and its 90 % interval; below
    1 for missing volume.
    score: how well it is supported, larger is better: gain in log-likelihood less its penalty for a segment; for a
    change or launch the similarity of its scope to the excess times its proximity in time, 0 to 1.
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
