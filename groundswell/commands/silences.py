"""`groundswell silences`: what nobody is to be notified of, for a time or by a standing rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import plain_option, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from groundswell.session import Session
    from models.silence import Silence
    from pipelines.silencing import SilenceDraft, SilencingRules

app = typer.Typer(
    no_args_is_help=True,
    help="Silences and mute rules: what nobody is to be notified of, for a time or by a standing rule.",
)

SilenceId = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Number of the silence.")]


@app.command("add")
def add(
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why, for the reminder, the report and the audit log.")
    ],
    theme: Annotated[
        list[str] | None,
        typer.Option(
            "--theme",
            metavar="ID|PATTERN",
            help="A theme, or a pattern of names such as '*refund*'; may be repeated: one suffices.",
        ),
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option("--segment", metavar="NAME=VALUE,...", help="Signals in this segment, or in a part of it."),
    ] = None,
    like: Annotated[
        str | None, typer.Option("--like", metavar="TEXT", help="Themes that a ticket with this text would belong to.")
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option(
            "--audience", metavar="NAME", help="Withhold it from this audience alone. Default: from everyone."
        ),
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="LENGTH", help="How long, such as 4h, 90m or 1d12h.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="When it ends, such as 2026-11-20T18:00Z.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="TIME", help="When it begins, in event time. Default: now.")
    ] = None,
    mute: Annotated[bool, typer.Option("--mute", help="A standing rule, without an end.")] = False,
    review: Annotated[
        str | None,
        typer.Option(
            "--review", metavar="TIME", help="When a mute rule is reviewed. Default: 30 days after its start."
        ),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option("--owner", metavar="NAME", help="Who is reminded: an audience, or a user name. Default: you."),
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Silence what all of the options match. It is withheld by event time, shown in listings, and reported when the silence ends."""
    from groundswell.commands.why import time_of
    from groundswell.session import actor, open_session
    from groundswell.table import print_json
    from pipelines.silencing import SilenceDraft, add_silence
    from store.epochs import read_mined_until

    draft = SilenceDraft(
        owner=plain_option("--owner", owner) or actor(), reason=reason, themes=tuple(theme or ()), segment=segment, like=like,
        audience=audience, start=None if start is None else time_of(start), until=None if until is None else time_of(until),
        lasts=None if for_ is None else _length(for_), mute=mute, review=None if review is None else time_of(review),
    )  # fmt: skip
    session = open_session(database)
    with _usage(), session.engine.begin() as connection:
        rules = _rules(session, connection, draft)
        made = add_silence(connection, draft, rules)
        mined = read_mined_until(connection)
    if json:
        print_json([made.as_json()])
        return
    say(f"{_noun(made).capitalize()} {made.silence_id} is {_lasts(made)}.")
    note = _note(made, mined)
    if note:
        say(note)


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """List the silences and mute rules that are in force or begin later, with how many signals each has hidden."""
    from groundswell.session import now, open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.database import reading
    from store.silence_listings import list_silences

    with reading(open_session(database).engine) as connection:
        rows = list_silences(connection, now(), ended=all_)
    if json:
        print_json(rows)
        return
    print_table("Silences", rows, {
        "#": lambda row: str(row["id"]),
        "kind": lambda row: row["kind"],
        "state": lambda row: row["state"],
        "what": lambda row: _what(row["matchers"]),
        "from": lambda row: day_and_time(row["starts_at"]),
        "until": lambda row: day_and_time(row["ends_at"]) or f"review {day_and_time(row['review_at'])}",
        "owner": lambda row: row["owner"],
        "reason": lambda row: row["reason"],
        "#hidden": lambda row: f"{row['hidden']:,}",
    }, "Nothing is silenced.")  # fmt: skip


