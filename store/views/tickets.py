"""Views of tickets: how each was handled, when it was solved, and what was promised to it. No text and no requester is in them."""

from __future__ import annotations

from sqlalchemy import case

from store.schema import sla_cycles, themes, ticket_handling, ticket_resolutions
from store.views.view import SqlView, ValueKind, ViewColumn, seconds_between, shown

_t = ticket_handling.c

THEME_NAME = shown(themes.c.name, "name of the theme; NULL: unthemed", name="theme_name")

ATTRIBUTES: tuple[ViewColumn, ...] = (
    shown(_t.source, "system that the ticket came from"),
    shown(_t.business_line, "business line, such as e-commerce or LIVE"),
    shown(_t.user_type, "who writes, such as buyer, merchant or creator"),
    shown(_t.product, "product that the ticket is about"),
    shown(_t.payment_method, "payment method that the ticket is about"),
    shown(_t.region, "region of the requester"),
    shown(_t.platform, "platform, such as ios or web"),
    shown(_t.channel, "channel that the ticket came by"),
    shown(_t.language, "language of the ticket"),
    shown(_t.priority, "latest priority"),
)
"""Attributes of the ticket at its creation; of the priority the latest."""

HANDLERS: tuple[ViewColumn, ...] = (shown(_t.handled_by), shown(_t.vendor), shown(_t.team))

_OF_TICKET = (shown(_t.theme_id), THEME_NAME, *ATTRIBUTES, *HANDLERS)

V_TICKET = SqlView(
    "v_ticket",
    "One row for each ticket that a customer wrote and that is mined: its attributes, its theme, and how it was handled. Tickets that "
    "were merged, deleted or found to be spam have `removed_at`; they are in no other view.",
    (
        shown(_t.ticket_id, "identity of the ticket in its source"),
        *_OF_TICKET,
        shown(_t.created_by),
        shown(_t.resolved_by),
        shown(_t.created_at, "when it was created"),
        shown(_t.removed_at),
        shown(_t.first_reply_at),
        shown(_t.first_human_reply_at, "first public answer of a person"),
        shown(_t.first_resolved_at, "when it was solved first"),
        shown(_t.first_reopened_at, "when it was reopened first"),
        shown(_t.resolved_at),
        shown(_t.escalated_at),
        shown(_t.rated_at, "when it was rated last"),
        shown(_t.csat, "last rating, 1 to 5"),
        shown(_t.reopens, "how often it was reopened"),
        shown(_t.replies),
        shown(_t.human_replies),
        shown(_t.replies_before_resolution, "public answers until it was solved first"),
        shown(_t.messages),
        shown(_t.transfers),
        shown(_t.had_human),
        shown(_t.requester_wait, name="requester_wait_seconds"),
        shown(_t.third_party_wait, name="third_party_wait_seconds"),
        shown(seconds_between(_t.created_at, _t.first_reply_at), "seconds from its creation to the first public answer",
              name="first_reply_seconds", kind=ValueKind.NUMBER),
        shown(seconds_between(_t.created_at, _t.first_resolved_at), "seconds from its creation until it was solved first",
              name="first_resolution_seconds", kind=ValueKind.NUMBER),
        shown(seconds_between(_t.created_at, _t.resolved_at), "seconds from its creation until it was solved last; NULL: it is open",
              name="full_resolution_seconds", kind=ValueKind.NUMBER),
    ),
    ticket_handling.outerjoin(themes, themes.c.id == _t.theme_id),
    key=("ticket_id",),
    period="created_at",
)  # fmt: skip

V_RESOLUTION = SqlView(
    "v_resolution",
    "One row for each time that a ticket was solved. Who handled it is who handled it last.",
    (
        shown(ticket_resolutions.c.ticket_id, "identity of the ticket in its source"),
        shown(ticket_resolutions.c.number),
        shown(ticket_resolutions.c.resolved_at, "when it was solved"),
        shown(ticket_resolutions.c.reopened_at, "when it was reopened after; NULL: it is solved since"),
        shown(seconds_between(_t.created_at, ticket_resolutions.c.resolved_at), "seconds from its creation to this solution",
              name="seconds_since_creation", kind=ValueKind.NUMBER),
        *_OF_TICKET,
    ),
    ticket_resolutions.join(
        ticket_handling, (_t.ticket_id == ticket_resolutions.c.ticket_id) & _t.removed_at.is_(None)
    ).outerjoin(themes, themes.c.id == _t.theme_id),
    key=("ticket_id", "number"),
    period="resolved_at",
)  # fmt: skip

_OUTCOME = case(
    (sla_cycles.c.breached_at.is_not(None), "missed"), (sla_cycles.c.stopped_at.is_not(None), "kept"), else_="open"
)

V_SLA = SqlView(
    "v_sla",
    "One row for each promise of a service level to a ticket.",
    (
        shown(sla_cycles.c.ticket_id, "identity of the ticket in its source"),
        shown(sla_cycles.c.policy),
        shown(sla_cycles.c.target),
        shown(sla_cycles.c.number),
        shown(_OUTCOME, "kept, missed or open; one that is open is missed once `due_at` has passed", name="outcome",
              kind=ValueKind.TEXT),
        shown(sla_cycles.c.started_at, "when its clock started"),
        shown(sla_cycles.c.stopped_at, "when its clock stopped; NULL: it is open"),
        shown(sla_cycles.c.due_at),
        shown(sla_cycles.c.breached_at),
        shown(sla_cycles.c.elapsed, name="elapsed_seconds"),
        *_OF_TICKET,
    ),
    sla_cycles.join(ticket_handling, (_t.ticket_id == sla_cycles.c.ticket_id) & _t.removed_at.is_(None)).outerjoin(
        themes, themes.c.id == _t.theme_id
    ),
    key=("ticket_id", "policy", "target", "number"),
    period="started_at",
)  # fmt: skip
