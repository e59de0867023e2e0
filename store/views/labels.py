"""The view of labels: what each closed case was found to be. No names of labellers and no text are in it."""

from __future__ import annotations

from sqlalchemy import and_, case, exists, func, select

from store.schema import label_adjudications, label_cases, label_queues, labels, themes, ticket_handling
from store.views.tickets import ATTRIBUTES, THEME_NAME
from store.views.view import SqlView, ValueKind, shown

_open = label_cases.alias("open_cases")

_said = (
    select(
        labels.c.case_id,
        labels.c.question,
        func.count().label("labels"),
        func.count(labels.c.value.distinct()).label("different"),
        func.min(labels.c.value).label("first_value"),
        func.sum(case((labels.c.blind, 1), else_=0)).label("blind"),
        func.avg(labels.c.seconds).label("seconds"),
    )
    .join(label_cases, label_cases.c.id == labels.c.case_id)
    .where(
        label_cases.c.closed_at.is_not(None),
        ~exists(select(_open.c.id).where(_open.c.ticket_id == label_cases.c.ticket_id, _open.c.closed_at.is_(None))),
    )
    .group_by(labels.c.case_id, labels.c.question)
    .subquery("said")
)

_VALUE = func.coalesce(label_adjudications.c.value, case((_said.c.different == 1, _said.c.first_value)))

V_LABEL = SqlView(
    "v_label",
    "One row for each question of a case that people have labelled, once the case is closed and its ticket waits for no other labels. "
    "Who labelled it is not in it; `labels export` has that.",
    (
        shown(label_cases.c.id, "number of the case", name="case_id"),
        shown(label_cases.c.queue_id, "number of its queue"),
        shown(label_queues.c.kind, name="queue_kind"),
        shown(label_queues.c.set_name, name="label_set"),
        shown(label_queues.c.set_version, "version of the label set", name="label_set_version"),
        shown(label_cases.c.ticket_id, "identity of the ticket in its source"),
        shown(_said.c.question, "question of the label set", name="question", kind=ValueKind.TEXT),
        shown(_VALUE, "adjudicated value, or the one that all labellers gave; NULL: disputed. The number of a theme, or `none`, where "
              "a theme is asked for", name="value", kind=ValueKind.TEXT),
        shown(label_adjudications.c.value.is_not(None), "whether it was adjudicated", name="adjudicated", kind=ValueKind.BOOLEAN),
        shown(_said.c.labels, "labellers that answered", name="labels", kind=ValueKind.INTEGER),
        shown(_said.c.different, "different values that they gave", name="different_values", kind=ValueKind.INTEGER),
        shown(_said.c.blind, "labels whose labellers could not know another", name="blind_labels", kind=ValueKind.INTEGER),
        shown(_said.c.seconds, "mean seconds of a labeller for the question", name="mean_seconds", kind=ValueKind.NUMBER),
        shown(label_cases.c.theme_id),
        THEME_NAME,
        shown(label_cases.c.confidence),
        shown(label_cases.c.handled_by, "who handled the ticket when the case was drawn: ai, human or vendor"),
        shown(label_cases.c.stratum),
        shown(label_cases.c.probability),
        shown(label_cases.c.closed_at, "when it had all its labels"),
        *ATTRIBUTES,
    ),
    _said.join(label_cases, label_cases.c.id == _said.c.case_id)
    .join(label_queues, label_queues.c.id == label_cases.c.queue_id)
    .outerjoin(
        label_adjudications,
        and_(label_adjudications.c.case_id == _said.c.case_id, label_adjudications.c.question == _said.c.question),
    )
    .outerjoin(ticket_handling, ticket_handling.c.ticket_id == label_cases.c.ticket_id)
    .outerjoin(themes, themes.c.id == label_cases.c.theme_id),
    key=("case_id", "question"),
    period="closed_at",
)  # fmt: skip
