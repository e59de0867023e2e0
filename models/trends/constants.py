"""The constants of the method, with their reasons."""

from __future__ import annotations

import math
from typing import Final

from models.trends.windows import Windows

WINDOWS: Final = Windows(sharp=(1,), slow=(3, 7, 28), slow_share=0.75)
"""Rises that begin at once are the matter of `models.spikes`: a quarter of the budget is for whole days, which its windows of six hours
do not see, and the rest for rises of days and weeks."""
SHORT_WINDOWS: Final = Windows(sharp=(1,), slow=(3, 7), slow_share=0.75)
"""The same without the windows of four weeks, for which a young record is too short."""
LEAST_LEARNED: Final = 28
"""Days that a baseline needs: each weekday four times."""
GUARD, SHORT_GUARD = 28, 14
"""Newest days left out of the baseline, so that a rise does not hide itself: four weeks, or two where the record is young."""
YEARLY_FROM: Final = 548
"""Days of record from which the season is estimated: one year and a half, so that a season was seen twice for half of the year."""
GROWTH: Final = math.log(1.1) / 28
"""Usual growth, a standard deviation in log units a day: 10 % in four weeks. A short baseline alone would extrapolate its noise."""
NEW_LEVEL_AFTER: Final = 42
"""Days after which an open finding is taken for a new level, closed and learned: what people did not act on in six weeks is usual."""
STAY: Final = 0.2
"""P-value of the last week above which a finding is over."""
LEAST_TICKETS: Final = 5
"""Tickets by which a window must exceed what is expected: fewer are nobody's concern."""
