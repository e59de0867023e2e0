"""The items of a digest: what is notable, each with its figures, places, causes and next step, in the order to act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.digest.causes import no_cause, places, reasons, seen_before
from alerts.digest.comparison import ItemFigures, PreviousItems, trend_of
from alerts.digest.escape import plain
from alerts.digest.language import ReaderDates
from alerts.digest.next_step import Action, NextStep, StepFacts, next_step
from alerts.digest.notices import alert_kinds
from alerts.digest.records import DigestItem, PartTheme
from alerts.digest.signals import MINOR, signal_stories, spikes_by_lead
from alerts.digest.themes import (
    compared_with_expected,
    complete_position,
    evidence_of,
    is_clearly_above,
    known_issue_of,
    labels_of,
)
from alerts.settings import AlertSettings
from models.alert import AlertKind
from models.theme import ALL_TICKETS
from store.digest_rows import AlertNotice, DigestRows, DigestSpike, DigestTheme, Reach

MOST_SIGNALS = 3
"""Spikes described per item; the others are in the listing."""

REPORTED = frozenset({"new", "spiking", "above plan", "missing volume", "regressed", "escalating", "above expected"})
"""Labels of which one makes a theme an item; a known issue within its envelope is quiet."""

EVERYTHING_TOGETHER = DigestTheme(ALL_TICKETS, "All tickets together", "ongoing", 0, None)
"""What stands for the tickets of every theme and of none."""

OPEN_WEIGHT = 2.0
"""What is still open weighs as much as what was twice as severe and is over."""

_TIERS: Mapping[Action, int] = {
    Action.CHECK_INTAKE: 0,
    Action.REOPEN: 0,
    Action.ASK_CHANGE_OWNER: 0,
    Action.ESCALATE_KNOWN_ISSUE: 0,
    Action.CONFIRM_FIX: 2,
    Action.WATCH: 2,
}
"""Somebody can act at once (0), somebody must decide (1), nothing is to be done (2)."""


@dataclass(frozen=True, slots=True)
class NotableThemes:
    """What digests of a window report: the themes that are items for some audience with their labels, by id.

    `over` are the themes whose spikes began before the window, ended in it, and left nothing to look at. `expected` are the tickets
    expected in the window by theme, None where a theme has no history (0: all tickets).
    """

    items: Mapping[int, tuple[DigestTheme, tuple[str, ...]]] = field(default_factory=dict)
    expected: Mapping[int, float | None] = field(default_factory=dict)
    over: tuple[DigestTheme, ...] = ()


def find_notable(rows: DigestRows, settings: AlertSettings) -> NotableThemes:
    """Find what is notable in the window, whoever reads it.

    A theme whose spikes all belong to an incident that another theme causes is part of that theme's item.
    """
    spikes = spikes_by_lead(rows)
    parts = _parts(rows)
    found: dict[int, tuple[DigestTheme, tuple[str, ...]]] = {}
    expected: dict[int, float | None] = {}
    over = []
    for theme in (EVERYTHING_TOGETHER, *rows.themes):
        own = spikes.get(theme.theme_id, ())
        position = complete_position(rows.hours(theme.theme_id))
        expected[theme.theme_id] = None if position is None or position.envelope is None else position.envelope.mean
        if theme.theme_id in parts and not own:
            continue
        above = is_clearly_above(position, settings)
        if not above and _is_carried_over(theme, own, rows):
            over.append(theme)
            continue
        labels = labels_of(theme, rows, own, above=above)
        if not REPORTED.isdisjoint(labels):
            found[theme.theme_id] = (theme, labels)
    return NotableThemes(found, expected, tuple(over))


def _is_carried_over(theme: DigestTheme, spikes: Sequence[DigestSpike], rows: DigestRows) -> bool:
    window = rows.window
    over = all(one.start < window.start and one.end is not None and one.end <= window.end for one in spikes)
    return bool(spikes) and over and not alert_kinds(theme.theme_id, rows)


def parts_of(lead: int, rows: DigestRows) -> tuple[PartTheme, ...]:
    """List the other themes that show the same event as the item of a theme, the largest first."""
    names = {theme.theme_id: theme.name for theme in rows.themes}
    found = [theme_id for theme_id, whole in _parts(rows).items() if whole == lead and theme_id != lead]
    parts = [PartTheme(one, plain(names[one]), rows.observed(one)) for one in found if one in names]
    return tuple(sorted(parts, key=lambda part: (-part.observed, part.theme_id)))


def item_of(
    theme: DigestTheme, labels: tuple[str, ...], rows: DigestRows, settings: AlertSettings, dates: ReaderDates
) -> DigestItem:
    """Describe a notable theme in the window that `rows` were collected for, without what depends on the audience."""
    spikes = spikes_by_lead(rows).get(theme.theme_id, ())
    shown = [spike for spike in spikes if spike.gate not in MINOR] or list(spikes)
    why, parts = reasons(shown, rows), parts_of(theme.theme_id, rows)
    hours = rows.hours(theme.theme_id)
    compared_hours = compared_with_expected(hours)
    ends = [spike.end for spike in shown]
    item = DigestItem(
        theme_id=theme.theme_id,
        name=plain(theme.name),
        status=theme.status,
        labels=labels,
        observed=rows.observed(theme.theme_id),
        expected=None if compared_hours is None else compared_hours[1],
        compared=None if compared_hours is None else compared_hours[0],
        previous=rows.previous.get(theme.theme_id, 0),
        hours=hours,
        signals=signal_stories(shown[:MOST_SIGNALS], rows, dates),
        further_signals=max(0, len(shown) - MOST_SIGNALS),
        since=min((spike.start for spike in shown), default=_first_seen(theme, rows)),
        until=None if not ends or None in ends else max(end for end in ends if end is not None),
        where=places(shown),
        why=why,
        seen_before=seen_before(shown),
        no_cause="" if why else no_cause(shown),
        parts=parts,
        evidence=evidence_of([theme.theme_id, *(part.theme_id for part in parts)], rows, settings.digest_quotes),
        known_issue=known_issue_of(theme.known_issue),
        incident_ids=_incidents(theme.theme_id, rows),
        reach=rows.reach.get(theme.theme_id, Reach()),
        promises=rows.promises.get(theme.theme_id),
        severity=max((spike.severity * _share_inside(spike, rows) for spike in shown), default=0.0),
    )
    return replace(item, next_step=_step(item, shown, rows))


def compared(item: DigestItem, previous: PreviousItems | None, hours: float) -> DigestItem:
    """Add what became of an item since the digest before; `hours` is the length of the window."""
    figures = ItemFigures(item.theme_id, item.observed - (item.expected or 0.0), item.open, hours)
    return replace(item, trend=trend_of(figures, previous))


def in_order(items: Iterable[DigestItem]) -> list[DigestItem]:
    """Sort items by what a reader should do: what somebody can act on, what must be decided, the rest; the more severe first."""
    return sorted(items, key=_rank)


def _rank(item: DigestItem) -> tuple[int, float, float, int]:
    step = item.next_step or NextStep(Action.WATCH, "")
    weight = item.severity * (OPEN_WEIGHT if item.open else 1.0)
    return (_TIERS.get(step.action, 1), -weight, -(item.excess or item.observed), item.theme_id)


def _share_inside(spike: DigestSpike, rows: DigestRows) -> float:
    """Return how much of a spike's time is in the window, 0 to 1: what is left of an older one weighs less."""
    end = min(spike.end or rows.window.end, rows.window.end)
    whole = max((end - spike.start).total_seconds(), 1.0)
    return max(0.0, (end - max(spike.start, rows.window.start)).total_seconds()) / whole


