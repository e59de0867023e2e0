"""Labelled incidents: what another sensitivity would have done to what people called useful, or not, and which one serves best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, select

from models.feedback import FeedbackVerdict, FeedbackVote
from pipelines.past.diff import SpikeDifference
from store.schema import alerts, spikes


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledIncident:
    """Something of which people said whether it was worth an alert.

    Parameters
    ----------
    spike_ids: stored episodes that are it. worth: True for a true incident. source: who said so, such as `alert:7`.
    theme_id, start, end: theme and time (timezone-aware) of an incident that may have no stored episode; None where `spike_ids` say it.
    """

    spike_ids: frozenset[int]
    worth: bool
    source: str
    theme_id: int | None = None
    start: datetime | None = None
    end: datetime | None = None

    def includes(self, change: SpikeDifference) -> bool:
        """Return whether an episode, as it was or would be, is this incident."""
        if change.was is not None and change.was.spike_id in self.spike_ids:
            return True
        if self.start is None or self.end is None or change.theme_id != self.theme_id:
            return False
        one = change.shown
        return one.start < self.end and (one.end is None or one.end > self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledScore:
    """What one sensitivity does to the labelled incidents.

    Parameters
    ----------
    false_alerts_per_week: the sensitivity.
    found, missed: true incidents with and without an alert. wrong: incidents labelled as not useful that would be alerted.
    unlabelled: alerts of which nobody said anything. median_minutes: from onset to alert, over the found ones; None for none.
    """

    false_alerts_per_week: float
    found: int
    missed: int
    wrong: int
    unlabelled: int
    median_minutes: float | None

    @property
    def rank(self) -> tuple[int, int, int, float]:
        """Order of preference, the smallest first: fewest missed, fewest wrong, fewest unlabelled alerts, then the earliest."""
        late = float("inf") if self.median_minutes is None else self.median_minutes
        return self.missed, self.wrong, self.unlabelled, late

    def as_json(self) -> dict[str, Any]:
        """Write the score as `--json` prints it."""
        return {
            "false_alerts_per_week": self.false_alerts_per_week, "found": self.found, "missed": self.missed,
            "wrong": self.wrong, "unlabelled": self.unlabelled, "median_minutes": self.median_minutes,
        }  # fmt: skip


def labels_of(connection: Connection, votes: Iterable[FeedbackVote]) -> list[LabelledIncident]:
    """Return the labelled incidents of feedback: of each alert or incident with a verdict, the stored episodes that it is about.

    An alert to the wrong team was worth it. Where audiences disagree, one that found it useful decides. Verdicts about new themes have
    no episode, and a sensitivity does not change them: they are left out.
    """
    verdicts: dict[str, bool] = {}
    for vote in votes:
        worth = vote.verdict is not FeedbackVerdict.NOT_USEFUL
        verdicts[vote.subject] = verdicts.get(vote.subject, False) or worth
    of_alert: Mapping[int, int] = {
        row.id: row.spike_id
        for row in connection.execute(select(alerts.c.id, alerts.c.spike_id).where(alerts.c.spike_id.is_not(None)))
    }
    labels = []
    for subject, worth in verdicts.items():
        kind, _, number = subject.partition(":")
        if not number.isdigit():
            continue
        if kind == "alert":
            found = {of_alert[int(number)]} if int(number) in of_alert else set()
        else:
            query = select(spikes.c.id).where(spikes.c.incident_id == int(number))
            found = set(connection.execute(query).scalars()) if kind == "incident" else set()
        if found:
            labels.append(LabelledIncident(spike_ids=frozenset(found), worth=worth, source=subject))
    return labels


def score_labels(
    false_alerts_per_week: float, changes: Sequence[SpikeDifference], labels: Sequence[LabelledIncident]
) -> LabelledScore:
    """Count what a backtest at this sensitivity does to the labelled incidents; `changes` are its differences from what is stored."""
    alerted = [one for one in changes if one.alerted]
    found, delays, labelled = 0, [], set()
    wrong = 0
    for label in labels:
        mine = [index for index, one in enumerate(alerted) if label.includes(one)]
        labelled.update(mine)
        if not label.worth:
            wrong += bool(mine)
        elif mine:
            found += 1
            first = min((alerted[index].shown for index in mine), key=lambda one: one.detected_at)
            delays.append((first.detected_at - (label.start or first.start)).total_seconds() / 60)
    worth = sum(label.worth for label in labels)
    return LabelledScore(
        false_alerts_per_week=false_alerts_per_week, found=found, missed=worth - found, wrong=wrong,
        unlabelled=len(alerted) - len(labelled), median_minutes=median(delays) if delays else None,
    )  # fmt: skip


def best_of(scores: Sequence[LabelledScore], current: float) -> LabelledScore:
    """Return the score that serves best; the current sensitivity where none serves better."""
    kept = min(scores, key=lambda one: abs(one.false_alerts_per_week - current))
    best = min(scores, key=lambda one: one.rank)
    return best if best.rank < kept.rank else kept
