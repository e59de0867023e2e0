"""A launch: a planned window in which more is expected than usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from models.segment import Segment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PlannedLift:
    """One expectation of a plan.

    At most one of `theme_id`, `about` (its unit vector, shape (384,)), `everything` and `like` (a past launch's id) says which
    themes are meant; none does for a text that the embedding model does not read. `lift` multiplies their usual volume inside the
    launch's scope, or what it was under the past launch; above 0.
    """

    lift: float
    theme_id: int | None = None
    about: NDArray[np.float32] | None = None
    everything: bool = False
    like: str | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch, campaign, holiday or sale; `launch_id` is its event's subject, `tolerance` a share of each lifted mean.

    `written` is the plan as its event said it, one object for each of `lifts`.
    """

    launch_id: str
    kind: str
    title: str
    start: datetime
    end: datetime
    scope: Segment
    tolerance: float
    lifts: tuple[PlannedLift, ...]
    written: tuple[Mapping[str, Any], ...] = ()
