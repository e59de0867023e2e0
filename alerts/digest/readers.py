"""Which digest a theme is reported in: that of its owner, of its subscribers, and of whoever was notified of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.digest.items import NotableThemes
from alerts.digest.notices import notices_by_audience
from alerts.digest.signals import spikes_by_lead
from alerts.ownership import EVERYONE, Audience, Ownership
from alerts.recipients import recipients_of
from alerts.subscriptions import RecipientFacts
from models.alert import AlertKind
from store.digest_rows import DigestLaunch, DigestRows, DigestSpike, DigestTheme

MAJORITY = 0.5
"""Share of a theme's tickets that must be in a launch's scope for the launch to concern it."""

AFTERMATH = timedelta(hours=2)
"""What a launch caused may be noticed so long after its end."""

_KINDS = {
    "new": AlertKind.NEW_THEME,
    "spiking": AlertKind.SPIKE,
    "above plan": AlertKind.LAUNCH_EXCESS,
    "missing volume": AlertKind.MISSING_VOLUME,
    "escalating": AlertKind.ESCALATING,
    "regressed": AlertKind.REGRESSED,
}
"""Labels, and the alerts that they correspond to."""


@dataclass(frozen=True, slots=True)
class DigestReaders:
    """Who reads of what: the owner of each theme by id, who must act on the notable ones, and why each audience sees them.

    `why` is by theme and audience. Who must act on a notable theme is the owner of its incident, where it has one.
    """

    owner_of: Mapping[int, str]
    notable: NotableThemes = field(default_factory=NotableThemes)
    acting: Mapping[int, str] = field(default_factory=dict)
    why: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    def owner(self, theme_id: int) -> str:
        """Return whose theme it is; `everyone` for all tickets and for what nobody owns."""
        return self.owner_of.get(theme_id, EVERYONE)

    def acts(self, theme_id: int) -> str:
        """Return who must act on a notable theme."""
        return self.acting.get(theme_id, self.owner(theme_id))

    def reads(self, audience: str, theme_id: int) -> bool:
        """Return whether the audience's digest reports a notable theme."""
        return audience in self.why.get(theme_id, {})


def readers_of(rows: DigestRows, notable: NotableThemes, ownership: Ownership) -> DigestReaders:
    """Find the owner of every theme (its recorded one while there is one, else that of its tickets), and who sees the notable ones.

    An audience sees what it owns, what it subscribed to, and what an alert or incident of the window reported to it.
    """
    names = {audience.name for audience in ownership.audiences}
    owner_of = {
        theme.theme_id: theme.owner
        if theme.owner in names
        else ownership.audience_of(theme.mix, theme.theme_id, theme.name).name
        for theme in rows.themes
    }
    notices = notices_by_audience(rows)
    leading = _leading_audiences(rows)
    acting: dict[int, str] = {}
    why: dict[int, dict[str, str]] = {}
    for theme, labels in notable.items.values():
        owner = ownership.audience(leading.get(theme.theme_id, owner_of.get(theme.theme_id, EVERYONE))).name
        acting[theme.theme_id] = owner
        found: dict[str, str] = {}
        for facts in _facts(theme, labels, rows):
            for one in recipients_of(ownership, owner, facts):
                found.setdefault(one.audience, one.why)
        for name in names:
            if theme.theme_id in notices.get(name, {}).values():
                found.setdefault(name, "an alert reported it")
        why[theme.theme_id] = found
    return DigestReaders(owner_of, notable, acting, why)


def follows_launches(audience: Audience) -> bool:
    """Return whether the audience subscribed to launches, and so reads the whole plan of each."""
    return any(one.launches or one.everything for one in audience.subscriptions)


def _leading_audiences(rows: DigestRows) -> dict[int, str]:
    """Return who must act on the most severe incident of each theme that causes one."""
    ranked = sorted(rows.incidents, key=lambda one: (one.severity, -one.incident_id))
    return {one.theme_id: one.audience for one in ranked}


def _facts(theme: DigestTheme, labels: tuple[str, ...], rows: DigestRows) -> list[RecipientFacts]:
    launches = _launches(theme, rows)
    kinds: list[AlertKind | None] = [_KINDS[label] for label in labels if label in _KINDS]
    return [
        RecipientFacts(kind=kind, theme_id=theme.theme_id, name=theme.name, mix=theme.mix, launches=launches)
        for kind in kinds or [None]
    ]


def _launches(theme: DigestTheme, rows: DigestRows) -> tuple[str, ...]:
    """Return the titles of the launches that a theme concerns: exceeded, or running meanwhile with it in plan or scope."""
    spikes = spikes_by_lead(rows).get(theme.theme_id, ())
    exceeded = {spike.launch_id for spike in spikes}
    planned = {hour.band.launch_id for hour in rows.hours(theme.theme_id) if hour.band is not None}
    total = sum(theme.mix.values())
    found = []
    for launch in rows.launches:
        inside = sum(number for segment, number in theme.mix.items() if segment.within(launch.scope))
        in_scope = launch.launch_id in planned or (total > 0 and inside >= MAJORITY * total)
        if launch.launch_id in exceeded or (in_scope and _meanwhile(launch, spikes, rows)):
            found.append(launch.title)
    return tuple(found)


def _meanwhile(launch: DigestLaunch, spikes: Sequence[DigestSpike], rows: DigestRows) -> bool:
    """Return whether a launch, or the time shortly after it, overlaps one of the spikes; where there is none, the window."""
    spans = [(spike.start, spike.end or rows.window.end) for spike in spikes] or [(rows.window.start, rows.window.end)]
    return any(start < launch.end + AFTERMATH and end > launch.start for start, end in spans)
