"""Settings of trends, the slow tier of detection."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TrendSettings(BaseModel):
    """Settings of trends, the slow tier of detection; every default works."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    false_findings_per_week: float = Field(
        default=0.25,
        ge=0,
        le=100,
        description="Expected false findings of slow rises a week, over all themes; 0 turns them off. They are reported in digests, "
        "never alerted.",
    )
    history_days: int = Field(
        default=731,
        ge=70,
        description="Days of counts that the regression looks back on: two years, so that it knows the season.",
    )
    least_rise: float = Field(
        default=0.2,
        ge=0,
        description="Share above what is expected that a slow rise must reach to be reported, however certain it is.",
    )
