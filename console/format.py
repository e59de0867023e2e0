"""How figures, times and decisions are written on the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from alerts.digest.escape import web_address
from console.stored_sentence import localized
from console.zone import clock, when
from models.formats import ago, compared, counted, figure, percent
from models.headline import freshness_text
from models.spikes.explain.plain_verdict import because, odds, usual
from models.spikes.explain.sentences import chance
from models.times import parse_rfc3339, rfc3339
from store.decisions import Decision, DecisionKind


def times(ratio: float) -> str:
    """Write a ratio on a page: `2.4×`, `12×`; beyond a thousand the quotient says nothing more."""
    if ratio >= 1000:
        return "over 1,000×"
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×"


def span(length: timedelta) -> str:
    """Write a length of time in its two greatest units: `3 h 10 min`, `2 d 4 h`."""
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = ((days, "d"), (hours, "h"), (rest, "min"))
    first = next((place for place, (value, _) in enumerate(units) if value), 2)
    return " ".join(f"{value} {unit}" for value, unit in units[first : first + 2] if value) or "0 min"


def minutes(number: int) -> str:
    """Write a number of minutes as a length of time: `15 min`, `6 h`."""
    return span(timedelta(minutes=number))


def clipped(text: str, length: int) -> str:
    """Cut a text at a word where it is longer than `length`."""
    plain = " ".join(text.split())
    return plain if len(plain) <= length else plain[:length].rsplit(" ", 1)[0] + " …"


def around(text: str, words: str, length: int) -> str:
    """Cut a text to about `length` characters around the first of some words that occurs in it; without any, at its beginning."""
    plain = " ".join(text.split())
    found = _finder(words)
    first = None if found is None else found.search(plain)
    start = 0 if first is None or first.end() <= length else max(0, first.start() - length // 3)
    if start:
        # From the beginning of a word on.
        start = plain.find(" ", start, first.start() if first else start) + 1 or start
    return ("… " if start else "") + clipped(plain[start:], length)


def marked(text: str, words: str) -> Markup:
    """Mark each occurrence of some words in a text, in any case; all of it is escaped."""
    found = _finder(words)
    if found is None:
        return escape(text)
    parts = found.split(text)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    )


def _finder(words: str) -> re.Pattern[str] | None:
    listed = sorted(set(words.split()), key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, listed))})", re.IGNORECASE) if listed else None


def size(number: int) -> str:
    """Write a size in bytes: `512 bytes`, `3.4 MB`; of 1,000 each, as disks are sold."""
    if number < 1000:
        return f"{number:,} bytes"
    power = min(4, (len(str(number)) - 1) // 3)
    return f"{number / 1000**power:,.1f} {('kB', 'MB', 'GB', 'TB')[power - 1]}"


def stream_name(stream: str) -> str:
    """Write the name of a stream: of a file without its folder, of a topic all of it."""
    return PurePath(stream).name if stream.startswith("/") else stream


def coded(text: str) -> Markup:
    """Write a sentence of ours whose commands are between backticks, with the commands as code; all of it is escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    )


def path_part(text: str) -> str:
    """Encode a text as one part of a path."""
    return quote(text, safe="")


def decision_text(decision: Decision) -> str:
    """Describe what a pending decision will do, in a sentence."""
    said = _SAID.get(decision.kind)
    if said is not None:
        return said(decision)
    if "tickets" in decision.payload:
        return f"{decision.kind.capitalize()}: {counted(len(decision.payload['tickets']), 'ticket')}."
    listed = ", ".join(f"{name} {value}" for name, value in sorted(decision.payload.items()))
    return f"{decision.kind.replace('_', ' ').capitalize()}{': ' + listed if listed else ''}."


def _flagged(decision: Decision) -> str:
    if decision.payload.get("issue"):
        return f"Joins known issue {decision.payload['issue']}."
    jira = decision.payload.get("jira")
    return f"Becomes the known issue “{decision.payload.get('title', '')}”" + (f" ({jira})" if jira else "") + "."


def _updated(decision: Decision) -> str:
    state = decision.payload.get("state")
    named = [name.replace("_", " ") for name in decision.payload if name not in ("issue", "state")]
    said = [*([f"is {state}"] if state else []), *([f"gets a new {', '.join(named)}"] if named else [])]
    return f"The known issue {' and '.join(said)}."


def _fixed(decision: Decision) -> str:
    version, at = decision.payload.get("version"), decision.payload.get("at")
    return f"The known issue is fixed {f'in version {version}' if version else f'from {at} on'}."


def _merged(decision: Decision) -> str:
    return (
        f"Theme {', '.join(str(one) for one in decision.payload.get('from', ()))} goes into theme {decision.theme_id}."
    )


def _merged_incidents(decision: Decision) -> str:
    given = ", ".join(str(one) for one in decision.payload.get("incidents", ()))
    return f"Incident {given} goes into incident {decision.payload.get('incident')}."


def _split_incident(decision: Decision) -> str:
    alerts, spikes = (len(decision.payload.get(name, ())) for name in ("alerts", "spikes"))
    leaving = [counted(n, noun) for n, noun in ((alerts, "alert"), (spikes, "spike")) if n]
    return f"{' and '.join(leaving)} of incident {decision.payload.get('incident')} become an incident of their own."


_SAID: dict[str, Callable[[Decision], str]] = {
    DecisionKind.KNOWN_ISSUE: _flagged,
    DecisionKind.CLEAR_KNOWN_ISSUE: lambda _: "Is a known issue no longer.",
    DecisionKind.UPDATE_KNOWN_ISSUE: _updated,
    DecisionKind.ATTACH_TICKETS: lambda one: f"{counted(len(one.payload['members']), 'ticket')} attached by a person.",
    DecisionKind.DETACH_TICKETS: lambda one: f"{counted(len(one.payload['members']), 'ticket')} taken out.",
    DecisionKind.ARCHIVE: lambda _: "Is archived until it escalates.",
    DecisionKind.RESOLVE: lambda _: "Is resolved.",
    DecisionKind.FIX_KNOWN_ISSUE: _fixed,
    DecisionKind.RENAME: lambda one: f"Is called “{one.payload.get('name', '')}” from now on.",
    DecisionKind.MERGE: _merged,
    DecisionKind.INCIDENT_MERGE: _merged_incidents,
    DecisionKind.INCIDENT_SPLIT: _split_incident,
    DecisionKind.UNDO: lambda one: f"Decision {one.payload.get('decision')} is undone.",
}


FILTERS: dict[str, Callable[..., Any]] = {
    "around": around,
    "because": because,
    "chance": chance,
    "clock": clock,
    "clipped": clipped,
    "coded": coded,
    "compared": compared,
    "counted": counted,
    "decision_text": decision_text,
    "figure": figure,
    "marked": marked,
    "freshness_text": freshness_text,
    "ago": ago,
    "amount": usual,
    "minutes": minutes,
    "odds": odds,
    "parsed": parse_rfc3339,
    "path_part": path_part,
    "percent": percent,
    "localized": localized,
    "size": size,
    "span": span,
    "stamp": rfc3339,
    "stream_name": stream_name,
    "times": times,
    "web_address": web_address,
    "when": when,
}
"""By name, for the templates."""
