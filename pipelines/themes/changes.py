"""Assign and discover, written down: assignments, themes, lineage, names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from alerts.ownership import Ownership
from models.bucket import bucket_of, start_of
from models.embedding import ticket_text
from models.segment import Segment
from models.themes import Discovery, Merge, Move, NewTicket, ThemeName
from pipelines.context import EpochWindow
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from pipelines.state import MinerState, ThemeRecord
from pipelines.themes.counts import CountChanges
from pipelines.themes.lineage import note, note_births, note_moves
from store.counts import drop_counts, read_theme_counts
from store.spikes import StoredSpike, write_spikes
from store.themes import measure_themes, move_theme, reassign, set_sizes, write_themes
from store.tickets import StoredTicket, read_attributes, read_texts, read_tickets, read_vectors

NAMED_TEXTS = 60
"""Texts per theme that its name is made from: enough for stable phrases, few enough to name a hundred themes in a second."""

BESIDE_TEXTS, FEWEST_TEXTS = 2_000, 5
"""Texts of all themes that only lend weight to the words of others, and the fewest of each."""

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


def assign_tickets(memory: MinerState, fresh: Sequence[StoredTicket], epoch: int) -> Placed:
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
    connection: Connection, memory: MinerState, found: Discovery, epoch: int, tally: CountChanges, model: str
) -> set[int]:
    """Write down what a discovery changed: births, then moves, then merges. Returns the themes whose size changed."""
    born = [birth.theme_id for birth in found.births]
    for theme in born:
        memory.themes[theme] = ThemeRecord(theme, UNNAMED, (), "live", "new", 0, None, None, epoch, 0)
    write_themes(connection, [theme_row(memory.themes[theme]) for theme in born])
    for birth in found.births:
        if birth.parted_from is not None:
            # Its name may be that of the part that left.
            memory.themes[birth.parted_from].named_size = 0
    note_births(connection, memory, found.births, epoch)
    # What a theme is born with is told by its birth; what it takes otherwise joined it.
    members = {(ticket, birth.theme_id) for birth in found.births for ticket in birth.members}
    told = {move.ticket_id for move in found.moves if (move.ticket_id, move.to_theme) in members}
    touched = apply_moves(connection, memory, found.moves, epoch, tally, model, told=told)
    for merge in found.merges:
        touched |= apply_merge(connection, memory, merge, epoch, tally)
    return touched | set(born)


def apply_moves(
    connection: Connection,
    memory: MinerState,
    moves: Sequence[Move],
    epoch: int,
    tally: CountChanges,
    model: str,
    *,
    told: Collection[str] = (),
) -> set[int]:
    """Give tickets to other themes, with their counts; `told` names tickets of which a birth or a split says it already."""
    stored = read_tickets(connection, [move.ticket_id for move in moves], model)
    rows = []
    for move in moves:
        ticket = stored[move.ticket_id]
        if ticket.counted:
            tally.move(move.from_theme, move.to_theme, ticket.time, ticket.attributes)
        rows.append({"ticket_id": move.ticket_id, "theme_id": move.to_theme, "epoch": epoch, "how": move.reason.value})
    reassign(connection, rows)
    note_moves(connection, memory, moves, epoch, told=told)
    return {theme for move in moves for theme in (move.from_theme, move.to_theme) if theme is not None}


def apply_merge(connection: Connection, memory: MinerState, merge: Merge, epoch: int, tally: CountChanges) -> set[int]:
    """Give a theme's tickets and counts to another one; the merged theme keeps its row and holds nothing.

    What people said of it goes along where nobody said it of the other: a flag, a name that was given.
    """
    keys = {number: Segment.from_key(key) for key, number in memory.segments.items()}
    for segment, bucket, n in read_theme_counts(connection, merge.theme_id):
        tally.shift(bucket, keys[segment], merge.theme_id, merge.into, n)
    tally.carry(merge.theme_id, merge.into)
    drop_counts(connection, merge.theme_id)
    tickets = move_theme(connection, merge.theme_id, merge.into, epoch, merge.reason.value)
    gone, kept = memory.themes[merge.theme_id], memory.themes[merge.into]
    before = kept.name
    _inherit(gone, kept)
    if kept.name != before:
        figures = {"before": before, "after": kept.name}
        note(connection, memory, epoch, "rename", kept.theme_id, tickets=kept.size, reason="merged", figures=figures)
    gone.state, gone.status, gone.merged_into, gone.size = "merged", "archived", merge.into, 0
    gone.first_seen = gone.last_seen = None
    for theme_id, known in list(memory.past.items()):
        if theme_id == merge.theme_id:
            memory.past.setdefault(merge.into, []).extend(known)
    _give_spikes(connection, memory, merge)
    write_themes(connection, [theme_row(gone), theme_row(kept)])
    numbers = {name: float(value) for name, value in merge.numbers.items()}
    note(
        connection, memory, epoch, "merge", merge.theme_id, merge.into,
        tickets=tickets, reason=merge.reason.value, figures=numbers,
    )  # fmt: skip
    return {merge.into}


def _inherit(gone: ThemeRecord, kept: ThemeRecord) -> None:
    if kept.known_issue is None:
        kept.known_issue = gone.known_issue
    if gone.name_pinned and not kept.name_pinned:
        kept.name, kept.name_pinned = gone.name, True


def _give_spikes(connection: Connection, memory: MinerState, merge: Merge) -> None:
    given = given_spikes(memory.spikes, merge.theme_id, merge.into, merge.time)
    memory.spikes.update({one.spike_id: one for one in given})
    write_spikes(connection, given)


def given_spikes(spikes: Mapping[int, StoredSpike], theme: int, into: int, time: datetime) -> list[StoredSpike]:
    """A theme's spikes as another one's; where both have an open one, the other's goes on: a theme has one at a time."""
    going_on = next((one for one in spikes.values() if one.end is None and one.theme_id == into), None)
    given = [one.with_(theme_id=into) for one in spikes.values() if one.theme_id == theme]
    if going_on is not None:
        given = [_ended(one, time, going_on) if one.end is None else one for one in given]
    return given


