"""The flow `review_launches`: launches that are over, reviewed by schedule."""

from __future__ import annotations

import re
from datetime import datetime

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from pipelines.flows.context import FlowContext
from pipelines.flows.failure import described_failure
from pipelines.flows.record import recorded_run
from pipelines.launches.notices import ReviewNotice, publish_reviews
from store.database import check_schema, open_database


@task(name="review", cache_policy=NO_CACHE)
@described_failure()
def review_task(at: datetime) -> list[ReviewNotice]:
    """Open the database, publish the reviews that are due at `at`, close it; running it again publishes nothing twice."""
    context = FlowContext.current()
    engine = open_database(context.database, context.encryption_key_file)
    try:
        check_schema(engine)
        ownership = context.ownership()
        return publish_reviews(engine, ownership, at, context.flows.catch_up, context.mining.spikes)
    finally:
        engine.dispose()


@flow(name="review_launches")
def review_launches() -> list[str]:
    """Publish the final reviews of launches, keep each as a Markdown artifact of the run, and return their launch ids."""
    with recorded_run("review_launches"):
        published = review_task(flow_run.scheduled_start_time)
        for one in published:
            name = re.sub(r"[^a-z0-9]+", "-", one.launch_id.casefold()).strip("-")
            create_markdown_artifact(markdown=one.markdown, key=f"review-{name or 'launch'}", description=one.headline)
        return [one.launch_id for one in published]
