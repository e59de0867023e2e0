"""Spikes of one event together, so that what explains several of them is said once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from store.board.spikes import CauseRow, SpikeRow


@dataclass(frozen=True, slots=True)
class SignalGroup:
    """Spikes of one incident, or with the same first cause; the open and most severe ones first. `causes` holds each cause once."""

    spikes: tuple[SpikeRow, ...]
    causes: tuple[CauseRow, ...]

    @property
    def lead(self) -> SpikeRow:
        """The spike that stands for the group."""
        return self.spikes[0]

    @property
    def is_open(self) -> bool:
        """Whether the detector signals: a spike of the group is open."""
        return any(one.end is None for one in self.spikes)

    @property
    def incidents(self) -> tuple[int, ...]:
        """The incidents that its spikes are signs of, the newest first."""
        return tuple(sorted({one.incident_id for one in self.spikes if one.incident_id is not None}, reverse=True))

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What explains the spikes, each sentence once."""
        return tuple(dict.fromkeys(one.verdict for one in self.spikes if one.verdict))


def group_spikes(spikes: Sequence[SpikeRow]) -> tuple[SignalGroup, ...]:
    """Group spikes by incident and by their first cause; the groups with an open spike come first, then the newest."""
    groups: list[tuple[set[Hashable], list[SpikeRow]]] = []
    for spike in spikes:
        keys, members = _keys(spike), [spike]
        for group in [one for one in groups if one[0] & keys]:
            # A spike may join two groups: that of its incident and that of its cause.
            groups.remove(group)
            keys, members = keys | group[0], [*group[1], *members]
        groups.append((keys, members))
    found = [_group(members) for _, members in groups]
    return tuple(sorted(found, key=lambda one: (not one.is_open, -max(s.start for s in one.spikes).timestamp())))


def _group(members: Iterable[SpikeRow]) -> SignalGroup:
    ordered = sorted(
        members, key=lambda one: (one.end is not None, -one.severity, -one.start.timestamp(), one.spike_id)
    )
    causes = {_identity(cause): cause for spike in reversed(ordered) for cause in reversed(spike.causes)}
    return SignalGroup(tuple(ordered), tuple(reversed(causes.values())))


def _keys(spike: SpikeRow) -> set[Hashable]:
    keys: set[Hashable] = {("spike", spike.spike_id)}
    if spike.incident_id is not None:
        keys.add(("incident", spike.incident_id))
    # That an earlier spike was alike does not make two spikes one event.
    first = next((cause for cause in spike.causes if cause.kind != "incident"), None)
    if first is not None:
        keys.add(_identity(first))
    return keys


def _identity(cause: CauseRow) -> Hashable:
    return (cause.kind, cause.change_id, cause.segment)
