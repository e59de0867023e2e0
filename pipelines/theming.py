"""Assign and discover, written down: assignments, themes, lineage, names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from alerts.ownership import Ownership
from models.bucket import bucket_of, start_of
from models.embedding import ticket_text
from models.segment import Segment
from models.themes import Birth, Discovery, Merge, Move, NewTicket, ThemeName, name_themes
from pipelines.memory import Memory, ThemeRecord
from pipelines.moment import Moment
from pipelines.settings import MiningSettings
from pipelines.tally import Tally
from store.counts import drop_counts, read_theme_counts
from store.spikes import StoredSpike, write_spikes
from store.themes import measure_themes, move_theme, set_sizes, write_assignments, write_lineage, write_themes
from store.tickets import StoredTicket, read_attributes, read_texts, read_tickets

NAMED_TEXTS = 60
"""Texts per theme that its name is made from: enough for stable phrases, few enough to name a hundred themes in a second."""

RENAME_GROWTH = 2.0
"""A theme is named again each time it has grown to so many times the size that its name was made from."""

OWNER_TICKETS = 500
"""The newest tickets of a theme say whose it is."""

_EVER = datetime(9999, 1, 1, tzinfo=UTC)

UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the epoch's new tickets went, by ticket id, and which themes they touched."""

    themes: Mapping[str, int | None]
    rows: list[dict[str, Any]]


def assign(memory: Memory, fresh: Sequence[StoredTicket], epoch: int) -> Placed:
    """Assign new tickets, given in canonical order; a ticket without text stays unthemed and draws nobody."""
    known = [NewTicket(ticket.id, ticket.time, ticket.vector) for ticket in fresh if ticket.vector is not None]
    found = {one.ticket_id: one for one in memory.index.assign(known)}
    rows = []
    for ticket in fresh:
        one = found.get(ticket.id)
        rows.append({
            "ticket_id": ticket.id, "theme_id": one.theme_id if one else None, "epoch": epoch, "how": "assigned",
            "confidence": float(one.confidence) if one else 0.0, "nearest": one.nearest if one else None, "remembered": one is not None,
        })  # fmt: skip
    return Placed({ticket.id: found[ticket.id].theme_id if ticket.id in found else None for ticket in fresh}, rows)


def apply_discovery(
    connection: Connection, memory: Memory, found: Discovery, epoch: int, tally: Tally, model: str
) -> set[int]:
    """Write down what a discovery changed: births, then moves, then merges. Returns the themes whose size changed."""
    for birth in found.births:
        memory.themes[birth.theme_id] = ThemeRecord(birth.theme_id, UNNAMED, (), "live", "new", 0, None, None, epoch, 0)
    write_themes(connection, [theme_row(memory.themes[birth.theme_id]) for birth in found.births])
    touched = _move(connection, found.moves, epoch, tally, model)
    write_lineage(connection, [*(_birth_row(memory, birth, epoch) for birth in found.births)])
    for merge in found.merges:
        touched |= apply_merge(connection, memory, merge, epoch, tally)
    return touched | {birth.theme_id for birth in found.births}


def _move(connection: Connection, moves: Sequence[Move], epoch: int, tally: Tally, model: str) -> set[int]:
    stored = read_tickets(connection, [move.ticket_id for move in moves], model)
    rows = []
    for move in moves:
        ticket = stored[move.ticket_id]
        if ticket.counted:
            tally.move(move.from_theme, move.to_theme, ticket.time, ticket.attributes)
        rows.append({
            "ticket_id": move.ticket_id, "theme_id": move.to_theme, "epoch": epoch, "how": move.reason.value,
            "confidence": 1.0, "nearest": move.to_theme, "remembered": True,
        })  # fmt: skip
    write_assignments(connection, rows)
    return {theme for move in moves for theme in (move.from_theme, move.to_theme) if theme is not None}


def apply_merge(connection: Connection, memory: Memory, merge: Merge, epoch: int, tally: Tally) -> set[int]:
    """Give a theme's tickets and counts to another one; the merged theme keeps its row and holds nothing."""
    keys = {number: Segment.from_key(key) for key, number in memory.segments.items()}
    for segment, bucket, n in read_theme_counts(connection, merge.theme_id):
        tally.shift(bucket, keys[segment], merge.theme_id, merge.into, n)
    tally.carry(merge.theme_id, merge.into)
    drop_counts(connection, merge.theme_id)
    move_theme(connection, merge.theme_id, merge.into, epoch, merge.reason.value)
    gone, kept = memory.themes[merge.theme_id], memory.themes[merge.into]
    gone.state, gone.status, gone.merged_into, gone.size = "merged", "archived", merge.into, 0
    gone.first_seen = gone.last_seen = None
    for theme_id, known in list(memory.past.items()):
        if theme_id == merge.theme_id:
            memory.past.setdefault(merge.into, []).extend(known)
    _give_spikes(connection, memory, merge)
    write_themes(connection, [theme_row(gone), theme_row(kept)])
    write_lineage(
        connection,
        [_lineage_row(memory, epoch, "merge", merge.theme_id, merge.into, 0, merge.reason.value, merge.numbers)],
    )
    return {merge.into}


