"""The kinds of demand, and what a verdict was founded on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DemandKind(StrEnum):
    """What wrote a ticket. Only `customer` is demand; tickets of the other kinds are kept, but neither themed nor counted."""

    CUSTOMER = "customer"
    AUTOMATIC_REPLY = "automatic_reply"
    """Out-of-office notes, acknowledgements and notices of other systems."""
    BOUNCE = "bounce"
    """Reports that a mail was not delivered."""
    LOOP = "loop"
    """The same text from one requester again and again: two systems that answer each other."""
    BULK = "bulk"
    """Newsletters and notices to many."""
    SPAM = "spam"
    AGENT = "agent"
    """Written by an agent: a message to a customer, not from one."""
    BOT = "bot"
    OUTBOUND = "outbound"
    """Opened by the support team itself to reach a customer."""


class DemandRule(StrEnum):
    """What a verdict is founded on."""

    SOURCE = "source"
    """The source said it, in `demand`, `direction` or `author_role`."""
    HEADER = "header"
    REQUESTER = "requester"
    """The form of the requester's address: `mailer-daemon`, `noreply`, `bounce+53`."""
    TEXT = "text"
    REPETITION = "repetition"
    PERSON = "person"
    """A person decided it; no rule changes it any more."""


@dataclass(frozen=True, slots=True)
class DemandVerdict:
    """The kind of a ticket, with what it is founded on.

    Parameters
    ----------
    kind: what wrote the ticket.
    rule: what that is founded on; None for a customer's ticket of which no rule says anything.
    suspected: for a customer's ticket, the kind that its wording suggests without being enough for it: it becomes that kind
        once the same wording is repeated (see `models.demand.repetition`). None for the wording of a person.
    """

    kind: DemandKind = DemandKind.CUSTOMER
    rule: DemandRule | None = None
    suspected: DemandKind | None = None


CUSTOMER = DemandVerdict()
"""The verdict of most tickets."""
