"""Silences and mute rules: what people asked not to be notified of, until when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.segment import EVERYTHING, Segment
from models.times import rfc3339


class SilenceKind(StrEnum):
    """A silence expires; a mute rule is in force until a person ends it, and has a date at which it is reviewed."""

    SILENCE = "silence"
    MUTE = "mute"


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceMatchers:
    """What a silence is about. All that are given must hold; of `themes`, one suffices.

    Parameters
    ----------
    themes: ids of themes (0: all tickets), and patterns of their names (`*`, `?`, `[...]`; case does not count).
    segment: what the signal's segment must contain; empty: any segment.
    like: an example text, redacted: the themes that a ticket with this text would belong to.
    audience: whose messages are withheld; None: everyone's.
    """

    themes: tuple[int | str, ...] = ()
    segment: Segment = EVERYTHING
    like: str | None = None
    audience: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for, so that everything would match."""
        return not (self.themes or self.segment.pairs or self.like or self.audience)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read the form that `as_json` writes."""
        return cls(
            themes=tuple(stored.get("themes", ())), segment=Segment.of(stored.get("segment", {})),
            like=stored.get("like"), audience=stored.get("audience"),
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Write them as they are stored, and as `--json` prints them."""
        return {
            "themes": list(self.themes), "segment": self.segment.as_dict(), "like": self.like, "audience": self.audience,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Silence:
    """A silence or a mute rule.

    Parameters
    ----------
    starts_at, ends_at: event time between which it is in force, the end excluded; no end: until a person ends it.
    review_at: when a mute rule is to be reviewed; it stays in force.
    example: unit vector of `matchers.like`, shape (dimensions,); None without one.
    created_at: wall clock. expired_by: who ended it early.
    reminded_at, reported_at: event time at which the owner was reminded, and at which was reported what it hid.
    """

    silence_id: int
    kind: SilenceKind
    owner: str
    reason: str
    matchers: SilenceMatchers
    created_at: datetime
    starts_at: datetime
    ends_at: datetime | None = None
    review_at: datetime | None = None
    example: NDArray[np.float32] | None = None
    expired_by: str | None = None
    reminded_at: datetime | None = None
    reported_at: datetime | None = None

    def active_at(self, time: datetime) -> bool:
        """Return whether it is in force at a time."""
        return self.starts_at <= time and not self.over_at(time)

    def over_at(self, time: datetime) -> bool:
        """Return whether it has ended by a time."""
        return self.ends_at is not None and time >= self.ends_at

    def state_at(self, time: datetime) -> str:
        """Return what it is at a time: `pending`, `active`, `review` (a mute rule whose review is due) or `ended`."""
        if self.over_at(time):
            return "ended"
        if self.starts_at > time:
            return "pending"
        return "review" if self.review_at is not None and self.review_at <= time else "active"

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it; the vector of the example text is left out."""
        return {
            "id": self.silence_id, "kind": self.kind.value, "owner": self.owner, "reason": self.reason,
            "matchers": self.matchers.as_json(), "starts_at": rfc3339(self.starts_at), "ends_at": rfc3339(self.ends_at),
            "review_at": rfc3339(self.review_at), "created_at": rfc3339(self.created_at), "expired_by": self.expired_by,
            "reminded_at": rfc3339(self.reminded_at), "reported_at": rfc3339(self.reported_at),
        }  # fmt: skip
