"""The flow `publish_digests`: digests by schedule, observed by Prefect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from sqlalchemy import Engine

from alerts.daily import publish_due
from alerts.digest.formats import DigestFormat
from alerts.digest_extras import completed
from alerts.publishing import DigestOrder, PublishedDigest
from alerts.publishing import publish_digests as publish
from models.quotation import WITHHELD, without_quotes
from pipelines.business_review.publish import publish_reviews, week_before
from pipelines.flows.context import FlowContext
from pipelines.flows.failure import described_failure
from pipelines.flows.record import recorded_run
from pipelines.handling.refresh import refresh
from pipelines.handling.service_level_file import read_service_levels
from pipelines.launches.digests import launch_order, publish_launch_digests
from store.board import launch_rows
from store.database import check_schema, open_database, reading
from store.digests import DigestKind, DigestWindow


@task(name="publish", cache_policy=NO_CACHE)
@described_failure()
def publish_task(
    at: datetime,
    audience: str | None = None,
    window: DigestWindow | None = None,
    *,
    order: DigestOrder | None = None,
) -> list[PublishedDigest]:
    """Open the database, publish what is due at `at`, or a window, and close it; running it again is safe.

    The promises of the service levels are brought up to date before.
    """
    context = FlowContext.current()
    order = replace(order or DigestOrder(), audiences=None if audience is None else (audience,))
    engine = open_database(context.database, context.encryption_key_file)
    try:
        check_schema(engine)
        now = datetime.now(UTC)  # noqa: TID251 - Prefect starts the run, and passes no clock
        refresh(engine, now, read_service_levels(context.figures.service_levels))
        feedback = context.feedback(lambda: now)
        with completed(order, context.narrator, feedback) as asked:
            return _publish(engine, context, at, window, asked)
    finally:
        engine.dispose()


def _publish(
    engine: Engine, context: FlowContext, at: datetime, window: DigestWindow | None, order: DigestOrder
) -> list[PublishedDigest]:
    settings, spikes, ownership = context.alerts, context.mining.spikes, context.ownership()
    if window is not None and order.kind is not DigestKind.REVIEW:
        if order.kind is DigestKind.LAUNCH_DAY:
            with reading(engine) as connection:
                rows = [row for row in launch_rows(connection) if row.launch_id in order.followed]
                order = launch_order(connection, rows, window, spikes, order)
        return publish(engine, ownership, window, settings.digest_folder, settings, order)
    if order.kind is DigestKind.REVIEW:
        return publish_reviews(engine, ownership, window or week_before(at), settings, context.review_rules(), order)
    if order.kind is DigestKind.LAUNCH_DAY:
        return publish_launch_digests(engine, ownership, at, settings, spikes, order)
    return publish_due(engine, ownership, at, settings, order, catch_up=context.flows.catch_up)


@flow(name="publish_digests")
def publish_digests(
    audience: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    rebuild: bool = False,
    kind: str = "daily",
    formats: list[str] | None = None,
    followed: list[str] | None = None,
) -> list[PublishedDigest]:
    """Publish digests, and keep each as a Markdown artifact of the run.

    Without `start` and `end` it publishes what is due at the time for which the run was scheduled, however late
    it runs, and what no run published: by `kind` the local day or week before, the launches that run, or the
    business review of the last week in UTC. With both it publishes [`start`, `end`). `audience` limits it to one,
    `formats` are written in addition to Markdown and HTML, and `followed` names the launches of a launch-day digest.
    """
    with recorded_run("publish_digests"):
        window = None if start is None or end is None else DigestWindow(start, end)
        order = DigestOrder(
            kind=DigestKind(kind),
            rebuild=rebuild,
            formats=tuple(DigestFormat(form) for form in formats or ()),
            followed=tuple(followed or ()),
        )
        published = publish_task(flow_run.scheduled_start_time, audience, window, order=order)
        for digest in published:
            create_markdown_artifact(
                # Prefect keeps its artifacts in a database of its own, from which no erasure takes a quote away.
                markdown=without_quotes(digest.path_md.read_text(encoding="utf-8"), None, WITHHELD)[0],
                key=f"digest-{digest.audience}",
                description=f"Digest of {digest.audience}, {digest.path_md.parent.name}",
            )
        return published
