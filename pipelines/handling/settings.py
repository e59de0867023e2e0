"""Settings of figures: service levels, costs, targets, and how long a solved ticket must stay solved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class FigureSettings(BaseModel):
    """How figures for leaders are made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service_levels: Path | None = Field(
        default=None,
        description="TOML file of policies: which tickets are promised what, by which business hours; see "
        "[Service levels](../how-to/service-levels.md).",
    )
    costs: Path | None = Field(
        default=None,
        description="TOML file of what handling a ticket costs, by handler and vendor, for the cost per resolution; see "
        "[Metrics](../metrics.md).",
    )
    targets: Path | None = Field(
        default=None,
        description="TOML file of targets of figures, which the scorecard of teams and vendors is judged by; see "
        "[Figures](../how-to/figures.md).",
    )
    containment: timedelta = Field(
        default=timedelta(days=7),
        gt=timedelta(),
        le=timedelta(days=90),
        description="How long a ticket that AI solved must not be reopened to count as contained.",
    )
