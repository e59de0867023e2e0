"""Building a digest: from plain rows to what is reported, in its order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from alerts.digest.comparison import PreviousItems, resolved_since
from alerts.digest.escape import plain
from alerts.digest.items import EVERYTHING_TOGETHER, compared, in_order, item_of
from alerts.digest.language import ReaderDates
from alerts.digest.launches import launch_stories
from alerts.digest.notices import is_acknowledged, notices_by_audience
from alerts.digest.readers import DigestReaders, follows_launches
from alerts.digest.records import ClosingFigures, Digest, DigestItem, QuietTheme, WeekTrend
from alerts.digest.themes import LABELS, expected_of, is_silent, known_issue_of, quiet_theme
from alerts.digest.weeks import week_trends
from alerts.ownership import EVERYONE, Audience
from alerts.settings import AlertSettings
from models.theme import ALL_TICKETS
from store.digest_rows import DigestRows, DigestTheme
from store.digests import DigestKind, digest_key


@dataclass(frozen=True, slots=True)
class DigestOccasion:
    """Why a digest is built now: its kind, what is compared with, and what is known of launches that are over.

    `previous` is by audience. `closing` is by launch; `followed` are the launches that a digest of a launch day is about.
    """

    kind: DigestKind = DigestKind.DAILY
    previous: Mapping[str, PreviousItems] = field(default_factory=dict)
    closing: Mapping[str, ClosingFigures] = field(default_factory=dict)
    followed: Collection[str] = ()


def build(
    rows: DigestRows,
    audience: Audience,
    readers: DigestReaders,
    settings: AlertSettings,
    occasion: DigestOccasion | None = None,
) -> Digest:
    """Build one audience's digest of the window that `rows` were collected for.

    Its items are the notable themes that it owns, that it subscribed to, or that an alert or an incident of the window reported to it.
    What concerns all tickets together is owned by `everyone`.
    """
    occasion = occasion or DigestOccasion()
    dates = ReaderDates(audience.timezone, audience.language)
    own = [theme for theme in rows.themes if readers.owner(theme.theme_id) == audience.name]
    notable = readers.notable.items
    previous = occasion.previous.get(audience.name)
    sent = {name: len(found) for name, found in sorted(notices_by_audience(rows).items())}
    items = _items(rows, audience.name, readers, settings, dates)
    hours = rows.window.span.total_seconds() / 3600
    items = in_order(compared(item, previous, hours) for item in items)
    shown, rest = items[: settings.digest_themes], items[settings.digest_themes :]
    others = [theme for theme in own if theme.theme_id not in notable]
    silent = [theme for theme in others if is_silent(theme, rows)]
    present = [theme for theme in own if rows.observed(theme.theme_id)]
    return Digest(
        audience=audience.name,
        window=rows.window,
        kind=occasion.kind,
        tickets=sum(rows.observed(theme.theme_id) for theme in present),
        expected=_sum(expected_of(rows.hours(theme.theme_id)) for theme in own),
        expected_themes=sum(expected_of(rows.hours(theme.theme_id)) is not None for theme in present),
        all_expected=expected_of(rows.hours(ALL_TICKETS)),
        covers_all=bool(own) and len(own) == len(rows.themes),
        all_tickets=rows.observed(ALL_TICKETS),
        themes=len(present),
        items=tuple(shown),
        further=tuple(QuietTheme(item.theme_id, item.name, item.observed, item.expected) for item in rest),
        launches=launch_stories(
            rows, audience, {theme.theme_id: theme.name for theme in own},
            closing=occasion.closing, wanted=_followed(audience, rows, occasion),
        ),
        elsewhere=_elsewhere(own, items, notable, readers, rows),
        silent=_quiet(silent, rows),
        known=_known(others, rows),
        quiet=_quiet((theme for theme in others if theme.known_issue is None and theme not in silent), rows),
        trends=_trends(rows, own, occasion),
        resolved=_resolved(previous, items, own, readers, rows),
        compared_with=None if previous is None else previous.window,
        labels=_tally(items),
        timezone=audience.timezone,
        language=audience.language,
        no_demand=rows.no_demand if audience.name == EVERYONE else {},
        sent=sent.get(audience.name, 0),
        sent_elsewhere={name: number for name, number in sent.items() if name != audience.name},
    )  # fmt: skip


def _items(
    rows: DigestRows, audience: str, readers: DigestReaders, settings: AlertSettings, dates: ReaderDates
) -> list[DigestItem]:
    sent = list(notices_by_audience(rows).get(audience, {}).values())
    return [
        replace(
            item_of(theme, labels, rows, settings, dates),
            subject=f"{digest_key(audience, rows.window)}:theme:{theme.theme_id}",
            audience=audience,
            owner=readers.acts(theme.theme_id),
            seen_because=readers.why[theme.theme_id][audience],
            sent=sent.count(theme.theme_id),
            acknowledged=is_acknowledged(theme.theme_id, rows),
        )
        for theme, labels in readers.notable.items.values()
        if readers.reads(audience, theme.theme_id)
    ]


def _followed(audience: Audience, rows: DigestRows, occasion: DigestOccasion) -> frozenset[str]:
    every = [launch.launch_id for launch in rows.launches] if follows_launches(audience) else []
    return frozenset((*every, *occasion.followed))


def _quiet(themes: Iterable[DigestTheme], rows: DigestRows) -> tuple[QuietTheme, ...]:
    found = (quiet_theme(theme, rows) for theme in themes)
    # Of a silent theme what was expected is the larger number, of the others what came.
    return tuple(
        sorted(
            (one for one in found if one.observed or one.expected),
            key=lambda one: (-max(one.observed, (one.expected or 0.0) if not one.observed else 0.0), one.theme_id),
        )
    )


def _elsewhere(
    own: Iterable[DigestTheme],
    items: Iterable[DigestItem],
    notable: Collection[int],
    readers: DigestReaders,
    rows: DigestRows,
) -> tuple[QuietTheme, ...]:
    """List the audience's notable themes on which another one acts, each with that one's name."""
    reported = {item.theme_id for item in items}
    found = (quiet_theme(theme, rows) for theme in own if theme.theme_id in notable and theme.theme_id not in reported)
    return tuple(
        replace(one, name=f"{one.name}, {readers.acts(one.theme_id)} acts")
        for one in sorted(found, key=lambda one: (-one.observed, one.theme_id))
    )


def _known(themes: Iterable[DigestTheme], rows: DigestRows) -> tuple[QuietTheme, ...]:
    """List the known issues within their envelopes that tickets came for, by the names that specialists gave them."""
    found = []
    for theme in themes:
        issue, quiet = known_issue_of(theme.known_issue), quiet_theme(theme, rows)
        if issue is not None and quiet.observed:
            found.append(replace(quiet, name=f"{issue.title} ({issue.jira})" if issue.jira else issue.title))
    return tuple(sorted(found, key=lambda one: (-one.observed, one.theme_id)))


def _trends(rows: DigestRows, own: Iterable[DigestTheme], occasion: DigestOccasion) -> tuple[WeekTrend, ...]:
    if occasion.kind is not DigestKind.WEEKLY:
        return ()
    return week_trends({theme.theme_id: plain(theme.name) for theme in own}, rows)


def _resolved(
    previous: PreviousItems | None,
    items: Iterable[DigestItem],
    own: Iterable[DigestTheme],
    readers: DigestReaders,
    rows: DigestRows,
) -> tuple[str, ...]:
    """Name what the digest before reported and is no item any more, and what was over soon after the window began."""
    names = {theme.theme_id: plain(theme.name) for theme in (EVERYTHING_TOGETHER, *rows.themes)}
    reported = {item.theme_id for item in items}
    mine = {theme.theme_id for theme in own}
    over = [theme.theme_id for theme in readers.notable.over if theme.theme_id in mine - reported]
    gone = dict.fromkeys((*resolved_since(previous, reported), *over))
    return tuple(names[theme_id] for theme_id in gone if theme_id in names)


def _tally(items: Iterable[DigestItem]) -> dict[str, int]:
    found = Counter(label for item in items for label in item.labels)
    return {label: found[label] for label in LABELS}


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
