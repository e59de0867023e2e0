"""The content of messages about incidents, alerts and reviews, from the payload of their row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.digest.escape import plain, web_address
from alerts.messages.content import MessageContent, MessageFact, MessageLink, MessageQuote
from models.formats import amount, counted, multiple, utc_minute
from models.times import parse_rfc3339

HEADINGS = {
    "opened": "New incident",
    "returned": "Back again",
    "escalated": "Escalated",
    "new_segment": "New segment",
    "ended": "Over",
    "reminder": "Still going on",
    "assigned": "Yours now",
}
"""What stands before the title, by the news of an incident."""

ORDINALS = {1: "st", 2: "nd", 3: "rd"}


_LINKING = re.compile(r"(?i)(?<=\w)(?=://)|(?<=\bwww)(?=\.)")
"""Where readers of mail, and Slack, see the beginning of a link in plain text."""


def inert(text: str) -> str:
    """Reduce a text to one line of visible characters, in which nothing becomes a link: a space without width breaks addresses."""
    return _LINKING.sub("\u200b", plain(text))


def content_of(
    kind: str,
    payload: Mapping[str, Any],
    quotes: Sequence[MessageQuote] = (),
    *,
    page: MessageLink | None = None,
    feedback: Sequence[MessageLink] = (),
) -> MessageContent:
    """Return what a row says. Whatever its payload lacks is left out; a row of another kind is its reason under its kind."""
    incident = kind == "incident"
    return MessageContent(
        heading=_incident_heading(payload) if incident else inert(str(payload.get("kind", kind)).replace("_", " ")),
        title=inert(str(payload.get("title") or payload.get("theme_name") or ("all tickets" if incident else ""))),
        reason=inert(str(payload.get("reason") or "")),
        facts=tuple(_facts(payload)) if incident else (),
        causes=tuple(inert(str(one)) for one in _listed(payload.get("causes"))),
        quotes=tuple(quotes),
        page=page,
        feedback=tuple(feedback),
    )


def _incident_heading(payload: Mapping[str, Any]) -> str:
    news = payload.get("news")
    if not news:
        return "Over" if payload.get("state") == "ended" else "Incident"
    return HEADINGS.get(str(news), inert(str(news).replace("_", " ")).capitalize())


def _facts(payload: Mapping[str, Any]) -> list[MessageFact]:
    facts = [
        MessageFact("How much", _how_much(payload)),
        MessageFact("Since", _since(payload.get("since"))),
        MessageFact("Where", _where(payload.get("segment"))),
        MessageFact("Theme", _theme(payload)),
        MessageFact("Launch plan", inert(str(payload.get("plan") or ""))),
        MessageFact("Back", _returns(payload.get("returns"))),
        _known_issue(payload.get("known_issue")),
        MessageFact("Owner", inert(str(payload.get("owner") or ""))),
        MessageFact("Why you", inert(str(payload.get("why") or ""))),
    ]
    return [one for one in facts if one.value]


def _how_much(payload: Mapping[str, Any]) -> str:
    observed, expected = _number(payload.get("observed")), _number(payload.get("expected"))
    if observed is None:
        return ""
    tickets = counted(round(observed), "ticket")
    if expected is None:
        return tickets
    # A ratio to almost nothing says less than the figures.
    ratio = f", {multiple(observed / expected)}" if expected >= 0.05 else ""
    return f"{tickets} where {amount(expected)} were expected{ratio}"


def _since(value: Any) -> str:
    try:
        time: datetime | None = parse_rfc3339(value)
    except (TypeError, ValueError):
        time = None
    return "" if time is None else utc_minute(time)


def _where(segment: Any) -> str:
    pairs = segment.items() if isinstance(segment, Mapping) else ()
    return ", ".join(inert(f"{name} {value}") for name, value in pairs) or "everywhere"


def _theme(payload: Mapping[str, Any]) -> str:
    theme, name = payload.get("theme_id"), inert(str(payload.get("theme_name") or ""))
    if not theme or not name or name == inert(str(payload.get("title") or "")):
        return ""
    return f"{name} (theme {theme})"


def _returns(value: Any) -> str:
    """Write for which time it is here, of how often it returned; a sentence stays as it is."""
    number = _number(value)
    if number is None:
        return inert(str(value)) if value else ""
    if number < 1:
        return ""
    whole = round(number) + 1
    suffix = "th" if whole % 100 in (11, 12, 13) else ORDINALS.get(whole % 10, "th")
    return f"{whole}{suffix} time"


def _known_issue(value: Any) -> MessageFact:
    if not isinstance(value, Mapping):
        return MessageFact("Known issue", inert(str(value or "")))
    jira = str(value.get("jira") or "")
    key = jira.rstrip("/").rpartition("/")[2]
    parts = [" ".join(part for part in (str(value.get("title") or ""), f"({key})" if key else "") if part)]
    parts += [
        f"{label} {value[name]}"
        for name, label in (("owner", "owner"), ("workaround", "workaround:"))
        if value.get(name)
    ]
    return MessageFact("Known issue", inert("; ".join(part for part in parts if part)), web_address(jira))


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
