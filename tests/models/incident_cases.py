"""Signals and incidents for tests: short ways to write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from models.alert import AlertKind
from models.incidents.incident import Incident
from models.incidents.lifecycle import IncidentStep, come_back, follow, join, open_incident
from models.incidents.notification import notify
from models.incidents.policy import IncidentPolicy
from models.incidents.relation import ThemeLink, find_incident
from models.incidents.signals import IncidentSignal
from models.segment import Segment

START = datetime(2026, 11, 4, 10, tzinfo=UTC)
EPOCH = timedelta(minutes=5)


def minutes(number: float) -> datetime:
    """The time so many minutes after the start."""
    return START + timedelta(minutes=number)


def make_signal(
    theme: int,
    *,
    at: float = 0,
    until: float | None = None,
    observed: int = 10,
    expected: float = 1.0,
    where: Mapping[str, str] | None = None,
    **other: Any,
) -> IncidentSignal:
    """A rise of a theme that began `at` minutes after the start, and ended at `until`; its spike and its alert have its id."""
    known = {"kind": AlertKind.SPIKE, "spike_id": theme, "alert_id": theme, "severity": float(observed)}
    return IncidentSignal(
        theme_id=theme, segment=Segment.of(where or {}), start=minutes(at), end=None if until is None else minutes(until),
        observed=observed, expected=expected, **{**known, **other},
    )  # fmt: skip


def nothing_in_common(one: IncidentSignal, other: IncidentSignal) -> ThemeLink:
    """Links of themes that have nothing in common."""
    return ThemeLink(likeness=0.0)


class Desk:
    """Incidents under a policy, driven signal by signal, as an epoch drives them."""

    def __init__(
        self, policy: IncidentPolicy | None = None, links: Mapping[frozenset[int], ThemeLink] | None = None
    ) -> None:
        self.policy = policy or IncidentPolicy()
        self.incidents: dict[int, Incident] = {}
        self.sent: list[tuple[float, int, str | None]] = []
        self._links = dict(links or {})
        self._steps: dict[int, IncidentStep] = {}

    def links(self, one: IncidentSignal, other: IncidentSignal) -> ThemeLink:
        """What two themes have in common; nothing where the test names nothing."""
        return self._links.get(frozenset({one.theme_id, other.theme_id}), ThemeLink(likeness=0.0))

    def take(self, now: float, *signals: IncidentSignal, part_of: int | None = None) -> list[int]:
        """Let signals join incidents at one time, and send what is due. Returns the incident of each."""
        chosen = []
        for one in signals:
            match = find_incident(one, self.incidents.values(), self.links, minutes(now), self.policy, part_of)
            if match is None:
                number = len(self.incidents) + 1
                step = open_incident(number, one, "everyone", f"signal {one.theme_id}", minutes(now))
            elif self.incidents[match.incident_id].lasts:
                step = join(
                    self.incidents[match.incident_id], one, match.relation, f"signal {one.theme_id}", minutes(now)
                )
            else:
                step = come_back(self.incidents[match.incident_id], one, f"signal {one.theme_id}", minutes(now))
            self._keep(step)
            chosen.append(step.incident.incident_id)
        self.follow(now)
        return chosen

    def follow(self, now: float, *figures: IncidentSignal) -> None:
        """Take over figures at a time, and send what is due."""
        for incident in list(self.incidents.values()):
            own = [one for one in figures if any(one.same_as(other) for other in incident.signals)]
            if incident.lasts:
                self._keep(follow(incident, own, minutes(now), self.policy))
        steps, self._steps = self._steps, {}
        for number, incident in list(self.incidents.items()):
            changed = bool(number in steps and steps[number].events)
            self.incidents[number], notification = notify(incident, minutes(now), self.policy, changed=changed)
            if notification is not None:
                self.sent.append((now, number, None if notification.news is None else notification.news.value))

    def news(self, incident: int | None = None) -> list[tuple[float, str]]:
        """The messages of their own that were sent, about one incident or all: (minute, news)."""
        return [(at, news) for at, number, news in self.sent if news is not None and incident in (None, number)]

    def _keep(self, step: IncidentStep) -> None:
        number = step.incident.incident_id
        self.incidents[number] = step.incident
        self._steps[number] = self._steps[number].then(step) if number in self._steps else step
