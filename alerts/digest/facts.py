"""A digest's facts: its figures and sentences as plain JSON, without quotes.

They are stored with the digest. The next digest compares with them, the numbers are written from them, and a narrator is given them.
"""

from __future__ import annotations

from typing import Any

from alerts.digest.about import about
from alerts.digest.escape import web_address
from alerts.digest.leadership import summary_lines
from alerts.digest.pictures import picture_of
from alerts.digest.records import Digest, DigestItem, LaunchStory, PlanLine, QuietTheme
from alerts.digest.title import window_title
from alerts.digest.wording import (
    dates_of,
    how_much,
    known_issue,
    launch_verdict,
    one_liners,
    owner,
    place,
    reach,
)
from models.times import rfc3339

VERSION = 1
"""Grows when the keys change their meaning, so that what an earlier version stored is not misread."""


def facts_of(digest: Digest) -> dict[str, Any]:
    """Return the facts of a digest; evidence is named by ticket ids, and the texts are looked up when they are shown."""
    return {
        "version": VERSION,
        "kind": digest.kind.value,
        "audience": digest.audience,
        "title": window_title(digest.window, dates_of(digest), digest.kind),
        "start": rfc3339(digest.window.start),
        "end": rfc3339(digest.window.end),
        "timezone": digest.timezone,
        "language": digest.language,
        "summary": summary_lines(digest),
        "tickets": digest.tickets,
        "expected": digest.expected,
        "all_tickets": digest.all_tickets,
        "all_expected": digest.all_expected,
        "themes": digest.themes,
        "sent": digest.sent,
        "sent_elsewhere": dict(digest.sent_elsewhere),
        "compared_with": None if digest.compared_with is None else rfc3339(digest.compared_with.start),
        "items": [_item(item, digest) for item in digest.items],
        "launches": [_launch(launch) for launch in digest.launches],
        "further": [_quiet(one) for one in digest.further],
        "elsewhere": [_quiet(one) for one in digest.elsewhere],
        "silent": [_quiet(one) for one in digest.silent],
        "known": [_quiet(one) for one in digest.known],
        "quiet": [_quiet(one) for one in digest.quiet],
        "resolved": list(digest.resolved),
        "slow_rises": [
            {
                "theme_id": one.theme_id,
                "name": one.name,
                "observed": one.observed,
                "expected": one.expected,
                "start": rfc3339(one.start),
                "end": rfc3339(one.end),
            }
            for one in digest.slow_rises
        ],
        "promises": None if digest.promises is None else digest.promises.as_json(),
        "overdue_procedures": [one.as_json() for one in digest.overdue],
        "lines": [list(pair) for pair in one_liners(digest)],
    }


def _item(item: DigestItem, digest: Digest) -> dict[str, Any]:
    step, picture = item.next_step, picture_of(item, digest)
    return {
        "theme_id": item.theme_id, "name": item.name, "labels": list(item.labels), "status": item.status,
        "incident_ids": list(item.incident_ids), "observed": item.observed, "expected": item.expected,
        "previous": item.previous, "ratio": item.ratio, "open": item.open, "severity": item.severity,
        "customers": item.reach.customers, "escalated_share": item.reach.escalated_share,
        "breaches": item.reach.breaches, "since": rfc3339(item.since), "until": rfc3339(item.until),
        "how_much": how_much(item), "reach": reach(item), "about": [[line.heading, line.text] for line in about(item, digest)],
        "where": [place(one) for one in item.where],
        "why": [
            {"kind": one.kind, "title": one.title, "sentence": one.sentence, "share": one.share, "url": web_address(one.url)}
            for one in item.why
        ],
        "no_cause": item.no_cause, "seen_before": item.seen_before,
        "signals": [
            {
                "spike_id": one.spike_id, "kind": one.kind, "sentence": one.sentence, "observed": one.observed,
                "expected": one.expected, "start": rfc3339(one.start), "end": rfc3339(one.end), "withheld": one.withheld,
            }
            for one in item.signals
        ],
        "parts": [{"theme_id": one.theme_id, "name": one.name, "observed": one.observed} for one in item.parts],
        "known_issue": None if item.known_issue is None else known_issue(item), "owner": owner(item),
        "promises": None if item.promises is None else item.promises.as_json(),
        "procedures": [one.as_json() for one in item.procedures],
        "acknowledged": item.acknowledged, "sent": item.sent, "seen_because": item.seen_because,
        "trend": None if item.trend is None else item.trend.value,
        "next_step": None if step is None else {"action": step.action.value, "sentence": step.sentence},
        "picture": None if picture is None else picture.as_json(),
        "evidence": [one.ticket_id for one in item.evidence],
    }  # fmt: skip


def _launch(launch: LaunchStory) -> dict[str, Any]:
    closing = launch.closing
    return {
        "launch_id": launch.launch_id, "title": launch.title, "kind": launch.kind, "start": rfc3339(launch.start),
        "end": rfc3339(launch.end), "verdict": launch_verdict(launch), "lines": [_line(line) for line in launch.lines],
        "closing": None if closing is None else [closing.sentence, *closing.past],
    }  # fmt: skip


def _line(line: PlanLine) -> dict[str, Any]:
    envelope = line.position.envelope
    return {
        "theme_id": line.theme_id, "name": line.name, "actual": line.position.actual,
        "planned": None if envelope is None else envelope.mean, "low": None if envelope is None else envelope.low,
        "high": None if envelope is None else envelope.high, "verdict": line.verdict.value,
    }  # fmt: skip


def _quiet(one: QuietTheme) -> dict[str, Any]:
    return {"theme_id": one.theme_id, "name": one.name, "observed": one.observed, "expected": one.expected}
