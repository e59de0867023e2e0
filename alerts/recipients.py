"""Recipients: who is notified of an alert, and why. The owner must act; subscribers also see it."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.ownership import Ownership
from alerts.subscriptions import RecipientFacts


@dataclass(frozen=True, slots=True)
class Recipient:
    """An audience that is notified, and why: `owner`, or what it subscribed to. `acts` is True for the owner."""

    audience: str
    why: str
    acts: bool = False


def recipients_of(ownership: Ownership, owner: str, facts: RecipientFacts) -> tuple[Recipient, ...]:
    """Return the owner, then the subscribers in the order of the ownership file; each audience once.

    A subscription adds an audience, and never takes the owner away. `owner` is a name that `Ownership.audience_of` gave, or one that a
    person gave; where the file no longer has it, `everyone` acts.
    """
    acting = ownership.audience(owner).name
    found = [Recipient(acting, "owner", acts=True)]
    for audience in ownership.audiences:
        if audience.name == acting:
            continue
        reasons = (one.reason(facts) for one in audience.subscriptions)
        why = next((reason for reason in reasons if reason is not None), None)
        if why is not None:
            found.append(Recipient(audience.name, why))
    return tuple(found)
