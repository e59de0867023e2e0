"""Chat transcripts: one ticket of a conversation, with the roles of its turns told apart."""

import pytest

from stream.connectors.chat import Chat
from stream.connectors.contract import convert
from stream.raw import RefusedEvent

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
