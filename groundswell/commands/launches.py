"""`groundswell launches` and `groundswell changes`: what is planned, how it went, and what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from datetime import datetime

    from groundswell.planning import Draft, LateEmbedder, Written
    from groundswell.session import Session
    from models.embedding import Embedder
    from stream.calendars.planned_row import PlannedRow

app = typer.Typer(no_args_is_help=True, help="Launches: planned windows in which more is expected than usual.")
changes = typer.Typer(
    no_args_is_help=True, help="Changes: releases, config flips, rule updates and incidents elsewhere."
)


class LaunchKind(StrEnum):
    """Kinds of planned windows."""

    launch = "launch"
    campaign = "campaign"
    holiday = "holiday"
    sale = "sale"


class ChangeKind(StrEnum):
    """Kinds of changes."""

    release = "release"
    config = "config"
    rule_update = "rule_update"
    incident = "incident"


LaunchId = Annotated[str, typer.Argument(metavar="ID", help="What the launch is called; the same id again revises it.")]
ChangeId = Annotated[str, typer.Argument(metavar="ID", help="What the change is called; the same id again revises it.")]
Title: TypeAlias = Annotated[str | None, typer.Option("--title", help="A title for people. Default: the id.")]
Scope: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="DIMENSION=VALUE",
        help="The segment that it is about; may be repeated. Default: all tickets.",
    ),
]
Source: TypeAlias = Annotated[
    str | None, typer.Option("--source", help="Where the plan comes from. Default: where it came from before.")
]


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
    title: Title = None,
    scope: Scope = None,
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
    source: Source = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Plan a launch, or revise its plan: what is left out stays as it is. Given twice, it changes nothing the second time.

    Dimensions, values and themes that are unknown are refused, with the nearest names.
    """
    from groundswell.plan_names import checked_plan
    from groundswell.planning import Draft
    from groundswell.session import open_session

    session = open_session(database, create=True)
    said = {
        "start": _instant(session, "--start", start), "end": _instant(session, "--end", end), "kind": kind and kind.value,
        "title": title, "scope": _scope(scope), "tolerance": tolerance,
        "expected": _lines(theme or (), about or (), everything, like),
    }  # fmt: skip
    data = {name: value for name, value in said.items() if value is not None}
    checked = checked_plan(session, launch, data, allow_unknown=allow_unknown)
    _write(session, [Draft("launch", launch, checked, _time(session, "--known-since", known_since), source)], json=json)


@app.command("cancel")
def cancel(
    launch: Annotated[str, typer.Argument(metavar="ID", help="Which launch.")],
    json: Json = False,
    database: Database = None,
) -> None:
    """Cancel a launch that has not begun, or end one that runs where the data are now. `launches add` plans it again."""
    from groundswell.errors import UsageError
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
    _write(session, [Draft("launch", launch, data)], json=json)


