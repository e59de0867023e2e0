"""The forms of a procedure, and what they write. Pages and the JSON API take the same fields."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from models.access import Person
from models.redaction import redact
from models.sops.invalid import ProcedureInvalid
from models.sops.procedure import LONGEST, LONGEST_SLUG, Procedure, checked, review_day
from models.sops.tree import LONGEST_TREE
from store.sop_links import link_sop, unlink_sop
from store.sops import SopDraft, SopInvalid, SopLinkKind, SopVersion, WrittenSop, write_sop
from store.types import LARGEST_ID

MOST_NOTE = 2_000


class ProcedureFields(BaseModel):
    """A version of a procedure as it is sent. `based_on` is the version that the person looked at; 0 for a new procedure."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    slug: Annotated[str, Field(max_length=LONGEST_SLUG)] = ""
    title: Annotated[str, Field(max_length=LONGEST["title"])] = ""
    owner: Annotated[str, Field(max_length=LONGEST["owner"])] = ""
    review_on: Annotated[str, Field(max_length=32)] = ""
    # Line ends are two characters in what a browser sends.
    body: Annotated[str, Field(max_length=2 * LONGEST["body"])] = ""
    tree: Annotated[str, Field(max_length=2 * LONGEST_TREE)] = ""
    note: Annotated[str, Field(max_length=MOST_NOTE)] = ""
    based_on: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0
    action: Literal["preview", "save"] = "save"


class SopLinkFields(BaseModel):
    """A theme or known issue that a procedure is for, or no longer for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: SopLinkKind
    target: Annotated[int, Field(ge=1, le=LARGEST_ID)]
    action: Literal["link", "unlink"] = "link"


def fields_of(version: SopVersion) -> ProcedureFields:
    """Return what a version says as its form has it."""
    said = version.procedure
    return ProcedureFields(
        slug=version.slug, title=said.title, owner=said.owner, body=said.body, tree=said.tree, based_on=version.number,
        review_on="" if said.review_on is None else said.review_on.isoformat(),
    )  # fmt: skip


def procedure_of(fields: ProcedureFields) -> Procedure:
    """Return the procedure that was sent, redacted as it would be stored. Raises `SopInvalid`."""
    try:
        procedure = Procedure(
            title=redact(fields.title).text, owner=redact(fields.owner).text, body=redact(fields.body).text,
            tree=redact(fields.tree).text, review_on=review_day(fields.review_on),
        )  # fmt: skip
        return checked(procedure)
    except ProcedureInvalid as error:
        raise SopInvalid(str(error)) from error


def write_from(connection: Connection, slug: str, fields: ProcedureFields, person: Person, at: datetime) -> WrittenSop:
    """Write the version that was sent, `at` the wall clock. Raises `SopInvalid`, `SopExists`, `SopRevisedMeanwhile`, `SopUnknown`."""
    draft = SopDraft(
        slug=slug, procedure=procedure_of(fields), note=fields.note, author=person.name, at=at, based_on=fields.based_on
    )
    try:
        return write_sop(connection, draft)
    except ProcedureInvalid as error:
        raise SopInvalid(str(error)) from error


def link_from(connection: Connection, slug: str, fields: SopLinkFields, person: Person, at: datetime) -> bool:
    """Link or unlink what was sent; return whether that changed something. Raises `SopUnknown`, and errors of unknown targets."""
    change = link_sop if fields.action == "link" else unlink_sop
    return change(connection, slug, fields.kind, fields.target, actor=person.name, at=at)
