"""Chat transcripts: the requester's turns of a conversation are one ticket, those of agents and bots are comments on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stream.connectors.chat_turns import TURNS, Turn, has_turns, in_order, read_turns
from stream.connectors.contract import Answer, Payload, PayloadError, answer, shown, split_pages
from stream.connectors.values import (
    filled,
    first_text,
    identity,
    instant,
    mapping,
    needed_identity,
    simple,
    text,
    texts,
    ticket_event,
)

PAGES = ("chats", "conversations", "sessions", "transcripts")
IDS = ("conversation_id", "conversationId", "chat_id", "chatId", "session_id", "sessionId", "id", "_id", "uuid")
STARTS = ("started_at", "startedAt", "start_time", "created_at", "createdAt", "timestamp", "time", "date")


class Chat:
    """Reads conversations with their turns, in the names that the common systems give them."""

    name = "chat"

    def events(self, payload: Payload) -> Answer:
        """Return the events of a conversation or a page of them; see `Connector`."""
        return answer(payload, self._read)

    def elements(self, payload: Payload) -> Iterator[Payload]:
        """Split a page of conversations into single ones."""
        return iter([payload]) if is_conversation(payload) else split_pages(payload, PAGES)

    def _read(self, payload: Payload) -> Iterator[dict[str, Any]]:
        if is_conversation(payload):
            yield from _conversation_events(payload)
            return
        found = [name for name in PAGES if isinstance(payload.get(name), list)]
        if not found:
            raise PayloadError(
                f"received an object without turns; valid is a conversation with one of {', '.join(TURNS)}"
            )
        for name in found:
            for item in payload[name]:
                if not isinstance(item, Mapping) or not is_conversation(item):
                    raise PayloadError(f"received {shown(item)!r} in {name}; valid are conversations with their turns")
                yield from _conversation_events(item)


def is_conversation(payload: Payload) -> bool:
    """Return whether an object has turns that say something."""
    return any(has_turns(payload.get(name)) for name in TURNS)


def _conversation_events(payload: Payload) -> Iterator[dict[str, Any]]:
    subject = needed_identity(next((payload[name] for name in IDS if name in payload), None), "the conversation's id")
    turns = in_order(list(read_turns(payload)))
    started = next((time for name in STARTS if (time := instant(payload.get(name))) is not None), None)
    times = [turn.time for turn in turns if turn.time is not None]
    asked = [turn for turn in turns if turn.role == "requester"]
    # An agent's or a bot's greeting is not when the requester asked.
    first = min((turn.time for turn in asked if turn.time is not None), default=min(times, default=None))
    start = first if started is None else started
    if start is None:
        raise PayloadError("received a conversation without a time; valid is started_at, or a time of each turn")
    if not turns:
        return
    if payload.get("continued") is True:
        yield from _comments(subject, turns, start)
        return
    data = _ticket_data(payload, turns)
    data["body"] = "\n".join(turn.body for turn in asked or turns)
    if not asked:
        # Nobody asked anything: the conversation is kept, and is not demand.
        data["author_role"] = "agent" if any(turn.role == "agent" for turn in turns) else "bot"
    yield ticket_event("/chat", subject, "ticket.created", start, data=data)
    yield from _comments(subject, [turn for turn in turns if asked and turn.role != "requester"], start)
    yield from _rating(payload, subject, max([start, *times]))


def _comments(subject: str, turns: list[Turn], start: datetime) -> Iterator[dict[str, Any]]:
    for turn in turns:
        said = {"body": turn.body, "author_role": turn.role}
        yield ticket_event("/chat", subject, "comment.added", turn.time or start, data=said, key=turn.key)


def _ticket_data(payload: Payload, turns: list[Turn]) -> dict[str, Any]:
    roles = {turn.role for turn in turns}
    session = mapping(payload.get("session"))
    return {
        "title": first_text(payload.get("title"), payload.get("subject"), payload.get("topic")),
        **filled(
            channel="im_chat",
            handled_by="human" if "agent" in roles else "ai" if "bot" in roles else None,
            requester=_requester(payload),
            language=first_text(payload.get("language"), payload.get("locale"), payload.get("lang")),
            region=first_text(session.get("country_code"), payload.get("country"), payload.get("region")),
            platform=first_text(session.get("platform"), payload.get("platform")),
            team=first_text(
                payload.get("department_name"), simple(payload.get("department")), simple(payload.get("team"))
            ),
            tags=texts(payload.get("tags")),
        ),
    }


def _requester(payload: Payload) -> str | None:
    for name in ("visitor", "user", "customer", "contact", "requester"):
        person = payload.get(name)
        given = (mapping(person).get("id"), mapping(person).get("email"), person, payload.get(f"{name}_id"))
        found = next((one for value in given if (one := identity(value)) is not None), None)
        if found is not None:
            return found
    return None


def _rating(payload: Payload, subject: str, time: datetime) -> Iterator[dict[str, Any]]:
    given = next((payload[name] for name in ("csat", "rating", "satisfaction", "score") if name in payload), None)
    value = simple(given)
    score = {"good": 5, "bad": 1}.get(text(value).lower())
    if score is None and isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5:
        score = value
    if score is not None:
        yield ticket_event("/chat", subject, "ticket.rated", time, data={"csat": score}, key=str(score))
