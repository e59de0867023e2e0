"""`groundswell labels queue`: queues of cases in the database."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import say

app = typer.Typer(no_args_is_help=True, help="Queues of cases in the database, which people label in the console.")

_Queue = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Number of the queue.")]


@app.command("create")
def create(
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help="audit, uncertain, disputed, theme, ai_handled, calibration or listed."),
    ],
    size: Annotated[int, typer.Option("--size", min=1, help="Number of cases, at most.")] = 200,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Default: one made of the kind.")] = "",
    label_set: Annotated[
        str, typer.Option("--set", metavar="NAME", help="Label set whose questions are asked.")
    ] = "cases",
    questions: Annotated[
        list[str] | None,
        typer.Option("--question", metavar="NAME", help="Ask this one only; may be repeated. Default: all of the set."),
    ] = None,
    per_case: Annotated[int, typer.Option("--per-case", min=0, help="Labellers for each case; 0: each labeller.")] = 2,
    theme: Annotated[int | None, typer.Option("--theme", min=1, max=LARGEST, help="For the kind theme.")] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="With ai_handled: half of the cases of persons.")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Tickets created from then on: a day (UTC) or a time.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Tickets created before.")] = None,
    labellers: Annotated[
        list[str] | None,
        typer.Option(
            "--labeller", metavar="NAME", help="Who may label it; may be repeated. Default: whoever may label."
        ),
    ] = None,
    tickets: Annotated[
        list[str] | None, typer.Option("--ticket", metavar="ID", help="For the kind listed; may be repeated.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="The same seed draws the same cases.")] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Draw cases from the tickets and store them as a queue."""
    from groundswell.errors import UsageError
    from groundswell.labelling import labelling_person, refusals
    from groundswell.session import now, open_session
    from groundswell.table import print_json
    from models.labelling.queue import QueueKind
    from pipelines.figures.query import moment_of
    from pipelines.labelling.draw import QueueRequest, create_queue
    from pipelines.labelling.labellers import unknown_labellers

    if kind not in tuple(QueueKind):
        raise UsageError(f"received the kind {kind!r}; valid are {', '.join(QueueKind)}")
    with refusals():
        start, end = (None if time is None else moment_of(time) for time in (since, until))
        request = QueueRequest(
            kind=QueueKind(kind), size=size, title=title, set_name=label_set, questions=tuple(questions or ()),
            per_case=per_case, theme_id=theme, baseline=baseline, since=start, until=end,
            labellers=tuple(labellers) if labellers else None, tickets=tuple(tickets or ()), seed=seed,
        )  # fmt: skip
        with open_session(database).engine.begin() as connection:
            queue = create_queue(connection, request, labelling_person(), now())
            unknown = unknown_labellers(connection, request.labellers or ())
    if unknown:
        say(f"Nobody who may label is called {', '.join(unknown)}: add them by `groundswell people invite`.", err=True)
    if json:
        print_json([queue.as_json()])
        return
    say(
        f"Label queue {queue.queue_id}: {queue.title}, drawn from {queue.candidates} tickets with the seed {queue.seed}."
    )


@app.command("list")
def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that take labels.")] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """List the queues and how far they are, the newest first."""
    from groundswell.labelling import labelling_person
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from pipelines.labelling.case import list_queues
    from store.database import reading

    with reading(open_session(database).engine) as connection:
        rows = [one.as_json() for one in list_queues(connection, labelling_person(), open_only=open_only)]
    if json:
        print_json(rows)
        return
    print_table("Label queues", rows, {
        "#id": lambda row: str(row["id"]),
        "title": lambda row: row["title"],
        "kind": lambda row: row["kind"],
        "set": lambda row: f"{row['set']} {row['version']}",
        "#cases": lambda row: str(row["cases"]),
        "#closed": lambda row: str(row["closed"]),
        "drawn": lambda row: day_and_time(row["at"]),
        "state": lambda row: "open" if row["closed_at"] is None else "closed",
    }, "No label queues; `groundswell labels queue create KIND` draws one.")  # fmt: skip


@app.command("close")
def close(queue: _Queue, json: Json = False, database: Database = None) -> None:
    """Close a queue: its cases take no more labels, and what was said of them can be seen."""
    from groundswell.labelling import labelling_person
    from groundswell.session import now, open_session
    from groundswell.table import print_json
    from pipelines.labelling.case import show_queue
    from pipelines.labelling.draw import end_queue

    with open_session(database).engine.begin() as connection:
        was_open = end_queue(connection, queue, labelling_person(), now())
        shown = show_queue(connection, queue, labelling_person())
    if json:
        print_json([shown.as_json()])
        return
    say(f"Label queue {queue} {'is closed now' if was_open else 'was closed before'}.")


@app.command("disputes")
def disputes(
    queue: Annotated[int | None, typer.Option("--queue", min=1, max=LARGEST, help="Only of this queue.")] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """List the closed cases whose labellers disagree and that nobody has adjudicated."""
    from groundswell.labelling import labelling_person
    from groundswell.session import open_session
    from groundswell.table import print_json, print_table
    from pipelines.labelling.adjudicate import list_disputes
    from store.database import reading

    with reading(open_session(database).engine) as connection:
        found = list_disputes(connection, labelling_person(), queue)
    rows = [{**one.case.as_json(), "questions": list(one.questions)} for one in found]
    if json:
        print_json(rows)
        return
    print_table("Disputed cases", rows, {
        "#case": lambda row: str(row["id"]),
        "#queue": lambda row: str(row["queue_id"]),
        "ticket": lambda row: row["ticket_id"],
        "questions": lambda row: ", ".join(row["questions"]),
    }, "No disputed cases.")  # fmt: skip
