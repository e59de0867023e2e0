"""Intercom's tables: exports of conversations and of tickets with one row each, and of messages with one row per message."""

from __future__ import annotations

from stream.connectors.exports.export_system import ExportSystem, named

SYSTEM = ExportSystem(
    name="intercom",
    source="/intercom",
    marks=frozenset(
        named(
            "conversation started at,conversation started at utc,conversation first closed at,"
            "conversation last closed at,current conversation state,teammate assigned,teammate currently assigned,"
            "team currently assigned,conversation rating,teammate rated,conversation tags,message author type,"
            "message type,conversation created at,conversation first response at,conversation state,"
            "conversation rating value,first contact reply created at,fin ai agent involved,"
            "fin ai agent resolution state,source author id,source delivered as"
        )
    ),
    usual=frozenset(
        named(
            "conversation id,channel,topics,company,user id,user name,user email,message id,message body,"
            "message created at,app id,app name,source body,source subject,state,priority,rating,ticket id,ticket type,"
            "ticket state"
        )
    ),
    columns={
        "subject": named("conversation id,ticket id,id"),
        "id": named("message id"),
        "type": named("message type"),
        "title": named("conversation title,source subject,title,subject,ticket title"),
        "body": named(
            "message body,first user message,source body,first message,first contact message,conversation body,"
            "ticket description,description"
        ),
        "time": named(
            "message created at,conversation started at,conversation started at utc,conversation created at,created at,"
            "started at"
        ),
        "updated_at": named("conversation last updated at,last updated at,updated at"),
        "solved_at": named(
            "conversation last closed at,conversation first closed at,conversation closed at,last closed at,closed at"
        ),
        "status": named("current conversation state,conversation state,state,ticket state"),
        "requester": named("message author id,user id,contact id,source author id,user email"),
        "author_role": named("message author type,source author type,author type"),
        "channel": named("channel,source type,conversation channel"),
        "team": named("team currently assigned,team assigned"),
        "csat": named("conversation rating,conversation rating value,rating"),
        "tags": named("conversation tags,tags"),
    },
    values={
        "type": {
            "conversation_message": "ticket.created",
            "conversation": "ticket.created",
            "comment": "comment.added",
            "note": "ignore",
            "open": "comment.added",
            "close": "ticket.solved",
            "assignment": "ignore",
            "assign_and_reopen": "ticket.reopened",
            "snoozed": "ignore",
            "unsnoozed": "ignore",
            "timer_unsnooze": "ignore",
            "participant_added": "ignore",
        },
        "author_role": {"lead": "requester", "user": "requester", "admin": "agent", "team": "agent", "operator": "bot"},
        "channel": {"conversation": "im_chat", "messenger": "im_chat", "push": "in_app", "phone_call": "phone"},
    },
)
