"""Procedures of the demo: what agents do in some of its cases, with one that is overdue for review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files

from sqlalchemy import Connection

from models.sops.document import read_document
from store.sop_links import link_sop
from store.sops import SopDraft, SopLinkKind, read_sops, write_sop

ISSUES: Mapping[str, Sequence[str]] = {
    "account-misused": ("unauthorised_purchase",),
    "coins-missing": ("coins_not_credited",),
    "payment-pending": ("payment_stuck_pending",),
    "payout-in-review": ("payout_pending_review",),
    "refund-missing": ("refund_not_arrived", "refund_rejected", "refund_wrong_amount", "refund_to_closed_card"),
}
"""What each procedure is for."""

REVISED, _ROUTINE = "refund-missing", "\n\nThe AI routine"
"""The procedure that was revised for the AI routine, and where the text begins that this added."""

AUTHOR = "demo"


def write_procedures(connection: Connection, themes: Mapping[str, int], written: datetime, revised: datetime) -> None:
    """Write the procedures that are not there yet, and link each to the themes of its issues.

    themes: the theme of each issue. written: when they were written; revised: when one of them was.
    """
    known = {one.slug for one in read_sops(connection)}
    for slug, issues in ISSUES.items():
        if slug in known:
            continue
        text = files("groundswell.demo").joinpath("procedures", f"{slug}.md").read_text("utf-8")
        procedure = read_document(text, slug).procedure
        first = procedure
        if slug == REVISED:
            first = replace(procedure, body=procedure.body[: procedure.body.index(_ROUTINE)])
        write_sop(connection, SopDraft(slug=slug, procedure=first, note="first version", author=AUTHOR, at=written))
        if first != procedure:
            draft = SopDraft(
                slug=slug, procedure=procedure, note="the AI routine handles refunds", author=AUTHOR, at=revised
            )
            write_sop(connection, draft)
        for theme in sorted({themes[one] for one in issues if one in themes}):
            link_sop(connection, slug, SopLinkKind.THEME, theme, actor=AUTHOR, at=written + timedelta(minutes=1))
