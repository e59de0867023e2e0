"""`groundswell launches`: what is planned, and how it went."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from groundswell.commands.options import Database, Json, PlanScope, PlanSource, PlanTitle

app = typer.Typer(no_args_is_help=True, help="Launches: planned windows in which more is expected than usual.")


LaunchId = Annotated[str, typer.Argument(metavar="ID", help="What the launch is called; the same id again revises it.")]


class LaunchKind(StrEnum):
    """Kinds of planned windows."""

    launch = "launch"
    campaign = "campaign"
    holiday = "holiday"
    sale = "sale"


@app.command("list")
def list_launches(json: Json = False, database: Database = None) -> None:
    """List the launches as they are planned now."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table, segment_text
    from store.database import reading
    from store.listings import list_launches as listed

    with reading(open_session(database).engine) as connection:
        rows = listed(connection)
    if json:
        print_json(rows)
        return
    print_table("Launches", rows, {
        "id": lambda row: row["id"],
        "kind": lambda row: row["kind"],
        "title": lambda row: row["title"],
        "start": lambda row: day_and_time(row["start"]),
        "end": lambda row: day_and_time(row["end"]),
        "scope": lambda row: segment_text(row["scope"]),
        "plan": lambda row: ", ".join(line_text(line) for line in row["expected"]) or "as past ones",
        "+-": lambda row: f"{row['tolerance']:.0%}",
    }, "No launches are planned.")  # fmt: skip


@app.command("recurring")
def list_recurring(json: Json = False, database: Database = None) -> None:
    """List themes that rise at the same hours of each week or day in no plan, with the command that plans the next time."""
    from groundswell.session import open_session
    from groundswell.table import print_json, print_table
    from store.database import reading
    from store.epochs import read_mined_until
    from store.recurring import read_recurring
    from store.themes import read_themes

    with reading(open_session(database).engine) as connection:
        now, names = read_mined_until(connection), read_themes(connection)
        found = [] if now is None else read_recurring(connection, now)
    rows = [
        {**one.as_json(), "theme": names[one.theme_id].name if one.theme_id in names else "all tickets"}
        for one in found
    ]
    if json:
        print_json(rows)
        return
    print_table("Recurring rises that no plan says", rows, {
        "theme": lambda row: f"{row['theme_id']} {row['theme']}",
        "when": lambda row: row["when"],
        "times": lambda row: row["times"],
        "usual lift": lambda row: f"{row['lift']:.1f}",
        "plan the next one": lambda row: row["command"],
    }, "No theme rises at the same hours of each week or day.")  # fmt: skip


