"""One theme: its timeline, spikes with their causes, what was changed meanwhile, evidence and history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from models.access import EVERYTHING, AccessScope
from models.bucket import BUCKETS_PER_HOUR, start_of
from models.segment import Segment
from models.theme import Theme
from store.board.digests import ListedDigest, digests_of_themes
from store.board.figure_cache import FigureCache
from store.board.launches import LaunchRow, launch_rows
from store.board.now import Now, now_of
from store.board.series import HourlySeries, series_of
from store.board.signal_groups import SignalGroup, group_spikes
from store.board.similar_themes import SimilarTheme, similar_themes
from store.board.spikes import SpikeRow, spike_rows
from store.board.theme_history import (
    AlertRow,
    ChangeRow,
    LineageRow,
    alerts_of,
    changes_between,
    decisions_about,
    lineage_of,
)
from store.board.theme_quotes import Quote, theme_quotes
from store.board.theme_rows import theme_of
from store.board.theme_segments import DimensionVolumes, theme_segments
from store.decisions import Decision, pending_decisions
from store.errors import ThemeUnknown
from store.known_issues import StoredIssue, find_issue
from store.schema import spikes, themes
from store.scoped import (
    ScopedFigures,
    scoped_figures,
    scoped_series,
    scoped_status,
    scoped_themes,
    with_figures,
)
from store.survivors import family
from store.transitions import StatusChange, read_transitions
from store.types import LARGEST_ID

TRANSITIONS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemePage:
    """All that a theme's page shows; `series` is hourly, up to the newest hour of event time.

    Within a limited scope everything is of its tickets: what is founded on others is empty, and `narrowed` is True. `groups` are the
    spikes with their causes once; `issue` is what people know of its known issue.
    """

    theme: Theme
    narrowed: bool
    series: HourlySeries
    spikes: tuple[SpikeRow, ...]
    groups: tuple[SignalGroup, ...]
    changes: tuple[ChangeRow, ...]
    launches: tuple[LaunchRow, ...]
    segments: tuple[DimensionVolumes, ...]
    quotes: tuple[Quote, ...]
    similar: tuple[SimilarTheme, ...]
    issue: StoredIssue | None
    digests: tuple[ListedDigest, ...] = ()
    lineage: tuple[LineageRow, ...] = ()
    alerts: tuple[AlertRow, ...] = ()
    transitions: tuple[StatusChange, ...] = ()
    pending: tuple[Decision, ...] = ()
    decided: tuple[Decision, ...] = ()

    @property
    def open_spikes(self) -> tuple[SpikeRow, ...]:
        """The spikes by which the detector signals, the most severe first."""
        return tuple(
            sorted((one for one in self.spikes if one.end is None), key=lambda one: (-one.severity, one.spike_id))
        )

    @property
    def last_spike(self) -> SpikeRow | None:
        """The spike that ended last; None where none did."""
        return max(
            (one for one in self.spikes if one.end is not None), key=lambda one: (one.end, one.spike_id), default=None
        )


def theme_page(
    connection: Connection, now: Now | None, theme_id: int, days: int, scope: AccessScope = EVERYTHING
) -> ThemePage:
    """Read a theme with the last `days` (1 to 60) of event time, as far as a scope shows it.

    Raises `ThemeUnknown`, also where no ticket of the theme is in the scope.
    """
    theme_ids = family(connection, theme_id) if abs(theme_id) <= LARGEST_ID else []
    spiking = tuple(
        one for one in spike_rows(connection, spikes.c.theme_id.in_(theme_ids)) if _shown(scope, one.segment)
    )
    theme = theme_within(connection, theme_id, scope, signals=any(one.end is None for one in spiking))
    series = _series(connection, now, theme_id, days, scope)
    began, ended = _span(series)
    issue = None if theme.known_issue is None or theme.known_issue.issue_id is None else theme.known_issue.issue_id
    quotes = theme_quotes(connection, theme_id, spiking, scope)
    if not scope.is_everything:
        spiking = tuple(map(_bare, spiking))
    read = ThemePage(
        theme=theme,
        narrowed=not scope.is_everything,
        series=series,
        spikes=spiking,
        groups=group_spikes(spiking),
        changes=tuple(one for one in changes_between(connection, spiking, began, ended) if _shown(scope, one.scope)),
        launches=tuple(
            row
            for row in launch_rows(connection)
            if began and row.start < ended and row.end > began and _shown(scope, row.scope)
        ),
        segments=theme_segments(connection, now, theme_id, scope),
        quotes=quotes,
        similar=similar_themes(connection, now, theme, scope),
        issue=None if issue is None else find_issue(connection, issue),
    )
    return read if read.narrowed else _with_history(connection, read, theme_ids)


def theme_within(connection: Connection, theme_id: int, scope: AccessScope, *, signals: bool = False) -> Theme:
    """Read a theme as a person with a scope may see it; `signals`: the detector signals within the scope.

    Raises `ThemeUnknown`, also where no counted ticket of the theme is in the scope.
    """
    known = select(themes).where(themes.c.id == theme_id)
    found = connection.execute(known).one_or_none() if abs(theme_id) <= LARGEST_ID else None
    if found is None:
        raise ThemeUnknown(theme_id)
    theme = theme_of(found)
    if scope.is_everything:
        return theme
    figures = _figures(connection, scope, theme_id)
    if figures is None:
        raise ThemeUnknown(theme_id)
    status = scoped_status(theme.status, signals=signals)
    return replace(with_figures(scoped_themes(connection, scope, [theme])[theme_id], figures), status=status)


def _figures(connection: Connection, scope: AccessScope, theme_id: int) -> ScopedFigures | None:
    now = now_of(connection)
    if now is None:
        return None
    key = ("figures", scope, theme_id)
    return FigureCache(connection, now, "themes").get(key, lambda: scoped_figures(connection, scope, theme_id))


def _with_history(connection: Connection, page: ThemePage, theme_ids: Sequence[int]) -> ThemePage:
    theme_id = page.theme.theme_id
    return replace(
        page,
        digests=digests_of_themes(connection, theme_ids),
        lineage=lineage_of(connection, theme_id),
        alerts=alerts_of(connection, theme_ids),
        transitions=tuple(read_transitions(connection, theme_ids)[-TRANSITIONS:]),
        pending=pending_decisions(connection).get(theme_id, ()),
        decided=decisions_about(connection, set(theme_ids)),
    )


def _series(connection: Connection, now: Now | None, theme_id: int, days: int, scope: AccessScope) -> HourlySeries:
    if now is None:
        return ()
    first = now.hour - 24 * days + 1
    if scope.is_everything:
        return series_of(connection, now, [theme_id], first, now.hour)[theme_id]
    hours = range(first, now.hour + 1)
    return FigureCache(connection, now, "themes").get(
        ("series", scope, theme_id, days), lambda: scoped_series(connection, now, scope, [theme_id], hours)[theme_id]
    )


def _bare(spike: SpikeRow) -> SpikeRow:
    """Leave the figures of a spike, which are those of its segment, and take away what was found by comparing with other tickets."""
    return replace(
        spike, verdict="", note=None, gate=None, causes=(), evidence=(), launch_id=None, incident_id=None, theme_name=""
    )


def _shown(scope: AccessScope, segment: Segment) -> bool:
    return scope.is_everything or scope.contains(segment)


def _span(series: HourlySeries) -> tuple[datetime | None, datetime]:
    if not series:
        return None, start_of(0)
    return _hour_start(series[0].hour), _hour_start(series[-1].hour + 1)


def _hour_start(hour: int) -> datetime:
    return start_of(hour * BUCKETS_PER_HOUR)
