"""The demo's closing report, for a person in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from groundswell.demo.comparison import Comparison, DemoSignal
from groundswell.table import day_and_time, segment_text
from models.alert import AlertKind
from models.formats import amount, multiple
from models.theme import ThemeState

MOST_THEMES = 12
MOST_SPIKES = 8
_KINDS = {
    "in_plan": "inside its plan",
    AlertKind.LAUNCH_EXCESS: "far above its plan",
    AlertKind.NEW_THEME: "wholly new",
    AlertKind.SPIKE: "unplanned rise",
}


def report(
    console: Console,
    themes: Sequence[Mapping[str, Any]],
    spikes: Sequence[Mapping[str, Any]],
    compared: Sequence[Comparison],
    left: Sequence[DemoSignal],
) -> None:
    """Print the themes, the launch day's spikes, and how they compare with what was injected."""
    _themes(console, themes)
    _spikes(console, spikes)
    _comparison(console, compared)
    right = sum(one.right for one in compared)
    console.print(f"[bold]{right} of {len(compared)}[/bold] injected incidents were judged right.")
    if left:
        listed = "; ".join(f"{one.theme_name} ({one.kind.replace('_', ' ')}, {one.at:%H:%M})" for one in left)
        console.print(f"{len(left)} further signal(s) on launch day match nothing that was injected: {escape(listed)}")
    else:
        console.print("No signal on launch day but those.")


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading.lstrip("#"), justify="right" if heading.startswith("#") else "left", overflow="fold")
    return table


def _themes(console: Console, themes: Sequence[Mapping[str, Any]]) -> None:
    live = sorted((one for one in themes if one["state"] == ThemeState.LIVE), key=lambda one: (-one["size"], one["id"]))
    table = _table(
        f"{len(live)} themes emerged from the texts alone; the largest", "#", "theme", "#tickets", "status", "owner"
    )
    for one in live[:MOST_THEMES]:
        table.add_row(
            str(one["id"]), escape(one["name"]), f"{one['size']:,}", one["status"], escape(one["owner"] or "")
        )
    console.print(table)


def _spikes(console: Console, spikes: Sequence[Mapping[str, Any]]) -> None:
    alerted = sorted((one for one in spikes if one["gate"] is None), key=lambda one: -one["severity"])[:MOST_SPIKES]
    console.print("[bold]The gravest spikes above plan, and what explains them[/bold]")
    for one in alerted:
        where = segment_text(one["segment"])
        console.print(
            f"[bold red]{multiple(one['ratio']):>11}[/bold red]  [bold]{escape(one['theme_name'])}[/bold] "
            f"({escape(where)}), from {day_and_time(one['start'])}: {one['observed']:,} tickets, "
            f"{amount(one['expected'])} expected"
        )
        console.print(Padding(escape(one["verdict"]), (0, 0, 0, 13)))
    console.print()


def _comparison(console: Console, compared: Sequence[Comparison]) -> None:
    table = _table(
        "What was injected, and what was said of it", "", "issue", "injected", "#tickets", "said", "#after", "named"
    )
    for one in compared:
        injected = one.injected
        table.add_row(
            "[green]right[/green]" if one.right else "[red]wrong[/red]",
            escape((injected.issue or "all issues").replace("_", " ")),
            f"{_KINDS.get(injected.kind, injected.kind)}, {escape(segment_text(injected.segment.as_dict()))}",
            f"{len(injected.tickets):,}",
            ", ".join(dict.fromkeys(signal.kind.replace("_", " ") for signal in one.signals)) or "silent",
            _minutes(one.delay),
            ", ".join(
                part for part in (_named("segment", one.segment_named), _named("change", one.change_named)) if part
            ),
        )
    console.print(table)


def _minutes(delay: timedelta | None) -> str:
    return "" if delay is None else f"{round(delay.total_seconds() / 60)} min"


def _named(what: str, named: bool | None) -> str:
    return "" if named is None else what if named else f"not the {what}"