@app.command("add")
def add(
    launch: LaunchId,
    start: Annotated[str | None, typer.Option("--start", metavar="TIME", help="RFC 3339, or a day.")] = None,
    end: Annotated[str | None, typer.Option("--end", metavar="TIME", help="First instant after it.")] = None,
    kind: Annotated[LaunchKind | None, typer.Option("--kind", help="Default: launch.")] = None,
    title: PlanTitle = None,
    scope: PlanScope = None,
    tolerance: Annotated[
        float | None, typer.Option("--tolerance", metavar="SHARE", help="How far off the plan may be. Default: 0.3.")
    ] = None,
    theme: Annotated[
        list[str] | None,
        typer.Option("--theme", metavar="ID=LIFT", help="A theme (number or name) and its lift; may be repeated."),
    ] = None,
    about: Annotated[
        list[str] | None,
        typer.Option("--about", metavar="TEXT=LIFT", help="Themes like an example text; may be repeated."),
    ] = None,
    everything: Annotated[
        float | None, typer.Option("--all", metavar="LIFT", help="Lift of every theme that is not named.")
    ] = None,
    like: Annotated[
        str | None, typer.Option("--like", metavar="ID[=FACTOR]", help="As a past launch was, or a multiple of it.")
    ] = None,
    known_since: Annotated[
        str | None,
        typer.Option(
            "--known-since", metavar="TIME", help="Epochs from it on use the plan. Default: the next one to be mined."
        ),
    ] = None,
    allow_unknown: Annotated[
        bool,
        typer.Option("--allow-unknown", help="Accept values in the scope that no ticket has had: they will exist."),
    ] = False,
    source: PlanSource = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Plan a launch, or revise its plan: what is left out stays as it is. Given twice, it changes nothing the second time.

    Dimensions, values and themes that are unknown are refused, with the nearest names.
    """
    from groundswell.plan_names import checked_plan
    from groundswell.plan_options import instant_of, lines_of, scope_of, time_of
    from groundswell.plan_writing import write_and_say
    from groundswell.planning import Draft
    from groundswell.session import open_session

    session = open_session(database, create=True)
    said = {
        "start": instant_of(session, "--start", start), "end": instant_of(session, "--end", end), "kind": kind and kind.value,
        "title": title, "scope": scope_of(scope), "tolerance": tolerance,
        "expected": lines_of(theme or (), about or (), everything, like),
    }  # fmt: skip
    data = {name: value for name, value in said.items() if value is not None}
    checked = checked_plan(session, launch, data, allow_unknown=allow_unknown)
    write_and_say(
        session, [Draft("launch", launch, checked, time_of(session, "--known-since", known_since), source)], json=json
    )


@app.command("cancel")
def cancel(
    launch: Annotated[str, typer.Argument(metavar="ID", help="Which launch.")],
    json: Json = False,
    database: Database = None,
) -> None:
    """Cancel a launch that has not begun, or end one that runs where the data are now. `launches add` plans it again."""
    from groundswell.errors import UsageError
    from groundswell.plan_writing import write_and_say
    from groundswell.planning import Draft
    from groundswell.session import open_session
    from pipelines.launches.planning import PlanRefused, cancelling
    from store.database import reading

    session = open_session(database)
    try:
        with reading(session.engine) as connection:
            data = cancelling(connection, launch)
    except PlanRefused as error:
        raise UsageError(str(error)) from error
    write_and_say(session, [Draft("launch", launch, data)], json=json)


@app.command("import")
def import_launches(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A calendar: .ics, .csv, .json or .jsonl.")],
    kind: Annotated[LaunchKind, typer.Option("--kind", help="Of launches that do not say.")] = LaunchKind.launch,
    known_since: Annotated[
        str | None, typer.Option("--known-since", metavar="TIME", help="Of launches that do not say. Default: now.")
    ] = None,
    source: PlanSource = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Plan the launches of a file, all of them or none. Given twice, it changes nothing the second time."""
    from groundswell.errors import UsageError
    from groundswell.plan_options import drafts_of_rows, time_of
    from groundswell.plan_writing import write_and_say
    from groundswell.session import now, open_session
    from stream.calendars.plan_file import read_launch_file
    from stream.errors import PlanUnreadable

    session = open_session(database, create=True)
    try:
        rows = read_launch_file(file, session.settings.mining.spikes.timezone, around=now())
    except PlanUnreadable as error:
        raise UsageError(str(error)) from error
    time = time_of(session, "--known-since", known_since)
    write_and_say(session, drafts_of_rows(rows, kind, time, source), json=json)


@app.command("holidays")
def holidays(
    regions: Annotated[
        list[str],
        typer.Argument(
            metavar="REGION...", help="Countries as tickets name them, such as BR; DE-BY for a part of one."
        ),
    ],
    years: Annotated[
        str | None, typer.Option("--years", metavar="FROM[-TO]", help="Default: this year and the next.")
    ] = None,
    value: Annotated[
        str | None, typer.Option("--region", metavar="VALUE", help="The value of `region` in tickets, if it differs.")
    ] = None,
    known_since: Annotated[
        str | None, typer.Option("--known-since", metavar="TIME", help="Epochs from it on use the plan. Default: now.")
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Plan the public holidays of countries as launches of kind holiday. Given twice, it changes nothing the second time."""
    from groundswell.errors import UsageError
    from groundswell.plan_options import drafts_of_rows, time_of, years_of
    from groundswell.plan_writing import write_and_say
    from groundswell.session import now, open_session
    from stream.calendars.public_holidays import public_holidays
    from stream.errors import PlanUnreadable

    session = open_session(database, create=True)
    wanted = years_of(years, now().year)
    try:
        rows = [row for region in dict.fromkeys(regions) for row in public_holidays(region, wanted, scope=value)]
    except PlanUnreadable as error:
        raise UsageError(str(error)) from error
    write_and_say(
        session,
        drafts_of_rows(rows, LaunchKind.holiday, time_of(session, "--known-since", known_since), None),
        json=json,
    )


@app.command("review")
def review(
    launch: Annotated[str, typer.Argument(metavar="ID", help="Which launch.")],
    json: Json = False,
    database: Database = None,
) -> None:
    """Compare a launch with its plan, by theme and in all, and with past launches of its kind."""
    from groundswell.launch_review import print_review
    from groundswell.session import open_session
    from groundswell.table import print_json
    from pipelines.launches.review import review_launch
    from store.database import reading

    session = open_session(database)
    with reading(session.engine) as connection:
        found = review_launch(connection, launch, session.settings.mining.spikes)
    if json:
        print_json([found])
        return
    print_review(found)


def line_text(line: dict[str, Any]) -> str:
    """One line of a plan as people read it."""
    factor = f"x{line['lift']:g}"
    if line.get("like"):
        return f"like {line['like']}" + (f" {factor}" if line["lift"] != 1 else "")
    if line.get("about"):
        return f"{factor} about {line['about'][:30]}"
    return f"{factor} theme {line['theme']}" if line.get("theme") is not None else f"{factor} all"
