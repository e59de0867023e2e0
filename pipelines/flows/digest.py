"""The flow `publish_digests`: digests by schedule, observed by Prefect."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import SecretStr

from alerts.ownership import read_ownership
from alerts.publishing import PublishedDigest
from alerts.publishing import publish_digests as publish
from alerts.settings import AlertSettings
from store.database import check_schema, open_database
from store.digests import DigestWindow


@task(name="publish", cache_policy=NO_CACHE)
def publish_task(
    database: SecretStr,
    start: datetime,
    end: datetime,
    folder: Path,
    settings: AlertSettings,
    *,
    rebuild: bool = False,
) -> list[PublishedDigest]:
    """Open the database, publish, close it; digests are idempotent, so running again is safe."""
    engine = open_database(database.get_secret_value())
    try:
        check_schema(engine)
        ownership = read_ownership(settings.ownership)
        return publish(engine, ownership, DigestWindow(start, end), folder, settings, rebuild=rebuild)
    finally:
        engine.dispose()


@flow(name="publish_digests")
def publish_digests(
    database: SecretStr,
    start: datetime,
    end: datetime,
    folder: Path,
    settings: AlertSettings | None = None,
    *,
    rebuild: bool = False,
) -> list[PublishedDigest]:
    """Publish every audience's digest of [`start`, `end`), and keep each as a Markdown artifact of the run.

    `database` is a secret to Prefect, since its URL may hold a password and Prefect records the parameters of
    its runs.
    """
    published = publish_task(database, start, end, folder, settings or AlertSettings(), rebuild=rebuild)
    for digest in published:
        create_markdown_artifact(
            markdown=digest.path_md.read_text(encoding="utf-8"),
            key=f"digest-{digest.audience}",
            description=f"Digest of {digest.audience}, {start.isoformat()} to {end.isoformat()}",
        )
    return published
