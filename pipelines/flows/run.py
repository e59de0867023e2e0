"""Running a flow here and now, with a temporary Prefect server that ends with the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from alerts.publishing import DigestOrder, PublishedDigest
from models.embedding import Choice
from pipelines.flows.context import FlowContext
from store.digests import DigestWindow


def run_publish_digests(
    context: FlowContext, window: DigestWindow, *, home: Path, order: DigestOrder | None = None
) -> list[PublishedDigest]:
    """Publish a window's digests as a run of the flow `publish_digests`.

    `home` is the folder in which Prefect keeps its own records. It counts only where Prefect was not imported
    before and where PREFECT_HOME does not say otherwise; with PREFECT_API_URL set, the run is recorded by
    that server instead of a temporary one. Importing Prefect takes seconds, the temporary server some more:
    the plain function `alerts.publishing.publish_digests` does the same without either.
    """
    _prepare(context, home)
    from pipelines.flows.digest import publish_digests

    order = order or DigestOrder()
    return publish_digests(
        audience=None if order.audiences is None else next(iter(order.audiences)),
        start=window.start,
        end=window.end,
        rebuild=order.rebuild,
        kind=order.kind.value,
        formats=[form.value for form in order.formats],
        followed=list(order.followed),
    )


def run_rebuild_themes(
    context: FlowContext, model: Choice | None, *, actor: str, home: Path, labels: bool = True
) -> dict[str, Any]:
    """Rebuild the themes as a run of the flow `rebuild_themes`; `pipelines.rebuild.rebuild` does the same without Prefect.

    `home` as above.
    """
    _prepare(context, home)
    from pipelines.flows.rebuild import rebuild_themes

    report = rebuild_themes(model, actor=actor, again=True, labels=labels)
    return report or {}


def run_apply_retention(context: FlowContext, *, home: Path) -> list[dict[str, Any]]:
    """Apply retention as a run of the flow `apply_retention`; `pipelines.retention.apply_retention` does the same without Prefect.

    `home` as above.
    """
    _prepare(context, home)
    from pipelines.flows.retention import apply_retention

    return apply_retention()


def _prepare(context: FlowContext, home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ.setdefault("PREFECT_HOME", str(home))  # noqa: TID251 - Prefect takes it nowhere else
    context.export()
