"""Previews of decisions: what a decision would change, and the cap that keeps a mistake from moving thousands of tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from models.arrays import Vectors
from models.demand import DemandKind
from models.formats import harmless
from models.themes.discover.bisection import bisect
from models.themes.window.centering import on_grid
from store.decisions import (
    NO_THEME,
    Decision,
    DecisionKind,
    append_decision,
    read_decision,
    resting_on,
    undo_decision,
)
from store.demand import read_kinds
from store.errors import DecisionRestedOn, StoreError
from store.placements import read_placements
from store.survivors import surviving_theme
from store.themes import count_arrived, read_themes, themes_of, tickets_of
from store.tickets import read_titles, read_vectors

EXAMPLES = 5
"""Tickets that a preview quotes."""

_TITLE = 120


class DecisionInvalid(StoreError):
    """The decision is not possible; the text says what is."""


class CapExceeded(StoreError):
    """The decision would move more tickets than one decision may."""

    def __init__(self, tickets: int, cap: int) -> None:
        self.tickets, self.cap = tickets, cap
        super().__init__(
            f"this decision would move {tickets:,} tickets, and one may move {cap:,}; look at them with --dry-run, then pass "
            f"--cap {tickets} to allow it once, or raise the setting mining.decision_cap"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPreview:
    """A decision that could be made, with what it would change.

    `themes` are (id, name, size) of the themes that it names. `tickets` is the number of tickets that would change their theme,
    `examples` are (ticket id, title) of some of them. `notes` say what else a person should know.
    """

    kind: DecisionKind
    theme_id: int
    payload: dict[str, Any]
    themes: tuple[tuple[int, str, int], ...]
    tickets: int
    examples: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Write the preview as `--dry-run --json` prints it."""
        return {
            "kind": self.kind.value, "theme_id": self.theme_id, "payload": self.payload, "tickets": self.tickets,
            "themes": [{"id": number, "name": name, "size": size} for number, name, size in self.themes],
            "examples": [{"id": number, "title": title} for number, title in self.examples], "notes": list(self.notes),
        }  # fmt: skip


def decide(
    connection: Connection, preview: DecisionPreview, *, cap: int, actor: str, at: datetime, why: str | None = None
) -> Decision:
    """Append a previewed decision. Raises `CapExceeded`, and what `append_decision` and `undo_decision` raise."""
    if preview.tickets > cap:
        raise CapExceeded(preview.tickets, cap)
    if preview.kind is DecisionKind.UNDO:
        return undo_decision(connection, preview.payload["decision"], actor=actor, at=at, why=why)
    return append_decision(connection, preview.theme_id, preview.kind, preview.payload, actor=actor, at=at, why=why)


def propose_rename(connection: Connection, theme_id: int, name: str) -> DecisionPreview:
    """Preview giving a theme a name that stays. Raises `ThemeUnknown`, `DecisionInvalid`."""
    theme = surviving_theme(connection, theme_id)
    wanted = _name(name)
    for number, row in read_themes(connection).items():
        if number != theme and row.merged_into is None and row.name.casefold() == wanted.casefold():
            raise DecisionInvalid(f"theme {number} has the name {row.name!r} already; choose another, or merge the two")
    return make_preview(connection, DecisionKind.RENAME, theme, {"name": wanted}, [theme], [])


def _name(text: str) -> str:
    """Return a theme's name on one line. Raises `DecisionInvalid` where it is empty, too long or not printable."""
    wanted = " ".join(text.split())
    if not wanted or len(wanted) > 200:
        raise DecisionInvalid(
            f"received a name of {len(wanted)} characters; valid are 1 to 200: say in a few words what it is about"
        )
    if harmless(wanted) != wanted:
        raise DecisionInvalid("received a name with control characters; valid is one line of plain text")
    return wanted


def propose_merge(connection: Connection, from_ids: Sequence[int], into_id: int) -> DecisionPreview:
    """Preview merging themes. Raises `ThemeUnknown`, `DecisionInvalid`."""
    into = surviving_theme(connection, into_id)
    asked = dict.fromkeys(surviving_theme(connection, theme) for theme in from_ids)
    given = [theme for theme in asked if theme != into]
    if not given:
        raise DecisionInvalid(f"all of these themes are theme {into} already; there is nothing to merge")
    tickets = [ticket for theme in given for ticket in tickets_of(connection, theme)]
    return make_preview(connection, DecisionKind.MERGE, into, {"from": sorted(given)}, [*given, into], tickets)


def propose_demand(connection: Connection, ticket_ids: Sequence[str], kind: DemandKind) -> DecisionPreview:
    """Preview deciding what wrote tickets. Raises `DecisionInvalid` where one of them is not stored."""
    known = read_kinds(connection, ticket_ids)
    unknown = [ticket for ticket in dict.fromkeys(ticket_ids) if ticket not in known]
    if unknown:
        raise DecisionInvalid(
            f"received {_some(unknown)}, of which no ticket is stored; give the ids that `groundswell demand list` shows"
        )
    payload = {"tickets": sorted(known), "demand": kind.value}
    changed = sorted(ticket for ticket, was in known.items() if was is not kind)
    return make_preview(connection, DecisionKind.DEMAND, NO_THEME, payload, [], changed)


