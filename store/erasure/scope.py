"""What an erasure is about: one ticket, or all tickets of one requester."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ErasureScope(StrEnum):
    """What is erased."""

    TICKET = "ticket"
    REQUESTER = "requester"


@dataclass(frozen=True, slots=True)
class ErasureSubject:
    """What is erased, as the tables know it.

    Parameters
    ----------
    scope: a ticket, or a requester.
    subject: keyed hash of the ticket's id, or of the requester; proofs and the manifest have nothing else.
    tickets: ids under which the ticket is stored, also if it comes later; empty for a requester, and where only the hash is known.
    earlier: other ids under which an earlier version may have stored it; they are looked up, and written nowhere.
    requesters: hashes under which the requester may be stored, those of earlier ways of writing among them; empty for a ticket.
    mentions: how refused records that nobody can read may name it; never stored.
    """

    scope: ErasureScope
    subject: str
    tickets: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    requesters: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
