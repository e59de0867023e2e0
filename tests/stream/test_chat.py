"""Chat transcripts: one ticket of a conversation, with the roles of its turns kept apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.connectors import chat_rows
from stream.connectors.chat import Chat
from stream.connectors.contract import convert
from stream.connectors.payloads import json_raws
from stream.files.json_values import JsonRecord
from stream.raw import RefusedEvent
from stream.recognition.json_kinds import json_kinds

START = "2026-11-08T10:00:00+00:00"


def conversation(*turns: tuple[str, str], **more) -> dict:
    """A conversation of turns, each a role and what was said."""
    return {
        "id": "c-1",
        "started_at": START,
        "messages": [{"role": role, "text": text} for role, text in turns],
        **more,
    }


def events(payload: dict) -> list:
    """Its events."""
    return list(convert(Chat(), payload))


def test_the_turns_of_the_requester_are_the_ticket():
    """What the requester says is joined; agents' and bots' turns are comments with their role; systems' turns are nothing."""
    created, *comments = events(
        conversation(
            ("assistant", "How can I help?"), ("user", "My coins are missing"), ("bot", "Since when?"), ("user", "since today"),
            ("system", "handed over"), ("human agent", "I look"),
        )
    )  # fmt: skip
    assert (created["type"], created["subject"], created["time"]) == ("ticket.created", "c-1", START)
    assert created["data"]["body"] == "My coins are missing\nsince today"
    assert (created["data"]["channel"], created["data"]["handled_by"]) == ("im_chat", "human")
    assert [(one["data"]["author_role"], one["data"]["body"]) for one in comments] == [
        ("bot", "How can I help?"), ("bot", "Since when?"), ("agent", "I look"),
    ]  # fmt: skip
    assert len({one["id"] for one in (created, *comments)}) == 4


def test_a_conversation_without_a_requester_is_no_demand():
    """A bot that speaks to nobody makes a ticket that says so: its author is the bot."""
    (created,) = events(conversation(("bot", "Hi"), ("bot", "Are you there?")))
    assert created["data"]["author_role"] == "bot"


