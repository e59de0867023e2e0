"""Figures of what is not demand, in a sentence: one wording for the command line, pages and digests."""

from __future__ import annotations

from collections.abc import Mapping

from models.demand.kind import DemandKind

_NAMES = {
    DemandKind.AUTOMATIC_REPLY: ("automatic reply", "automatic replies"),
    DemandKind.BOUNCE: ("bounce", "bounces"),
    DemandKind.LOOP: ("message of a loop", "messages of loops"),
    DemandKind.BULK: ("bulk mail", "bulk mails"),
    DemandKind.SPAM: ("spam message", "spam messages"),
    DemandKind.AGENT: ("message of an agent", "messages of agents"),
    DemandKind.BOT: ("message of a bot", "messages of bots"),
    DemandKind.OUTBOUND: ("outbound ticket", "outbound tickets"),
}


def demand_name(kind: str, number: int = 1) -> str:
    """Name a kind as people read it, for a number of tickets."""
    return _NAMES[DemandKind(kind)][number != 1] if kind in set(_NAMES) else "customer's ticket"


def demand_sentence(by_kind: Mapping[str, int]) -> str:
    """Say how many tickets are not customer demand, the most frequent kind first; an empty text where there are none.

    >>> demand_sentence({"automatic_reply": 80, "loop": 300})
    "380 tickets are not customer demand: 300 messages of loops, 80 automatic replies"
    """
    found = sorted(((n, kind) for kind, n in by_kind.items() if n > 0), key=lambda pair: (-pair[0], pair[1]))
    if not found:
        return ""
    total = sum(n for n, _ in found)
    whole = "1 ticket is" if total == 1 else f"{total:,} tickets are"
    return f"{whole} not customer demand: {', '.join(f'{n:,} {demand_name(kind, n)}' for n, kind in found)}"