@app.command("import")
def import_launches(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A calendar: .ics, .csv, .json or .jsonl.")],
    kind: Annotated[LaunchKind, typer.Option("--kind", help="Of launches that do not say.")] = LaunchKind.launch,
    known_since: Annotated[
        str | None, typer.Option("--known-since", metavar="TIME", help="Of launches that do not say. Default: now.")
    ] = None,
    source: Source = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Plan the launches of a file, all of them or none. Given twice, it changes nothing the second time."""
    from groundswell.errors import UsageError
    from groundswell.session import now, open_session
    from stream.calendars.plan_file import read_launch_file
    from stream.errors import PlanUnreadable

    session = open_session(database, create=True)
    try:
        rows = read_launch_file(file, session.settings.mining.spikes.timezone, around=now())
    except PlanUnreadable as error:
        raise UsageError(str(error)) from error
    time = _time(session, "--known-since", known_since)
    _write(session, _drafts(rows, kind, time, source), json=json)


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
    from groundswell.session import now, open_session
    from stream.calendars.public_holidays import public_holidays
    from stream.errors import PlanUnreadable

    session = open_session(database, create=True)
    wanted = _years(years, now().year)
    try:
        rows = [row for region in dict.fromkeys(regions) for row in public_holidays(region, wanted, scope=value)]
    except PlanUnreadable as error:
        raise UsageError(str(error)) from error
    _write(session, _drafts(rows, LaunchKind.holiday, _time(session, "--known-since", known_since), None), json=json)


@app.command("review")
def review(
    launch: Annotated[str, typer.Argument(metavar="ID", help="Which launch.")],
    json: Json = False,
    database: Database = None,
) -> None:
    """Compare a launch with its plan, by theme and in all, and with past launches of its kind."""
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
    _show_review(found)


@changes.command("list")
def list_changes(json: Json = False, database: Database = None) -> None:
    """List the recorded changes."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.database import reading
    from store.listings import list_changes as listed

    with reading(open_session(database).engine) as connection:
        rows = listed(connection)
    if json:
        print_json(rows)
        return
    print_table("Changes", rows, {
        "id": lambda row: row["id"],
        "kind": lambda row: row["kind"],
        "title": lambda row: row["title"],
        "time": lambda row: day_and_time(row["time"]),
        "scope": _change_scope,
    }, "No changes are recorded.")  # fmt: skip


@changes.command("add")
def add_change(
    change: ChangeId,
    kind: Annotated[ChangeKind | None, typer.Option("--kind", help="Needed the first time.")] = None,
    title: Title = None,
    scope: Scope = None,
    url: Annotated[str | None, typer.Option("--url", help="Where people read more.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When it was made. Default: now, the first time.")
    ] = None,
    source: Source = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Record a change, or revise its record: what is left out stays as it is. Given twice, it changes nothing the second time."""
    from groundswell.planning import Draft
    from groundswell.session import open_session

    session = open_session(database, create=True)
    said = {"kind": kind and kind.value, "title": title, "scope": _scope(scope), "url": url}
    data = {name: value for name, value in said.items() if value is not None}
    _write(session, [Draft("change", change, data, _time(session, "--at", at), source)], json=json)


def line_text(line: dict[str, Any]) -> str:
    """One line of a plan as people read it."""
    factor = f"x{line['lift']:g}"
    if line.get("like"):
        return f"like {line['like']}" + (f" {factor}" if line["lift"] != 1 else "")
    if line.get("about"):
        return f"{factor} about {line['about'][:30]}"
    return f"{factor} theme {line['theme']}" if line.get("theme") is not None else f"{factor} all"


def _change_scope(row: Mapping[str, Any]) -> str:
    """Return the segment and the themes that a change concerns."""
    from groundswell.table import segment_text

    if not row["themes"]:
        return segment_text(row["scope"])
    themes = f"themes {', '.join(map(str, row['themes']))}"
    return f"{segment_text(row['scope'])}, {themes}" if row["scope"] else themes


def _show_review(found: dict[str, Any]) -> None:
    from groundswell.table import day_and_time, print_table, segment_text
    from models.formats import counted

    window = f"{day_and_time(found['start'])} to {day_and_time(found['end'])} UTC"
    say(f"{found['title']} ({found['kind']}), {window}, {segment_text(found['scope'])}: {found['state']}.")
    common = found["common"]
    if common is not None:
        say(
            f"All themes have x{common['lift']:.2f} the usual (x{common['low']:.2f} to x{common['high']:.2f}) where "
            f"x{common['planned']:g} was planned."
        )
    for name, unit, figures in (
        ("Planned themes", "theme-hour", found["planned_themes"]),
        ("All tickets", "hour", found["all_tickets"]),
    ):
        if figures is not None and figures["plan"] is not None:
            say(
                f"{name}: {figures['actual']:,} tickets where {figures['plan']:,.0f} were expected ({_error(figures)}); "
                f"{counted(figures['hours_above'], unit)} above the envelope, {figures['hours_below']:,} below."
            )
    print_table("Themes", found["themes"], {
        "#theme": lambda row: str(row["theme_id"]),
        "name": lambda row: row["name"],
        "#plan": lambda row: "" if row["plan"] is None else f"{row['plan']:,.0f}",
        "#actual": lambda row: f"{row['actual']:,}",
        "error": _error,
        "#above": lambda row: f"{row['hours_above']} h" if row["plan"] is not None else "",
        "#below": lambda row: f"{row['hours_below']} h" if row["plan"] is not None else "",
        "#lift": lambda row: "" if row["lift_seen"] is None else f"x{row['lift_seen']:g}",
        "#own": lambda row: "" if row["own_lift"] is None else f"x{row['own_lift']:g}",
    }, "No theme was planned for, and none has been reviewed.")  # fmt: skip
    print_table("Past ones of the kind", found["past"], {
        "id": lambda row: row["id"],
        "start": lambda row: day_and_time(row["start"]),
        "error": lambda row: "" if row["planned_themes"] is None else _error(row["planned_themes"]),
        "#lift of planned": lambda row: "" if row["lift_planned_themes"] is None else f"x{row['lift_planned_themes']:g}",
        "#of all": lambda row: "" if row["lift_all_tickets"] is None else f"x{row['lift_all_tickets']:g}",
    }, "No past launch of the kind has been reviewed.")  # fmt: skip


def _error(figures: Mapping[str, Any]) -> str:
    from models.formats import plan_error

    if figures["error"] is None:
        return ""
    return plan_error(figures["actual"], figures["plan"], within=figures["within_range"])


def _years(text: str | None, this_year: int) -> range:
    from groundswell.errors import UsageError

    first, _, last = (text or f"{this_year}-{this_year + 1}").partition("-")
    try:
        found = range(int(first), int(last or first) + 1)
    except ValueError:
        found = range(0)
    if not found or len(found) > 50:
        raise UsageError(f"received --years {text!r}; valid is a year, or two as in 2026-2028, at most 50 years")
    return found


def _drafts(rows: Sequence[PlannedRow], kind: LaunchKind, time: datetime | None, source: str | None) -> list[Draft]:
    """Make drafts of a file's launches; `kind`, `time` and `source` are those of launches that do not say."""
    from groundswell.planning import Draft

    return [
        Draft(
            "launch", row.launch_id, row.data if "kind" in row.data or _is_like(row.data) else {"kind": kind.value, **row.data},
            row.time or time, source or row.source, row.where,
        )
        for row in rows
    ]  # fmt: skip


def _is_like(data: dict[str, Any]) -> bool:
    return any(isinstance(line, dict) and line.get("like") for line in data.get("expected") or ())


def _write(session: Session, drafts: Sequence[Draft], *, json: bool) -> None:
    from groundswell.planning import LateEmbedder, write_plans
    from groundswell.session import now
    from groundswell.table import print_json
    from stream.processing import Processor

    embedder = LateEmbedder(lambda: _model(session))
    # Plans name no requester, so there is nothing to hash.
    processor = Processor(embedder, b"", now, session.settings.embedding.macros)
    written = write_plans(session.engine, processor, drafts, now())
    if json:
        print_json([one.as_json() for one in written])
        return
    for one in written:
        say(_sentence(one))
        for warning in _warnings(session, one, embedder):
            say(warning)


def _warnings(session: Session, one: Written, embedder: LateEmbedder) -> list[str]:
    """Say where a plan can no longer take effect, in event time, and which lines the model cannot read."""
    from pipelines.launches.plan_preview import effect_warnings
    from pipelines.launches.planning import read_plan
    from pipelines.launches.unread_lines import unread_lines
    from store.database import reading
    from store.epochs import read_mined_until
    from store.plans import newest_revision

    if one.kind != "launch" or one.data.get("cancelled"):
        return []
    with reading(session.engine) as connection:
        known = newest_revision(connection, "launch", one.subject, None)
        since = None if known is None else known.time
        plan = read_plan(one.data)
        found = effect_warnings(plan, read_mined_until(connection), since)
    if any(line.about for line in plan.expected):
        found += unread_lines(plan, embedder.languages_read())
    return found


def _sentence(one: Written) -> str:
    if one.data.get("cancelled"):
        return f"The {one.kind} {one.subject} is cancelled."
    when = {
        "added": "is on record; the next epoch that is mined uses it.",
        "revised": "is revised; the next epoch that is mined uses it.",
        "unchanged": "is on record as given; nothing was written.",
    }[one.state]
    return f"The {one.kind} {one.subject} {when}"


def _model(session: Session) -> Embedder:
    """The embedder, if it is the one that the database was mined with: example texts can only be compared in that."""
    from groundswell.errors import GroundswellError
    from groundswell.session import make_embedder
    from store.database import reading
    from store.epochs import read_miner

    embedder = make_embedder(session.settings)
    with reading(session.engine) as connection:
        mined = read_miner(connection).state.get("model")
    if mined not in (None, embedder.name):
        raise GroundswellError(
            f"received the embedding model {embedder.name}, but this database was mined with {mined}, and an example text can "
            "only be compared in that; set embedding.model back, or name themes"
        )
    return embedder


def _lines(
    themes: Sequence[str], abouts: Sequence[str], everything: float | None, like: str | None
) -> list[dict[str, Any]] | None:
    lines: list[dict[str, Any]] = []
    for text in themes:
        name, lift = _pair("--theme", text, "ID=LIFT, as in 12=4")
        lines.append({"theme": name, "lift": lift})
    for text in abouts:
        name, lift = _pair("--about", text, "TEXT=LIFT, as in 'coins are missing=4'")
        lines.append({"about": name, "lift": lift})
    if everything is not None:
        lines.append({"all": True, "lift": everything})
    if like is not None:
        name, lift = _pair("--like", like, "ID or ID=FACTOR") if "=" in like else (like, 1.0)
        lines.append({"like": name, "lift": lift})
    return lines or None


def _pair(option: str, text: str, valid: str) -> tuple[str, float]:
    from groundswell.errors import UsageError

    name, _, lift = text.rpartition("=")
    try:
        if name.strip():
            return name.strip(), float(lift)
    except ValueError:
        pass
    raise UsageError(f"received {option} {text!r}; valid is {valid}")


def _scope(given: list[str] | None) -> dict[str, str] | None:
    from groundswell.errors import UsageError
    from stream.calendars.planned_row import parse_scope

    if given is None:
        return None
    try:
        return parse_scope(";".join(given))
    except ValueError as error:
        raise UsageError(str(error)) from error


def _time(session: Session, option: str, text: str | None) -> datetime | None:
    from zoneinfo import ZoneInfo

    from groundswell.errors import UsageError
    from stream.calendars.planned_row import when

    if text is None:
        return None
    try:
        return when(text, ZoneInfo(session.settings.mining.spikes.timezone))
    except ValueError as error:
        raise UsageError(
            f"received {option} {text!r}; valid is a time such as 2026-11-27T08:00:00Z, or a day"
        ) from error


def _instant(session: Session, option: str, text: str | None) -> str | None:
    found = _time(session, option, text)
    return None if found is None else found.isoformat()