@app.command("show")
def show(silence: SilenceId, json: Json = False, database: Database = None) -> None:
    """Show a silence with all signals that it has hidden."""
    from groundswell.session import now, open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.database import reading
    from store.silence_listings import describe_silence

    with reading(open_session(database).engine) as connection:
        found = describe_silence(connection, silence, now())
    if json:
        print_json([found])
        return
    say(
        f"{'Mute rule' if found['kind'] == 'mute' else 'Silence'} {silence} of {found['owner']}, {found['state']}: {found['reason']}"
    )
    say(f"  It covers {_what(found['matchers'])}.")
    if found["expired_by"]:
        say(f"  {found['expired_by']} ended it early.")
    print_table("Hidden", found["signals"], {
        "at": lambda row: day_and_time(row["at"]),
        "kind": lambda row: row["kind"].replace("_", " "),
        "#theme": lambda row: str(row["theme_id"]),
        "#spike": lambda row: str(row["spike_id"] or ""),
        "decided": lambda row: (row["gate"] or "sent to others").replace("_", " "),
        "reason": lambda row: row["reason"],
    }, "It has hidden nothing.")  # fmt: skip


@app.command("expire")
def expire(
    silence: SilenceId,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When it ends, in event time. Default: now.")
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """End a silence or a mute rule early. What it hid and what still lasts then is alerted, and its owner gets the report."""
    from groundswell.commands.why import time_of
    from groundswell.session import actor, now, open_session
    from groundswell.table import print_json
    from store.silences import end_silence

    time = now()
    ends_at = time if at is None else time_of(at)
    with open_session(database).engine.begin() as connection:
        ended = end_silence(connection, silence, ends_at=ends_at, actor=actor(), at=time)
    if json:
        print_json([ended.as_json()])
        return
    say(f"{_noun(ended).capitalize()} {silence} {_lasts(ended)}.")


def _rules(session: Session, connection: Connection, draft: SilenceDraft) -> SilencingRules:
    from groundswell.embedding import text_embedder
    from groundswell.session import now, ownership_of
    from pipelines.silencing import SilencingRules

    settings = session.settings
    embed = None if draft.like is None else text_embedder(settings, connection)
    return SilencingRules(mining=settings.mining, ownership=ownership_of(settings), now=now(), embed=embed)


def _length(text: str) -> Any:
    from groundswell.errors import UsageError
    from models.redaction import quoted
    from models.times import parse_length

    try:
        return parse_length(text)
    except ValueError as error:
        raise UsageError(f"received the length {quoted(text, 60)}; {error}") from error


def _usage() -> Any:
    """Report what cannot be silenced as wrong usage."""
    from contextlib import contextmanager

    from groundswell.errors import UsageError
    from pipelines.past.explain import SegmentUnreadable, SegmentUnwatched
    from pipelines.silencing import SilenceInvalid

    @contextmanager
    def reported() -> Any:
        try:
            yield
        except (SilenceInvalid, SegmentUnreadable, SegmentUnwatched) as error:
            raise UsageError(str(error)) from error

    return reported()


def _noun(silence: Silence) -> str:
    return "mute rule" if silence.kind.value == "mute" else "silence"


def _lasts(silence: Silence) -> str:
    from models.formats import utc_minute

    if silence.expired_by is not None and silence.ends_at is not None:
        return f"ends at {utc_minute(silence.ends_at)}"
    start = utc_minute(silence.starts_at)
    if silence.ends_at is not None:
        return f"in force from {start} to {utc_minute(silence.ends_at)}"
    review = "" if silence.review_at is None else f", to be reviewed at {utc_minute(silence.review_at)}"
    return f"in force from {start}{review}"


def _note(silence: Silence, mined: datetime | None) -> str:
    """Say where event time is, when the silence would not be noticed in what was mined last."""
    from models.formats import utc_minute

    if mined is None or abs((silence.starts_at - mined).total_seconds()) < 3600:
        return ""
    return f"Silences hold by event time, and tickets are mined until {utc_minute(mined)}."


def _what(matchers: Mapping[str, Any]) -> str:
    from groundswell.table import segment_text

    parts = []
    if matchers["themes"]:
        parts.append(f"themes {', '.join(str(one) for one in matchers['themes'])}")
    if matchers["segment"]:
        parts.append(segment_text(matchers["segment"]))
    if matchers["like"]:
        parts.append(f"like “{matchers['like']}”")
    if matchers["audience"]:
        parts.append(f"for {matchers['audience']} alone")
    return "; ".join(parts)
