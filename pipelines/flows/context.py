"""What a flow run works with, passed to its process outside Prefect's records."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from alerts.channels.settings import Channels
from alerts.feedback import FeedbackLinks
from alerts.narrator.settings import NarratorSettings
from alerts.ownership import CHANNELS, Ownership
from alerts.ownership_file import read_ownership
from alerts.secrets import REVEAL
from alerts.settings import AlertSettings
from models.clock import Clock
from models.text import TYPICAL_MACROS
from pipelines.business_review.build import ReviewRules
from pipelines.handling.cost_file import read_costs
from pipelines.handling.settings import FigureSettings
from pipelines.settings import FlowSettings, MiningSettings
from store.retention.settings import RetentionSettings

VARIABLE = "GROUNDSWELL_FLOW_CONTEXT"
"""Environment variable that holds the context, as JSON, in processes that run flows."""


class ContextMissing(Exception):  # noqa: D101
    def __init__(self) -> None:
        super().__init__(
            f"{VARIABLE} is not set, so the run knows no database; let `groundswell flows` serve the flow, "
            "or pass --flow to the command"
        )


class FlowContext(BaseModel):
    """Settings of a flow run.

    Prefect records the parameters of its runs and shows them, and a database URL may hold a password. So the settings
    are passed in the environment: the process that serves the flows sets it, and Prefect's run processes inherit it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str = Field(repr=False)
    encryption_key_file: Path | None = None
    mining: MiningSettings = Field(default_factory=MiningSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    flows: FlowSettings = Field(default_factory=FlowSettings)
    macros: tuple[str, ...] = TYPICAL_MACROS
    figures: FigureSettings = Field(default_factory=FigureSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    channels: Channels = Field(default_factory=dict, repr=False)
    narrator: NarratorSettings = Field(default_factory=NarratorSettings)
    working_folder: Path | None = None
    """Where the serving process was started, whose `groundswell.toml` commands of a flow read."""
    feedback_key_file: Path | None = None
    """File of the key of feedback links, where the settings have none."""

    def ownership(self) -> Ownership:
        """Read the ownership file. Raises `OwnershipInvalid`."""
        return read_ownership(self.alerts.ownership, channels=(*CHANNELS, *self.channels))

    def review_rules(self) -> ReviewRules:
        """Read how the figures of business reviews are made. Raises `CostsInvalid`."""
        return ReviewRules(self.figures.containment, read_costs(self.figures.costs))

    def feedback(self, clock: Clock) -> FeedbackLinks | None:
        """Return what makes feedback links; None where no address of the console is set, or no key was made yet."""
        return FeedbackLinks.of(self.alerts, self.feedback_key_file, clock)

    def export(self) -> None:
        """Set the environment variable that flow runs read, in this process and those that it starts."""
        os.environ[VARIABLE] = self.model_dump_json(context={REVEAL: True})  # noqa: TID251 - Prefect starts the run's process and passes nothing else

    @classmethod
    def current(cls) -> FlowContext:
        """Read the context of this process. Raises `ContextMissing`."""
        text = os.environ.get(VARIABLE)  # noqa: TID251 - as in `export`
        if text is None:
            raise ContextMissing
        return cls.model_validate_json(text)
