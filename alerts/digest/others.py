"""The themes of an audience that are no items: silent ones, known issues within their envelopes, quiet ones, items of others."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from alerts.digest.readers import DigestReaders
from alerts.digest.records import QuietTheme
from alerts.digest.themes import known_issue_of, quiet_theme
from store.digest_rows import DigestRows, DigestTheme

SILENT_FROM = 5.0
"""No ticket where so many are expected has a chance under 1 % (Poisson: exp(-5))."""


@dataclass(frozen=True, slots=True)
class OtherThemes:
    """Themes by what is said of them, each by its number, the largest first."""

    silent: tuple[QuietTheme, ...]
    known: tuple[QuietTheme, ...]
    quiet: tuple[QuietTheme, ...]
    elsewhere: tuple[QuietTheme, ...]


def other_themes(
    own: Iterable[DigestTheme], reported: Collection[int], readers: DigestReaders, rows: DigestRows
) -> OtherThemes:
    """Sort an audience's themes that are no items of its digest; `reported` are the themes of its items."""
    silent, known, quiet, elsewhere = [], [], [], []
    for theme in own:
        one = quiet_theme(theme, rows, readers.notable.expected.get(theme.theme_id))
        issue = known_issue_of(theme.known_issue)
        if theme.theme_id in readers.notable.items:
            if theme.theme_id not in reported:
                elsewhere.append(replace(one, name=f"{one.name}, {readers.acts(theme.theme_id)} acts"))
        elif not one.observed and (one.expected or 0.0) >= SILENT_FROM:
            silent.append(one)
        elif issue is not None and one.observed:
            known.append(replace(one, name=f"{issue.title} ({issue.jira})" if issue.jira else issue.title))
        elif issue is None and (one.observed or one.expected):
            quiet.append(one)
    return OtherThemes(*(tuple(sorted(found, key=_largest_first)) for found in (silent, known, quiet, elsewhere)))


def _largest_first(one: QuietTheme) -> tuple[float, int]:
    # Of a theme without tickets what was expected is the larger number.
    return -(one.observed or one.expected or 0.0), one.theme_id