def propose_split(
    connection: Connection,
    theme_id: int,
    ticket_ids: Sequence[str],
    name: str | None = None,
    notes: Sequence[str] = (),
    *,
    retire: bool = False,
) -> DecisionPreview:
    """Preview making tickets of a theme a theme of their own.

    With `retire` the other tickets become a theme of their own too, and the theme ends as `split`.

    Raises
    ------
    ThemeUnknown
        There is no such theme.
    DecisionInvalid
        The theme does not have all of these tickets, or no others.
    """
    theme = surviving_theme(connection, theme_id)
    members = tickets_of(connection, theme)
    wanted = set(ticket_ids)
    foreign = sorted(wanted - set(members))
    if foreign or not wanted:
        raise DecisionInvalid(
            f"theme {theme} does not hold {_some(foreign)}; a split takes tickets of the theme that is split"
            if foreign
            else f"received no tickets; name those that should leave theme {theme}"
        )
    if len(wanted) == len(members):
        raise DecisionInvalid(f"these are all {len(members)} tickets of theme {theme}; leave it some, or rename it")
    leaving = sorted(wanted)
    payload: dict[str, Any] = {"tickets": leaving, **({"name": _name(name)} if name is not None else {})}
    if retire:
        payload["retire"] = True
    moving = sorted(members) if retire else leaving
    return make_preview(connection, DecisionKind.SPLIT, theme, payload, [theme], moving, notes)


def suggest_split(
    connection: Connection,
    theme_id: int,
    model: str,
    *,
    like: Vectors | None = None,
    name: str | None = None,
    retire: bool = False,
) -> DecisionPreview:
    """Preview splitting a theme in two: into its two most distinct groups, or by similarity to a text's vector, `like`.

    Raises `ThemeUnknown`, `DecisionInvalid` where no ticket has a vector or all are alike.
    """
    theme = surviving_theme(connection, theme_id)
    vectors = read_vectors(connection, tickets_of(connection, theme), model)
    tickets = sorted(vectors)
    found = bisect(on_grid(np.stack([vectors[ticket] for ticket in tickets])), like) if tickets else None
    if found is None:
        raise DecisionInvalid(
            f"the {len(tickets)} tickets of theme {theme} fall in no two parts; name tickets with --tickets"
        )
    leaving = [ticket for ticket, leaves in zip(tickets, found.leaving.tolist(), strict=True) if leaves]
    note = f"the two parts have a similarity of {found.similarity:.2f}, tickets one of {found.cohesion:.2f} to their own part"
    return propose_split(connection, theme, leaving, name, [note], retire=retire)


def propose_move(
    connection: Connection, ticket_ids: Sequence[str], to: int | None, *, pin: bool = False
) -> DecisionPreview:
    """Preview moving tickets to a theme, or to none; with `pin` similar ones follow. Raises `ThemeUnknown`, `DecisionInvalid`."""
    theme = surviving_theme(connection, to) if to is not None else NO_THEME
    there = themes_of(connection, ticket_ids)
    unknown = sorted(set(ticket_ids) - set(there))
    if unknown:
        raise DecisionInvalid(f"{_some(unknown)} has not been mined; only tickets that were can be placed")
    moving = sorted(ticket for ticket, now in there.items() if now != (theme or None))
    touched = [
        *sorted({now for now in there.values() if now is not None and now != theme}),
        *([theme] if theme else []),
    ]
    kind = DecisionKind.PIN if pin else DecisionKind.MOVE
    return make_preview(connection, kind, theme, {"tickets": sorted(there)}, touched, moving)


def propose_undo(connection: Connection, decision_id: int) -> DecisionPreview:
    """Preview undoing a decision. Raises `DecisionUnknown`, `DecisionRestedOn`."""
    undone = read_decision(connection, decision_id)
    later = resting_on(connection, undone)
    if later:
        raise DecisionRestedOn(decision_id, [(one.decision_id, one.kind) for one in later])
    notes: list[str] = []
    moving: list[str] = []
    if undone.in_force:
        moving = [ticket for ticket, left, joined in read_placements(connection, decision_id) if left != joined]
        notes = _arrived(connection, undone, moving)
    elif undone.state == "pending":
        notes = ["it is still pending, so that it is withdrawn at once"]
    payload = {"decision": decision_id}
    themes = [theme for theme in undone.touches if theme != NO_THEME]
    return make_preview(connection, DecisionKind.UNDO, undone.theme_id, payload, themes, moving, notes)


def _arrived(connection: Connection, undone: Decision, moving: list[str]) -> list[str]:
    """Return what an undo does with the tickets that came after a merge or a split."""
    since = undone.applied_epoch or 0
    if undone.kind == DecisionKind.MERGE:
        theme = surviving_theme(connection, undone.theme_id)
        arrived = count_arrived(connection, theme, since)
        return [f"{arrived:,} tickets that arrived since the merge stay in theme {theme}"]
    if undone.kind == DecisionKind.SPLIT:
        created = (undone.outcome or {})["created"]
        arrived = sum(count_arrived(connection, made, since) for made in created)
        moving[:] = [ticket for made in created for ticket in tickets_of(connection, made)]
        return [f"{arrived:,} tickets that arrived since the split go back too"]
    return []


def make_preview(
    connection: Connection,
    kind: DecisionKind,
    theme: int,
    payload: dict[str, Any],
    touched: Sequence[int],
    tickets: Sequence[str],
    notes: Sequence[str] = (),
) -> DecisionPreview:
    """Make the preview of a decision about `theme`, with names and sizes of the themes it touches and the titles of some tickets."""
    rows = read_themes(connection)
    named = tuple((number, rows[number].name, rows[number].size) for number in dict.fromkeys(touched))
    titles = read_titles(connection, tickets, EXAMPLES)
    examples = tuple((ticket, _clipped(title)) for ticket, title in titles)
    return DecisionPreview(
        kind=kind, theme_id=theme, payload=payload, themes=named, tickets=len(tickets), examples=examples, notes=tuple(notes)
    )  # fmt: skip


def _clipped(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _TITLE else plain[: _TITLE - 1].rsplit(" ", 1)[0] + "…"


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return f"ticket {', '.join(ids[:3])}{more}"
