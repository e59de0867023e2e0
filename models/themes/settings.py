"""Settings of theme discovery."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class ThemeSettings(BaseModel):
    """How themes are found and maintained.

    One configuration is meant for every stream: thresholds of similarity are not settings, they are
    calibrated on the stream itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning: timedelta = Field(
        default=timedelta(days=7),
        description="Event time after the first ticket in which themes are learned and reorganised silently.",
    )
    first_learning: int = Field(
        default=200, ge=20, description="Tickets after which themes are learned for the first time."
    )
    learning_growth: float = Field(
        default=1.6,
        gt=1.05,
        description="Themes are learned again when the tickets have grown in number by this factor.",
    )
    grain: int = Field(
        default=200,
        ge=20,
        description="A theme found by density has at least one in this many tickets of the window; more is finer.",
    )
    smallest_group: int = Field(
        default=5, ge=3, description="Tickets that make a theme; fewer find earlier, on less evidence."
    )
    memory: int = Field(
        default=10_000,
        ge=100,
        description="Tickets in the window that new ones are compared with; more costs time per ticket and forgets later.",
    )
    exemplars: int = Field(
        default=5,
        ge=1,
        le=50,
        description="Newest tickets of each theme that never leave the window, so that the theme keeps its id when it returns.",
    )
    neighbours: int = Field(
        default=15, ge=10, le=50, description="Nearest tickets in the window that vote on a ticket's theme."
    )
    emergence_level: float = Field(
        default=1e-6,
        gt=0,
        lt=0.1,
        description="Significance at which neighbours are improbably recent; smaller finds later.",
    )
    group_level: float = Field(
        default=1e-4,
        gt=0,
        lt=0.1,
        description="Significance at which a group is no surge of a known theme; smaller is stricter.",
    )
    joint_level: float = Field(
        default=1e-12,
        gt=0,
        lt=0.1,
        description="Product of both chances at which a group is a new theme; smaller finds later and errs less.",
    )
    part_level: float = Field(
        default=1e-3,
        gt=0,
        lt=0.1,
        description="Significance at which a theme is split because a subset of it rises and the rest does not, or because a young "
        "one contains two problems; smaller splits less.",
    )
    young: timedelta = Field(
        default=timedelta(days=7),
        description="How long after it emerged a theme takes in emerging groups next to it.",
    )
    gather_after: timedelta = Field(
        default=timedelta(days=1), description="Unthemed tickets are searched for groups at most this often."
    )
    gather_pool: int = Field(default=100, ge=20, description="Further unthemed tickets that make a search worthwhile.")
    compare_after: timedelta = Field(
        default=timedelta(days=1),
        description="Themes are compared at most this often; two that contain the same tickets at two comparisons in a row are merged.",
    )
    dormant_after: timedelta = Field(
        default=timedelta(days=14),
        description="A theme without a ticket for this long is dormant; it keeps its id and may return.",
    )
