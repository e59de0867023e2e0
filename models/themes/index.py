"""The index of themes that the miner drives, once per epoch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from models.themes.assign.constraints import NOTHING, Constraints, likeness
from models.themes.assign.vote import STRONGEST, calibrate, close_together, own_closeness, vote
from models.themes.discover.changes import DiscoveryChanges, milliseconds
from models.themes.discover.convergence import mixed_themes
from models.themes.discover.emergence import Group, emerging_group, improbably_recent
from models.themes.discover.siblings import sibling
from models.themes.discover.surging import surging_part
from models.themes.grouping.density import density_groups
from models.themes.grouping.groups import theme_groups
from models.themes.lineage import Assignment, Discovery, LineageReason, NewTicket, RememberedTicket
from models.themes.rebuild.succession import succession
from models.themes.settings import ThemeSettings
from models.themes.window.centering import centre_of, from_steps, steps_of
from models.themes.window.ticket_window import UNTHEMED, Floats, Ints, TicketWindow, centred, nearest, on_grid

Words = Callable[[Sequence[str]], Floats]
"""Gives the words of n tickets, named by their ids, as `lexical_vectors` does: shape (n, any)."""

_GROWTH = 1.25
"""A young theme calls on the tickets around it again each time its size has grown by this factor."""

_GROWTH_ROUNDS = 3

NEARER = 0.7
"""How often a recent neighbour has to be nearer than an old one, for a group to be something new and no surge."""

NEAR_MISS = 0.9
"""Share of the assignment threshold at which the nearest theme still stands for a text that reaches none."""


class ThemeIndex:
    """Assigns tickets to themes and discovers new ones.

    Per epoch: `forget` and people's decisions first, then `assign` with the epoch's tickets in canonical
    order, then `discover` with the epoch's end. The answers depend on that sequence alone: an index restored
    between two epochs from its `state` and the stored rows goes on exactly as one that never stopped.
    """

    def __init__(self, settings: ThemeSettings) -> None:
        self._settings = settings
        self._memory = TicketWindow(settings.memory, exemplars=settings.exemplars)
        self._constraints = self._decided = NOTHING
        self._next_theme = 1
        self._started: int | None = None
        self._learned = False
        self._learned_size = 0
        self._gathered_at = 0
        self._gathered_pool = 0
        self._compared_at = 0
        self._mixed: list[tuple[int, int]] = []
        self._threshold: float | None = None
        self._young: dict[int, _Young] = {}
        self._fresh: list[tuple[int, Ints]] = []

    @classmethod
    def restore(cls, settings: ThemeSettings, state: Mapping[str, Any], rows: Iterable[RememberedTicket]) -> Self:
        """Continue from a saved `state` and the stored rows.

        Parameters
        ----------
        settings : ThemeSettings
            As when the state was saved.
        state : mapping
            What `state` returned, through JSON if you like.
        rows : iterable of Remembered
            Tickets assigned and not forgotten, in the order in which they were assigned, with their present
            theme: all of them, or those that `state["kept"]` names and the last `state["remembered"]`.

        Raises
        ------
        ValueError
            Fewer rows were given than the state says were remembered.
        """
        index = cls(settings)
        index._next_theme = int(state["next_theme"])
        index._started = state["started"]
        index._learned = bool(state["learned"])
        index._learned_size = int(state["learned_size"])
        index._gathered_at = int(state["gathered_at"])
        index._gathered_pool = int(state["gathered_pool"])
        # The last three came later: a state that was saved before them goes on as if themes were just compared.
        index._compared_at = int(state.get("compared_at", index._gathered_at))
        index._mixed = [(int(older), int(younger)) for older, younger in state.get("mixed", ())]
        index._threshold = state["threshold"]
        # A threshold that was saved before there was a centre is one of vectors as they were given.
        index._memory.recentre(from_steps(state.get("centre", ()), len(index._memory.centre)))
        index._young = {
            int(theme): _Young(*numbers)
            for theme, numbers in sorted(state["young"].items(), key=lambda one: int(one[0]))
        }
        index._remember(list(rows), int(state["remembered"]), state.get("kept", ()))
        return index

    def state(self) -> dict[str, Any]:
        """Return what cannot be derived from the stored rows: JSON-ready, a few kilobytes.

        `kept` names the tickets that are remembered longer than the last `remembered` ones, as exemplars of their
        themes.
        """
        return {
            "next_theme": self._next_theme,
            "started": self._started,
            "learned": self._learned,
            "learned_size": self._learned_size,
            "gathered_at": self._gathered_at,
            "gathered_pool": self._gathered_pool,
            "compared_at": self._compared_at,
            "mixed": [list(pair) for pair in self._mixed],
            "threshold": self._threshold,
            "centre": steps_of(self._memory.centre),
            "young": {str(theme): list(young) for theme, young in self._young.items()},
            "remembered": len(self._memory) - self._memory.kept,
            "kept": [self._memory.ticket(row) for row in range(self._memory.kept)],
        }

    def remembered(self) -> list[RememberedTicket]:
        """List what is remembered, in the order of assignment; vectors as they were given, on the grid."""
        memory = self._memory
        return [
            RememberedTicket(
                memory.ticket(row),
                int(memory.themes[row]) or None,
                datetime.fromtimestamp(int(memory.times[row]) / 1000, UTC),
                memory.given[row].copy(),
            )
            for row in range(len(memory))
        ]

    def assign(self, tickets: Sequence[NewTicket]) -> list[Assignment]:
        """Assign an epoch's tickets in canonical order; each sees those before it, the epoch's own too.

        The cost is one product of the new vectors with the remembered ones.
        """
        self._fresh = []
        assignments: list[Assignment] = []
        # What is remembered must outlast the part that is being assigned.
        part = self._settings.memory // 2
        for start in range(0, len(tickets), part):
            assignments += self._assign(tickets[start : start + part])
        return assignments

    def discover(
        self, now: datetime, words: Words | None = None, rising: Mapping[int, datetime] = MappingProxyType({})
    ) -> Discovery:
        """Find new themes as of `now`, the epoch's end; empty and near free unless something is due.

        `words` is asked once, at the end of learning. `rising` names themes whose volume rises, and since when: one that holds two
        problems of which one rises is parted.

        While learning, all remembered tickets are grouped anew whenever memory has grown enough, and once
        more at the end. Afterwards groups that emerge are found around the tickets of the last `assign`, and
        groups that gathered slowly by density among the unthemed.
        """
        fresh, self._fresh = self._fresh, []
        if self._started is None:
            return Discovery()
        found = DiscoveryChanges(now)
        if not self._learned:
            self._learn(found, words)
        else:
            self._find_emerging(fresh, found)
            self._find_gathered(found)
            self._find_mixed(found)
            self._find_surging(rising, found)
            if self._threshold is None:
                # Too few tickets came in the learning period: the first themes are what there is to calibrate on.
                self._threshold = calibrate(self._memory, self._settings.neighbours)
        return found.discovery(lambda theme: self._tickets(np.flatnonzero(self._memory.themes == theme)))

    def forget(self, ticket_ids: Collection[str]) -> None:
        """Drop retracted or erased tickets from memory; ids that are not remembered are ignored."""
        self._fresh = []
        self._memory.forget(ticket_ids)
        self.constrain(self._decided.without(ticket_ids))

    def constrain(self, constraints: Constraints) -> None:
        """Honour what people decided from now on; it is no part of `state`, the decisions themselves are kept."""
        self._decided = constraints
        self._constraints = constraints.compared_without(self._memory.centre)

    def recalibrate(self) -> None:
        """Calibrate on what is remembered, after vectors of another model took the place of the old ones."""
        self._recentre(np.where(self._memory.themes == UNTHEMED, -1, self._memory.themes))
        self._threshold = calibrate(self._memory, self._settings.neighbours)
        self._young = {}

    def likeness(self, one: int, other: int) -> float | None:
        """Cosine of the centres of two themes' remembered tickets; None where one has none."""
        return likeness(self._memory.vectors, self._memory.themes, one, other)

    def merge(self, from_id: int, into_id: int) -> None:
        """Follow a merge that people decided: all remembered tickets of `from_id` belong to `into_id`."""
        themes = self._memory.themes
        themes[themes == from_id] = into_id
        self._young.pop(from_id, None)
        self._mixed = [pair for pair in self._mixed if from_id not in pair]

    def move(self, ticket_ids: Collection[str], theme_id: int | None) -> None:
        """Follow a move that people decided; tickets that are not remembered are ignored."""
        for row in self._memory.rows_of(ticket_ids):
            self._memory.themes[row] = theme_id or UNTHEMED

    def new_theme(self) -> int:
        """Take the next theme id, for a theme that people make, for example by a split."""
        theme = self._next_theme
        self._next_theme += 1
        return theme

    def similar(self, vector: NDArray[np.floating]) -> list[tuple[int, float]]:
        """Find the themes that a text with this vector belongs to, best first: (theme_id, closeness).

        Closeness is the mean cosine of the theme's three nearest remembered tickets. Themes below the
        assignment threshold are left out; where all are, the nearest one stands if it misses the threshold
        by little, for whoever wrote the text meant some theme.
        """
        themes = self._memory.themes
        if self._threshold is None:
            return []
        similarities = self._memory.vectors @ centred(vector, self._memory.centre)
        close = []
        for theme in np.unique(themes[themes != UNTHEMED]).tolist():
            _, values = nearest(similarities[themes == theme], STRONGEST)
            close.append((theme, sum(values.tolist()) / len(values)))
        close.sort(key=lambda pair: (-pair[1], pair[0]))
        near = [pair for pair in close if pair[1] >= self._threshold]
        return near or [pair for pair in close[:1] if pair[1] >= NEAR_MISS * self._threshold]

    def share_near(self, vector: NDArray[np.floating], theme_id: int) -> float:
        """Share of the remembered tickets nearest to a vector that belong to a theme, as the vote counts them; 0 before any came."""
        found, _ = nearest(self._memory.vectors @ centred(vector, self._memory.centre), self._settings.neighbours)
        return float((self._memory.themes[found] == theme_id).mean()) if len(found) else 0.0

    def around(self, vector: NDArray[np.floating], theme_id: int) -> tuple[Ints, NDArray[np.float64]]:
        """Times (milliseconds since 1970, UTC) of a theme's remembered tickets, and their cosines to a vector, each of shape (n,)."""
        rows = np.flatnonzero(self._memory.themes == theme_id)
        cosines = self._memory.vectors[rows] @ centred(vector, self._memory.centre)
        return self._memory.times[rows], cosines.astype(np.float64)

    def _remember(self, stored: Sequence[RememberedTicket], remembered: int, kept: Collection[str]) -> None:
        if len(stored) < remembered:
            raise ValueError(
                f"{len(stored)} remembered tickets were given, but the saved state holds {remembered}; "
                "pass every ticket that was assigned and not forgotten, in the order of assignment"
            )
        split, wanted = len(stored) - remembered, set(kept)
        exemplars = [row for row in stored[:split] if row.ticket_id in wanted]
        if len(exemplars) < len(wanted):
            raise ValueError(
                f"{len(exemplars)} exemplars of themes were given, but the saved state names {len(wanted)}; "
                "pass the tickets that it names under `kept` as well, in the order of assignment"
            )
        rows = [*exemplars, *stored[split:]]
        if rows:
            self._memory.bring_back(
                [row.ticket_id for row in rows],
                np.array([milliseconds(row.time) for row in rows], np.int64),
                on_grid(np.stack([row.vector for row in rows])),
                np.array([row.theme_id or UNTHEMED for row in rows], np.int64),
                len(exemplars),
            )

    def _assign(self, tickets: Sequence[NewTicket]) -> list[Assignment]:
        memory = self._memory
        if self._started is None:
            self._started = milliseconds(tickets[0].time)
        first = memory.append(
            [ticket.ticket_id for ticket in tickets],
            np.array([milliseconds(ticket.time) for ticket in tickets], np.int64),
            on_grid(np.array([ticket.vector for ticket in tickets])),
            np.zeros(len(tickets), np.int64),
        )
        rows = np.arange(first, len(memory))
        self._fresh = []
        assignments = []
        around = memory.neighbours(rows, self._settings.neighbours, causal=True)
        for ticket, row, (places, similarities) in zip(tickets, rows.tolist(), around, strict=True):
            outcome = self._constraints.advise(memory.vectors[row], vote(memory.themes[places], similarities))
            nearest_theme = outcome.theme_id or None
            accepted = self._accepts(outcome.theme_id, outcome.closeness)
            if accepted:
                memory.themes[row] = outcome.theme_id
            assignments.append(
                Assignment(ticket.ticket_id, nearest_theme if accepted else None, outcome.share, nearest_theme)
            )
            self._fresh.append((row, places))
        return assignments

    def _accepts(self, theme: int, closeness: float) -> bool:
        if self._threshold is None or theme == UNTHEMED:
            return False
        young = self._young.get(theme)
        if closeness >= (min(self._threshold, young.threshold) if young else self._threshold):
            return True
        return closeness >= NEAR_MISS * self._threshold and closeness >= self._own_closeness(theme)

    def _own_closeness(self, theme: int) -> float:
        """What the tickets of a rare theme reach among themselves: few lie farther from each other than many; else 1."""
        rows = np.flatnonzero(self._memory.themes == theme)
        return close_together(self._memory.vectors[rows]) if len(rows) <= self._settings.neighbours else 1.0

    def _learn(self, found: DiscoveryChanges, words: Words | None) -> None:
        size = len(self._memory)
        over = found.milliseconds - (self._started or 0) >= _span(self._settings.learning)
        due = size >= max(self._settings.first_learning, self._learned_size * self._settings.learning_growth)
        if over or due:
            self._learned_size = size
            self._reorganise(found, self._consensus(words) if over else self._quick())
        if over:
            self._learned, self._gathered_at, self._compared_at = True, found.milliseconds, found.milliseconds

    def _consensus(self, words: Words | None) -> Ints:
        """Groups of everything remembered, with which the learning period ends."""
        lexical = words(self._tickets(np.arange(len(self._memory)))) if words else None
        return theme_groups(self._memory.given, lexical=lexical)

    def _quick(self) -> Ints:
        """Groups that stand in until the learning period ends."""
        return density_groups(self._memory.given, self._smallest())

    def _reorganise(self, found: DiscoveryChanges, groups: Ints) -> None:
        """Let themes go on in groups of everything remembered, and calibrate."""
        memory = self._memory
        before = memory.themes.copy()
        groups = self._constraints.shape(groups, before, self._tickets(np.arange(len(memory))))
        if groups.max(initial=-1) < 0:
            return
        heirs = succession(before, groups)
        ids = dict(heirs.carried)
        gone_on = [*heirs.carried.values(), *heirs.absorbed]
        memory.themes[np.isin(before, gone_on)] = UNTHEMED
        for group in range(int(groups.max()) + 1):
            rows = np.flatnonzero(groups == group)
            if group not in ids:
                ids[group] = self.new_theme()
                found.born(ids[group], LineageReason.LEARNED, self._tickets(rows), size=float(len(rows)))
            memory.themes[rows] = ids[group]
        for theme, (group, share) in heirs.absorbed.items():
            found.merged(theme, ids[group], LineageReason.REORGANISED, share_carried=share)
        self._recentre(groups)
        self._threshold = calibrate(memory, self._settings.neighbours)
        self._vote_unthemed()
        went = {theme: ids[group] for theme, (group, _) in heirs.absorbed.items()}
        self._constraints.settle(memory.themes, before, self._tickets(np.arange(len(memory))), went)
        for row in np.flatnonzero(memory.themes != before).tolist():
            found.moved(memory.ticket(row), int(before[row]), int(memory.themes[row]), LineageReason.REORGANISED)
        self._gathered_pool = self._pool_size()

    def _recentre(self, groups: Ints) -> None:
        self._memory.recentre(centre_of(self._memory.given, groups))
        self.constrain(self._decided)

    def _vote_unthemed(self) -> None:
        """Let the groups' tickets vote on those that density left out; all are decided on the same groups."""
        memory = self._memory
        rows = np.flatnonzero(memory.themes == UNTHEMED)
        themes = memory.themes.copy()
        around = memory.neighbours(rows, self._settings.neighbours)
        for row, (places, similarities) in zip(rows.tolist(), around, strict=True):
            outcome = vote(themes[places], similarities)
            if self._accepts(outcome.theme_id, outcome.closeness):
                memory.themes[row] = outcome.theme_id

    def _find_emerging(self, fresh: Sequence[tuple[int, Ints]], found: DiscoveryChanges) -> None:
        settings = self._settings
        oldest = found.milliseconds - _span(settings.young)
        self._young = {theme: young for theme, young in self._young.items() if young.born > oldest}
        if not fresh:
            return
        rows, neighbours = zip(*fresh, strict=True)
        chances, recents = improbably_recent(rows, neighbours, settings.smallest_group - 1)
        tested: set[int] = set()
        for line in np.flatnonzero(chances <= settings.emergence_level).tolist():
            # A surge of a thousand tickets is tested group by group, not ticket by ticket.
            if rows[line] in tested:
                continue
            group = emerging_group(self._memory, rows[line], neighbours[line], int(recents[line]), float(chances[line]))
            tested.update(group.rows)
            # Independent evidence, from age and from place: the product decides (Fisher 1932), so that a group that is
            # clear on one side need not wait for the other.
            proven = group.excess <= settings.group_level and group.surprise * group.excess <= settings.joint_level
            if proven and group.nearer >= NEARER and not self._placed_by_people(group.rows):
                self._place(group, found)
        for theme, young in list(self._young.items()):
            if int((self._memory.themes == theme).sum()) >= _GROWTH * young.grown:
                self._grow(theme, found)

    def _place(self, group: Group, found: DiscoveryChanges) -> None:
        """Let the young theme that the group is part of have it, else let it be a theme."""
        rows = np.array(group.rows)
        youth = _span(self._settings.young)
        ages = {theme: min(1.0, (found.milliseconds - young.born) / youth) for theme, young in self._young.items()}
        home = sibling(self._memory, rows, ages, 1.0 if self._threshold is None else self._threshold)
        if home is not None:
            self._take(rows, home, LineageReason.EMERGED, found)
            self._grow(home, found)
            return
        theme = self.new_theme()
        self._take(rows, theme, LineageReason.EMERGED, found)
        self._young[theme] = _Young(found.milliseconds, 0, 1.0)
        self._grow(theme, found)
        members = self._tickets(np.flatnonzero(self._memory.themes == theme))
        found.born(
            theme,
            LineageReason.EMERGED,
            members,
            size=float(len(members)),
            surprise=group.surprise,
            excess=group.excess,
            recent_share=group.recent_share,
            rival=float(group.rival),
            nearer=group.nearer,
        )

    def _grow(self, theme: int, found: DiscoveryChanges) -> None:
        """Let the tickets around a young theme vote again: those that came before it could not choose it."""
        memory, neighbours = self._memory, self._settings.neighbours
        for _ in range(_GROWTH_ROUNDS):
            members = np.flatnonzero(memory.themes == theme)
            near = list(memory.neighbours(members, neighbours))
            self._young[theme] = self._young[theme]._replace(
                grown=len(members), threshold=own_closeness(memory.themes, theme, near)
            )
            around = np.unique(np.concatenate([places for places, _ in near]))
            # Young themes do not take from each other, or tickets would go to and fro between them.
            around = self._free(around[~np.isin(memory.themes[around], list(self._young)) & (around >= members[0])])
            joining = []
            for row, (places, similarities) in zip(around.tolist(), memory.neighbours(around, neighbours), strict=True):
                outcome = vote(memory.themes[places], similarities)
                if outcome.theme_id == theme and self._accepts(theme, outcome.closeness):
                    joining.append(row)
            if not joining:
                break
            self._take(np.array(joining), theme, LineageReason.EMERGED, found)

    def _find_gathered(self, found: DiscoveryChanges) -> None:
        settings, memory = self._settings, self._memory
        if found.milliseconds - self._gathered_at < _span(settings.gather_after):
            return
        if self._pool_size() - self._gathered_pool < settings.gather_pool:
            return
        pool = np.flatnonzero(memory.themes == UNTHEMED)
        groups = density_groups(memory.vectors[pool], self._smallest())
        for group in range(int(groups.max(initial=-1)) + 1):
            rows = self._cohesive(self._free(pool[groups == group]))
            if len(rows) >= self._smallest():
                theme = self.new_theme()
                self._take(rows, theme, LineageReason.GATHERED, found)
                found.born(theme, LineageReason.GATHERED, self._tickets(rows), size=float(len(rows)))
        self._gathered_at, self._gathered_pool = found.milliseconds, self._pool_size()

    def _find_mixed(self, found: DiscoveryChanges) -> None:
        """Merge what lay mixed at the last comparison and still does: over-merging hurts more than over-splitting."""
        if found.milliseconds - self._compared_at < _span(self._settings.compare_after):
            return
        self._compared_at = found.milliseconds
        before, self._mixed = set(self._mixed), []
        gone: set[int] = set()
        for older, younger, mixing in mixed_themes(self._memory, self._settings.neighbours, self._smallest()):
            if gone & {older, younger} or not self._may_mix(older, younger):
                continue
            if (older, younger) not in before:
                self._mixed.append((older, younger))
                continue
            share = float((self._memory.themes == younger).sum() / np.isin(self._memory.themes, (older, younger)).sum())
            self.merge(younger, older)
            gone.add(younger)
            found.merged(younger, older, LineageReason.CONVERGED, mixing=mixing, share_carried=1.0, share_of_both=share)
        self._mixed = [pair for pair in self._mixed if not gone & set(pair)]

    def _find_surging(self, rising: Mapping[int, datetime], found: DiscoveryChanges) -> None:
        """Part themes of which only a part rises; the smaller part leaves."""
        memory, least = self._memory, self._settings.smallest_group
        for theme, since in sorted(rising.items()):
            if theme in self._young or not self._constraints.may_part(theme):
                continue
            rows = np.flatnonzero(memory.themes == theme)
            recent = memory.times[rows] >= milliseconds(since)
            surge = surging_part(memory.vectors[rows], recent, least, self._settings.part_level)
            if surge is None:
                continue
            leaving = self._free(rows[surge.part if 2 * int(surge.part.sum()) <= len(rows) else ~surge.part])
            if len(leaving) < least:
                continue
            born, share = self.new_theme(), len(leaving) / len(rows)
            self._take(leaving, born, LineageReason.SURGED, found)
            numbers = {"size": float(len(leaving)), "share": share, "chance": surge.chance, "mixing": surge.mixing}
            found.born(born, LineageReason.SURGED, self._tickets(leaving), theme, **numbers)

    def _may_mix(self, one: int, other: int) -> bool:
        """Whether people left it open if two themes are one."""
        bound = self._constraints
        return bound.may_merge(one, other) and bound.may_part(one) and bound.may_part(other)

    def _cohesive(self, rows: Ints) -> Ints:
        """Keep the tickets that come as close to their group as tickets do to their theme."""
        vectors = self._memory.vectors[rows]
        kept = []
        for place, row in enumerate(rows.tolist()):
            similarities = np.delete(vectors @ vectors[place], place)
            _, values = nearest(similarities, STRONGEST)
            if sum(values.tolist()) / max(1, len(values)) >= (self._threshold or 0.0):
                kept.append(row)
        return np.array(kept, np.int64)

    def _take(self, rows: Ints, theme: int, reason: LineageReason, found: DiscoveryChanges) -> None:
        memory = self._memory
        for row in self._free(rows).tolist():
            found.moved(memory.ticket(row), int(memory.themes[row]), theme, reason)
            memory.themes[row] = theme

    def _free(self, rows: Ints) -> Ints:
        return self._constraints.free(rows, self._tickets(rows)) if self._constraints.fixed else rows

    def _placed_by_people(self, rows: Sequence[int]) -> bool:
        """Whether people placed so many of a group's tickets that the others are too few for a theme."""
        return len(self._free(np.array(rows))) < min(len(rows), self._settings.smallest_group)

    def _tickets(self, rows: Ints) -> tuple[str, ...]:
        return tuple(self._memory.ticket(row) for row in rows.tolist())

    def _pool_size(self) -> int:
        return int((self._memory.themes == UNTHEMED).sum())

    def _smallest(self) -> int:
        return max(self._settings.smallest_group, len(self._memory) // self._settings.grain)


class _Young(NamedTuple):
    """A theme that emerged lately.

    `born` in milliseconds, `grown` its size when it last called on the tickets around it, `threshold` the
    closeness its own tickets reach: few tickets lie farther from each other than many, so that the stream's
    threshold would turn away what belongs to a theme that is still small.
    """

    born: int
    grown: int
    threshold: float


def _span(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)
