"""Chats whose turns come one by one: they are put together to conversations before a connector reads them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stream.connectors.chat_turns import BODIES, TURNS, has_turns, turn_author, turn_role
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
    first = turns[0]
    rows: list[Mapping[str, Any]] = [{"id": f"row-{turn.number}", **turn.value} for turn in turns]
    # What the turns say of their conversation stands on the first: the visitor, the language, the department.
    about = {name: value for name, value in rows[0].items() if name not in BODIES}
    payload = {**about, "conversation_id": conversation, "turns": rows, "continued": continued}
    return JsonRecord(first.number, first.line, sum(turn.size for turn in turns), payload)
