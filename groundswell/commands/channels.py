"""`groundswell channels`: how notifications reach people, and whether they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from alerts.channel_status import ChannelStatus
    from groundswell.session import Session

app = typer.Typer(no_args_is_help=True, help="Channels: how notifications reach people, and whether they do.")

ChannelArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the channel: `file`, or that of a table of [channels].")
]


@app.command("test")
def send_test(name: ChannelArgument, json: Json = False) -> None:
    """Send one message that is marked as a test, and say what the receiver answered. The exit code is 1 where it was not taken."""
    from datetime import timedelta

    from alerts.channels.trial import try_channel
    from groundswell.errors import UsageError
    from groundswell.sending import channels_of
    from groundswell.session import now
    from groundswell.settings import Settings
    from groundswell.table import print_json
    from models.redaction import quoted

    settings = Settings()
    channels = channels_of(settings, now)
    if name not in channels:
        raise UsageError(
            f"received the channel {quoted(name)}; valid are {', '.join(channels)}, see [channels] in groundswell.toml"
        )
    result = try_channel(channels[name], now(), timedelta(minutes=1))
    if json:
        print_json([result.as_json()])
    elif result.problem is None:
        answer = ", ".join(f"{key} {value}" for key, value in result.answer.items())
        say(f"The channel {name} took the test message{f': {answer}' if answer else ''}.")
    else:
        say(f"groundswell: the channel {name} did not take the test message: {result.problem}", err=True)
    if result.problem is not None:
        raise typer.Exit(1)


@app.command("send")
def send(json: Json = False, database: Database = None) -> None:
    """Send what is due now, and say what became of it. Workers, miners and receivers do so all the time; this is for a cron job."""
    from groundswell.sending import channels_of, send_due, without_retry_log
    from groundswell.session import now, open_session, ownership_of
    from groundswell.table import print_json

    session = open_session(database)
    settings = session.settings
    with without_retry_log():
        done = send_due(session.engine, channels_of(settings, now), ownership_of(settings), settings, now)
    if json:
        print_json(
            [{"sent": done.sent, "retried": done.retried, "failed": done.failed, "problems": list(done.problems)}]
        )
    else:
        say(f"{done.sent:,} sent, {done.retried:,} to be tried again, {done.failed:,} given up.")
        for problem in done.problems:
            say(problem, err=True)
    if done.failed:
        raise typer.Exit(1)


@app.command("status")
def status(json: Json = False, database: Database = None) -> None:
    """Show of each channel when it took a message last, what waits for it, and what was given up and why."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table

    rows = [one.as_json() for one in _statuses(open_session(database))]
    if json:
        print_json(rows)
        return
    print_table("Channels", rows, {
        "channel": lambda row: row["channel"],
        "kind": lambda row: row["kind"],
        "last success": lambda row: day_and_time(row["last_success_at"]),
        "last failure": lambda row: day_and_time(row["last_failure_at"]),
        "#failures in a row": lambda row: str(row["failures"]),
        "paused until": lambda row: day_and_time(max(filter(None, (row["paused_until"], row["held_until"])), default=None)),
        "#waiting": lambda row: str(row["waiting"]),
        "oldest": lambda row: row["oldest_waiting"] or "",
        "#dead": lambda row: str(row["dead"]),
        "problem": lambda row: row["problem"] or "",
    }, "No channel is set up.")  # fmt: skip
    for row in rows:
        for dead in row["dead_rows"]:
            say(f"Given up for {row['channel']}: {dead['key']}: {dead['problem'] or 'no reason was noted'}")


@app.command("retry")
def retry(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Only what was given up for this channel. Default: for all channels."),
    ] = None,
    database: Database = None,
) -> None:
    """Let what was given up be sent again, to the channels that have not taken it. What was followed by something newer is not."""
    from groundswell.errors import UsageError
    from groundswell.session import open_session
    from models.formats import counted
    from models.redaction import quoted
    from store.outbox import revive

    session = open_session(database)
    statuses = {one.state.name: one for one in _statuses(session)}
    if name is not None and name not in statuses:
        raise UsageError(f"received the channel {quoted(name)}; valid are {', '.join(statuses)}")
    chosen = statuses.values() if name is None else [statuses[name]]
    dead = {row.row_id: row for one in chosen for row in one.dead}
    with session.engine.begin() as connection:
        revived = revive(connection, [row.row_id for row in dead.values() if not row.empty])
    say(f"{counted(revived, 'notification')} will be sent again by the next process that sends.")
    if left := sum(row.empty for row in dead.values()):
        say(f"{counted(left, 'notification')} cannot be: their content is no longer kept.", err=True)


def _statuses(session: Session) -> list[ChannelStatus]:
    from alerts.channel_status import channel_statuses
    from groundswell.session import ownership_of
    from store.database import reading

    settings = session.settings
    kinds = {"file": "file"} | {name: one.kind for name, one in settings.channels.items()}
    ownership = ownership_of(settings)
    with reading(session.engine) as connection:
        return channel_statuses(connection, kinds, ownership)
