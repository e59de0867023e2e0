"""The turns of a conversation: who wrote what, in the names that the common systems give them, or as a transcript in text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stream.connectors.values import first_text, identity, instant, objects

TURNS = ("messages", "turns", "history", "transcript", "utterances", "dialogue", "dialog", "log", "events")
"""Keys under which systems keep the turns of a conversation."""

BODIES = ("text", "message", "content", "body", "msg", "utterance", "value")
TIMES = ("timestamp", "created_at", "createdAt", "time", "sent_at", "sentAt", "ts", "date")
AUTHORS = (
    "role",
    "author_role",
    "sender_type",
    "senderType",
    "author",
    "sender",
    "from",
    "speaker",
    "nick",
    "direction",
    "name",
)

ROLES = {
    "bot": frozenset({"bot", "assistant", "ai", "virtual", "automation", "trigger", "answer_bot", "chatbot", "model"}),
    "agent": frozenset({
        "agent", "admin", "operator", "staff", "support", "employee", "representative", "rep", "human_agent", "outbound", "advisor",
    }),
    "requester": frozenset({
        "user", "customer", "visitor", "client", "requester", "contact", "lead", "end-user", "enduser", "end_user", "caller", "guest",
        "human", "inbound", "shopper", "member",
    }),
}  # fmt: skip
"""Words by which systems say who wrote a turn; the first role that applies counts: a "support bot" is a bot."""

_SKIPPED = frozenset({"system", "tool", "function", "developer", "note", "event"})
_SPOKEN = re.compile(r"^\s*(?:[\[(](?P<time>[^\])]{3,40})[\])]\s*)?(?P<who>[^\s:\[][^:\[\]]{0,60}?)\s*:\s(?P<text>.*)$")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said: `role` is requester, agent or bot; `key` identifies the turn in its conversation."""

    role: str
    body: str
    time: datetime | None
    key: str


def has_turns(value: object) -> bool:
    """Return whether a value is a list of turns, or a transcript, in which somebody says something."""
    if isinstance(value, str):
        return any(_SPOKEN.match(line) is not None for line in value.splitlines())
    return any(_turn_body(turn) for turn in objects(value))


def read_turns(payload: Mapping[str, Any]) -> Iterator[Turn]:
    """Yield the turns of a conversation in their order, without those of systems and tools."""
    value = next(payload[name] for name in TURNS if has_turns(payload.get(name)))
    if isinstance(value, str):
        yield from _spoken_turns(value)
        return
    first = ""
    for number, turn in enumerate(objects(value), 1):
        body, who = _turn_body(turn), turn_author(turn)
        role = turn_role(who)
        if not body.strip() or role == "":
            continue
        # A name says nothing of its role: who speaks first asks, whoever else answers.
        first = first or (who if role is None else "")
        named = role or ("requester" if who == first else "agent")
        yield Turn(named, body, turn_time(turn), identity(turn.get("id")) or f"turn-{number}")


def in_order(turns: list[Turn]) -> list[Turn]:
    """Return turns by time; where one of them has none, in the order in which they came."""
    timed = [(turn.time, turn) for turn in turns if turn.time is not None]
    return turns if len(timed) < len(turns) else [turn for _, turn in sorted(timed, key=lambda pair: pair[0])]


def turn_time(turn: Mapping[str, Any]) -> datetime | None:
    """Return when a turn was written; None where it does not say so."""
    return next((found for name in TIMES if (found := instant(turn.get(name))) is not None), None)


def _spoken_turns(transcript: str) -> Iterator[Turn]:
    """Yield the turns of a transcript as text, `[12:01] Ana: text` or `Ana: text`; other lines go on with the turn before."""
    found: list[tuple[str, list[str], datetime | None]] = []
    for line in transcript.splitlines():
        spoken = _SPOKEN.match(line)
        if spoken is not None:
            found.append((spoken["who"].strip(), [spoken["text"]], instant(spoken["time"])))
        elif found and line.strip():
            found[-1][1].append(line)
    first = next((who for who, _, _ in found if turn_role(who) is None), "")
    for number, (who, lines, time) in enumerate(found, 1):
        role = turn_role(who)
        if role != "":
            yield Turn(role or ("requester" if who == first else "agent"), "\n".join(lines), time, f"turn-{number}")


def _turn_body(turn: Mapping[str, Any]) -> str:
    for name in BODIES:
        value = turn.get(name)
        if isinstance(value, list):
            parts = (first_text(part.get("text"), part.get("value")) for part in objects(value))
            value = "\n".join(part for part in parts if part)
        elif isinstance(value, Mapping):
            value = first_text(value.get("text"), value.get("body"), value.get("content"))
        if isinstance(value, str) and value.strip():
            return value
    return ""


def turn_author(turn: Mapping[str, Any]) -> str:
    """Return the name or role of who wrote a turn; an empty string where it is not given."""
    for name in AUTHORS:
        value = turn.get(name)
        if isinstance(value, Mapping):
            value = first_text(value.get("role"), value.get("type"), value.get("name"), value.get("id"))
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def turn_role(who: str) -> str | None:
    """Return the role that a name says: None where it says nothing, and an empty string for what is no turn of anybody."""
    words = re.split(r"[^a-z_-]+", who.lower().replace(":", " "))
    if words[0] in _SKIPPED:
        return ""
    return next((role for role, known in ROLES.items() if known & set(words)), None)
