"""The flow `rebuild_themes`: themes derived anew by schedule, observed by Prefect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from models.embedding import Choice
from models.themes.rebuild.label_map import learn_map
from pipelines.flows.context import FlowContext
from pipelines.flows.failure import described_failure
from pipelines.flows.record import recorded_run
from pipelines.learned_macros import learn_macros, learning_of_macros, with_learned
from pipelines.rebuild import RebuildMethod, learning_sentence, propose, rebuild
from store.database import check_schema, open_database, reading


@task(name="rebuild", cache_policy=NO_CACHE)
@described_failure()
def rebuild_task(
    model: Choice | None = None, *, actor: str, at: datetime, since: datetime | None = None, labels: bool = True
) -> dict[str, Any] | None:
    """Open the database, group the tickets again, close it; nothing live changes.

    With `since`, None where a rebuild was made at or after it or nothing is mined yet: a run that is repeated or late
    proposes nothing again.
    """
    context = FlowContext.current()
    engine = open_database(context.database, context.encryption_key_file)
    try:
        check_schema(engine)
        embedder = None if model is None else model.load()
        with reading(engine) as connection:
            macros = with_learned(connection, context.macros)
        method = RebuildMethod(embedder=embedder, macros=macros, fit=learn_map if labels else None)
        if since is None:
            return rebuild(engine, context.mining, method, actor=actor, at=at).as_json()
        proposed = propose(engine, context.mining, since, method, actor=actor, at=at)
        return None if proposed is None else proposed.as_json()
    finally:
        engine.dispose()


@task(name="learn macros", cache_policy=NO_CACHE)
@described_failure()
def macros_task(*, at: datetime) -> str:
    """Open the database, learn the macros of the stored tickets, close it; returns the sentence that says so, "" for none."""
    context = FlowContext.current()
    engine = open_database(context.database, context.encryption_key_file)
    try:
        check_schema(engine)
        return learning_of_macros(learn_macros(engine, at))
    finally:
        engine.dispose()


@flow(name="rebuild_themes")
def rebuild_themes(
    model: Choice | None = None, *, actor: str = "prefect", again: bool = False, labels: bool = True
) -> dict[str, Any] | None:
    """Propose a rebuild of the themes, and keep what would change as a Markdown artifact; switching is left to people.

    Before that, the macros of the stored tickets are learned, for the tickets that arrive from then on.

    A run does nothing where a rebuild was made since the time for which the run was scheduled, unless `again`.
    """
    with recorded_run("rebuild_themes"):
        at = datetime.now(UTC)  # noqa: TID251 - Prefect starts the run, so no application passes a clock
        since = None if again else flow_run.scheduled_start_time
        learned = macros_task(at=at)
        report = rebuild_task(model, actor=actor, at=at, since=since, labels=labels)
        if report is not None:
            create_markdown_artifact(
                markdown=_markdown(report, learned), key="themes-rebuild", description=f"Rebuild {report['id']}"
            )
        return report


def _markdown(report: dict[str, Any], learned: str = "") -> str:
    lines = [
        f"# Rebuild {report['id']}",
        f"{report['changed']} of {report['tickets']} tickets would change their theme ({report['share']:.1%} of those that have one).",
        learning_sentence(report),
        *([learned] if learned else []),
        "",
        f"- {len(report['carried'])} themes carried",
        *(f"- theme {one['theme']} merged into {one['into']} ({one['share']:.0%})" for one in report["merged"]),
        *(f"- theme {one['theme']} split, {one['share']:.0%} leaving" for one in report["split"]),
        *(f"- a theme of {one['size']} tickets born" for one in report["born"]),
        "",
        f"`groundswell themes rebuild --switch {report['id']}` makes it live.",
    ]
    return "\n".join(lines)
