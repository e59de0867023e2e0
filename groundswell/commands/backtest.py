"""`groundswell backtest`: what another sensitivity would have changed in the stored history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.options import Database, Json
from groundswell.commands.why import time_of
from groundswell.terminal import say

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipelines.past.backtest import BacktestRun
    from pipelines.past.diff import SpikeDifference
    from pipelines.past.labelled import LabelledScore
    from pipelines.rules import Rules

MOST = 100.0


def backtest(
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day or time; default: the first mined one.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="End of it; default: the last mined epoch.")
    ] = None,
    false_alerts: Annotated[
        float | None,
        typer.Option("--false-alerts-per-week", metavar="N", help="Expected false alerts a week; default: as set."),
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option("--audience", metavar="NAME", help="Show this audience; with N, change its number alone."),
    ] = None,
    labelled: Annotated[
        str | None,
        typer.Option(
            "--labelled",
            metavar="SOURCE",
            help="Compare sensitivities by labelled incidents: `feedback`, or a file of JSON lines with theme, start, end and worth.",
        ),
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Judge the stored history again with another sensitivity, and show what would have changed. Nothing is written."""
    from groundswell.errors import UsageError
    from groundswell.session import make_rules, open_session
    from groundswell.table import print_json
    from pipelines.past.diff import compare
    from pipelines.past.restore import epochs_between
    from store.database import reading

    if false_alerts is not None and not 0 < false_alerts <= MOST:
        raise UsageError(f"received {false_alerts:g} false alerts a week; valid is a number above 0, up to {MOST:g}")
    begin, until = (None if text is None else time_of(text) for text in (start, end))
    if begin is not None and until is not None and begin >= until:
        raise UsageError(f"received --from {start} and --to {end}; give an end after the start")
    session = open_session(database)
    rules = _with(make_rules(session.settings, ""), false_alerts, audience)
    with reading(session.engine) as connection:
        first, last = epochs_between(connection, begin, until)
    if labelled is not None:
        _compare_labelled(
            session.engine, make_rules(session.settings, ""), labelled, (first, last), false_alerts, audience, json=json
        )
        return
    again = _run(session.engine, rules, first, last)
    with reading(session.engine) as connection:
        found = compare(connection, again, rules.ownership, rules.mining.lateness, first, last)
    chosen = [one for one in found if audience is None or one.audience == audience]
    if json:
        print_json([one.as_json() for one in chosen])
    else:
        _show(again, chosen, (last - first + 1) * rules.mining.epoch.total_seconds() / 604_800)


def _compare_labelled(
    engine: Engine,
    rules: Rules,
    source: str,
    epochs: tuple[int, int],
    false_alerts: float | None,
    audience: str | None,
    *,
    json: bool,
) -> None:
    """Show what each sensitivity does to the labelled incidents, and which serves best."""
    from groundswell.labelled_backtest import read_labels, score_candidates
    from groundswell.table import print_json
    from pipelines.past.diff import compare
    from pipelines.past.labelled import score_labels
    from store.database import reading

    with reading(engine) as connection:
        labels = read_labels(connection, source)

    def score(number: float) -> LabelledScore:
        tried = _with(rules, number, audience)
        again = _run(engine, tried, *epochs)
        with reading(engine) as connection:
            found = compare(connection, again, tried.ownership, tried.mining.lateness, *epochs)
        return score_labels(number, [one for one in found if audience in (None, one.audience)], labels)

    current = _current(rules, audience)
    scores, best = score_candidates(current, false_alerts, score)
    rows = [{**one.as_json(), "current": one.false_alerts_per_week == current, "best": one is best} for one in scores]
    if json:
        print_json(rows)
        return
    _show_labelled(rows, best, current, len(labels))


def _current(rules: Rules, audience: str | None) -> float:
    """The number of false alerts a week that is set: of one audience, or else the general one."""
    general = rules.mining.spikes.false_alerts_per_week
    own = None if audience is None else rules.ownership.audience(audience).false_alerts_per_week
    return general if own is None else own


