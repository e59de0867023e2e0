"""`groundswell topics`: the topics on Kafka."""

from __future__ import annotations

import typer

from groundswell.commands.options import Json

app = typer.Typer(no_args_is_help=True, help="The topics on Kafka.")


@app.callback()
def _topics() -> None:
    """The topics on Kafka."""


@app.command("create")
def create(json: Json = False) -> None:
    """Make the topics that are missing, and say what differs of those that are there; running it again changes nothing.

    The topic of dead letters is compacted if it is not, so that erasures reach it.
    """
    from groundswell.settings import Settings
    from groundswell.table import print_json, print_table
    from stream.kafka.topics import create_topics

    found = create_topics(Settings().stream)
    rows = [
        {
            "topic": one.topic.name, "partitions": one.topic.partitions, "created": one.created,
            "altered": list(one.altered), "differences": list(one.differences),
        }
        for one in found
    ]  # fmt: skip
    if json:
        print_json(rows)
        return
    print_table("Topics", rows, {
        "topic": lambda row: row["topic"],
        "": lambda row: "made" if row["created"] else f"changed: {', '.join(row['altered'])}" if row["altered"] else "was there",
        "what differs from the settings": lambda row: "; ".join(row["differences"]) or "nothing",
    }, "No topics.")  # fmt: skip
