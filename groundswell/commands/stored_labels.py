"""Commands of `groundswell labels` on the labels of the database: import, export, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import say

_Queue = Annotated[int | None, typer.Option("--queue", min=1, max=LARGEST, help="Number of a queue of the database.")]


def import_(
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS", help="File of labels: .jsonl, .csv, or .json of Label Studio.")
    ],
    queue: _Queue = None,
    label_set: Annotated[
        str, typer.Option("--set", metavar="NAME", help="Without --queue: label set of the questions.")
    ] = "cases",
    json: Json = False,
    database: Database = None,
) -> None:
    """Store labels of another tool for the open cases of a queue; without one, their tickets become a closed queue."""
    from groundswell.labelling import format_of, labelling_person, open_file, refusals
    from groundswell.session import now, open_session
    from groundswell.table import print_json
    from pipelines.labelling.exchange import import_labels

    form = format_of(labels)
    with refusals():
        given = open_file(labels, form)
        with open_session(database).engine.begin() as connection:
            done = import_labels(connection, given, labelling_person(), now(), queue_id=queue, set_name=label_set)
    if json:
        print_json([done.as_json()])
        return
    left_out = f"; {done.left_out} are of tickets that are not open in it" if done.left_out else ""
    say(f"Label queue {done.queue_id}: {done.labels} labels of {done.cases} cases{left_out}.")


def export(
    to: Annotated[Path, typer.Argument(metavar="TO", help="File to write: .jsonl, .csv, or .json for Label Studio.")],
    queue: _Queue = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Write the labels of closed cases to a file; names of labellers that are mail addresses are redacted."""
    from groundswell.labelling import format_of, labelling_person, write_file
    from groundswell.session import now, open_session
    from groundswell.table import print_json
    from pipelines.labelling.exchange import export_labels

    form = format_of(to)
    with open_session(database).engine.begin() as connection:
        found = export_labels(connection, labelling_person(), now(), form, queue_id=queue)
    write_file(to, found.text)
    if json:
        print_json([{"labels": found.labels, "hidden": found.hidden}])
        return
    say(f"{found.labels} labels written.")


def results(
    queue: _Queue = None,
    next_: Annotated[int, typer.Option("--next", min=0, max=10_000, help="Number of cases to label next.")] = 0,
    json: Json = False,
    database: Database = None,
) -> None:
    """Show what the labels of a queue say; without one, how labellers do, and the precision of themes over all queues."""
    from groundswell.labelling import labelling_person
    from groundswell.session import open_session
    from store.database import reading

    with reading(open_session(database).engine) as connection:
        if queue is None:
            _show_all(connection, labelling_person(), json=json)
        else:
            _show_queue(connection, queue, labelling_person(), next_, json=json)


def _show_queue(connection: Any, queue: int, person: Any, next_: int, *, json: bool) -> None:
    from dataclasses import asdict

    from groundswell.table import print_json, print_table
    from pipelines.labelling.results import next_best, queue_results

    found = queue_results(connection, queue, person)
    best = [asdict(one) for one in next_best(connection, queue, person, next_)] if next_ else []
    if json:
        print_json([{**found.as_json(), "next_cases": best}])
        return
    say(
        f"{found.queue.title}: {found.closed} of {found.cases} cases are closed, the labels of {found.labelled} are counted."
    )
    rows = [asdict(figure) for one in found.questions for figure in one.agreement]
    _print_agreement(rows)
    for one in found.questions:
        said = ", ".join(f"{value}: {number}" for value, number in one.values.items())
        say(f"{one.question.name}: {one.settled} settled ({said or 'none'}), {one.disputed} disputed.")
        if one.accuracy:
            print_table(f"Accuracy by {one.question.name}", [asdict(figure) for figure in one.accuracy], {
                "theme": lambda row: _shown(row["theme_id"]),
                "#AI": lambda row: _shown(row["ai"]["share"]),
                "#persons": lambda row: _shown(row["human"]["share"]),
                **{f"#{name}": _text(name) for name in ("difference", "low", "high")},
            }, "No judged cases.")  # fmt: skip
    if found.themes is not None:
        _print_precision(found.themes)
    if best:
        columns = {"ticket": _text("ticket_id"), "#theme": _text("theme_id"), "#confidence": _text("confidence")}
        print_table("To label next", best, columns, "No cases.")


def _show_all(connection: Any, person: Any, *, json: bool) -> None:
    from dataclasses import asdict

    from groundswell.table import print_json, print_table
    from pipelines.labelling.labellers import labeller_results
    from pipelines.labelling.results import theme_report

    found, report = labeller_results(connection, person), theme_report(connection, person)
    if json:
        print_json([{**found.as_json(), "themes": None if report is None else report.as_json()}])
        return
    columns = {"labeller": _name("labeller")} | {f"#{name}": _text(name) for name in ("cases", "median")}
    print_table(
        "Seconds per case",
        [asdict(one) for one in found.effort],
        columns,
        "No label is stored yet, so there are no times; label cases in the console, or `groundswell labels import FILE`.",
    )
    for question, drift in found.drift.items():
        columns = {"labeller": _name("labeller")} | {
            name: _text(name) for name in ("earlier", "latest", "p_value", "drifts")
        }
        print_table(f"Against gold: {question}", [asdict(one) for one in drift], columns, "No gold labels.")
    if report is not None:
        _print_precision(report)


def _print_agreement(rows: list[dict[str, Any]]) -> None:
    from groundswell.table import print_table

    columns = {"question": _text("question"), "by": _text("by"), "group": _name("group")}
    columns |= {f"#{name}": _text(name) for name in ("cases", "alpha", "low", "high", "same")}
    print_table("Agreement", rows, columns, "No labels.")


def _print_precision(report: Any) -> None:
    from groundswell.table import print_table

    parts = report.as_json()
    say(f"Score: {_shown(parts['rating']['score'])} ({parts['rating']['grade'] or 'no labels'}).")
    columns = {"theme": _text("theme_id")} | {
        f"#{name}": _text(name) for name in ("tickets", "labelled", "precision", "low", "high")
    }
    print_table("Precision", parts["precision"], columns, "No themes.")


def _text(name: str) -> Any:
    return lambda row: _shown(row[name])


def _name(name: str) -> Any:
    from models.redaction import redact

    return lambda row: redact(_shown(row[name])).text


def _shown(value: object) -> str:
    return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
