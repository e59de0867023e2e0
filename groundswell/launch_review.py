"""The review of a launch as a terminal shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundswell.terminal import say


def print_review(found: dict[str, Any]) -> None:
    """Print a launch next to its plan: in all, by theme, and past ones of its kind."""
    from groundswell.table import day_and_time, print_table, segment_text
    from models.formats import counted

    window = f"{day_and_time(found['start'])} to {day_and_time(found['end'])} UTC"
    say(f"{found['title']} ({found['kind']}), {window}, {segment_text(found['scope'])}: {found['state']}.")
    common = found["common"]
    if common is not None:
        say(
            f"All themes have x{common['lift']:.2f} the usual (x{common['low']:.2f} to x{common['high']:.2f}) where "
            f"x{common['planned']:g} was planned."
        )
    for name, unit, figures in (
        ("Planned themes", "theme-hour", found["planned_themes"]),
        ("All tickets", "hour", found["all_tickets"]),
    ):
        if figures is not None and figures["plan"] is not None:
            say(
                f"{name}: {figures['actual']:,} tickets where {figures['plan']:,.0f} were expected ({_error(figures)}); "
                f"{counted(figures['hours_above'], unit)} above the envelope, {figures['hours_below']:,} below."
            )
    print_table("Themes", found["themes"], {
        "#theme": lambda row: str(row["theme_id"]),
        "name": lambda row: row["name"],
        "#plan": lambda row: "" if row["plan"] is None else f"{row['plan']:,.0f}",
        "#actual": lambda row: f"{row['actual']:,}",
        "error": _error,
        "#above": lambda row: f"{row['hours_above']} h" if row["plan"] is not None else "",
        "#below": lambda row: f"{row['hours_below']} h" if row["plan"] is not None else "",
        "#lift": lambda row: "" if row["lift_seen"] is None else f"x{row['lift_seen']:g}",
        "#own": lambda row: "" if row["own_lift"] is None else f"x{row['own_lift']:g}",
    }, "No theme was planned for, and none has been reviewed.")  # fmt: skip
    print_table("Past ones of the kind", found["past"], {
        "id": lambda row: row["id"],
        "start": lambda row: day_and_time(row["start"]),
        "error": lambda row: "" if row["planned_themes"] is None else _error(row["planned_themes"]),
        "#lift of planned": lambda row: "" if row["lift_planned_themes"] is None else f"x{row['lift_planned_themes']:g}",
        "#of all": lambda row: "" if row["lift_all_tickets"] is None else f"x{row['lift_all_tickets']:g}",
    }, "No past launch of the kind has been reviewed.")  # fmt: skip


def _error(figures: Mapping[str, Any]) -> str:
    from models.formats import plan_error

    if figures["error"] is None:
        return ""
    return plan_error(figures["actual"], figures["plan"], within=figures["within_range"])
