"""The themes of a digest: their figures, and the labels that make one notable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.digest.escape import excerpt, plain
from alerts.digest.hours import expected_of, hours_of
from alerts.digest.records import DigestEvidence, KnownIssueFlag, ThemeStory
from alerts.digest.spikes import spike_stories, spikes_of
from alerts.settings import AlertSettings
from models.alert import AlertKind, Gate
from models.theme import ThemeStatus
from store.digests import DigestRows, DigestSpike, DigestTheme

NOTABLE_RATIO = 2.0
"""From twice the expected volume on a theme is reported in full even where no spike was found."""

MOST_SPIKES = 3
"""Spikes described per theme; the others are in the listing."""

LABELS = (
    "new",
    "spiking",
    "above plan",
    "missing volume",
    "escalating",
    "regressed",
    "above expected",
    "known issue",
)
"""What makes a theme notable, in the order in which a digest counts them."""

_MINOR = (
    Gate.FEWER_TICKETS_THAN_MINIMUM,
    Gate.FEWER_REQUESTERS_THAN_MINIMUM,
    Gate.KNOWN_ISSUE_WITHIN_ENVELOPE,
)
"""A spike that was withheld for one of these is described under its theme, and does not make the theme notable."""


def theme_story(theme: DigestTheme, rows: DigestRows, settings: AlertSettings) -> ThemeStory:
    """Describe a theme in the window that `rows` were collected for."""
    hours = hours_of(theme.theme_id, rows)
    observed = sum(hour.observed for hour in hours)
    expected = expected_of(hours)
    spikes = spikes_of(theme.theme_id, rows)
    return ThemeStory(
        theme_id=theme.theme_id,
        name=plain(theme.name),
        status=theme.status,
        labels=_labels(theme, rows, spikes, notable=_notable(observed, expected, settings), observed=observed),
        observed=observed,
        expected=expected,
        previous=rows.previous.get(theme.theme_id, 0),
        hours=hours,
        spikes=spike_stories(spikes[:MOST_SPIKES], rows),
        further_spikes=max(0, len(spikes) - MOST_SPIKES),
        evidence=_evidence(theme.theme_id, rows, settings.digest_quotes),
        known_issue=_known_issue(theme.known_issue),
        keywords=tuple(theme.keywords[:6]),
    )


def _notable(observed: int, expected: float | None, settings: AlertSettings) -> bool:
    return expected is not None and observed >= settings.min_tickets and observed >= NOTABLE_RATIO * expected


def _labels(
    theme: DigestTheme, rows: DigestRows, spikes: Sequence[DigestSpike], *, notable: bool, observed: int
) -> tuple[str, ...]:
    began = theme.first_seen is not None and theme.first_seen >= rows.window.start
    new = theme.theme_id in rows.announced or (theme.status == ThemeStatus.NEW and began)
    rising = [spike for spike in spikes if spike.kind != AlertKind.MISSING_VOLUME and spike.gate not in _MINOR]
    applies = {
        "new": new,
        "spiking": any(spike.launch_id is None for spike in rising),
        "above plan": any(spike.launch_id is not None for spike in rising),
        "missing volume": any(spike.kind == AlertKind.MISSING_VOLUME for spike in spikes),
        "escalating": theme.status == ThemeStatus.ESCALATING,
        "regressed": theme.status == ThemeStatus.REGRESSED,
        "above expected": notable and not new and not rising,
        "known issue": theme.known_issue is not None and observed > 0,
    }
    return tuple(label for label in LABELS if applies[label])


def _evidence(theme_id: int, rows: DigestRows, most: int) -> tuple[DigestEvidence, ...]:
    found: dict[str, DigestEvidence] = {}
    for quote in rows.quotes.get(theme_id, ()):
        text = excerpt(quote.title, quote.body)
        if text and text.casefold() not in found:  # the same words twice are one piece of evidence
            found[text.casefold()] = DigestEvidence(quote.ticket_id, text, quote.segment)
        if len(found) == most:
            break
    return tuple(found.values())


def _known_issue(issue: Mapping[str, object] | None) -> KnownIssueFlag | None:
    if issue is None:
        return None
    jira, workaround = issue.get("jira"), issue.get("workaround")
    return KnownIssueFlag(
        title=plain(str(issue.get("title") or "")),
        jira=plain(str(jira)) if jira else None,
        workaround=plain(str(workaround)) if workaround else None,
    )
