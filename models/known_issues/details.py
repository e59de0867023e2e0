"""What people write about a known issue, validated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from models.formats import harmless
from models.version import parse_version

LENGTHS: Mapping[str, int] = {
    "title": 200, "owner": 128, "jira": 300, "workaround": 2_000, "sop": 8_000, "fix_version": 128, "fix_expected_at": 64,
}  # fmt: skip
"""The details, and their longest values in characters."""

_NAMES = {
    "sop": "text for agents", "fix_version": "version of the fix", "fix_expected_at": "time of the fix", "jira": "Jira key or address",
}  # fmt: skip
"""What messages call the details whose names say less."""


_SCHEME = re.compile(r"(?!https?:)[A-Za-z][A-Za-z0-9+.-]*:")
_JIRA = re.compile(r"(?<![A-Za-z0-9_-])[A-Z][A-Z0-9_]{1,30}-[0-9]{1,9}(?![A-Za-z0-9_-])")


class DetailsInvalid(ValueError):
    """What was written about a known issue cannot be taken; the text is one sentence and quotes nothing of it."""


def issue_details(sent: Mapping[str, str | None]) -> dict[str, str | None]:
    """Validate the details of a known issue that were given; those that are None were not.

    An empty text takes a detail away, and is returned as None. The time of the fix is returned as RFC 3339; without a zone it is UTC.

    Raises
    ------
    DetailsInvalid
        A text is too long or not printable, the title is empty, or the version or time of the fix cannot be read.
    """
    return {name: _value(name, text) for name, text in sent.items() if text is not None}


def jira_keys(text: str | None) -> list[str]:
    """Return the keys of Jira issues in a key or an address, each once, in their order."""
    return list(dict.fromkeys(_JIRA.findall(text or "")))


def _value(name: str, sent: str) -> str | None:
    called = _NAMES.get(name, name)
    text = sent.replace("\r\n", "\n").strip()
    if len(text) > LENGTHS[name]:
        raise DetailsInvalid(
            f"received a {called} of {len(text):,} characters; valid are up to {LENGTHS[name]:,}: shorten it"
        )
    if harmless(text) != text or (name not in ("workaround", "sop") and "\n" in text):
        raise DetailsInvalid(f"received a {called} with control characters; valid is plain text: type it again")
    if name == "jira" and _SCHEME.match(text):
        raise DetailsInvalid(
            "received a Jira address of another kind; valid is a key such as PAY-77, or an address of https://"
        )
    if name == "title" and not text:
        raise DetailsInvalid("received no title; a known issue needs one: say in a few words what is wrong")
    if name == "fix_version" and text and parse_version(text) is None:
        raise DetailsInvalid("received a version of the fix that cannot be read; valid is a form such as 38.1.0")
    if name == "fix_expected_at" and text:
        return _time(text).isoformat()
    return text or None


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DetailsInvalid(
            "received a time of the fix that cannot be read; valid is a form such as 2026-11-20T14:05Z"
        ) from error
