"""Header fields of a mail that say that a machine wrote it.

`mail` holds, each optional: `auto_submitted` and `precedence` (the fields' values), `list_id` and `list_unsubscribe` (the value, or
whether the field is there), `return_path_empty` (whether the sender of the envelope is empty), `content_type_report` (the
report type of a `multipart/report`, or whether it is one), `x_auto_response_suppress` (the value), `x_autoreply` (whether one of
`X-Autoreply`, `X-Autorespond` and `X-Auto-Reply` is there).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.demand.kind import DemandKind

_PRECEDENCES = {
    "bulk": DemandKind.BULK,
    "junk": DemandKind.BULK,
    "auto_reply": DemandKind.AUTOMATIC_REPLY,
    "auto-reply": DemandKind.AUTOMATIC_REPLY,
}
_REPORTS = {
    "delivery-status": DemandKind.BOUNCE,
    "feedback-report": DemandKind.BULK,
    "disposition-notification": DemandKind.AUTOMATIC_REPLY,
}
_NO = frozenset({"", "no", "none", "false", "0"})


def kind_by_headers(mail: Mapping[str, Any]) -> DemandKind | None:
    """Return the kind that the header fields say, None where they say nothing.

    Sources: RFC 3834 (`Auto-Submitted`, an empty return path), RFC 3462 (reports), RFC 2076 (`Precedence`), and Microsoft's
    `X-Auto-Response-Suppress`. `List-Id` and `Precedence: list` alone say nothing: a support address that is a mailing group
    adds them to every customer's mail.
    """
    return _report(mail) or _automatic(mail) or _PRECEDENCES.get(_value(mail, "precedence"))


def is_list_mail(mail: Mapping[str, Any]) -> bool:
    """Whether the mail came by a mailing list or a mailing group."""
    given = any(_value(mail, name) not in _NO for name in ("list_id", "list_unsubscribe"))
    return given or _value(mail, "precedence") == "list"


def _report(mail: Mapping[str, Any]) -> DemandKind | None:
    given = _value(mail, "content_type_report")
    if given in _NO:
        return None
    named = (kind for name, kind in _REPORTS.items() if name in given)
    return next(named, DemandKind.BOUNCE)


def _automatic(mail: Mapping[str, Any]) -> DemandKind | None:
    submitted = _value(mail, "auto_submitted").split(";")[0].strip()
    if submitted not in _NO or _value(mail, "x_autoreply") not in _NO:
        return DemandKind.AUTOMATIC_REPLY
    suppress = {one.strip() for one in _value(mail, "x_auto_response_suppress").split(",")}
    if suppress & {"all", "autoreply"} or _value(mail, "return_path_empty") not in _NO:
        return DemandKind.AUTOMATIC_REPLY
    return None


def _value(mail: Mapping[str, Any], name: str) -> str:
    given = mail.get(name)
    return "" if given is None else str(given).strip().casefold()