def _ended(spike: StoredSpike, time: datetime, by: StoredSpike) -> StoredSpike:
    end = start_of(max(bucket_of(time), bucket_of(spike.start) + 1))
    return spike.with_(end=end, note=f"its theme was merged, and it goes on as spike {by.spike_id}")


def measure_sizes(connection: Connection, memory: MinerState, touched: Collection[int]) -> None:
    """Read sizes and times of themes from their tickets, and store them."""
    live = sorted(theme for theme in touched if memory.themes[theme].state != "merged")
    found = measure_themes(connection, live)
    rows = []
    for theme in live:
        record = memory.themes[theme]
        record.size, record.first_seen, record.last_seen = found.get(theme, (0, None, None))
        rows.append({"key": theme, "size": record.size, "first_seen": record.first_seen, "last_seen": record.last_seen})
    set_sizes(connection, rows)


def grow_sizes(connection: Connection, memory: MinerState, arrivals: Iterable[tuple[int, datetime]]) -> None:
    """Add counted tickets (theme, time) to the sizes of their themes: what `measure_sizes` would find, without asking the tickets."""
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


def name_due(memory: MinerState) -> list[int]:
    """Themes that were never named, or have outgrown the size that their name was made from."""
    return sorted(
        theme
        for theme, one in memory.themes.items()
        if one.live and one.size and one.size >= RENAME_GROWTH * one.named_size
    )


def name_themes(connection: Connection, memory: MinerState, due: Sequence[int], rules: Rules, epoch: int) -> None:
    """Name themes by what sets their texts apart from those of the other live themes, and say whose they are.

    A name that a person gave stays; the keywords follow the tickets all the same.
    """
    if not due:
        return
    live = [theme for theme, one in sorted(memory.themes.items()) if one.live and one.size]
    beside = min(NAMED_TEXTS, max(FEWEST_TEXTS, BESIDE_TEXTS // max(1, len(live))))
    texts = {theme: read_texts(connection, theme, NAMED_TEXTS if theme in due else beside) for theme in live}
    documents = {
        theme: [ticket_text(title, body, rules.macros) for _, title, body in rows] for theme, rows in texts.items()
    }
    taken = {memory.themes[theme].name for theme in live if theme not in due or memory.themes[theme].name_pinned}
    standing = {
        theme: ThemeName(memory.themes[theme].name, memory.themes[theme].keywords)
        for theme in due
        if memory.themes[theme].name != UNNAMED
    }
    centres = _centres(connection, texts, rules.model)
    found = memory.namer.name(documents, taken, due, centres=centres, standing=standing)
    for theme in due:
        one, told = memory.themes[theme], found.get(theme)
        grown, one.named_size = one.named_size, one.size
        if told is not None:
            one.keywords = tuple(told.keywords)
            if told.name != one.name and not one.name_pinned:
                if one.name != UNNAMED:
                    figures = {"before": one.name, "after": told.name, "size_before": grown}
                    reason = "grown" if grown else "parted"
                    note(connection, memory, epoch, "rename", theme, tickets=one.size, reason=reason, figures=figures)
                one.name = told.name
        one.owner = _owner(connection, one, rules.ownership)
    write_themes(connection, [theme_row(memory.themes[theme]) for theme in due])


def _centres(
    connection: Connection, texts: Mapping[int, Sequence[tuple[str, str, str]]], model: str
) -> dict[int, NDArray[np.float64]]:
    """Mean vector of the tickets that each theme is named from."""
    vectors = read_vectors(connection, [row[0] for rows in texts.values() for row in rows], model)
    known = {theme: [vectors[row[0]] for row in rows if row[0] in vectors] for theme, rows in texts.items()}
    return {theme: np.mean(rows, axis=0, dtype=np.float64) for theme, rows in known.items() if rows}


def _owner(connection: Connection, one: ThemeRecord, ownership: Ownership) -> str:
    tickets = read_attributes(connection, [one.theme_id], None, _EVER, OWNER_TICKETS)
    return ownership.audience_of(Counter(Segment.of(found[3]) for found in tickets), one.theme_id, one.name).name


def status_of(record: ThemeRecord, moment: EpochWindow, settings: MiningSettings, *, rising: bool) -> tuple[str, str]:
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
        "name_pinned": one.name_pinned,
    }  # fmt: skip
