"""What the console is handed in addition to its database, clock and settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from alerts.feedback import FeedbackLinks
from console.access.identity import LinkSignIn, PeopleSignIn
from console.live import Sleep
from console.notification import NotificationParts
from console.operations.parts import OperationsParts
from pipelines.handling.settings import FigureSettings
from pipelines.immediate import Application
from pipelines.launches.planning import PlanningDesk


def nothing_recorded(_slugs: Sequence[str]) -> None:
    """Record no change of a procedure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleParts:
    """The collaborators of the console.

    `sign_in` is how people sign in. `feedback` reads the links of messages; without it they are not answered. `notification` is what
    decides who is notified. `operations` is what operates the installation. `sleep` waits between two looks for news. `planning` writes
    plans of launches; without it none is written. `decision_applier` applies what was decided; without one the console makes one of its
    settings, which names themes by their words alone. `procedure_changes` records what was changed in procedures, given
    by their slugs, as changes of their themes; without it that is left to the command line. `figures` are the settings of figures.
    """

    sign_in: LinkSignIn | PeopleSignIn
    feedback: FeedbackLinks | None = None
    notification: NotificationParts = field(default_factory=NotificationParts)
    operations: OperationsParts = field(default_factory=OperationsParts)
    sleep: Sleep = asyncio.sleep
    planning: PlanningDesk | None = None
    procedure_changes: Callable[[Sequence[str]], None] = nothing_recorded
    decision_applier: Callable[[], Application] | None = None
    figures: FigureSettings = field(default_factory=FigureSettings)
