"""Building a digest: from plain rows to what is reported, in its order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from alerts.digest.comparison import PreviousItems, resolved_since
from alerts.digest.escape import plain
from alerts.digest.items import EVERYTHING_TOGETHER, compared, in_order, item_of
from alerts.digest.language import ReaderDates
from alerts.digest.launches import launch_stories
from alerts.digest.notices import is_acknowledged, notices_by_audience
from alerts.digest.others import other_themes
from alerts.digest.procedures import ProcedureNote, notes_of, overdue_of
from alerts.digest.readers import DigestReaders, follows_launches
from alerts.digest.records import ClosingFigures, Digest, DigestItem, QuietTheme, WeekTrend
from alerts.digest.slow_rises import slow_rises
from alerts.digest.themes import LABELS
from alerts.digest.weeks import week_trends
from alerts.ownership import EVERYONE, Audience
from alerts.settings import AlertSettings
from models.theme import ALL_TICKETS
from store.digest_rows import DigestRows, DigestTheme
from store.digests import DigestKind, digest_key
from store.promises import PromiseState


@dataclass(frozen=True, slots=True)
class DigestOccasion:
    """Why a digest is built now: its kind, what is compared with, and what is known of launches that are over.

    `previous` and `promises` are by audience, `closing` by launch; `followed` are the launches that a digest of a launch day is about.
    """

    kind: DigestKind = DigestKind.DAILY
    previous: Mapping[str, PreviousItems] = field(default_factory=dict)
    closing: Mapping[str, ClosingFigures] = field(default_factory=dict)
    followed: Collection[str] = ()
    promises: Mapping[str, PromiseState] = field(default_factory=dict)


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
    own = [theme for theme in rows.themes if readers.owner(theme.theme_id) == audience.name]
    previous = occasion.previous.get(audience.name)
    items = _items(rows, audience, readers, settings, previous)
    others = other_themes(own, {item.theme_id for item in items}, readers, rows)
    sent = {name: len(found) for name, found in sorted(notices_by_audience(rows).items())}
    digest = Digest(
        audience=audience.name, window=rows.window, kind=occasion.kind, timezone=audience.timezone, language=audience.language,
        items=tuple(items[: settings.digest_themes]),
        further=tuple(_number(item) for item in items[settings.digest_themes :]),
        launches=launch_stories(
            rows, audience, {theme.theme_id: theme.name for theme in own},
            closing=occasion.closing, wanted=_followed(audience, rows, occasion),
        ),
        elsewhere=others.elsewhere, silent=others.silent, known=others.known, quiet=others.quiet,
        trends=_trends(rows, own, occasion),
        slow_rises=slow_rises(
            {theme.theme_id: plain(theme.name) for theme in own}, rows, occasion.kind, covers_all=audience.name == EVERYONE
        ),
        recurring=_recurring(own, rows),
        resolved=_resolved(previous, items, own, readers, rows),
        compared_with=None if previous is None else previous.window,
        labels=_tally(items),
        no_demand=rows.no_demand if audience.name == EVERYONE else {},
        sent=sent.get(audience.name, 0),
        sent_elsewhere={name: number for name, number in sent.items() if name != audience.name},
        promises=occasion.promises.get(audience.name),
        overdue=overdue_of(
            rows.procedures, frozenset(theme.theme_id for theme in own), _day(rows, audience), everything=audience.name == EVERYONE
        ),
    )  # fmt: skip
    return _with_totals(digest, own, readers, rows)


def _with_totals(digest: Digest, own: Sequence[DigestTheme], readers: DigestReaders, rows: DigestRows) -> Digest:
    """Add how many tickets came in the audience's themes and in all, and how many were expected."""
    present = [theme.theme_id for theme in own if rows.observed(theme.theme_id)]
    expected = readers.notable.expected
    known = [one for theme in own if (one := expected.get(theme.theme_id)) is not None]
    return replace(
        digest,
        tickets=sum(rows.observed(theme_id) for theme_id in present),
        expected=sum(known) if known else None,
        expected_themes=sum(expected.get(theme_id) is not None for theme_id in present),
        themes=len(present),
        all_tickets=rows.observed(ALL_TICKETS),
        all_expected=expected.get(ALL_TICKETS),
        covers_all=bool(own) and len(own) == len(rows.themes),
    )


def _day(rows: DigestRows, audience: Audience) -> date:
    """Return the last day of the window, by the calendar of the audience."""
    return ReaderDates(audience.timezone).local(rows.window.end - timedelta(microseconds=1)).date()


def _number(item: DigestItem) -> QuietTheme:
    return QuietTheme(item.theme_id, item.name, item.observed, item.expected)


def _items(
    rows: DigestRows,
    audience: Audience,
    readers: DigestReaders,
    settings: AlertSettings,
    previous: PreviousItems | None,
) -> list[DigestItem]:
    dates = ReaderDates(audience.timezone, audience.language)
    sent = list(notices_by_audience(rows).get(audience.name, {}).values())
    hours = rows.window.span.total_seconds() / 3600
    found = [
        replace(
            item_of(theme, labels, rows, settings, dates),
            subject=f"{digest_key(audience.name, rows.window)}:theme:{theme.theme_id}",
            audience=audience.name,
            owner=readers.acts(theme.theme_id),
            seen_because=readers.why[theme.theme_id][audience.name],
            sent=sent.count(theme.theme_id),
            acknowledged=is_acknowledged(theme.theme_id, rows),
            procedures=_procedures(theme.theme_id, rows, audience),
        )
        for theme, labels in readers.notable.items.values()
        if readers.reads(audience.name, theme.theme_id)
    ]
    return in_order(compared(item, previous, hours) for item in found)


def _procedures(theme_id: int, rows: DigestRows, audience: Audience) -> tuple[ProcedureNote, ...]:
    return notes_of((one for one in rows.procedures if theme_id in one.themes), _day(rows, audience))


def _followed(audience: Audience, rows: DigestRows, occasion: DigestOccasion) -> frozenset[str]:
    every = [launch.launch_id for launch in rows.launches] if follows_launches(audience) else []
    return frozenset((*every, *occasion.followed))


def _trends(rows: DigestRows, own: Iterable[DigestTheme], occasion: DigestOccasion) -> tuple[WeekTrend, ...]:
    if occasion.kind is not DigestKind.WEEKLY:
        return ()
    return week_trends({theme.theme_id: plain(theme.name) for theme in own}, rows)


def _recurring(own: Iterable[DigestTheme], rows: DigestRows) -> tuple[tuple[str, str], ...]:
    """Name own themes that rose in the window as they do each week or day, with a command that plans the next time."""
    names = {theme.theme_id: plain(theme.name) for theme in own}
    return tuple(
        (names[one.theme_id], f"{one.known.when()}, x{one.times}; plan it: {one.command}")
        for one in rows.recurring
        if one.theme_id in names and one.newest >= rows.window.start
    )


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
