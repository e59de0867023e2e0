"""Repetition in an epoch: loops of one requester and floods of one wording, found among its tickets and those of the last day.

Only mined tickets are read, so that the answer does not depend on how far the input was read ahead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from models.demand import DemandKind
from models.demand.repetition import FLOOD, LOOP, LOOP_OF_A_PERSON, VARIED, VARIED_WITHIN, WITHIN
from pipelines.context import EpochContext
from store.demand import (
    RepeatedTicket,
    WordingKey,
    count_repeats,
    read_repeats,
    read_senders,
    read_skeletons,
    read_suspects,
)
from store.tickets import StoredTicket, read_texts_of


def find_repetitions(context: EpochContext, fresh: Sequence[StoredTicket]) -> dict[str, DemandKind]:
    """Return the kinds of the tickets that repetition shows to be not demand, new and older ones, by id.

    `fresh` are the epoch's new tickets in canonical order.
    """
    found = _floods(context, fresh)
    found.update(_loops(context, fresh))
    return found


def _loops(context: EpochContext, fresh: Sequence[StoredTicket]) -> dict[str, DemandKind]:
    mine = [
        RepeatedTicket(one.id, (one.requester, one.skeleton), one.wording)
        for one in fresh
        if one.requester and one.skeleton and one.wording.can_loop
    ]
    by_key = _by_key(mine)
    since = context.window.end - WITHIN
    before = count_repeats(context.connection, by_key, since)
    found: dict[str, DemandKind] = {}
    for key, new in sorted(by_key.items()):
        total = len(new) + before.get(key, 0)
        if total < LOOP:
            continue
        of_machine = any(one.wording.of_machine for one in new)
        if of_machine or (total >= LOOP_OF_A_PERSON and not _is_shared(context, key, fresh)):
            older = read_repeats(context.connection, [key], since, without=DemandKind.LOOP)
            found.update(_all_of(DemandKind.LOOP, [*(one for one in older if one.wording.can_loop), *new]))
        elif total < LOOP_OF_A_PERSON and not _is_shared(context, key, fresh):
            found.update(_repeated_exactly(context, key, new))
    return found


def _repeated_exactly(context: EpochContext, key: WordingKey, new: Sequence[RepeatedTicket]) -> dict[str, DemandKind]:
    """Return the new tickets that are at least the third with the very same text: the first two remain a person's."""
    older = read_repeats(context.connection, [key], context.window.end - WITHIN)
    ids = [one.id for one in (*older, *new)]
    texts = {one.id: (one.title, one.body) for one in read_texts_of(context.connection, ids, marked=True)}
    seen: Counter[tuple[str, str]] = Counter(texts[one.id] for one in older if one.id in texts)
    found = {}
    for one in new:
        if one.id in texts:
            seen[texts[one.id]] += 1
            if seen[texts[one.id]] >= LOOP:
                found[one.id] = DemandKind.LOOP
    return found


def _is_shared(context: EpochContext, key: WordingKey, fresh: Sequence[StoredTicket]) -> bool:
    """Whether a requester writes many different texts: an account by which an application sends what its users write."""
    known = read_skeletons(context.connection, key[0], context.window.end - VARIED_WITHIN, VARIED)
    return len(known | {one.skeleton for one in fresh if one.requester == key[0] and one.skeleton}) >= VARIED


def _floods(context: EpochContext, fresh: Sequence[StoredTicket]) -> dict[str, DemandKind]:
    """Return the tickets of suspected wordings that many requesters have sent within a day."""
    suspected = [
        RepeatedTicket(one.id, (one.requester or one.id, one.skeleton), one.wording)
        for one in fresh
        if one.is_demand and one.skeleton and one.wording.suspected and one.wording.can_change
    ]
    since = context.window.end - WITHIN
    found: dict[str, DemandKind] = {}
    for skeleton, grouped in groupby(sorted(suspected, key=_skeleton), key=_skeleton):
        new = list(grouped)
        senders = read_senders(context.connection, skeleton, since, FLOOD) | {one.key[0] for one in new}
        if len(senders) >= FLOOD:
            older = [one for one in read_suspects(context.connection, skeleton, since) if one.wording.can_change]
            found.update((one.id, one.wording.suspected) for one in (*older, *new) if one.wording.suspected)
    return found


def _skeleton(ticket: RepeatedTicket) -> str:
    return ticket.key[1]


def _by_key(tickets: Iterable[RepeatedTicket]) -> Mapping[WordingKey, list[RepeatedTicket]]:
    found: dict[WordingKey, list[RepeatedTicket]] = {}
    for one in tickets:
        found.setdefault(one.key, []).append(one)
    return found


def _all_of(kind: DemandKind, tickets: Iterable[RepeatedTicket]) -> dict[str, DemandKind]:
    return {one.id: kind for one in tickets}
