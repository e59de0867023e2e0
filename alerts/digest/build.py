"""Building a digest: from plain rows to what is reported, in its order. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from alerts.digest.launches import launch_stories
from alerts.digest.records import Digest, QuietTheme, ThemeStory
from alerts.digest.themes import LABELS, theme_story
from alerts.ownership import EVERYONE, Audience, Ownership
from alerts.settings import AlertSettings
from models.theme import ALL_TICKETS
from store.digests import DigestRows, DigestSpike, DigestTheme

SILENT_FROM = 5.0
"""No ticket where so many are expected has a chance under 1 % (Poisson: exp(-5))."""

FIRST = frozenset({"new", "spiking", "above plan", "regressed", "escalating"})
"""Labels of the themes that a digest reports first."""


def owners(rows: DigestRows, ownership: Ownership) -> dict[int, str]:
    """Find the audience of each theme: its recorded owner while there is one, else the owner of its tickets."""
    names = {audience.name for audience in ownership.audiences}
    return {
        theme.theme_id: theme.owner
        if theme.owner in names
        else ownership.audience_of(theme.mix, theme.theme_id, theme.name).name
        for theme in rows.themes
    }


def build(rows: DigestRows, audience: Audience, owner_of: Mapping[int, str], settings: AlertSettings) -> Digest:
    """Build one audience's digest of the window that `rows` were collected for.

    Themes that are new or spiking come first, each group by severity, then by tickets. What concerns all tickets together is reported
    to `everyone`.
    """
    own = [theme for theme in rows.themes if owner_of[theme.theme_id] == audience.name]
    themes = [theme_story(theme, rows, settings) for theme in own]
    silent = [story for story in themes if _silent(story)]
    others = [*_all_tickets(rows, audience, settings), *(story for story in themes if not _silent(story))]
    notable = sorted(
        (story for story in others if story.labels),
        key=lambda story: (*_rank(story, rows.spikes), story.theme_id),
    )
    present = [story for story in themes if story.observed]
    return Digest(
        audience=audience.name,
        window=rows.window,
        tickets=sum(story.observed for story in present),
        expected=_sum(story.expected for story in themes),
        all_tickets=sum(rows.observed.get(ALL_TICKETS, {}).values()),
        themes=len(present),
        stories=tuple(notable[: settings.digest_themes]),
        further=_listed(notable[settings.digest_themes :]),
        launches=launch_stories(rows, audience, {theme.theme_id: theme.name for theme in own}),
        silent=_listed(sorted(silent, key=lambda story: (-(story.expected or story.previous), story.theme_id))),
        quiet=_listed(_quiet(others)),
        labels=_tally(notable),
        timezone=audience.timezone,
        no_demand=rows.no_demand if audience.name == EVERYONE else {},
    )


def _all_tickets(rows: DigestRows, audience: Audience, settings: AlertSettings) -> list[ThemeStory]:
    if audience.name != EVERYONE or all(spike.theme_id != ALL_TICKETS for spike in rows.spikes):
        return []
    return [theme_story(DigestTheme(ALL_TICKETS, "All tickets together", "ongoing", 0, None), rows, settings)]


def _quiet(stories: Iterable[ThemeStory]) -> list[ThemeStory]:
    quiet = (story for story in stories if not story.labels and story.observed)
    return sorted(quiet, key=lambda story: (-story.observed, story.theme_id))


def _rank(story: ThemeStory, spikes: Iterable[DigestSpike]) -> tuple[bool, bool, float, int]:
    severity = max((spike.severity for spike in spikes if spike.theme_id == story.theme_id), default=0.0)
    return (FIRST.isdisjoint(story.labels), story.known_issue is not None, -severity, -story.observed)


def _silent(story: ThemeStory) -> bool:
    usual = story.expected if story.expected is not None else float(story.previous)
    return story.observed == 0 and usual >= SILENT_FROM


def _listed(stories: Iterable[ThemeStory]) -> tuple[QuietTheme, ...]:
    return tuple(QuietTheme(story.theme_id, story.name, story.observed, _usual(story)) for story in stories)


def _usual(story: ThemeStory) -> float | None:
    if story.expected is not None:
        return story.expected
    return float(story.previous) if story.observed == 0 else None


def _tally(stories: Collection[ThemeStory]) -> dict[str, int]:
    return {label: sum(label in story.labels for story in stories) for label in LABELS}


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
