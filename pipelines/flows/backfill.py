"""The flow `backfill`: reads Kafka again where something may be missing; started by hand, or by what noticed a gap."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from pipelines.flows.command import run_command
from pipelines.flows.context import FlowContext
from pipelines.flows.failure import described_failure
from pipelines.flows.record import recorded_run


@task(name="read again", cache_policy=NO_CACHE)
@described_failure()
def backfill_task(since: datetime | None) -> str:
    """Read the incoming topics again from a time on, or all that is kept, and store what is missing; nothing is stored twice."""
    words = ["backfill"]
    if since is not None:
        aware = since.replace(tzinfo=UTC) if since.tzinfo is None else since.astimezone(UTC)
        words += ["--since", f"{aware:%Y-%m-%dT%H:%M:%S}+0000"]
    return run_command(FlowContext.current(), words)


@flow(name="backfill")
def backfill(since: datetime | None = None) -> str:
    """Store what is missing of the incoming topics, and keep the numbers as a Markdown artifact."""
    with recorded_run("backfill"):
        said = backfill_task(since)
        create_markdown_artifact(markdown=said, key="backfill", description="Backfill")
        return said
