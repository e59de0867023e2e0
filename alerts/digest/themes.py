"""The themes of a digest: their figures, and the labels that make one notable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.digest.escape import excerpt, plain
from alerts.digest.notices import alert_kinds
from alerts.digest.records import DigestEvidence, KnownIssueFlag, QuietTheme
from alerts.digest.signals import MINOR
from alerts.settings import AlertSettings
from models.alert import AlertKind
from models.plan_position import PlanPosition, position_of
from models.theme import ALL_TICKETS, ThemeStatus
from store.board import HourlySeries
from store.digest_rows import DigestRows, DigestSpike, DigestTheme

NOTABLE_RATIO = 2.0
"""From twice the expected volume on a theme may be reported though no spike was found."""

CLEAR_DISTANCES = 2.0
"""It is where its volume is so many times as far above the expected mean as the upper limit is, which chance alone hardly does."""

COMPARED_SHARE = 0.5
COMPLETE_SHARE = 0.9
"""Share of the hours that must have an expected range: to compare their tickets with it, and to stand for the whole window."""

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


def complete_position(hours: HourlySeries) -> PlanPosition | None:
    """Compare the tickets with the range expected of the whole window; None where too many hours that have begun have no range."""
    return _position(hours, COMPLETE_SHARE)


def compared_with_expected(hours: HourlySeries) -> tuple[int, float] | None:
    """Return the tickets of the hours that have a range, and what was expected of these hours; None where they are too few."""
    position = _position(hours, COMPARED_SHARE)
    return None if position is None or position.envelope is None else (position.actual, position.envelope.mean)


def _position(hours: HourlySeries, least: float) -> PlanPosition | None:
    begun = [hour for hour in hours if hour.share > 0]
    ranged = sum(hour.band is not None for hour in begun)
    return position_of(begun) if ranged and ranged >= least * len(begun) else None


def labels_of(theme: DigestTheme, rows: DigestRows, spikes: Sequence[DigestSpike], *, above: bool) -> tuple[str, ...]:
    """Return why a theme is notable in the window; `spikes` are those of its item, `above`: it is clearly above what was expected.

    What an alert of the window reported is a label whatever became of the theme since.
    """
    hours = rows.hours(theme.theme_id)
    began = theme.first_seen is not None and theme.first_seen >= rows.window.start
    sent = alert_kinds(theme.theme_id, rows)
    new = AlertKind.NEW_THEME in sent or (theme.status == ThemeStatus.NEW and began)
    rising = [spike for spike in spikes if spike.kind != AlertKind.MISSING_VOLUME and spike.gate not in MINOR]
    missing = [spike for spike in spikes if spike.kind == AlertKind.MISSING_VOLUME and spike.gate not in MINOR]
    applies = {
        "new": new,
        "spiking": AlertKind.SPIKE in sent or any(spike.launch_id is None for spike in rising),
        "above plan": AlertKind.LAUNCH_EXCESS in sent or any(spike.launch_id is not None for spike in rising),
        "missing volume": AlertKind.MISSING_VOLUME in sent or bool(missing),
        "escalating": AlertKind.ESCALATING in sent or theme.status == ThemeStatus.ESCALATING,
        "regressed": AlertKind.REGRESSED in sent or theme.status == ThemeStatus.REGRESSED,
        "above expected": above and not (new or rising or sent or theme.theme_id == ALL_TICKETS),
        "known issue": theme.known_issue is not None and any(hour.observed for hour in hours),
    }
    return tuple(label for label in LABELS if applies[label])


def is_clearly_above(position: PlanPosition | None, settings: AlertSettings) -> bool:
    """Return whether the tickets exceed what was expected of them by more than chance does."""
    if position is None or position.envelope is None:
        return False
    limit, observed = position.envelope, position.actual
    clear = observed >= limit.mean + CLEAR_DISTANCES * (limit.high - limit.mean)
    return clear and observed >= settings.min_tickets and observed >= NOTABLE_RATIO * limit.mean


def quiet_theme(theme: DigestTheme, rows: DigestRows, expected: float | None) -> QuietTheme:
    """Describe a theme by its number alone; of one without tickets and history, what came in the window before was to be expected."""
    observed = rows.observed(theme.theme_id)
    if expected is None and not observed:
        expected = float(rows.previous.get(theme.theme_id, 0))
    return QuietTheme(theme.theme_id, plain(theme.name), observed, expected)


def evidence_of(theme_ids: Sequence[int], rows: DigestRows, most: int) -> tuple[DigestEvidence, ...]:
    """Quote the tickets of an item: those of the theme that it is about first, the same words once."""
    found: dict[str, DigestEvidence] = {}
    for theme_id in theme_ids:
        for quote in rows.quotes.get(theme_id, ()):
            text = excerpt(quote.title, quote.body)
            if text and text.casefold() not in found:  # the same words twice are one piece of evidence
                found[text.casefold()] = DigestEvidence(quote.ticket_id, text, quote.segment)
            if len(found) == most:
                return tuple(found.values())
    return tuple(found.values())


def known_issue_of(issue: Mapping[str, object] | None) -> KnownIssueFlag | None:
    """Read what a specialist said of a theme; None where it is no known issue."""
    if issue is None:
        return None
    jira, workaround = issue.get("jira"), issue.get("workaround")
    state = "regressed" if issue.get("regressed_at") else "resolved" if issue.get("resolved_at") else ""
    return KnownIssueFlag(
        title=plain(str(issue.get("title") or "")),
        jira=plain(str(jira)) if jira else None,
        workaround=plain(str(workaround)) if workaround else None,
        state=state or ("fixed" if issue.get("fixed_at") else "known"),
    )
