"""Chats whose turns come one by one: they are put together to conversations before a connector reads them."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from models.redaction import redact_value
from stream.connectors.chat_turns import BODIES, TIMES, TURNS, has_turns, turn_author, turn_role, turn_time
from stream.connectors.values import first_text, identity
from stream.files.json_values import JsonRecord

CONVERSATIONS = (
    "conversation_id",
    "conversationId",
    "chat_id",
    "chatId",
    "session_id",
    "sessionId",
    "thread_id",
    "threadId",
)
"""Keys by which a turn names its conversation."""

WAITING = 67_108_864
"""Bytes of turns that wait for others of their conversation; when there are more, the conversation that had none for longest ends."""


def conversation_of(value: object) -> str | None:
    """Return the conversation that a turn belongs to; None where the value is no turn."""
    if not isinstance(value, Mapping) or any(has_turns(value.get(name)) for name in TURNS if name not in BODIES):
        return None
    if not first_text(*(value.get(name) for name in BODIES)) or turn_role(turn_author(value)) is None:
        return None
    return next((found for name in CONVERSATIONS if (found := identity(value.get(name))) is not None), None)


def joined_conversations(records: Iterable[JsonRecord]) -> Iterator[JsonRecord]:
    """Yield each conversation at the number of its first turn, and what is no turn as it is.

    Turns of a conversation need not follow each other. Where more than `WAITING` bytes wait, those that come after their conversation
    was ended are yielded as one that is `continued`.
    """
    waiting: OrderedDict[str, list[JsonRecord]] = OrderedDict()
    ended: set[str] = set()
    size = 0
    for record in records:
        conversation = conversation_of(record.value)
        if conversation is None:
            yield record
            continue
        waiting.setdefault(conversation, []).append(record)
        waiting.move_to_end(conversation)
        size += record.size
        while size > WAITING:
            oldest, turns = waiting.popitem(last=False)
            size -= sum(turn.size for turn in turns)
            yield _conversation(oldest, turns, continued=oldest in ended)
            ended.add(oldest)
    for conversation, turns in waiting.items():
        yield _conversation(conversation, turns, continued=conversation in ended)


def _conversation(conversation: str, turns: list[JsonRecord], *, continued: bool) -> JsonRecord:
    first = min(turns, key=lambda turn: turn.number)
    rows: list[Mapping[str, Any]] = [{"id": _turn_id(turn), **turn.value} for turn in _by_time(turns)]
    # What the turns say of their conversation is on the first: the visitor, the language, the department. The time is of one turn.
    about = {name: value for name, value in rows[0].items() if name not in BODIES and name not in TIMES}
    payload = {**about, "conversation_id": conversation, "turns": rows, "continued": continued}
    return JsonRecord(first.number, first.line, sum(turn.size for turn in turns), payload)


def _by_time(turns: list[JsonRecord]) -> list[JsonRecord]:
    """Sort the turns of a conversation by time, and what is of one time by its content: their order in the file is any."""
    timed = [
        (time, json.dumps(turn.value, sort_keys=True, default=str), turn)
        for turn in turns
        if (time := turn_time(turn.value))
    ]
    return turns if len(timed) < len(turns) else [turn for *_, turn in sorted(timed, key=lambda one: one[:2])]


def _turn_id(turn: JsonRecord) -> str:
    """Name a turn without an id by what it holds: its place in the file is another one in another export."""
    time = turn_time(turn.value)
    if time is None:
        return f"row-{turn.number}"
    # Of the redacted turn: a card number in it could be found by trying all of them.
    redacted = redact_value(turn.value)
    content = json.dumps(redacted, sort_keys=True, default=str)
    if redacted != turn.value:
        content += time.isoformat()
    return f"row-{hashlib.sha256(content.encode('utf-8', 'replace')).hexdigest()[:16]}"