def _give_spikes(connection: Connection, memory: Memory, merge: Merge) -> None:
    """Give a theme's spikes to another one; where both have an open one, the other's goes on: a theme has one at a time."""
    going_on = next((one for one in memory.spikes.values() if one.end is None and one.theme_id == merge.into), None)
    given = [one.with_(theme_id=merge.into) for one in memory.spikes.values() if one.theme_id == merge.theme_id]
    if going_on is not None:
        given = [_ended(one, merge.time, going_on) if one.end is None else one for one in given]
    memory.spikes.update({one.spike_id: one for one in given})
    write_spikes(connection, given)


def _ended(spike: StoredSpike, time: datetime, by: StoredSpike) -> StoredSpike:
    end = start_of(max(bucket_of(time), bucket_of(spike.start) + 1))
    return spike.with_(end=end, note=f"its theme was merged, and it goes on as spike {by.spike_id}")


def measure(connection: Connection, memory: Memory, touched: Collection[int]) -> None:
    """Read sizes and times of themes from their tickets, and store them."""
    live = sorted(theme for theme in touched if memory.themes[theme].state != "merged")
    found = measure_themes(connection, live)
    rows = []
    for theme in live:
        record = memory.themes[theme]
        record.size, record.first_seen, record.last_seen = found.get(theme, (0, None, None))
        rows.append({"key": theme, "size": record.size, "first_seen": record.first_seen, "last_seen": record.last_seen})
    set_sizes(connection, rows)


def grow(connection: Connection, memory: Memory, arrivals: Iterable[tuple[int, datetime]]) -> None:
    """Add counted tickets (theme, time) to the sizes of their themes: what `measure` would find, without asking the tickets."""
    changed: dict[int, ThemeRecord] = {}
    for theme, time in arrivals:
        record = changed[theme] = memory.themes[theme]
        record.size += 1
        record.first_seen = time if record.first_seen is None else min(record.first_seen, time)
        record.last_seen = time if record.last_seen is None else max(record.last_seen, time)
    set_sizes(
        connection,
        [
            {"key": key, "size": one.size, "first_seen": one.first_seen, "last_seen": one.last_seen}
            for key, one in sorted(changed.items())
        ],
    )


def name_due(memory: Memory) -> list[int]:
    """Themes that were never named, or have outgrown the size that their name was made from."""
    return sorted(
        theme
        for theme, one in memory.themes.items()
        if one.live and one.size and one.size >= RENAME_GROWTH * one.named_size
    )


def name(connection: Connection, memory: Memory, due: Sequence[int], ownership: Ownership) -> None:
    """Name themes by what sets their texts apart from those of the other live themes, and say whose they are."""
    if not due:
        return
    live = [theme for theme, one in sorted(memory.themes.items()) if one.live and one.size]
    documents = {
        theme: [ticket_text(title, body) for _, title, body in read_texts(connection, theme, NAMED_TEXTS)]
        for theme in live
    }
    taken = {memory.themes[theme].name for theme in live if theme not in due}
    found: Mapping[int, ThemeName] = name_themes(documents, taken, due)
    for theme in due:
        one, told = memory.themes[theme], found.get(theme)
        one.named_size = one.size
        if told is not None:
            one.name, one.keywords = told.name, tuple(told.keywords)
        one.owner = _owner(connection, one, ownership)
    write_themes(connection, [theme_row(memory.themes[theme]) for theme in due])


def _owner(connection: Connection, one: ThemeRecord, ownership: Ownership) -> str:
    tickets = read_attributes(connection, [one.theme_id], None, _EVER, OWNER_TICKETS)
    return ownership.audience_of(Counter(Segment.of(found[3]) for found in tickets), one.theme_id, one.name).name


def status_of(record: ThemeRecord, moment: Moment, settings: MiningSettings, *, rising: bool) -> tuple[str, str]:
    """State and status of a theme that takes tickets: what people should think of it now."""
    last = record.last_seen
    if last is None or moment.end - last > settings.dormant_after:
        return "dormant", "archived"
    if rising:
        return "live", "escalating"
    if record.known_issue is not None:
        return "live", "known"
    born = moment.end - (moment.epoch - record.born_epoch) * moment.length
    return "live", "new" if moment.end - born <= settings.new_for else "ongoing"


def theme_row(one: ThemeRecord) -> dict[str, Any]:
    """The row of a theme."""
    return {
        "id": one.theme_id, "name": one.name, "keywords": list(one.keywords), "state": one.state, "status": one.status,
        "size": one.size, "first_seen": one.first_seen, "last_seen": one.last_seen, "born_epoch": one.born_epoch,
        "named_size": one.named_size, "merged_into": one.merged_into, "known_issue": one.known_issue, "owner": one.owner,
    }  # fmt: skip


def _birth_row(memory: Memory, birth: Birth, epoch: int) -> dict[str, Any]:
    return _lineage_row(
        memory, epoch, "birth", birth.theme_id, None, len(birth.members), birth.reason.value, birth.numbers
    )


def _lineage_row(
    memory: Memory,
    epoch: int,
    kind: str,
    theme: int,
    other: int | None,
    tickets: int,
    reason: str,
    numbers: Mapping[str, float],
) -> dict[str, Any]:
    figures = {key: float(value) for key, value in numbers.items()}
    return {
        "id": memory.next_id("lineage"), "epoch": epoch, "kind": kind, "theme_id": theme, "other_id": other,
        "tickets": tickets, "reason": reason, "figures": figures,
    }  # fmt: skip
