"""The figures that README shows, read from the stored results.

`python -m bench.figures` prints the table, `--write` puts it into README.

A test compares README with this table, so that no figure there is typed by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.result import saved

README = Path(__file__).parents[1] / "README.md"
START, END = "<!-- figures: python -m bench.figures --write -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured, the stored result, how its figures are shown, and the command that measures it again."""

    what: str
    result: str
    show: Callable[[Mapping[str, Any]], str]
    command: str


def _replay_themes(found: Mapping[str, Any]) -> str:
    one, two = found["themes"]
    return f"B³-F1 {one['B3_F1']:.2f} and {two['B3_F1']:.2f}, AMI {one['AMI']:.2f} and {two['AMI']:.2f}"


def _surges(found: Mapping[str, Any]) -> str:
    surge = next(one for one in found["incidents"] if one["kind"] == "surge")
    within = round(surge["recall_2h"] * surge["n"])
    return (
        f"{within} of {surge['n']}, median delay {surge['median_delay_min']:g} minutes; "
        f"{surge['segment'].replace('/', ' of ')} and {surge['change'].replace('/', ' of ')}"
    )


def _launches(found: Mapping[str, Any]) -> str:
    launch = next(one for one in found["incidents"] if one["kind"] == "launch_excess")
    return f"{round(launch['recall'] * launch['n'])} of {launch['n']}; {found['signals']['false_per_day']:.1f} a day"


def _stream(found: Mapping[str, Any]) -> str:
    plain = found["plain"]["groundswell"]
    return f"B³-F1 {plain['end']['b3_f1']:.2f}, AMI {plain['end']['ami']:.2f}; {plain['recall']:.2f}"


def _incidents(found: Mapping[str, Any]) -> str:
    by_day = found["detector 1/h x5 by day"]
    return f"{by_day['found_6h']:.3f}; {by_day['false_a_series_week']:.2f}"


def _causes(found: Mapping[str, Any]) -> str:
    return f"F1 {found['200 tickets, 1 cause, scan']['f1']:.2f}, {found['200 tickets, 2 causes, scan']['f1']:.2f}"


def _same(found: Mapping[str, Any]) -> str:
    return "the same listings" if all(found[f"{n} workers: same listings"] for n in (1, 3)) else "different listings"


def _chaos(result: dict[str, Any]) -> str:
    runs = result["runs"].values()
    return f"the same rows in {sum(one['same answer as embedded'] for one in runs)} of {len(runs)}"


def _redaction(found: Mapping[str, Any]) -> str:
    presidio = [
        row["presidio_recall"] for name, rows in found.items() if name.startswith("seed ") and isinstance(rows, dict)
        for row in rows.values() if isinstance(row["presidio_recall"], float)
    ]  # fmt: skip
    return (
        f"recall at least {found['lowest_recall']:.3f}, precision at least {found['lowest_precision']:.3f}; "
        f"recall of Presidio's recognizers {min(presidio):.2f} to {max(presidio):.2f}"
    )


def _redaction_speed(found: Mapping[str, Any]) -> str:
    return f"{found['demo: tickets_a_second']:,.0f}; {found['demo: times_presidio']:,.0f} times as many"


def _redaction_hostile(found: Mapping[str, Any]) -> str:
    named = ("digits", "spaces", "at signs", "ampersands")
    seconds = max(found[name][f"seconds_at_{found['characters']}"] for name in named)
    return f"{seconds:.2f} s; {found['slowest_seconds']:.1f} s of {found['texts']}, growth at most {found['steepest_growth']:.1f}"


def _reading(found: Mapping[str, Any]) -> str:
    return f"{found['reading_as_admitted_events_rows_per_second']:,.0f}; {found['reading_rows_per_second']:,.0f}"


FIGURES = (
    Figure("themes against the labels of two replays", "replay", _replay_themes, "python -m bench.replay"),
    Figure(
        "surges alerted within two hours, under a theme in which their tickets are the majority; "
        "segment and change named correctly",
        "replay", _surges, "python -m bench.replay",
    ),
    Figure(
        "launches whose excess over the plan was alerted; signals that match no incident",
        "replay", _launches, "python -m bench.replay",
    ),
    Figure(
        "themes on a stream of 57 known and 20 new problems, five seeds: at the end; new problems found",
        "themes_stream", _stream, "python -m bench.themes.stream",
    ),
    Figure(
        "incidents of five times the usual volume at one ticket an hour, by day: found within six hours; "
        "false alarms per series and week",
        "spikes_b4", _incidents, "python -m bench.spikes.b4",
    ),
    Figure(
        "causes of an excess of 200 tickets, exact sets: one cause, two causes",
        "causes", _causes, "python -m bench.causes.b5",
    ),
    Figure(
        "whole pipeline against embedding alone, 1,000 tickets per epoch",
        "throughput", lambda found: f"{found['pipeline_to_embedding']:.0%}", "python -m bench.throughput",
    ),
    Figure(
        "Kafka to PostgreSQL with one worker, against the embedded pipeline",
        "throughput", lambda found: f"{found['1 worker: to the embedded pipeline']:.0%}", "python -m bench.throughput --kafka",
    ),
    Figure(
        "redaction of made-up texts in twelve languages, each of 17 classes, three seeds not used in development",
        "redaction", _redaction, "python -m bench.redaction.score",
    ),
    Figure(
        "tickets of the demo redacted a second on one core; against Presidio's recognizers",
        "redaction_speed", _redaction_speed, "python -m bench.redaction.speed",
    ),
    Figure(
        "a megabyte of digits, spaces, `@` or `&` redacted; the slowest of all texts made to be slow (1 is linear)",
        "redaction_hostile", _redaction_hostile, "python -m bench.redaction.hostile",
    ),
    Figure(
        "rows of a CSV export read, redacted and admitted a second on one core; read alone",
        "ingest_reading", _reading, "python -m bench.ingest.reading",
    ),
    Figure(
        "embedding against `SentenceTransformer.encode` with its defaults",
        "throughput", lambda found: f"{found['embedding_to_encode_defaults']:.1f} times as fast", "python -m bench.throughput",
    ),
    Figure(
        "Kafka with 1 and with 3 workers against the embedded run, a whole replay",
        "same_answer", _same, "python bench/chaos/same_answer.py",
    ),
    Figure(
        "Kafka with kills, restarts, an outage and failing commits against the embedded run, generated streams of several sizes",
        "chaos", _chaos, "python bench/chaos/run.py",
    ),
)  # fmt: skip


def figures_table() -> str:
    """Return the table as Markdown; a missing result is a `KeyError` that names what is missing from it."""
    rows = [f"| {one.what} | {one.show(saved(one.result))} | `{one.command}` |" for one in FIGURES]
    return "| what | figure | measured by |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"


def main() -> None:
    """Print the table, or write it into README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    if not parser.parse_args().write:
        print(figures_table(), end="")
        return
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(START, 1)
    README.write_text(f"{before}{START}\n{figures_table()}{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
