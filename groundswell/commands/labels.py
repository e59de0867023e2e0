"""`groundswell labels`: cases to label, how far labellers agree, and what their labels say of themes and of AI routines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from groundswell.commands.label_curve import curve
from groundswell.commands.label_queues import app as queues
from groundswell.commands.options import LARGEST, Database, Json
from groundswell.commands.stored_labels import export, import_, results
from groundswell.terminal import say

app = typer.Typer(no_args_is_help=True, help="Labels: cases to label, agreement, and what labels say of themes.")
app.add_typer(queues, name="queue")
app.command("import")(import_)
app.command("export")(export)
app.command("results")(results)
app.command("curve")(curve)

_Labels = Annotated[
    Path, typer.Argument(metavar="LABELS", help="File of labels: .jsonl, .csv, or .json of Label Studio.")
]
_Adjudicated = Annotated[
    Path | None, typer.Option("--adjudicated", metavar="FILE", help="File of labels that win over all others.")
]
_Sets = Annotated[Path | None, typer.Option("--sets", metavar="FILE", help="TOML file of label sets.")]
_Cases = Annotated[Path, typer.Option("--cases", metavar="FILE", help="What `labels draw --json` printed.")]
_Question = Annotated[str, typer.Option("--question", metavar="NAME", help="Question of a label set.")]


@app.command("sets")
def sets_(sets: _Sets = None, json: Json = False) -> None:
    """List the label sets with their questions and values."""
    from groundswell.labelling import open_sets
    from groundswell.table import print_json, print_table

    found = open_sets(sets)
    if json:
        print_json([{"name": one.name, **one.as_json()} for one in found.values()])
        return
    rows = [
        {"set": one.name, "question": q.name, "values": ", ".join(q.values) or "themes"}
        for one in found.values()
        for q in one.questions
    ]
    print_table("Label sets", rows, {name: _text(name) for name in ("set", "question", "values")}, "No label sets.")


@app.command("draw")
def draw_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="audit, uncertain, disputed, theme or ai_handled.")],
    size: Annotated[int, typer.Option("--size", min=1, max=100_000, help="Number of cases.")] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0, max=LARGEST, help="The same seed draws the same cases.")] = 1,
    theme: Annotated[int | None, typer.Option("--theme", min=1, max=LARGEST, help="For the kind theme.")] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="With ai_handled: half of the cases of persons.")
    ] = False,
    labels: Annotated[Path | None, typer.Option("--labels", metavar="FILE", help="For the kind disputed.")] = None,
    adjudicated: _Adjudicated = None,
    sets: _Sets = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Draw cases to label. The JSON is what `labels rating --cases` and `labels accuracy --cases` read."""
    from dataclasses import asdict

    from groundswell.errors import UsageError
    from groundswell.labelling import DrawnQueue, draw, open_adjudicated, open_labels, open_sets
    from groundswell.table import print_json, print_table
    from models.labelling.queue import DRAWN, QueueKind

    if kind not in DRAWN:
        raise UsageError(f"received the kind {kind!r}; valid are {', '.join(DRAWN)}")
    known = open_sets(sets)
    asked = DrawnQueue(kind=QueueKind(kind), size=size, seed=seed, theme=theme, baseline=baseline)
    said, decided = open_labels(labels, known), open_adjudicated(adjudicated, known)
    rows = [asdict(one) for one in draw(_candidates(database), asked, said, decided)]
    if json:
        print_json(rows)
        return
    print_table(
        "Cases",
        rows,
        {"ticket": _text("ticket_id"), "stratum": _text("stratum"), "#weight": _text("weight")},
        "No cases.",
    )


@app.command("convert")
def convert(
    labels: _Labels,
    to: Annotated[Path, typer.Argument(metavar="TO", help="File to write: .jsonl, .csv, or .json for Label Studio.")],
    sets: _Sets = None,
) -> None:
    """Write a file of labels in another form."""
    from groundswell.labelling import format_of, open_labels, open_sets, write_file
    from models.labelling.exchange import write_labels

    found = open_labels(labels, open_sets(sets))
    write_file(to, write_labels(found, format_of(to)))
    say(f"{to.name}: {len(found)} labels.")


