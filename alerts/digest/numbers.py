"""The numbers of a digest as CSV, to attach to it: one line for each theme, item and line of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.digest.csv_text import csv_text

COLUMNS = (
    "section", "id", "name", "observed", "expected", "low", "high", "previous", "customers", "escalated_share",
    "breaches", "since", "until", "labels", "trend", "owner", "next_step",
)  # fmt: skip


def render_numbers(facts: Mapping[str, Any]) -> str:
    """Write the facts of a digest as CSV (RFC 4180, with a header): numbers without a separator of thousands, times in RFC 3339.

    A text that a spreadsheet would read as a formula begins with an apostrophe.
    """
    return csv_text(COLUMNS, _rows(facts), decimals=0)


def _rows(facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {
        "section": "total", "name": facts["audience"], "observed": facts["tickets"], "expected": facts["expected"],
        "since": facts["start"], "until": facts["end"],
    }  # fmt: skip
    yield {"section": "all tickets", "observed": facts["all_tickets"], "expected": facts["all_expected"]}
    for item in facts["items"]:
        step = item["next_step"]
        same = {name: item[name] for name in COLUMNS if name in item and name not in ("labels", "next_step")}
        yield {
            **same, "section": "item", "id": item["theme_id"], "labels": ", ".join(item["labels"]),
            "next_step": None if step is None else step["sentence"],
        }  # fmt: skip
        for signal in item["signals"]:
            yield {
                "section": "spike", "id": signal["spike_id"], "name": item["name"], "observed": signal["observed"],
                "expected": signal["expected"], "since": signal["start"], "until": signal["end"],
            }  # fmt: skip
    for launch in facts["launches"]:
        for line in launch["lines"]:
            yield {
                "section": f"plan of {launch['title']}", "id": line["theme_id"], "name": line["name"],
                "observed": line["actual"], "expected": line["planned"], "low": line["low"], "high": line["high"],
                "labels": line["verdict"],
            }  # fmt: skip
    for section in ("further", "elsewhere", "silent", "known", "quiet"):
        for theme in facts[section]:
            yield {
                "section": section, "id": theme["theme_id"], "name": theme["name"], "observed": theme["observed"],
                "expected": theme["expected"],
            }  # fmt: skip
