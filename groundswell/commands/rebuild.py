"""`groundswell themes rebuild`: themes derived again, without changing the live ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.decisions import Why
from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from groundswell.session import Session
    from groundswell.settings import Settings
    from models.embedding import Embedder


def rebuild(
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="NAME", help="Embed the stored texts with this model first, as embedding.model names it."
        ),
    ] = None,
    switch: Annotated[
        int | None,
        typer.Option(
            "--switch", metavar="RUN", min=1, max=LARGEST, help="Make the themes of this rebuild the live ones."
        ),
    ] = None,
    discard: Annotated[
        int | None, typer.Option("--discard", metavar="RUN", min=1, max=LARGEST, help="Throw this rebuild away.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the rebuilds that were made.")] = False,
    flow: Annotated[bool, typer.Option("--flow", help="Run it as a Prefect flow, on a temporary server.")] = False,
    labels: Annotated[
        bool,
        typer.Option(
            "--learn/--no-learn",
            "--labels/--no-labels",
            help="Learn from people's decisions and labels, where there are enough of them.",
        ),
    ] = True,
    why: Why = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Derive the themes again from stored vectors, and show what would change. Nothing live changes."""
    from groundswell.errors import UsageError
    from groundswell.session import open_session
    from groundswell.table import print_json

    if sum((switch is not None, discard is not None, list_)) > 1:
        raise UsageError("pass at most one of --switch, --discard and --list")
    session = open_session(database)
    if switch is not None:
        found = _switch(session, switch, why)
    elif discard is not None:
        found = _discard(session, discard, why)
    elif list_:
        found = _list(session)
    else:
        found = [_rebuild(session, model, flow=flow, labels=labels)]
    if json:
        print_json(found)
        return
    for one in found:
        _show(one)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rebuild")(rebuild)


def _rebuild(session: Session, model: str | None, *, flow: bool, labels: bool) -> dict[str, Any]:
    from groundswell.session import actor, embedder_choice, flow_context, make_embedder, now
    from models.themes.rebuild.label_map import learn_map
    from pipelines.learned_macros import learn_macros, learning_of_macros
    from pipelines.rebuild import RebuildMethod
    from pipelines.rebuild import rebuild as derive

    if flow:
        from pipelines.flows.run import run_rebuild_themes

        context, home = flow_context(session), session.settings.data / "prefect"
        choice = None if model is None else embedder_choice(_with_model(session.settings, model))
        return run_rebuild_themes(context, choice, actor=actor(), home=home, labels=labels)
    learned = learn_macros(session.engine, now())
    if learned:
        typer.echo(learning_of_macros(learned), err=True)
    method = RebuildMethod(
        embedder=None if model is None else make_embedder(_with_model(session.settings, model)),
        macros=(*session.settings.embedding.macros, *(one.beginning for one in learned)),
        fit=learn_map if labels else None,
    )
    return derive(session.engine, session.settings.mining, method, actor=actor(), at=now()).as_json()


def _with_model(settings: Settings, model: str) -> Settings:
    """The settings with another embedding model."""
    from groundswell.errors import UsageError

    try:
        embedding = type(settings.embedding).model_validate({**settings.embedding.model_dump(), "model": model})
    except ValueError as error:
        raise UsageError(f"received the model {model!r}; valid is what the setting embedding.model takes") from error
    return settings.model_copy(update={"embedding": embedding})


def _switch(session: Session, run: int, why: str | None) -> list[dict[str, Any]]:
    from groundswell.session import actor, make_rules, now
    from pipelines.rebuild import adopt
    from store.database import reading
    from store.decisions import NO_THEME, DecisionKind, append_decision
    from store.epochs import read_miner
    from store.rebuilds import ready_rebuild

    with reading(session.engine) as connection:
        asked = ready_rebuild(connection, run)
        known = read_miner(connection).state.get("model")
    if asked.model == known:
        with session.engine.begin() as connection:
            made = append_decision(
                connection, NO_THEME, DecisionKind.SWITCH, {"rebuild": run}, actor=actor(), at=now(), why=why
            )
    else:
        embedder = _maker_of(session.settings, asked.model)
        rules = make_rules(session.settings, asked.model)
        made = adopt(session.engine, rules, run, embedder, clock=now, actor=actor(), why=why)
    return [
        {
            "id": run,
            "state": "asked" if made.state == "pending" else "switched",
            "decision": made.decision_id,
            "model": asked.model,
        }
    ]


def _maker_of(settings: Settings, name: str) -> Embedder:
    """The embedder of that name, among those that settings can name."""
    from typing import get_args

    from groundswell.errors import GroundswellError
    from groundswell.session import embedder_choice, make_embedder
    from models.embedding.choices import ModelName

    for model in get_args(ModelName):
        if model == "folder" and settings.embedding.folder is None:
            continue
        chosen = _with_model(settings, model)
        if embedder_choice(chosen).name == name:
            return make_embedder(chosen)
    raise GroundswellError(
        f"the rebuild was made with the model {name}, which this machine does not have; make another rebuild here"
    )


def _discard(session: Session, run: int, why: str | None) -> list[dict[str, Any]]:
    from groundswell.session import actor, now
    from store.audit import record
    from store.rebuilds import close_rebuild, ready_rebuild

    with session.engine.begin() as connection:
        ready_rebuild(connection, run)
        close_rebuild(connection, run, "discarded")
        record(
            connection,
            at=now(),
            actor=actor(),
            action="discard_rebuild",
            subject=f"rebuild {run}",
            detail={"why": why} if why else {},
        )
    return [{"id": run, "state": "discarded"}]


def _list(session: Session) -> list[dict[str, Any]]:
    from store.database import reading
    from store.rebuilds import read_rebuilds

    with reading(session.engine) as connection:
        return [one.as_json() for one in read_rebuilds(connection)]


def _show(found: Mapping[str, Any]) -> None:
    if found["state"] == "discarded":
        say(f"Rebuild {found['id']} is discarded.")
        return
    if "tickets" not in found:
        when = (
            "it takes effect with the next epoch that is mined"
            if found["state"] == "asked"
            else f"set embedding.model to the one whose vectors are {found['model']} before anything is mined"
        )
        say(f"Switch to rebuild {found['id']}: decision {found['decision']}; {when}.")
        return
    say(
        f"Rebuild {found['id']} ({found['state']}, {found['model']}): of {found['tickets']:,} tickets {found['changed']:,} would "
        f"change their theme, {found['share']:.1%} of those that have one."
    )
    from pipelines.rebuild import learning_sentence

    say(f"  {learning_sentence(found)}")
    kept = [one for one in found["carried"] if one["share"] >= 0.5]
    say(f"  {len(kept)} themes go on with at least half of their tickets")
    for one in found["merged"]:
        say(
            f"  theme {one['theme']} ({one['name']}) would be merged into {one['into']}, with {one['share']:.0%} of its tickets"
        )
    for one in found["split"]:
        say(f"  theme {one['theme']} ({one['name']}) would be split, {one['share']:.0%} of it leaving{_like(one)}")
    for one in found["born"]:
        say(f"  a theme of {one['size']} tickets would be born{_like(one)}")
    if found["state"] == "ready":
        say(
            f"  `groundswell themes rebuild --switch {found['id']}` makes it live, `--discard {found['id']}` throws it away"
        )


def _like(one: Mapping[str, Any]) -> str:
    return f": {one['examples'][0]}" if one.get("examples") else ""