@app.command("agreement")
def agreement(
    labels: _Labels, question: _Question = "theme", sets: _Sets = None, json: Json = False, database: Database = None
) -> None:
    """Show Krippendorff's alpha of a question: of all cases, by theme and by labeller."""
    from dataclasses import asdict

    import numpy as np

    from groundswell.labelling import open_labels, open_sets, question_of
    from groundswell.table import print_json, print_table
    from models.labelling.agreement import measure_agreement
    from models.labelling.report import SEED

    known = open_sets(sets)
    themes = {one.ticket_id: str(one.theme_id) for one in _candidates(database) if one.theme_id is not None}
    chance = np.random.default_rng(SEED)
    found = measure_agreement(open_labels(labels, known), question_of(known, question), themes, chance)
    rows = [asdict(one) for one in found]
    if json:
        print_json(rows)
        return
    columns = {name: _text(name) for name in ("by", "group")} | {
        f"#{name}": _text(name) for name in ("cases", "alpha", "low", "high", "same")
    }
    print_table(f"Agreement on {question}", rows, columns, "No labels.")


@app.command("labellers")
def labellers(
    labels: _Labels,
    adjudicated: _Adjudicated = None,
    question: _Question = "theme",
    sets: _Sets = None,
    json: Json = False,
) -> None:
    """Show the time per case of each labeller, and whether one drifts from the adjudicated values."""
    from dataclasses import asdict

    from groundswell.labelling import open_adjudicated, open_labels, open_sets, question_of
    from groundswell.table import print_json, print_table
    from models.labelling.drift import detect_drift, gold_periods
    from models.labelling.effort import measure_effort

    known = open_sets(sets)
    said, asked = open_labels(labels, known), question_of(known, question)
    gold = {one.ticket_id: one.value for one in open_adjudicated(adjudicated, known) if one.question == asked.name}
    periods = gold_periods(said, gold, asked.name)
    effort, drift = [asdict(one) for one in measure_effort(said)], [asdict(one) for one in detect_drift(periods)]
    if json:
        print_json([{"effort": effort, "periods": [asdict(one) for one in periods], "drift": drift}])
        return
    columns = {"labeller": _text("labeller")} | {f"#{name}": _text(name) for name in ("cases", "median")}
    print_table("Seconds per case", effort, columns, "No label of the file says how long it took.")
    columns = {name: _text(name) for name in ("labeller", "earlier", "latest", "p_value", "drifts")}
    print_table("Against adjudicated values", drift, columns, "No adjudicated values.")


@app.command("rating")
def rating(
    labels: _Labels,
    cases: _Cases,
    adjudicated: _Adjudicated = None,
    size: Annotated[int, typer.Option("--next", min=0, max=10_000, help="Number of cases to label next.")] = 20,
    sets: _Sets = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Rate the themes by the labels of an audit: precision and coverage with intervals, and what to label next."""
    from groundswell.labelling import open_adjudicated, open_cases, open_labels, open_sets, rate, settled
    from groundswell.table import print_json, print_table

    known = open_sets(sets)
    themes = settled(open_labels(labels, known), open_adjudicated(adjudicated, known), "theme")
    report = rate(_candidates(database), open_cases(cases), themes, size).as_json()
    if json:
        print_json([report])
        return
    parts = report["rating"]
    say(f"Score: {_shown(parts['score'])} ({parts['grade'] or 'no labels'}).")
    columns = {"theme": _text("theme_id")} | {
        f"#{name}": _text(name) for name in ("tickets", "labelled", "precision", "low", "high")
    }
    print_table("Precision", report["precision"], columns, "No themes.")


@app.command("accuracy")
def accuracy_(
    labels: _Labels,
    cases: _Cases,
    adjudicated: _Adjudicated = None,
    question: _Question = "resolution_correct",
    sets: _Sets = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Compare the accuracy of AI with that of persons, by theme."""
    from dataclasses import asdict

    from groundswell.labelling import (
        accuracy,
        open_adjudicated,
        open_cases,
        open_labels,
        open_sets,
        question_of,
        settled,
    )
    from groundswell.table import print_json, print_table

    known = open_sets(sets)
    values = settled(open_labels(labels, known), open_adjudicated(adjudicated, known), question)
    rows = [
        asdict(one) for one in accuracy(_candidates(database), open_cases(cases), values, question_of(known, question))
    ]
    if json:
        print_json(rows)
        return
    columns = {
        "theme": _text("theme_id"),
        "#AI": lambda row: _shown(row["ai"]["share"]),
        "#persons": lambda row: _shown(row["human"]["share"]),
    } | {f"#{name}": _text(name) for name in ("difference", "low", "high")}
    print_table("Accuracy", rows, columns, "No judged cases.")


def _candidates(database: str | None) -> Any:
    from groundswell.session import open_session
    from models.access import EVERYTHING
    from store.database import reading
    from store.labelling import read_candidates

    with reading(open_session(database).engine) as connection:
        return read_candidates(connection, EVERYTHING)


def _text(name: str) -> Any:
    return lambda row: _shown(row[name])


def _shown(value: object) -> str:
    return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
