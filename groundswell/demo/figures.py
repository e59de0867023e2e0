"""Figures of the demo: a month of handling, service levels, costs and procedures, so that pages for leaders are filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from groundswell.demo.archive import write_archive
from groundswell.demo.course import ROUTINE, ROUTINE_FROM
from groundswell.demo.issue import load_other
from groundswell.demo.labels import LabelledTickets, write_labels
from groundswell.demo.month import Month, generate_month
from groundswell.demo.procedures import REVISED, write_procedures
from groundswell.demo.scenario import Scenario
from groundswell.procedures import record_sop_changes
from groundswell.session import Session, refresh_handling
from store.records import insert_changes
from store.themes import themes_of

FILES = Path(__file__).with_name("files")

ROUTINE_CHANGE = "C-ai-refunds"
_HOUR = timedelta(hours=9)


def write_files(folder: Path) -> None:
    """Write the demo's service levels, costs and targets next to its database, where commands find them."""
    for file in sorted(FILES.iterdir()):
        (folder / file.name).write_bytes(file.read_bytes())


def fill_figures(session: Session, scenario: Scenario, seed: int) -> Month:
    """Write the month around a mined scenario into its database, and count its figures."""
    month = generate_month(scenario, seed)
    routine_from = scenario.launch_day + ROUTINE_FROM
    with session.engine.begin() as connection:
        write_archive(connection, month, scenario.labels, session.settings.mining.epoch.total_seconds())
        themes = _themes(connection, scenario.labels)
        _record_routine(connection, scenario, themes)
        write_procedures(connection, themes, month.start - timedelta(days=60), routine_from + _HOUR)
        problems = {issue: theme for issue, theme in themes.items() if issue not in load_other()}
        write_labels(connection, LabelledTickets(scenario.labels, problems, scenario.end + _HOUR), seed)
    record_sop_changes(session, [REVISED])
    refresh_handling(session)
    return month


def _themes(connection: Connection, labels: Mapping[str, str]) -> Mapping[str, int]:
    """Return the theme that most tickets of each issue have."""
    counts: Counter[tuple[str, int]] = Counter()
    for ticket_id, theme in themes_of(connection, sorted(labels)).items():
        if theme is not None:
            counts[labels[ticket_id], theme] += 1
    return {issue: theme for (issue, theme), _ in reversed(counts.most_common())}


def _record_routine(connection: Connection, scenario: Scenario, themes: Mapping[str, int]) -> None:
    row = {
        "source": "/deploy/changes", "subject": ROUTINE_CHANGE, "id": "a-000001", "time": scenario.launch_day + ROUTINE_FROM,
        "kind": "config", "title": "AI routine for refunds switched on", "scope": {},
        "themes": sorted({themes[one] for one in ROUTINE if one in themes}), "url": f"https://changes.example.com/{ROUTINE_CHANGE}",
    }  # fmt: skip
    insert_changes(connection, [row])
