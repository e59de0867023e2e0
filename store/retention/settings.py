"""Settings of retention; `groundswell.settings` composes them into `groundswell.toml`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from store.retention.kinds import RetentionKind


def _or_none(value: Any) -> Any:
    """Read the word `none`, which is how TOML and the environment say that there is no limit."""
    return None if isinstance(value, str) and value.strip().casefold() == "none" else value


KeptFor = Annotated[Annotated[timedelta, Field(gt=timedelta(0))] | None, BeforeValidator(_or_none)]
"""A duration, or none: kept for as long as the database exists."""


class RetentionSettings(BaseModel):
    """How long each kind of data is kept. `none` keeps it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: KeptFor = Field(
        default=timedelta(days=395),
        description="How long the text of tickets, its tags and custom fields and quotes of it are kept, by the ticket's own time; "
        "`none`, as for all kinds, keeps them. Counts, themes and spikes stay.",
    )
    vectors: KeptFor = Field(
        default=timedelta(days=395),
        description="The same of the vectors of texts, never longer than text. Those that new tickets are compared with stay.",
    )
    events: KeptFor = Field(
        default=timedelta(days=395),
        description="The same of what comments and updates contain, by their own time, never longer than text. Their keys, types and "
        "times stay, so that nothing is counted twice.",
    )
    quarantine: KeptFor = Field(
        default=timedelta(days=90), description="How long refused records are kept after they were last refused."
    )
    audit: KeptFor = Field(
        default=timedelta(days=730),
        description="How long the audit log is kept. PCI DSS 4.0.1 (10.5.1) asks for 12 months at least.",
    )
    digests: KeptFor = Field(
        default=timedelta(days=730),
        description="How long published digests and their files are kept after their window.",
    )
    outbox: KeptFor = Field(
        default=timedelta(days=90),
        description="How long the content of notifications, and the files of the `file` channel, are kept after they were sent or "
        "given up. Their keys stay, so that nothing is sent twice.",
    )

    def limit(self, kind: RetentionKind) -> timedelta | None:
        """Return how long a kind is kept: what was made of text never longer than the text."""
        own: timedelta | None = getattr(self, kind.value)
        if kind not in (RetentionKind.VECTORS, RetentionKind.EVENTS) or self.text is None:
            return own
        return self.text if own is None else min(own, self.text)
