"""`groundswell feedback`: what readers said of alerts and digests, and the precision that follows."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

app = typer.Typer(no_args_is_help=True, help="Feedback: what readers said of alerts and digests.")


@app.command("add")
def add(
    subject: Annotated[str, typer.Argument(metavar="ALERT", help="Number of an alert, such as 7.")],
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="useful, not_useful or wrong_team.")],
    audience: Annotated[
        str | None, typer.Option("--audience", metavar="NAME", help="Who received it; default: the alert's audience.")
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Note whether an alert was useful; a later verdict of the same audience replaces it."""
    from groundswell.errors import UsageError
    from groundswell.feedback import item_of
    from groundswell.session import actor, now, open_session, ownership_of
    from groundswell.table import print_json
    from models.feedback import FeedbackVerdict, FeedbackVote
    from store.audit import record
    from store.feedback import record_vote, vote_as_json

    valid = [one.value for one in FeedbackVerdict]
    if verdict not in valid:
        raise UsageError(f"received the verdict {verdict!r}; valid are {', '.join(valid)}")
    session = open_session(database)
    names = [one.name for one in ownership_of(session.settings).audiences]
    with session.engine.begin() as connection:
        item, at = item_of(connection, subject, audience, names), now()
        vote = FeedbackVote(
            subject=item.subject, audience=item.audience, verdict=FeedbackVerdict(verdict), rule=item.rule,
            theme_id=item.theme_id, at=at,
        )  # fmt: skip
        record_vote(connection, vote, token=item.token)
        detail = {"verdict": verdict, "audience": item.audience}
        record(connection, at=at, actor=actor(), action="feedback", subject=item.subject, detail=detail)
    if json:
        print_json([vote_as_json(vote)])
        return
    say(f"Noted: {item.subject} was {verdict.replace('_', ' ')} for {item.audience}.")


@app.command("list")
def list_(json: Json = False, database: Database = None) -> None:
    """List the verdicts."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.database import reading
    from store.feedback import read_votes, vote_as_json

    with reading(open_session(database).engine) as connection:
        rows = [vote_as_json(one) for one in read_votes(connection)]
    if json:
        print_json(rows)
        return
    print_table("Feedback", rows, {
        "at": lambda row: day_and_time(row["at"]),
        "about": lambda row: row["subject"],
        "rule": lambda row: row["rule"].replace("_", " "),
        "audience": lambda row: row["audience"],
        "verdict": lambda row: row["verdict"].replace("_", " "),
    }, "No feedback yet.")  # fmt: skip


@app.command("report")
def report(json: Json = False, database: Database = None) -> None:
    """Show the precision of alerts and digest items by rule, audience and week."""
    from dataclasses import asdict

    from groundswell.session import open_session
    from groundswell.table import print_json, print_table
    from models.feedback import precision_of
    from store.database import reading
    from store.feedback import read_votes

    with reading(open_session(database).engine) as connection:
        rows = [asdict(one) for one in precision_of(read_votes(connection))]
    if json:
        print_json(rows)
        return
    print_table("Precision by rule, audience and week", rows, {
        "rule": lambda row: row["rule"].replace("_", " "),
        "audience": lambda row: row["audience"],
        "week of": lambda row: row["week"],
        "#useful": lambda row: str(row["useful"]),
        "#not useful": lambda row: str(row["not_useful"]),
        "#wrong team": lambda row: str(row["wrong_team"]),
        "#precision": lambda row: f"{row['precision']:.0%}",
        "95 %": lambda row: f"{row['low']:.0%} to {row['high']:.0%}",
    }, "No feedback yet.")  # fmt: skip
