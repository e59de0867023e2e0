"""Notifications of a mined replay against its truth: messages for each true incident, incidents lost, delays and false messages.

A message is a row of the outbox with news, counted once however many audiences it has. It belongs to a true incident where its incident
has a signal of it: a spike or an alert whose theme's tickets are mostly the true incident's, detected from its start to two hours after
its end, the time in which the message must have been sent, too. Reminders, ends and updates are counted by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, select

from models.times import parse_rfc3339
from store.schema import outbox

INTERRUPTING = frozenset({"opened", "returned", "escalated", "new_segment"})
"""News that interrupts a reader."""
LEARNING = timedelta(days=7)
AFTERWARDS = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message about an incident: when it was sent, in event time, and what was news; None for an update."""

    at: datetime
    incident_id: int
    news: str | None


@dataclass(slots=True)
class NotificationScore:
    """What was counted, over all replays that were added.

    `lost` names true incidents that have a signal and no message. `delays` are minutes from the start of a surge to its first message.
    """

    messages: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    false: int = 0
    days: float = 0.0

    def figures(self) -> dict[str, Any]:
        """Return the figures that the benchmark prints and stores."""
        found = len(self.messages)
        return {
            "incidents_reported": found, "incidents_lost": self.lost,
            "notifications_per_incident": round(sum(self.messages.values()) / found, 3) if found else None,
            "notified_more_than_once": {name: number for name, number in self.messages.items() if number > 1},
            "median_delay_min_of_surges": median(self.delays) if self.delays else None,
            "false_notifications_per_day": round(self.false / self.days, 3) if self.days else None,
            "messages": dict(sorted(self.kinds.items())),
        }  # fmt: skip


def read_messages(connection: Connection) -> list[SentMessage]:
    """Read the messages about incidents in the order in which they were put into the outbox, each once."""
    rows = connection.execute(select(outbox.c.payload).where(outbox.c.kind == "incident").order_by(outbox.c.id))
    found: dict[tuple[int, int], SentMessage] = {}
    for row in rows.scalars():
        key = row["incident_id"], row["revision"]
        known = found.get(key)
        if known is None or known.news is None:
            found[key] = SentMessage(parse_rfc3339(row["at"]), row["incident_id"], row["news"])
    return list(found.values())


def add_replay(
    score: NotificationScore,
    name: str,
    truth: Mapping[str, Any],
    listings: Mapping[str, Sequence[Mapping[str, Any]]],
    messages: Sequence[SentMessage],
) -> None:
    """Add a replay to a score; `listings` are those of themes (with their tickets), spikes and alerts."""
    begin = _time(truth["start"]) + LEARNING
    signals = _signals(listings)
    labels = majority(truth, listings["themes"])
    score.days += truth["days"] - LEARNING / timedelta(days=1)
    score.kinds.update(one.news or "update" for one in messages)
    used: set[SentMessage] = set()
    for incident in truth["incidents"]:
        start, end = _time(incident["start"]), _time(incident["end"]) + AFTERWARDS
        if start < begin:
            continue
        own = {
            incident_id
            for theme, at, incident_id in signals
            if labels.get(theme) == incident["label"] and start <= at <= end and incident_id is not None
        }
        sent = [
            one for one in messages if one.incident_id in own and start <= one.at <= end and one.news in INTERRUPTING
        ]
        used.update(sent)
        if sent:
            score.messages[f"{name}/{incident['id']}"] = len(sent)
            if incident["kind"] == "surge":
                score.delays.append((sent[0].at - start).total_seconds() / 60)
        elif own:
            score.lost.append(f"{name}/{incident['id']}")
    score.false += sum(one.news in INTERRUPTING and one.at >= begin and one not in used for one in messages)


def majority(truth: Mapping[str, Any], themes: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return the label that most tickets of each theme have."""
    found = {}
    for theme in themes:
        labels = Counter(truth["tickets"][one]["label"] for one in theme["tickets"] if one in truth["tickets"])
        if labels:
            found[theme["id"]] = labels.most_common(1)[0][0]
    return found


def _signals(listings: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[int, datetime, int | None]]:
    """Return the theme, the time and the incident of each spike that no gate withheld, and of each alert of a new theme."""
    spikes = [
        (one["theme_id"], _time(one["detected_at"]), one["incident_id"])
        for one in listings["spikes"]
        if not one["gate"]
    ]
    new = [
        (one["theme_id"], _time(one["opened_at"]), one["incident_id"])
        for one in listings["alerts"]
        if one["kind"] == "new_theme"
    ]
    return spikes + new


def _time(text: str) -> datetime:
    return parse_rfc3339(text)
