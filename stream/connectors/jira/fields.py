"""The fields of a Jira issue, of the cloud (`accountId`, ADF) and of servers (`name`, `key`, wiki markup)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.redaction import shortened
from stream.connectors.jira.rich_text import plain_text
from stream.connectors.jira.service_levels import is_service_level, service_level
from stream.connectors.values import enumerated, filled, first_text, identity, mapping, objects, simple, text, texts

CHANNELS = {
    "portal": "web_form", "anonymousportal": "web_form", "widget": "web_form", "help center": "web_form",
    "email": "email", "api": "api", "chat": "im_chat", "slack": "im_chat", "msteams": "im_chat", "phone": "phone",
}  # fmt: skip
"""Request channels of Jira Service Management; others are kept as they are."""

LONGEST_CUSTOM = 1000
"""Characters of a custom field that are kept; longer ones are documents."""

DONE_NAMES = frozenset({
    "done", "closed", "resolved", "complete", "completed", "canceled", "cancelled", "declined", "won't do", "won't fix", "fixed",
    "released", "rejected", "erledigt", "fertig", "geschlossen", "gelöst", "abgebrochen", "terminé", "terminée", "fermé", "fermée",
    "résolu", "résolue", "annulé", "hecho", "listo", "cerrado", "cerrada", "resuelto", "resuelta", "finalizado", "finalizada",
    "cancelado", "concluído", "concluída", "fechado", "resolvido", "completato", "chiuso", "risolto", "gereed", "gesloten",
    "opgelost", "готово", "закрыт", "решен", "完了", "クローズ", "解決済み", "完成", "已完成", "已关闭", "已解决",
    "완료", "종료", "해결됨",
})  # fmt: skip
"""Names of finished statuses where a history gives a status's name without its category."""


WAITING_NAMES = {
    **dict.fromkeys(
        ("waiting for customer", "waiting on customer", "waiting for requester", "waiting for reporter", "awaiting customer",
         "pending customer", "customer pending", "needs info", "waiting for information"),
        "requester",
    ),
    **dict.fromkeys(
        ("pending", "on hold", "on-hold", "blocked", "waiting for third party", "waiting on third party", "waiting for vendor",
         "pending vendor", "waiting for approval", "waiting for partner"),
        "third_party",
    ),
}  # fmt: skip
"""Names of statuses in which an issue waits for somebody else than the agent, and for whom; a history has no category for it."""


def waits_for(name: object) -> str:
    """Return for whom an issue waits in the status of a name: the agent, unless the name says otherwise."""
    return WAITING_NAMES.get(" ".join(text(name).lower().split()), "agent")


def is_private(comment: Mapping[str, Any]) -> bool:
    """Return whether a comment is an internal note, which the customer does not see."""
    return comment.get("jsdPublic") is False or bool(mapping(comment.get("visibility")))


def account(user: object) -> str | None:
    """Return what identifies a user: the account id of the cloud, or the key or name of a server."""
    found = mapping(user)
    return next(
        (one for name in ("accountId", "key", "name", "emailAddress") if (one := identity(found.get(name)))), None
    )


def author_role(comment: Mapping[str, Any], fields: Mapping[str, Any]) -> str | None:
    """Return who wrote a comment. A comment that the customer cannot see is an agent's note."""
    author = mapping(comment.get("author"))
    kind = text(author.get("accountType"))
    if kind == "app":
        return "bot"
    if is_private(comment):
        return "agent"
    writer, reporter = account(author), account(fields.get("reporter"))
    if kind == "customer" or (writer is not None and writer == reporter):
        return "requester"
    return None if writer is None or reporter is None else "agent"


def is_done(fields: Mapping[str, Any]) -> bool:
    """Return whether an issue's status is in the category of finished ones."""
    status = mapping(fields.get("status"))
    category = text(mapping(status.get("statusCategory")).get("key"))
    return category == "done" if category else is_done_name(status.get("name"))


def is_done_name(name: object) -> bool:
    """Return whether a status's name is that of a finished one."""
    return text(name).strip().lower() in DONE_NAMES


def ticket_data(issue: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `data` of an issue's creation."""
    fields = mapping(issue.get("fields"))
    channel = enumerated(mapping(mapping(issue.get("properties")).get("request.channel.type")).get("value"))
    data = filled(
        channel=CHANNELS.get(channel, channel),
        priority=enumerated(simple(fields.get("priority"))),
        tags=texts(fields.get("labels")),
        requester=account(fields.get("reporter")) or account(fields.get("creator")),
        custom=_custom(fields),
    )
    return {"title": first_text(fields.get("summary")), "body": plain_text(fields.get("description")), **data}


def satisfaction(fields: Mapping[str, Any]) -> int | None:
    """Return the customer's rating from 1 to 5, which Jira Service Management keeps in a custom field."""
    for name, value in fields.items():
        rating = mapping(value).get("rating") if str(name).startswith("customfield_") else None
        if isinstance(rating, int) and not isinstance(rating, bool) and 1 <= rating <= 5:
            return rating
    return None


def _custom(fields: Mapping[str, Any]) -> dict[str, Any]:
    own = dict(_custom_fields(fields))
    levels = [
        service_level(value)
        for name, value in fields.items()
        if str(name).startswith("customfield_") and is_service_level(value)
    ]
    return filled(
        project=first_text(mapping(fields.get("project")).get("key")),
        type=first_text(simple(fields.get("issuetype"))),
        components=simple(fields.get("components")),
        versions=simple(fields.get("versions")),
        environment=shortened(plain_text(fields.get("environment")), LONGEST_CUSTOM),
        sla=levels,
        fields=own,
    )


def _custom_fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if not str(name).startswith("customfield_") or is_service_level(value):
            continue
        found = plain_text(value) if text(mapping(value).get("type")) == "doc" else simple(value)
        if found not in (None, "") and not (isinstance(found, str) and len(found) > LONGEST_CUSTOM):
            yield str(name), found


def request_fields(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request of Jira Service Management in the names that an issue's fields have."""
    values = {text(field.get("fieldId")): field.get("value") for field in objects(request.get("requestFieldValues"))}
    status = mapping(request.get("currentStatus"))
    category = {"DONE": "done"}.get(text(status.get("statusCategory")), text(status.get("statusCategory")).lower())
    return {
        **values, "created": request.get("createdDate"), "reporter": request.get("reporter"),
        "status": {"name": status.get("status"), "statusCategory": {"key": category}},
        "resolutiondate": status.get("statusDate"),
    }  # fmt: skip