TRANSCRIPT = "[10:01] Ana: refund please\nit was 12 EUR\n[10:02] Ben: which?\n[10:03] Ana: 17"
SYSTEMS = {
    "transcript-with-times": ({"created_at": 1794132000, "transcript": TRANSCRIPT}, "refund please\nit was 12 EUR\n17"),
    "transcript-with-roles": ({"created_at": START, "transcript": "Agent: hello\nCustomer: refund please"}, "refund please"),
    "names": (
        {"messages": [{"from": "Ana", "message": "where", "sentAt": START}, {"from": "Ben", "message": "x", "sentAt": START}]},
        "where",
    ),
    "zendesk-chat": (
        {"timestamp": START, "history": [{"nick": "visitor:7", "msg": "hello"}, {"nick": "trigger", "msg": "Hi"}, {"nick": "agent:4"}]},
        "hello",
    ),
    "language-model": ({"started_at": START, "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}, "a"),
    "author-object": (
        {"started_at": START, "turns": [{"author": {"type": "user"}, "body": "a"}, {"author": {"type": "admin"}, "body": "x"}]},
        "a",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("payload", "body"), SYSTEMS.values(), ids=SYSTEMS)
def test_the_names_of_common_systems(payload, body):
    """Turns are found in the names that systems give them, and in transcripts as text; who speaks first asks."""
    created, *_ = events({"id": 1, **payload})
    assert created["data"]["body"] == body
    assert "author_role" not in created["data"]


def test_a_rating_and_the_visitor():
    """Rating, visitor, country, platform, department and tags of a chat are kept."""
    created, rated = events(
        conversation(
            ("visitor", "hello"), rating="good", visitor={"id": 7, "name": "Ana"}, tags=["x"], department_name="Payments",
            session={"country_code": "BR", "platform": "iOS"},
        )
    )  # fmt: skip
    assert rated["data"] == {"csat": 5}
    wanted = {"requester": "7", "region": "BR", "platform": "iOS", "team": "Payments", "tags": ["x"]}
    assert {name: created["data"][name] for name in wanted} == wanted


def test_a_page_of_conversations():
    """A damaged conversation of a page costs no other."""
    found = events({"chats": [conversation(("user", "a")), {"id": "x"}, conversation(("user", "b"))]})
    assert [isinstance(one, RefusedEvent) for one in found] == [False, True, False]


@pytest.mark.parametrize(
    "payload", [{}, {"id": 1, "messages": []}, {"id": 1, "messages": [{"role": "user", "text": "x"}]}]
)
def test_what_is_no_conversation_is_refused(payload):
    """Without turns or a time there is nothing to count: one sentence says what is missing."""
    (refused,) = events(payload)
    assert isinstance(refused, RefusedEvent)
    assert "valid is" in refused.detail


def turn(number: int, conversation: str, sender: str, text: str) -> JsonRecord:
    """A turn that comes by itself."""
    value = {
        "conversation_id": conversation,
        "sender": sender,
        "text": text,
        "timestamp": f"2026-11-08T10:00:{number:02d}Z",
        "language": "en",
    }
    return JsonRecord(number, number, 100, value)


TURNS = [
    turn(1, "a", "bot", "Hi"), turn(2, "b", "user", "refund"), turn(3, "a", "user", "coins"), JsonRecord(4, 4, 9, {"x": 1}),
    turn(5, "b", "agent", "done"), turn(6, "a", "user", "missing"),
]  # fmt: skip


def test_turns_that_come_one_by_one_are_joined():
    """Turns of conversations that are mixed with each other make one ticket of each; what is no turn is refused by itself."""
    assert json_kinds([TURNS[0].value])[0].name == "chat"
    raws = list(json_raws(TURNS, Chat()))
    created = {
        raw.content["subject"]: raw
        for raw in raws
        if isinstance(raw.content, dict) and raw.content["type"] == "ticket.created"
    }
    assert {subject: raw.content["data"]["body"] for subject, raw in created.items()} == {
        "a": "coins\nmissing",
        "b": "refund",
    }
    assert {subject: raw.position for subject, raw in created.items()} == {"a": 1, "b": 2}
    assert created["a"].content["data"]["language"] == "en"
    comments = [
        raw.content["data"] for raw in raws if isinstance(raw.content, dict) and raw.content["type"] == "comment.added"
    ]
    said = {"body": "done", "author_role": "agent"}, {"body": "Hi", "author_role": "bot"}
    assert sorted(comments, key=lambda one: one["author_role"]) == list(said)
    assert [raw.position for raw in raws if isinstance(raw.content, RefusedEvent)] == [4]


def test_the_id_of_a_turn_is_no_hash_of_a_card_number():
    """The id of a turn follows from what is stored of it: no number can be found by trying all of them. Its time still counts."""
    said = [turn(1, "c", "user", "coins")] + [
        turn(second, "c", "agent", number)
        for second, number in ((2, "4111 1111 1111 1111"), (2, "5555 5555 5555 4444"), (3, "4111 1111 1111 1111"))
    ]
    ids = [
        raw.content["id"]
        for raw in json_raws(said, Chat())
        if isinstance(raw.content, dict) and raw.content["type"] == "comment.added"
    ]
    assert len(ids) == 3
    assert len(set(ids)) == 2


def test_turns_that_wait_are_bounded(monkeypatch):
    """The conversation that had no turn for longest is ended when too many wait, and every turn is in one of them."""
    monkeypatch.setattr(chat_rows, "WAITING", 250)
    joined = [record.value for record in chat_rows.joined_conversations(TURNS) if "turns" in record.value]
    assert sorted(row["text"] for value in joined for row in value["turns"]) == [
        "Hi",
        "coins",
        "done",
        "missing",
        "refund",
    ]
    assert len(joined) > 2
    made = [raw.content for raw in json_raws(TURNS, Chat()) if isinstance(raw.content, dict)]
    assert sum(event["type"] == "ticket.created" for event in made) == 2
    assert sum(event["data"]["body"].count("\n") + 1 for event in made) == 5
    assert len({event["id"] for event in made}) == len(made)


SHUFFLED_TURNS = [
    {"chat_id": chat, "sender": sender, "message": f"{text} {chat}", "created_at": f"2026-10-01T{7 + chat:02}:{minute:02}:00Z"}
    for chat in range(5)
    for minute, sender, text in ((1, "bot", "hello"), (3, "customer", "refund"), (4, "agent", "ok"), (5, "customer", "thanks"))
]  # fmt: skip


@given(st.permutations(SHUFFLED_TURNS))
def test_turns_in_any_order_are_one_conversation(turns):
    """Turns that come one by one give the same events in any order; the ticket's time is that of the first turn that asks."""
    found = events_of_turns(turns)
    assert found == events_of_turns(SHUFFLED_TURNS)
    created = next(one for one in found.values() if one["type"] == "ticket.created" and one["subject"] == "2")
    assert created["time"] == "2026-10-01T09:03:00+00:00"
    assert created["data"]["body"] == "refund 2\nthanks 2"


def events_of_turns(turns):
    """Return the events of single turns by id, each with its content."""
    records = [JsonRecord(number, number, 80, turn) for number, turn in enumerate(turns, 1)]
    return {raw.content["id"]: raw.content for raw in json_raws(records, Chat())}
