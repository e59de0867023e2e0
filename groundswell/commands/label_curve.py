"""`groundswell labels curve`: what the labels of the database teach."""

from __future__ import annotations

from groundswell.commands.options import Database, Json
from groundswell.terminal import say


def curve(json: Json = False, database: Database = None) -> None:
    """Show how well texts of one theme are found, by the number of labels that a label map is learned from."""
    from dataclasses import asdict

    from groundswell.session import open_session
    from groundswell.table import print_json, print_table
    from pipelines.learning import curve_of_labels

    points = curve_of_labels(open_session(database).engine)
    if json:
        print_json([asdict(one) for one in points])
        return
    print_table("What labels teach: tickets whose nearest other one has the same theme", [asdict(one) for one in points], {
        "#labels": lambda row: f"{row['labels']:,.0f}",
        "#found": lambda row: f"{row['value']:.1%}",
        "95 % interval": lambda row: f"{row['low']:.1%} to {row['high']:.1%}",
        "#gain": lambda row: f"{100 * row['gain']:+.1f}",
        "95 % interval of it": lambda row: f"{100 * row['gain_low']:+.1f} to {100 * row['gain_high']:+.1f} points",
    }, "There are too few labels: at least two themes need four labelled tickets each.")  # fmt: skip
    if points:
        say(f"{points[0].texts:,} labelled tickets, each judged by maps that were learned without its label.")
