"""Settings of mining; the command line composes them into `groundswell.toml`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from models.bucket import BUCKET_SECONDS
from models.event import DIMENSIONS
from models.spikes.series import PAIRS
from models.spikes.settings import SpikeSettings
from models.themes.settings import ThemeSettings
from models.trends.settings import TrendSettings


class MiningSettings(BaseModel):
    """How event time is cut, what is counted, and how themes and spikes are found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: timedelta = Field(
        default=timedelta(seconds=BUCKET_SECONDS),
        description="Length of an epoch of event time: a whole number of 5-minute buckets. It cannot change once tickets were mined.",
    )
    lateness: timedelta = Field(
        default=timedelta(minutes=3),
        ge=timedelta(0),
        description="How much later than the newest event another one may come and still be decided in its own epoch.",
    )
    dimensions: tuple[str, ...] = Field(
        default=DIMENSIONS, description="Attributes whose values are counted one by one."
    )
    pairs: tuple[tuple[str, str], ...] = Field(
        default=PAIRS, description="Pairs of attributes that are counted together."
    )
    new_for: timedelta = Field(default=timedelta(days=3), description="How long a theme is called new after its birth.")
    dormant_after: timedelta = Field(default=timedelta(days=14), description="Silence after which a theme is dormant.")
    decision_cap: int = Field(
        default=1_000,
        ge=1,
        description="Tickets that one decision of a person may move unless it names a higher number.",
    )
    rebuild_tickets: int = Field(
        default=20_000,
        ge=100,
        description="Newest tickets that a rebuild of the themes looks at; time grows with the square.",
    )
    journal: timedelta = Field(
        default=timedelta(days=90),
        ge=timedelta(days=1),
        description="How far back the journal reaches, by which past epochs are explained and judged again as they were.",
    )
    lease: timedelta = Field(
        default=timedelta(seconds=20),
        gt=timedelta(0),
        description="Length of the miner's lease; another takes over after it.",
    )
    themes: ThemeSettings = Field(default_factory=ThemeSettings, description="How themes are found.")
    spikes: SpikeSettings = Field(default_factory=SpikeSettings, description="How counts are judged.")
    trends: TrendSettings = Field(default_factory=TrendSettings, description="How days and weeks are judged.")

    @model_validator(mode="after")
    def _epochs_are_whole_buckets(self) -> MiningSettings:
        seconds = self.epoch.total_seconds()
        if seconds < BUCKET_SECONDS or seconds % BUCKET_SECONDS or 86_400 % seconds:
            raise ValueError(
                f"received an epoch of {seconds:g} seconds; valid are multiples of {BUCKET_SECONDS} that divide a day"
            )
        return self


class FlowSettings(BaseModel):
    """When `groundswell flows` runs what it runs by schedule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest_hour: Annotated[int, Field(ge=1, le=23)] = Field(
        default=7,
        description="Hour of the day, in the time zone of each audience, at which the digest of the day before is published.",
    )
    weekly_digests: bool = Field(
        default=True,
        description="Whether each audience also gets a digest of the week before, on Monday at `flows.digest_hour`.",
    )
    business_reviews: bool = Field(
        default=True,
        description="Whether each audience also gets the business review of the week before, on Monday at `flows.digest_hour` in UTC.",
    )
    launch_interval: timedelta = Field(
        default=timedelta(hours=1),
        ge=timedelta(minutes=15),
        description="How often a digest of the launches that run is published.",
    )
    send_interval: timedelta = Field(
        default=timedelta(minutes=5),
        ge=timedelta(minutes=1),
        description="How often `groundswell flows` sends what waits in the outbox; workers and miners send it at once.",
    )
    review_interval: timedelta = Field(
        default=timedelta(hours=1),
        ge=timedelta(minutes=5),
        description="How often launches are looked for whose review is final and was not published yet.",
    )
    rebuild_weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = Field(
        default="sunday", description="Day of the week on which a rebuild of the themes is proposed."
    )
    rebuild_hour: Annotated[int, Field(ge=0, le=23)] = Field(
        default=3, description="Hour of that day, in `flows.timezone`, at which the rebuild is proposed."
    )
    retention_hour: Annotated[int, Field(ge=0, le=23)] = Field(
        default=4,
        description="Hour of the day, in `flows.timezone`, at which what is older than it is kept is removed.",
    )
    timezone: str = Field(default="UTC", description="IANA time zone of the weekly rebuild and of the daily retention.")
    catch_up: timedelta = Field(
        default=timedelta(days=7),
        ge=timedelta(0),
        le=timedelta(days=92),
        description="How far back digests and reviews are made up for that no run published, for example because Prefect was away.",
    )

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, timezone: str) -> str:
        try:
            return ZoneInfo(timezone).key
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"received {timezone!r}; valid is an IANA name such as UTC or America/Sao_Paulo"
            ) from error


def needed_by_mining(mining: MiningSettings, flows: FlowSettings) -> timedelta:
    """Return how long after a ticket its text and vector are read: by learning, young and dormant themes, and late digests."""
    themes = mining.themes
    digests = flows.catch_up + timedelta(days=2)
    return max(themes.learning, themes.young, themes.dormant_after, mining.dormant_after, digests)
