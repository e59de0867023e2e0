"""The page of benchmark results, generated from `bench/results/*.json`: no figure on it is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[3] / "bench" / "results"

COMMANDS = {
    "causes": ("Causes of an excess", "python -m bench.causes.b5 --variants"),
    "causes_overdispersed": ("Causes where the mix is over-dispersed", "python -m bench.causes.overdispersed"),
    "causes_silence": ("Causes of missing volume", "python -m bench.causes.missing"),
    "cells": ("Sums of handling by day, at three sizes", "python -m bench.metrics.cells"),
    "chaos": ("Worker, miner and broker failures", "python bench/chaos/run.py"),
    "comparison": ("Comparisons on the same case mix, and changes", "python -m bench.metrics.comparison"),
    "console": ("The console on a million tickets, SQLite", "python -m bench.console.run --only sqlite"),
    "digest": ("Digests at three sizes", "python -m bench.digest"),
    "export": ("Export of views, SQLite", "python -m bench.export"),
    "ingest_reading": ("Reading of exports", "python -m bench.ingest.reading"),
    "labels": ("A simulated labelling study", "python -m bench.labels.run --runs 40"),
    "languages": ("Tickets in other languages", "python -m bench.languages.run"),
    "pages": ("Pages of figures at three sizes, SQLite", "python -m bench.metrics.pages"),
    "receive": ("Webhooks at 200 a second, over two kills", "python -m bench.receive.run"),
    "retention": ("Retention of 10,000 to 160,000 tickets", "python -m bench.retention"),
    "redaction": ("Redaction: recall and precision", "python -m bench.redaction.score"),
    "redaction_hostile": ("Redaction: texts made to be slow", "python -m bench.redaction.hostile"),
    "redaction_ids": ("Redaction of numeric ids", "python -m bench.redaction.ids"),
    "redaction_speed": ("Redaction: speed", "python -m bench.redaction.speed"),
    "replay": ("Replays of 28 days", "python -m bench.replay"),
    "replay_profile": ("Processor time of a replay by stage", "python -m bench.replay --replays 1 --days 7 --profile"),
    "same_answer": ("Kafka against the embedded run", "python bench/chaos/same_answer.py"),
    "scaling": ("Growth with the size of an epoch", "python -m bench.scaling"),
    "spikes_b1": ("Daily series with outbreaks", "python -m bench.spikes.b1"),
    "spikes_b3": ("Weekly series with outbreaks", "python -m bench.spikes.b3"),
    "spikes_lead": ("Delay in sets of daily series", "python -m bench.spikes.lead"),
    "spikes_calibration": ("Weekly series that no regression fits", "python -m bench.spikes.calibration"),
    "spikes_b4": ("Incidents, live detection", "python -m bench.spikes.b4"),
    "spikes_launches": ("Launch days and holidays", "python -m bench.spikes.launches"),
    "spikes_launch_power": ("Power of the test of a plan", "python -m bench.spikes.launch_power"),
    "spikes_meant": ("Plans for a subset of a theme", "python -m bench.spikes.meant"),
    "spikes_pooled": ("Small themes, alone and in families", "python -m bench.spikes.pooled"),
    "spikes_scenarios": ("Scenarios: lines expected and given", "python -m bench.spikes.scenarios.run --step 6"),
    "spikes_size": ("Detection at 1,000 to 100,000 series", "python -m bench.spikes.size"),
    "themes_epoch": ("One epoch of 10,000 new tickets", "python -m bench.themes.epoch"),
    "themes_forms": ("Tickets as plain text and as HTML", "python -m bench.themes.forms"),
    "themes_grain": ("Themes found for each intent", "python -m bench.themes.grain"),
    "themes_grain_held_out": (
        "Themes found for each intent, held-out corpora",
        "python -m bench.themes.grain --held-out",
    ),
    "themes_labels": ("Grouping with labels", "python -m bench.themes.labels"),
    "themes_names": ("Names of themes", "python -m bench.themes.names"),
    "themes_births": ("Five problems born on one day", "python -m bench.themes.births"),
    "themes_offline": ("Grouping a whole corpus", "python -m bench.themes.offline"),
    "themes_parting": ("Splitting a theme when part of it rises", "python -m bench.themes.splitting"),
    "themes_stream": ("Themes on a stream", "python -m bench.themes.stream"),
    "throughput": ("Throughput", "python -m bench.throughput --kafka"),
}
"""Title and command of each result, by the name of its file."""

WIDEST = 7
"""Columns that fit the page; a table with more figures is shown with one column for each record instead."""

Record = Mapping[str, Any]


def result_tables() -> str:
    """Show each stored result as Markdown: the command that measures it, then its figures."""
    return "\n\n".join(part for name, (title, command) in COMMANDS.items() for part in _section(name, title, command))


def _section(name: str, title: str, command: str) -> Iterator[str]:
    found = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    machine = f"Python {found.pop('python', 'unknown')}, {found.pop('cpu', 'unknown')}"
    yield f"## {title}"
    yield f"`{command}` writes `bench/results/{name}.json` ({machine})."
    single = {key: value for key, value in found.items() if not _nested(value)}
    if single:
        yield "| figure | value |\n| --- | --- |\n" + "\n".join(f"| {key} | {_shown(single[key])} |" for key in single)
    alike: dict[tuple[str, ...], dict[str, Record]] = {}
    for key, value in found.items():
        if not _nested(value):
            continue
        records = _records(value)
        if records is None:
            record = _flat(value)
            alike.setdefault(tuple(record), {})[key] = record
        else:
            yield f"**{key}**"
            yield _table(records)
    for group in alike.values():
        yield _table(group)


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _records(value: Any) -> dict[str, Record] | None:
    """Records inside a value, by their names; None if the value is a record itself."""
    if isinstance(value, list):
        return {str(one.get("kind", number)): _flat(one) for number, one in enumerate(value, 1)}
    if value and all(isinstance(one, dict) for one in value.values()):
        return {name: _flat(one) for name, one in value.items()}
    return None


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Figures of a record and of those inside it; lists of records, such as those of single seeds, are left out."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key} "))
        elif not _nested(value):
            flat[prefix + key] = value
    return flat


def _table(records: Mapping[str, Record]) -> str:
    keys = list(dict.fromkeys(key for record in records.values() for key in record))
    if len(keys) <= WIDEST:
        return _markdown(
            ["", *keys], [[name, *(record.get(key, "") for key in keys)] for name, record in records.items()]
        )
    return _markdown(["", *records], [[key, *(record.get(key, "") for record in records.values())] for key in keys])


def _markdown(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(map(_shown, row)) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value).replace("|", "\\|").replace("_", "\\_")
