"""Freshdesk's and Freshservice's tables: the export of tickets, with the contact's and the company's columns in each row."""

from __future__ import annotations

from stream.connectors.exports.export_system import ExportSystem, named

SYSTEM = ExportSystem(
    name="freshdesk",
    source="/freshdesk",
    marks=frozenset(
        named(
            "due by time,initial response time,first response time in hrs,resolution time in hrs,agent interactions,"
            "customer interactions,resolution status,first response status,every response status,survey results,"
            "last update time,unique external id,association type,internal agent,internal group,twitter id,time tracked"
        )
    ),
    usual=frozenset(
        named(
            "ticket id,subject,description,status,priority,source,type,agent,group,created time,resolved time,"
            "closed time,tags,product,full name,title,email,work phone,mobile phone,time zone,language,contact id,"
            "company name,requester name,requester email"
        )
    ),
    columns={
        # Of the contact, not of the ticket.
        "": named("title,unique external id,twitter id,time zone"),
        "subject": named("ticket id,id"),
        "title": named("subject"),
        "body": named("description,description text"),
        "time": named("created time,created at"),
        "updated_at": named("last update time,last updated time,updated at"),
        "solved_at": named("resolved time,closed time,resolved at,closed at"),
        "status": named("status"),
        "requester": named("contact id,requester id,unique external id,email,requester email,full name,requester name"),
        "channel": named("source"),
        "team": named("group"),
        "csat": named("survey results,survey result"),
        "product": named("product"),
        "tags": named("tags"),
    },
    values={
        "channel": {
            "1": "email",
            "2": "web_form",
            "3": "phone",
            "7": "im_chat",
            "9": "web_form",
            "10": "email",
            "portal": "web_form",
            "feedback_widget": "web_form",
            "outbound_email": "email",
            "ecommerce": "web_form",
            "mobihelp": "in_app",
            "forum": "web_form",
        },
        "priority": {"1": "low", "2": "medium", "3": "high", "4": "urgent"},
        "status": {"2": "open", "3": "pending", "4": "resolved", "5": "closed"},
        "csat": {
            "103": "5",
            "102": "4",
            "101": "4",
            "100": "3",
            "-101": "2",
            "-102": "2",
            "-103": "1",
        },
    },
)
