"""Who may open the pages of labels, and what their addresses name."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Path, Query
from pydantic import BeforeValidator

from console.access import needs
from models.access import Permission, Person

Labeller: TypeAlias = Annotated[Person, needs(Permission.LABEL, narrows=True)]
"""The person, who labels the cases of their scope."""
Adjudicator: TypeAlias = Annotated[Person, needs(Permission.ADJUDICATE, narrows=True)]
"""The person, who draws queues and adjudicates the cases of their scope."""

QueueNumber: TypeAlias = Annotated[int, Path(description="Its number.")]
CaseNumber: TypeAlias = Annotated[int, Path(description="Its number.")]
CaseAsked: TypeAlias = Annotated[int | None, Query(ge=1), BeforeValidator(lambda sent: sent or None)]
"""A case that a page mentions."""
