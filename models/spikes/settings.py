"""Settings of spike detection, and the constants of the method with their reasons."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from models.bucket import BUCKET_SECONDS


class SpikeSettings(BaseModel):
    """Settings of spike detection; every default works.

    The one value to consider is `false_alerts_per_week`: all thresholds follow from it.
    """

    model_config = ConfigDict(frozen=True)

    false_alerts_per_week: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="Expected false spike alerts a week, over all themes and segments; an audience may set its own, as "
        "`false_alerts_per_week` in the ownership file. `groundswell backtest` shows what another number would have changed.",
    )
    min_tickets: int = Field(default=5, ge=1, description="Fewest tickets in a window that may open an episode.")
    window_buckets: tuple[int, ...] = Field(
        default=(3, 12, 24, 36, 72), description="Trailing windows that are tested, in 5-minute buckets."
    )
    warmup_hours: int = Field(default=24, ge=1, description="Hours of history before anything is tested.")
    learning_hours: int = Field(
        default=168,
        ge=0,
        description="Hours from the stream's first event in which findings carry the gate `learning_period_lasts`.",
    )
    timezone: str = Field(default="UTC", description="Time zone whose clock the hour-of-week profile follows.")

    history_hours: int = Field(default=8 * 168, ge=168, description="Hours of history the baseline looks back on.")
    recent_buckets: int = Field(default=8 * 288, ge=288, description="5-minute buckets kept; older counts are hourly.")
    half_life_hours: float = Field(default=168.0, gt=0, description="Age at which history counts half in the level.")
    guard_hours: int = Field(
        default=6,
        ge=1,
        description="Newest hours left out of the baseline, so that a spike does not hide itself.",
    )
    share_strength: float = Field(
        default=20.0,
        gt=0,
        description="Tickets that the overall mix counts for in a theme's own segment mix.",
    )
    profile_strength: float = Field(
        default=10.0,
        gt=0,
        description="Tickets per hour of the day that the parent's profile counts for; twice that per weekday, five times "
        "that per hour of the week.",
    )
    exposure_strength: float = Field(
        default=50.0,
        gt=0,
        description="Expected tickets by which the volume of other themes is drawn towards usual.",
    )
    mix_strength: float = Field(
        default=200.0,
        gt=0,
        description="Tickets that the usual mix of segments counts for against the last day's mix.",
    )
    calm_buckets: tuple[int, ...] = Field(
        default=(24, 36, 72, 144), description="Trailing windows of which one must be calm for an episode to close."
    )
    rearm_hours: int = Field(
        default=12, ge=0, description="Hours after an episode in which only twice its severity opens another."
    )
    shift_hours: int = Field(
        default=72,
        ge=24,
        description="Length at which an open episode is taken for a new level, closed and learned.",
    )
    young_hours: int = Field(
        default=48, ge=0, description="Age below which a theme does not count in the common volume."
    )
    tolerance_coverage: float = Field(
        default=0.9,
        gt=0.3,
        lt=0.999,
        description="Probability that a launch's true lift is within its tolerance.",
    )
    launch_level: float = Field(
        default=0.02,
        gt=0,
        lt=0.5,
        description="Error level, per epoch and launch, of the test against the envelope.",
    )
    carry_share: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description="Share of a theme's excess that a segment must hold to name the episode.",
    )

    def at_grain(self, seconds: int) -> SpikeSettings:
        """Return the settings for tickets whose times are no finer than `seconds`.

        Within an hour or a day of such tickets only chance says where they are: windows shorter than the grain would find clusters
        that nobody wrote. Windows, the hours that the baseline leaves out, and the ends of episodes are whole multiples of it.
        """
        grain = seconds // BUCKET_SECONDS
        if grain <= 1:
            return self
        windows = tuple(width for width in self.window_buckets if width % grain == 0) or (grain,)
        calm = tuple(width for width in self.calm_buckets if width % grain == 0) or (grain, 2 * grain)
        hours = seconds // 3600
        return self.model_copy(
            update={
                "window_buckets": windows,
                "calm_buckets": calm,
                "guard_hours": max(self.guard_hours, hours),
                "rearm_hours": max(self.rearm_hours, 2 * hours),
            }
        )
