"""Decisions about who owns a theme, whatever the ownership file says."""

from __future__ import annotations

from sqlalchemy import Connection

from models.formats import harmless
from models.redaction import redact
from pipelines.decisions.effects import DecisionEffects, DecisionOutcome
from pipelines.decisions.preview import DecisionInvalid, DecisionPreview, make_preview
from store.decisions import Decision, DecisionKind
from store.survivors import surviving_theme

LONGEST = 128


def propose_assignment(connection: Connection, theme_id: int, owner: str) -> DecisionPreview:
    """Preview assigning a theme to a person or an audience. Raises `ThemeUnknown`, `DecisionInvalid`."""
    theme = surviving_theme(connection, theme_id)
    wanted = " ".join(owner.split())
    if not wanted or len(wanted) > LONGEST:
        raise DecisionInvalid(
            f"received an owner of {len(wanted)} characters; valid are 1 to {LONGEST}: name a person or an audience"
        )
    if harmless(wanted) != wanted or redact(wanted).counts:
        raise DecisionInvalid("received an owner that is no name; valid is the name of a person or an audience")
    notes = ("alerts still go to the audiences of the ownership file",)
    return make_preview(connection, DecisionKind.ASSIGN, theme, {"owner": wanted}, [theme], [], notes)


def apply_assignment(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Give a theme the owner that a person chose."""
    record = effects.record(decision.theme_id)
    before = {"owner": record.owner, "pinned": record.owner_pinned}
    effects.assign(record, decision.payload["owner"], pinned=True)
    return {"before": before}


def restore_assignment(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo an assignment: the theme has the owner that it had before."""
    before = (undone.outcome or {})["before"]
    effects.assign(effects.record(undone.theme_id), before["owner"], pinned=before["pinned"])
    return {}