def _show_labelled(rows: Sequence[Mapping[str, Any]], best: LabelledScore, current: float, labels: int) -> None:
    from groundswell.table import print_table
    from models.formats import counted

    print_table(f"What {counted(labels, 'labelled incident')} would have become", rows, {
        "#false alerts a week": lambda row: f"{row['false_alerts_per_week']:g}{' (set)' if row['current'] else ''}",
        "#found": lambda row: str(row["found"]),
        "#missed": lambda row: str(row["missed"]),
        "#not useful, alerted": lambda row: str(row["wrong"]),
        "#without a label": lambda row: str(row["unlabelled"]),
        "#median minutes": lambda row: "" if row["median_minutes"] is None else f"{row['median_minutes']:.0f}",
    }, "Nothing was scored.")  # fmt: skip
    if best.false_alerts_per_week == current:
        say(f"None would have served better than {current:g} false alerts a week, which is set.")
    else:
        say(
            f"{best.false_alerts_per_week:g} false alerts a week would have served better than {current:g}: "
            f"{best.found} found, {best.missed} missed, {best.wrong} not useful."
        )


def _with(rules: Rules, false_alerts: float | None, audience: str | None) -> Rules:
    """The rules with another number of false alerts: of one audience, or else the general one."""
    from groundswell.errors import UsageError

    names = [one.name for one in rules.ownership.audiences]
    if audience is not None and audience not in names:
        raise UsageError(f"received the audience {audience!r}; valid are {', '.join(names)}")
    if false_alerts is None:
        return rules
    if audience is None:
        spikes = rules.mining.spikes.model_copy(update={"false_alerts_per_week": false_alerts})
        return replace(rules, mining=rules.mining.model_copy(update={"spikes": spikes}))
    changed = tuple(
        replace(one, false_alerts_per_week=false_alerts) if one.name == audience else one
        for one in rules.ownership.audiences
    )
    return replace(rules, ownership=replace(rules.ownership, audiences=changed))


def _run(engine: Engine, rules: Rules, first: int, last: int) -> BacktestRun:
    from rich.console import Console
    from rich.progress import Progress

    from pipelines.past.backtest import rerun
    from store.database import reading

    console = Console(stderr=True)
    with (
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
        reading(engine) as connection,
    ):
        task = bar.add_task("Judging the stored history again", total=1.0)
        return rerun(connection, rules, first, last, report=lambda share: bar.update(task, completed=share))


def _show(again: BacktestRun, found: Sequence[SpikeDifference], weeks: float) -> None:
    from groundswell.table import day_and_time, print_table, segment_text
    from models.formats import amount
    from pipelines.past.diff import by_week

    changed = [one.as_json() for one in found if one.fate != "same" or one.alerted != one.was_alerted]
    print_table("What would have changed", changed, {
        "spike": lambda row: "" if row["spike_id"] is None else str(row["spike_id"]),
        "what": lambda row: row["fate"] + (f" by {abs(row['minutes_later']):.0f} min" if row["minutes_later"] else ""),
        "theme": lambda row: f"{row['theme_id']} {row['theme_name']}",
        "where": lambda row: segment_text(row["segment"]),
        "from": lambda row: day_and_time(row["start"]),
        "#observed": lambda row: f"{row['observed']:,}",
        "#expected": lambda row: amount(row["expected"]),
        "audience": lambda row: row["audience"],
        "alert": lambda row: _alert(was=row["was_alert"], now=row["alert"]),
    }, "Nothing would have changed.")  # fmt: skip
    sums = [
        {**{name: getattr(one, name) for name in one.__dataclass_fields__}, "week": f"{one.week:%d %b %Y}"}
        for one in by_week(found)
    ]
    print_table("By audience and week", sums, {
        "audience": lambda row: row["audience"],
        "week of": lambda row: row["week"],
        "#spikes": lambda row: f"{row['were']} > {row['spikes']}",
        "#alerts": lambda row: f"{row['alerts_were']} > {row['alerts']}",
        "#added": lambda row: str(row["added"]),
        "#gone": lambda row: str(row["gone"]),
        "#earlier": lambda row: str(row["earlier"]),
        "#later": lambda row: str(row["later"]),
    }, "No spike was or would have been found.")  # fmt: skip
    were, now = sum(one.was_alerted for one in found), sum(one.alerted for one in found)
    same = sum(one.fate == "same" for one in found)
    say(
        f"{again.epochs:,} epochs judged: {same} spikes as they were; spike alerts a week {were / weeks:.1f} > {now / weeks:.1f}."
    )
    if not again.exact:
        say(
            "These epochs were mined before the journal was kept: late, retracted and moved tickets count as they do now."
        )


def _alert(*, was: bool, now: bool) -> str:
    if was == now:
        return "as before" if was else ""
    return "would be sent" if now else "would not be sent"
