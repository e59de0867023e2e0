"""The flow `rebuild_themes`: themes derived anew by schedule, observed by Prefect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import SecretStr

from models.embedding import Choice
from models.embedding.text import TYPICAL_MACROS
from pipelines.rebuild import RebuildMethod, rebuild
from pipelines.settings import MiningSettings
from store.database import check_schema, open_database


@task(name="rebuild", cache_policy=NO_CACHE)
def rebuild_task(
    database: SecretStr,
    settings: MiningSettings,
    model: Choice | None = None,
    macros: list[str] | None = None,
    *,
    actor: str,
    at: datetime,
) -> dict[str, Any]:
    """Open the database, rebuild beside the live themes, close it. Running again makes another rebuild; nothing live changes."""
    engine = open_database(database.get_secret_value())
    try:
        check_schema(engine)
        embedder = None if model is None else model.load()
        method = RebuildMethod(embedder=embedder, macros=TYPICAL_MACROS if macros is None else macros)
        return rebuild(engine, settings, method, actor=actor, at=at).as_json()
    finally:
        engine.dispose()


@flow(name="rebuild_themes")
def rebuild_themes(
    database: SecretStr,
    settings: MiningSettings,
    model: Choice | None = None,
    macros: list[str] | None = None,
    *,
    actor: str = "prefect",
    at: datetime,
) -> dict[str, Any]:
    """Rebuild the themes, and keep what would change as a Markdown artifact of the run; switching is left to people.

    `database` is a secret to Prefect, since its URL may hold a password and Prefect records the parameters of
    its runs.
    """
    told = rebuild_task(database, settings, model, macros, actor=actor, at=at)
    create_markdown_artifact(markdown=_markdown(told), key="themes-rebuild", description=f"Rebuild {told['id']}")
    return told


def _markdown(told: dict[str, Any]) -> str:
    lines = [
        f"# Rebuild {told['id']}",
        f"{told['changed']} of {told['tickets']} tickets would change their theme ({told['share']:.1%} of those that have one).",
        "",
        f"- {len(told['carried'])} themes carried",
        *(f"- theme {one['theme']} merged into {one['into']} ({one['share']:.0%})" for one in told["merged"]),
        *(f"- theme {one['theme']} split, {one['share']:.0%} leaving" for one in told["split"]),
        *(f"- a theme of {one['size']} tickets born" for one in told["born"]),
        "",
        f"`groundswell themes rebuild --switch {told['id']}` makes it live.",
    ]
    return "\n".join(lines)
