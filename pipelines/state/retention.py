"""Which spikes the miner keeps in memory: the open ones, and the closed ones that detection may still read.

All spikes stay in the store. What else needs older ones reads them there: the listings, the explanation by earlier spikes, and
themes that are merged or parted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from models.bucket import BUCKETS_PER_HOUR
from models.spikes import SpikeSettings
from models.spikes.families.slow_growth import DAYS as GROWTH_DAYS

TRANSFERRED_FOR = timedelta(days=7)
"""So long after its end an episode still follows its tickets: counts by the bucket are at hand for eight days."""


def kept_since(now: datetime, settings: SpikeSettings) -> datetime:
    """Return the time before which a spike must have ended for no step of an epoch at `now`, or later, to read it.

    The longest look-back of all readers: the baseline leaves out the hours of episodes in its history (and the guard gap before
    `now`); slow growth leaves out themes with an episode in its days; an episode that ended lately re-arms its theme; one that
    lasted becomes the level. The theme that an episode was transferred from had one until the transfer, which comes up to
    `TRANSFERRED_FOR` after its end.
    """
    hours = max(
        settings.history_hours + settings.guard_hours,
        GROWTH_DAYS * 24,
        settings.rearm_hours,
        settings.shift_hours,
        -(-max(settings.recent_buckets, *settings.window_buckets) // BUCKETS_PER_HOUR),
    )
    # An hour more, since the history begins at a full hour.
    return now - timedelta(hours=hours + 1) - TRANSFERRED_FOR
