"""Serving the flows on their schedules: one long process that Prefect gives the runs that are due."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

import structlog

from alerts.ownership import Audience, Ownership
from pipelines.flows.context import FlowContext
from pipelines.settings import FlowSettings

if TYPE_CHECKING:
    from threading import Event

    from prefect.deployments.runner import RunnerDeployment

NAME = "groundswell"
"""Name of the deployment of each flow: `publish_digests/groundswell` and so on."""

REFRESH_SECONDS = 60.0
"""How often the ownership file is read again; a changed audience or time zone is scheduled within this time."""

AT_ONCE = 1
"""Runs at the same time. Late runs come all at once after a pause: one after the other, oldest first, they share one database."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Intervals are counted from it, so that a restart does not move them."""

RETRIES = {"PREFECT_TASK_DEFAULT_RETRIES": "2", "PREFECT_TASK_DEFAULT_RETRY_DELAY_SECONDS": "30"}
"""What fails is tried twice more, half a minute apart; Prefect shows each attempt. Variables that are set already stay."""


def digest_schedules(audiences: tuple[Audience, ...], settings: FlowSettings) -> list[dict[str, Any]]:
    """Return the fields of the Prefect schedules of digests, for each audience at `digest_hour` of its own time zone.

    The daily ones come first, then those of the week, on Mondays, then one for all business reviews, on Mondays in UTC, as
    their weeks are, then one for the launches that run. Cron in a time zone keeps the
    local hour when the clock changes.
    """
    daily, weekly = f"0 {settings.digest_hour} * * *", f"0 {settings.digest_hour} * * mon"
    found: list[dict[str, Any]] = [
        {"cron": daily, "timezone": one.timezone, "parameters": {"audience": one.name}} for one in audiences
    ]
    if settings.weekly_digests:
        found += [
            {"cron": weekly, "timezone": one.timezone, "parameters": {"audience": one.name, "kind": "weekly"}}
            for one in audiences
        ]
    if settings.business_reviews:
        found.append({"cron": weekly, "timezone": "UTC", "parameters": {"kind": "review", "formats": ["pdf"]}})
    launches = {"interval": settings.launch_interval, "anchor_date": EPOCH, "parameters": {"kind": "launch_day"}}
    return [*found, launches]


def rebuild_schedule(settings: FlowSettings) -> dict[str, Any]:
    """Return the fields of the weekly Prefect schedule of the rebuild."""
    return {"cron": f"0 {settings.rebuild_hour} * * {settings.rebuild_weekday[:3]}", "timezone": settings.timezone}


def retention_schedule(settings: FlowSettings) -> dict[str, Any]:
    """Return the fields of the daily Prefect schedule of retention."""
    return {"cron": f"0 {settings.retention_hour} * * *", "timezone": settings.timezone}


def deployments(audiences: tuple[Audience, ...], settings: FlowSettings) -> list[RunnerDeployment]:
    """Build one deployment per flow, the digest's first; `backfill` has no schedule, it is started by hand.

    All audiences share the deployment of `publish_digests`, each with a schedule of its own: applying it again replaces all
    its schedules, so that none is left of an audience that the ownership file no longer has.
    """
    from prefect.schedules import Schedule
    from prefect.types.entrypoint import EntrypointType

    from pipelines.flows.backfill import backfill
    from pipelines.flows.digest import publish_digests
    from pipelines.flows.outbox import send_outbox
    from pipelines.flows.rebuild import rebuild_themes
    from pipelines.flows.retention import apply_retention
    from pipelines.flows.review import review_launches

    every = Schedule(interval=settings.review_interval, anchor_date=EPOCH)
    sending = Schedule(interval=settings.send_interval, anchor_date=EPOCH)
    plan: tuple[tuple[Any, list[Schedule]], ...] = (
        (publish_digests, [Schedule(**fields) for fields in digest_schedules(audiences, settings)]),
        (review_launches, [every]),
        (rebuild_themes, [Schedule(**rebuild_schedule(settings))]),
        (apply_retention, [Schedule(**retention_schedule(settings))]),
        (send_outbox, [sending]),
        (backfill, []),
    )
    # By module, not by file: the run's process imports the flow wherever it was started.
    built = [
        flow.to_deployment(NAME, schedules=schedules, tags=[NAME], entrypoint_type=EntrypointType.MODULE_PATH)
        for flow, schedules in plan
    ]
    # `to_deployment` returns a coroutine inside an event loop only.
    return cast("list[RunnerDeployment]", built)


def serve_flows(
    context: FlowContext, read_owners: Callable[[], Ownership], stopped: Event, say: Callable[[str], None] = print
) -> None:
    """Serve the flows until SIGTERM or SIGINT; the schedules stay with Prefect when the process ends.

    `read_owners` reads the ownership file, now and every `REFRESH_SECONDS`; where the audiences changed, the schedules of
    the digests are replaced. `stopped` is set when serving ends. `say` gets a line per deployment once all are known to Prefect.
    """
    from prefect.runner import Runner

    class InterruptedRunner(Runner):
        """Runner that SIGTERM ends as SIGINT does: the handler of `prefect.serve` leaves tasks behind, whose errors are shown."""

        def handle_sigterm(self, *_args: Any, **_kwargs: Any) -> None:
            signal.raise_signal(signal.SIGINT)

    context.export()
    for name, value in RETRIES.items():
        os.environ.setdefault(name, value)  # noqa: TID251 - Prefect takes it nowhere else, and passes it to the runs
    audiences = read_owners().audiences
    runner = InterruptedRunner(name=NAME, pause_on_shutdown=False, limit=AT_ONCE)
    for deployment in deployments(audiences, context.flows):
        runner.add_deployment(deployment)
        say(f"Serving {deployment.flow_name}/{deployment.name}")
    Thread(
        target=follow_ownership, args=(context.flows, read_owners, audiences, stopped), daemon=True, name="ownership"
    ).start()
    try:
        asyncio.run(runner.start())
    except KeyboardInterrupt:
        say("Stopped; the schedules stay, and the next start makes up for what was missed.")
    finally:
        stopped.set()


def follow_ownership(
    settings: FlowSettings, read_owners: Callable[[], Ownership], known: tuple[Audience, ...], stopped: Event
) -> None:
    """Apply the digests' deployment anew whenever the ownership file gives other schedules, until `stopped` is set.

    A file that cannot be used, or a Prefect server that is away, changes nothing: the next round tries again.
    """
    applied = digest_schedules(known, settings)
    while not stopped.wait(REFRESH_SECONDS):
        try:
            audiences = read_owners().audiences
            wanted = digest_schedules(audiences, settings)
            if wanted != applied:
                deployments(audiences, settings)[0].apply()
                applied = wanted
        except Exception as error:  # noqa: BLE001 - the thread goes on, whatever file, network or server did
            structlog.get_logger().warning("ownership_not_scheduled", error=type(error).__name__)
