"""What the flag form sends."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import Request

from console.errors import FormTooLargeError

MAX_BYTES = 32_768
"""More than the longest valid form, percent-encoded, needs."""


def _printable(text: str) -> str:
    if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in text):
        raise ValueError("control characters are not allowed")
    return text


Printable = AfterValidator(_printable)


class KnownIssueForm(BaseModel):
    """The fields of a known issue; empty ones say nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Printable]
    jira: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), Printable] = ""
    workaround: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), Printable] = ""


async def posted(request: Request) -> dict[str, str]:
    """Read the fields of a URL-encoded form; the last of equal names counts. Raises `FormTooLargeError`."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise FormTooLargeError(MAX_BYTES)
    return dict(parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True))


def known_issue_of(fields: dict[str, str]) -> KnownIssueForm | str:
    """Validate the fields of a known issue; where they are not valid, the sentence that says so."""
    try:
        return KnownIssueForm.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "form"
        received = len(fields.get(name, "").strip())
        if first["type"] in ("missing", "string_too_short"):
            return "Received no title; a known issue needs one: say in a few words what is wrong."
        if first["type"] == "string_too_long":
            longest = first["ctx"]["max_length"]
            return f"Received a {name} of {received} characters; valid are up to {longest}: shorten it."
        return f"Received a {name} with control characters; valid is plain text: type it anew."
