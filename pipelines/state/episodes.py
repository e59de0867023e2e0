"""Episodes in the miner's state: the open spikes, and the closed ones that detection and explanations read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from models.bucket import bucket_of, start_of
from models.segment import Segment
from models.spike import SpikeKind
from models.spikes import Episode, Finding
from store.spikes import StoredSpike


class Episodes:
    """Spikes in the order of their ids, as a restart reads them.

    Of a theme at most one rise is open at a time; missing volume may be open in several segments.
    """

    def __init__(self, spikes: Iterable[StoredSpike] = ()) -> None:
        self._spikes = {one.spike_id: one for one in spikes}

    def __getitem__(self, spike_id: int) -> StoredSpike:
        return self._spikes[spike_id]

    def get(self, spike_id: int | None) -> StoredSpike | None:
        """Return a spike; None for None, and for one that is not in the state."""
        return None if spike_id is None else self._spikes.get(spike_id)

    def __contains__(self, spike_id: object) -> bool:
        return spike_id in self._spikes

    def __iter__(self) -> Iterator[StoredSpike]:
        return iter(self._spikes.values())

    def put(self, *spikes: StoredSpike) -> None:
        """Add spikes, or replace those of the same id."""
        self._spikes.update({one.spike_id: one for one in spikes})

    def load(self, spikes: Iterable[StoredSpike]) -> None:
        """Add older spikes that are not in the state, before something is done to all spikes of a theme."""
        for one in spikes:
            self._spikes.setdefault(one.spike_id, one)
        self._spikes = dict(sorted(self._spikes.items()))

    def trim(self, since: datetime) -> None:
        """Drop the spikes that a restart would not load, by the same rule as `store.spikes.read_recent_spikes`."""
        newest: dict[tuple[int, Segment, str | None], tuple[datetime, int]] = {}
        for one in self:
            if one.missing and one.end is not None:
                place = one.theme_id, one.segment, one.launch_id
                newest[place] = max(newest.get(place, (one.end, one.spike_id)), (one.end, one.spike_id))
        silences = {spike_id for _, spike_id in newest.values()}
        self._spikes = {
            key: one for key, one in self._spikes.items() if one.end is None or one.end > since or key in silences
        }

    def by_id(self) -> list[StoredSpike]:
        """List the spikes in the order of their ids."""
        return [spike for _, spike in sorted(self._spikes.items())]

    def open(self) -> list[StoredSpike]:
        """List the spikes that have not ended."""
        return [one for one in self if one.end is None]

    def of_theme(self, theme_id: int) -> list[StoredSpike]:
        """List the spikes of a theme, in the order of their ids."""
        return [one for one in self.by_id() if one.theme_id == theme_id]

    def open_rise(self, theme_id: int) -> StoredSpike | None:
        """Return the open rise of a theme; None where there is none."""
        return next((one for one in self.open() if one.theme_id == theme_id and not one.missing), None)

    def continued_by(self, finding: Finding) -> StoredSpike | None:
        """Return the open spike that a finding continues: of its theme, and a rise, or the same missing volume."""
        if finding.kind is not SpikeKind.MISSING_VOLUME:
            return self.open_rise(finding.theme_id)
        place = finding.theme_id, finding.segment, finding.launch_id
        return next(
            (one for one in self.open() if one.missing and (one.theme_id, one.segment, one.launch_id) == place), None
        )

    def as_detected(self) -> list[Episode]:
        """Return the episodes as the detector reads them.

        An episode that was transferred to another theme is also one of the theme where it opened, until it left: the few tickets
        that stay there are no other rise. A plan that did not come true is no episode, since the volume was usual.
        """
        transferred = [_opened_elsewhere(one) for one in self]
        own = [
            Episode(
                one.theme_id, one.segment, bucket_of(one.start), None if one.end is None else bucket_of(one.end),
                one.kind, one.launch_id, one.severity, one.together,
            )
            for one in self
            if not one.missing or one.launch_id is None
        ]  # fmt: skip
        return [one for one in transferred if one is not None] + own

    def give(self, theme: int, into: int, time: datetime) -> list[StoredSpike]:
        """Give a merged theme's spikes to the theme that it was merged into; returns them as they are now.

        Where both themes have an open spike, that of the other theme continues, and the given one ends at `time`.
        """
        continues = next((one for one in self.open() if one.theme_id == into), None)
        given = [one.with_(theme_id=into) for one in self if one.theme_id == theme]
        if continues is not None:
            note = f"its theme was merged, and it goes on as spike {continues.spike_id}"
            given = [one.with_(end=end_at(one, time), note=note) if one.end is None else one for one in given]
        self.put(*given)
        return given

    def reassign(self, spike_ids: Iterable[int], theme: int) -> list[StoredSpike]:
        """Set the theme of some spikes; returns them as they are now. Ids that are not in the state are left out."""
        given = [self._spikes[key].with_(theme_id=theme) for key in spike_ids if key in self._spikes]
        self.put(*given)
        return given

    def snapshot(self) -> dict[int, StoredSpike]:
        """Copy the spikes by id, to be compared later."""
        return dict(self._spikes)


def end_at(spike: StoredSpike, time: datetime) -> datetime:
    """Return the end of a spike that is over at `time`: the start of that bucket, but at least one bucket after its own start."""
    return start_of(max(bucket_of(time), bucket_of(spike.start) + 1))


def _opened_elsewhere(spike: StoredSpike) -> Episode | None:
    """An episode of the theme in which a transferred spike opened; None where it is in that theme, or left within its first bucket."""
    transfer, start = spike.state.transferred_from, bucket_of(spike.start)
    if transfer is None or transfer.until <= start:
        return None
    return Episode(transfer.theme_id, spike.segment, start, transfer.until, spike.kind, None, spike.severity)
