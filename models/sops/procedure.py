"""A procedure as people write it: validated fields, its content and when it is to be reviewed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from models.formats import harmless
from models.redaction import redact
from models.sops.invalid import ProcedureInvalid
from models.sops.tree import DecisionTree, read_tree

LONGEST: Mapping[str, int] = {"title": 200, "body": 20_000, "owner": 128}
"""Longest texts, in characters."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 80
_RESERVED = frozenset({"new"})
"""Addresses of the console's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """What a version of a procedure says.

    title: one line. body: Markdown. owner: a person, team or audience, one line. review_on: first day on which it is overdue for
    review; None: it is never. tree: YAML of its decision tree (`read_tree`), "" for none.
    """

    title: str
    body: str
    owner: str
    review_on: date | None = None
    tree: str = ""

    @property
    def content_hash(self) -> str:
        """SHA-256 of what agents follow (title, body and tree), in hexadecimal: it changes where a procedure changes.

        Owner and review date are not part of it: a review that changes nothing is no change of the procedure.
        """
        parts = (self.title, self.body, self.tree)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def decision_tree(self) -> DecisionTree | None:
        """Return its decision tree; None without one. Raises `TreeInvalid`."""
        return read_tree(self.tree) if self.tree else None

    def overdue(self, day: date) -> bool:
        """Return whether its review is due on a day."""
        return self.review_on is not None and self.review_on <= day


def checked(procedure: Procedure) -> Procedure:
    """Return a procedure with its texts normalised (line ends, space at the ends), validated.

    Raises
    ------
    ProcedureInvalid
        A title, body or owner is empty, too long or not printable, or the decision tree cannot be followed.
    """
    values: dict[str, Any] = {}
    for name, longest in LONGEST.items():
        text = str(getattr(procedure, name)).replace("\r\n", "\n").strip()
        if not 0 < len(text) <= longest:
            raise ProcedureInvalid(f"received a {name} of {len(text):,} characters; valid are 1 to {longest:,}")
        if harmless(text) != text or (name != "body" and "\n" in text):
            raise ProcedureInvalid(f"received a {name} with control characters; valid is plain text: type it again")
        values[name] = text
    tree = procedure.tree.replace("\r\n", "\n").strip()
    found = replace(procedure, **values, tree=tree and f"{tree}\n")
    found.decision_tree()
    return found


def checked_slug(text: str) -> str:
    """Return a slug: lower-case letters, digits and single hyphens between them, and no secret. Raises `ProcedureInvalid`."""
    if len(text) > LONGEST_SLUG or text in _RESERVED or not _SLUG.fullmatch(text):
        raise ProcedureInvalid(
            f"received a name that is none; valid are up to {LONGEST_SLUG} lower-case letters, digits and hyphens, such as refund-late"
        )
    if redact(text).text != text:
        raise ProcedureInvalid(
            "received a name with a card number, a telephone number or another secret; give one without, such as refund-late"
        )
    return text


def review_day(text: str) -> date | None:
    """Read a review date as ISO 8601 (2026-11-29); nothing for an empty text. Raises `ProcedureInvalid`."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise ProcedureInvalid("received a review date that is none; valid is a day such as 2027-01-31") from error
