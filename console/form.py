"""What the forms of the pages send."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from models.access import Permission
from models.feedback import FeedbackVerdict
from models.formats import harmless
from models.redaction import redact

MAX_BYTES = 262_144
"""More than the longest valid form, percent-encoded, needs."""


def _printable(text: str) -> str:
    plain = text.replace("\r\n", "\n")
    if harmless(plain) != plain:
        raise ValueError("control characters are not allowed")
    return text


Printable = AfterValidator(_printable)


class KnownIssueFields(BaseModel):
    """The fields of the known-issue form as they are sent, before they are validated."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str = ""
    jira: str = ""
    workaround: str = ""
    why: str = ""


class DecisionFields(BaseModel):
    """The fields of the decision form as they are sent; `seen` is the seal of the preview that was shown."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str = ""
    name: str = ""
    title: str = ""
    jira: str = ""
    workaround: str = ""
    owner: str = ""
    issue: str = ""
    into: str = ""
    to: str = ""
    decision: str = ""
    ticket: list[str] = []
    why: str = ""
    seen: str = ""

    def texts(self) -> dict[str, str]:
        """Return the fields that were filled in, without the tickets and the seal."""
        return {name: text for name, text in self.model_dump(exclude={"ticket", "seen"}).items() if text}


class SignInFields(BaseModel):
    """The form to sign in."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)] = ""
    password: Annotated[str, StringConstraints(max_length=1_000)] = ""
    next: Annotated[str, StringConstraints(max_length=600)] = "/"


class InvitationFields(BaseModel):
    """The form of an invitation: the password, twice."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    password: Annotated[str, StringConstraints(max_length=1_000)] = ""
    again: Annotated[str, StringConstraints(max_length=1_000)] = ""


class PersonFields(BaseModel):
    """The form that invites a person or gives a role."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, StringConstraints(max_length=500)] = ""
    role: Annotated[str, StringConstraints(max_length=100)] = "viewer"
    scope: Annotated[str, StringConstraints(max_length=1_000)] = ""


class ZoneFields(BaseModel):
    """The form that chooses a time zone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    zone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = ""


class TokenFields(BaseModel):
    """The form that makes an API token."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    label: Annotated[str, StringConstraints(max_length=500)] = ""
    permissions: tuple[Permission, ...] = ()
    scope: Annotated[str, StringConstraints(max_length=1_000)] = ""
    days: Annotated[int, Field(ge=1, le=366)] = 90


class VoteFields(BaseModel):
    """The form by which a person says whether something was useful."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    verdict: FeedbackVerdict


class KnownIssueForm(BaseModel):
    """A valid known issue; empty fields are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Printable]
    jira: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), Printable] = ""
    workaround: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), Printable] = ""


class SavedViewForm(BaseModel):
    """A view of the board to save; `query` is what stands after the `?` of its address."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Printable]
    query: Annotated[str, StringConstraints(max_length=4000)] = ""

    @property
    def redacted(self) -> str:
        """The name without what may not be stored."""
        return redact(self.name).text[:100]


def known_issue_of(fields: KnownIssueFields) -> KnownIssueForm | str:
    """Validate the fields of a known issue; where they are not valid, return the sentence that says so."""
    sent = fields.model_dump()
    try:
        return KnownIssueForm.model_validate(sent)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "form"
        received = len(sent.get(name, "").strip())
        if first["type"] == "string_too_short":
            return "Received no title; a known issue needs one: say in a few words what is wrong."
        if first["type"] == "string_too_long":
            longest = first["ctx"]["max_length"]
            return f"Received a {name} of {received} characters; valid are up to {longest}: shorten it."
        return f"Received a {name} with control characters; valid is plain text: type it again."


def fault_of(error: Exception) -> str:
    """Write an error as a sentence, for a page or as JSON. It quotes what was sent, which may be a card number in the wrong field."""
    text = redact(str(error)).text
    return f"{text[0].upper()}{text[1:]}."
