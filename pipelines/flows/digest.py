"""The flow `publish_digests`: digests by schedule, observed by Prefect."""

from __future__ import annotations

from datetime import datetime

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from alerts.daily import publish_daily
from alerts.publishing import PublishedDigest
from alerts.publishing import publish_digests as publish
from models.quotation import WITHHELD, without_quotes
from pipelines.flows.context import FlowContext
from pipelines.flows.failure import described_failure
from store.database import check_schema, open_database
from store.digests import DigestWindow


@task(name="publish", cache_policy=NO_CACHE)
@described_failure()
def publish_task(
    at: datetime,
    audience: str | None = None,
    window: DigestWindow | None = None,
    *,
    rebuild: bool = False,
) -> list[PublishedDigest]:
    """Open the database, publish what is due at `at`, or a window, and close it; running it again is safe."""
    context = FlowContext.current()
    engine = open_database(context.database, context.encryption_key_file)
    try:
        check_schema(engine)
        settings = context.alerts
        ownership = context.ownership()
        if window is None:
            return publish_daily(engine, ownership, at, settings, audience=audience, catch_up=context.flows.catch_up)
        return publish(engine, ownership, window, settings.digest_folder, settings, audience=audience, rebuild=rebuild)
    finally:
        engine.dispose()


@flow(name="publish_digests")
def publish_digests(
    audience: str | None = None, start: datetime | None = None, end: datetime | None = None, *, rebuild: bool = False
) -> list[PublishedDigest]:
    """Publish digests, and keep each as a Markdown artifact of the run.

    Without `start` and `end` it publishes the local day before the time for which the run was scheduled, however late
    it runs, and days that no run published. With both it publishes [`start`, `end`). `audience` limits it to one.
    """
    window = None if start is None or end is None else DigestWindow(start, end)
    published = publish_task(flow_run.scheduled_start_time, audience, window, rebuild=rebuild)
    for digest in published:
        create_markdown_artifact(
            # Prefect keeps its artifacts in a database of its own, from which no erasure takes a quote away.
            markdown=without_quotes(digest.path_md.read_text(encoding="utf-8"), None, WITHHELD)[0],
            key=f"digest-{digest.audience}",
            description=f"Digest of {digest.audience}, {digest.path_md.parent.name}",
        )
    return published
