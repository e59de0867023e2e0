"""`groundswell spikes explain`: why the miner signalled, or why it did not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from pipelines.past.explain import PastExplanation


def explain(
    spike: Annotated[
        int | None,
        typer.Argument(
            metavar="[ID]", min=1, max=LARGEST, help="Number of a spike: why it opened.", show_default=False
        ),
    ] = None,
    theme: Annotated[
        int | None,
        typer.Option("--theme", metavar="T", min=0, help="Number of a theme; 0 is all tickets.", show_default=False),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="Time to look at, such as 2026-11-20T14:05Z. Default: the last mined epoch."
        ),
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option("--segment", metavar="NAME=VALUE,...", help="Part of the tickets, such as region=US."),
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Explain why a theme signalled at a time, or why it did not: what was counted, expected, tested and needed."""
    from groundswell.errors import UsageError
    from groundswell.session import open_session
    from groundswell.table import print_json
    from pipelines.past.explain import SegmentUnreadable, SegmentUnwatched, ask, ask_of_spike, segment_of
    from store.database import reading

    if (spike is None) == (theme is None):
        raise UsageError("pass the number of a spike, or --theme with --at, and not both")
    if spike is not None and (at is not None or segment is not None):
        raise UsageError("a spike has its own time and segment; pass --at and --segment with --theme")
    time = None if at is None else time_of(at)
    session = open_session(database)
    with reading(session.engine) as connection:
        try:
            if spike is not None:
                answer = ask_of_spike(connection, session.settings.mining, spike)
            else:
                answer = ask(connection, session.settings.mining, theme or 0, time, segment_of(segment))
        except (SegmentUnreadable, SegmentUnwatched) as error:
            raise UsageError(str(error)) from error
    if json:
        print_json([answer.as_json()])
    else:
        _show(answer)


def time_of(text: str) -> datetime:
    """A time as people write it, in UTC unless it says otherwise."""
    from groundswell.errors import UsageError

    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"received the time {text!r}; valid is a form such as 2026-11-20T14:05Z") from error


def _show(answer: PastExplanation) -> None:
    from groundswell.table import day_and_time, print_table
    from models.formats import amount
    from models.spikes.explain.sentences import chance

    written = answer.as_json()
    say(f"{answer.theme_name}\n")
    say(f"{answer.verdict.sentence}\n")
    for sentence in answer.sentences:
        say(f"  {sentence}")
    if not written["windows"]:
        return
    say("")

    def band(row: Mapping[str, Any]) -> str:
        return f"{row['low']:.0f} to {row['high']:.0f}"

    print_table("Windows", written["windows"], {
        "since": lambda row: day_and_time(row["start"]),
        "#minutes": lambda row: f"{row['minutes']:,}",
        "#observed": lambda row: f"{row['observed']:,}",
        "#expected": lambda row: amount(row["expected"]),
        "95 % of the time": band,
        "#p": lambda row: "" if row["p_value"] == 1 else chance(row["p_value"]),
    }, "")  # fmt: skip