def _step(item: DigestItem, spikes: Sequence[DigestSpike], rows: DigestRows) -> NextStep:
    best = next((reason for reason in item.why if reason.kind != "launch" and reason.time is not None), None)
    known = item.known_issue
    titles = {launch.launch_id: plain(launch.title) for launch in rows.launches}
    exceeded = next((spike.launch_id for spike in spikes if spike.launch_id is not None), None)
    return next_step(
        StepFacts(
            open=item.open,
            missing=bool(spikes) and all(spike.kind == AlertKind.MISSING_VOLUME for spike in spikes),
            place=item.where[0].name if item.where else "",
            change=None if best is None else f"{best.kind.replace('_', ' ')} {best.title}",
            change_share=0.0 if best is None else best.share,
            known=None if known is None else known.title,
            key=None if known is None else known.jira,
            workaround=known is not None and known.workaround is not None,
            fixed=known is not None and known.state in ("fixed", "resolved"),
            regressed="regressed" in item.labels or (known is not None and known.state == "regressed"),
            beyond=known is not None and bool({"spiking", "above plan", "escalating"} & set(item.labels)),
            launch=titles.get(exceeded, exceeded) if exceeded is not None else None,
            new="new" in item.labels,
            excess=max((spike.observed - spike.expected for spike in spikes), default=0.0),
            escalated_share=item.reach.escalated_share,
        )
    )


def _parts(rows: DigestRows) -> dict[int, int]:
    """Return for each theme with signals of another theme's incident which theme that is."""
    causing = {incident.incident_id: incident.theme_id for incident in rows.incidents}
    found = {}
    signals: list[DigestSpike | AlertNotice] = [*rows.spikes, *rows.alerts]
    for signal in signals:
        whole = causing.get(signal.incident_id) if signal.incident_id is not None else None
        if whole is not None and whole != signal.theme_id:
            found[signal.theme_id] = whole
    return found


def _first_seen(theme: DigestTheme, rows: DigestRows) -> datetime | None:
    return theme.first_seen if theme.first_seen is not None and theme.first_seen >= rows.window.start else None


def _incidents(lead: int, rows: DigestRows) -> tuple[int, ...]:
    return tuple(sorted({one.surviving_id for one in rows.incidents if one.theme_id == lead}))
