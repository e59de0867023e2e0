"""Policies of service levels: which tickets they are for, what they promise, and when their clock runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from models.metrics.history import WaitedFor


class ServiceTarget(StrEnum):
    """What is promised; the values are the keys of a policy's targets."""

    FIRST_REPLY = "first_reply"
    """The first answer after the creation."""
    NEXT_REPLY = "next_reply"
    """An answer to each later message of the requester, from the oldest one that is unanswered."""
    RESOLUTION = "resolution"
    """The solution; a ticket that is reopened goes on with the time that it had."""


class AnsweredBy(StrEnum):
    """Whose answer keeps the promise of a reply."""

    PERSON = "person"
    """A person's, as in Zendesk, where machines do not count."""
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePolicy:
    """What is promised to some tickets.

    Parameters
    ----------
    name: unique among the policies.
    match: values by attribute that a ticket must have, one of each; empty: all tickets.
    targets: how long each promise gives, on the policy's clock.
    schedule: name of the business hours; None: the clock runs always.
    pauses: what stops the clock of the resolution while a ticket waits for it; replies are not paused.
    answered_by: whose answers count.
    """

    name: str
    match: Mapping[str, Collection[str]] = field(default_factory=dict)
    targets: Mapping[ServiceTarget, timedelta]
    schedule: str | None = None
    pauses: Collection[WaitedFor] = frozenset({WaitedFor.REQUESTER})
    answered_by: AnsweredBy = AnsweredBy.PERSON

    def __post_init__(self) -> None:
        if not self.targets:
            raise ValueError(f"received the policy {self.name!r} without targets; valid is at least one of {_KEYS}")
        for target, length in self.targets.items():
            if length <= timedelta():
                raise ValueError(
                    f"received {target.value} = {length} in the policy {self.name!r}; valid is a time above 0"
                )
        if WaitedFor.AGENT in self.pauses:
            raise ValueError(
                f"received a pause while waiting for the agent in the policy {self.name!r}; valid are requester and third_party"
            )

    def applies_to(self, attributes: Mapping[str, str | None]) -> bool:
        """Return whether a ticket with these attributes is promised it."""
        return all(attributes.get(name) in values for name, values in self.match.items())


_KEYS = ", ".join(target.value for target in ServiceTarget)


def policy_of(policies: Sequence[ServicePolicy], attributes: Mapping[str, str | None]) -> ServicePolicy | None:
    """Return the first policy that applies to a ticket; None if none does."""
    return next((policy for policy in policies if policy.applies_to(attributes)), None)
