"""The flow `apply_retention`: what is older than it is kept is removed by schedule, observed by Prefect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from pipelines.flows.context import FlowContext
from pipelines.flows.failure import described_failure
from pipelines.flows.record import recorded_run
from pipelines.retention import RetentionRules
from pipelines.retention import apply_retention as apply
from pipelines.settings import needed_by_mining
from store.database import check_schema, open_database


@task(name="apply retention", cache_policy=NO_CACHE)
@described_failure()
def retention_task(at: datetime) -> list[dict[str, Any]]:
    """Open the database, remove what is older than it is kept at `at`, close it; running it again removes nothing more."""
    context = FlowContext.current()
    engine = open_database(context.database, context.encryption_key_file)
    try:
        check_schema(engine)
        needed = needed_by_mining(context.mining, context.flows)
        rules = RetentionRules(context.retention, context.alerts, needed)
        return [one.as_json() for one in apply(engine, rules, at)]
    finally:
        engine.dispose()


@flow(name="apply_retention")
def apply_retention() -> list[dict[str, Any]]:
    """Remove what is older than it is kept, and keep the numbers of rows as a Markdown artifact.

    A late run counts ages from now, not from the time for which it was scheduled.
    """
    with recorded_run("apply_retention"):
        done = retention_task(datetime.now(UTC))  # noqa: TID251 - Prefect starts the run, so no application passes a clock
        lines = ["| kind | kept since | rows removed |", "| --- | --- | ---: |"]
        lines += [f"| {one['kind']} | {one['since'] or 'ever'} | {one['older']:,} |" for one in done]
        create_markdown_artifact(markdown="\n".join(lines), key="retention", description="Retention")
        return done
