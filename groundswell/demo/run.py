"""Running the demo: generate, ingest, publish, compare."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from alerts.publishing import publish_digests
from groundswell.demo.comparison import compare
from groundswell.demo.figures import fill_figures, write_files
from groundswell.demo.report import report
from groundswell.demo.scenario import Scenario, generate
from groundswell.demo.writer import write
from groundswell.session import Session, ownership_of
from groundswell.settings import Settings
from groundswell.table import PAGE
from groundswell.terminal_ingest import ingest_sources
from store.database import open_database, reading, upgrade
from store.digests import DigestWindow
from store.listings import list_alerts, list_spikes, list_themes
from stream.opening import InputFormat, OpenOptions, open_source

OWNERSHIP = Path(__file__).with_name("ownership.toml")


def run_demo(*, seed: int, folder: Path | None, database: str | None) -> int:
    """Run the demo in a terminal and return its exit code."""
    # In a file or a pipe nobody says how wide the page is.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PAGE)
    settings = Settings()
    folder = (folder or settings.data / "demo").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    scenario = generate(seed)
    file = folder / "launch-day.jsonl"
    count = write(scenario, file)
    console.print(
        f"A made-up week and launch day, {scenario.start:%d %b} to {scenario.launch_day:%d %b %Y}: "
        f"{len(scenario.labels):,} tickets in {count:,} events, written to {file}"
    )
    session = _session(settings, folder, database)
    # The story has its own clock: a demo must not depend on the date it is run on.
    with closing(open_source(str(file), OpenOptions(InputFormat.JSONL))) as source:
        code = ingest_sources(session, [source], clock=lambda: scenario.end)
    if code:
        return code
    _compare(console, session, scenario)
    month = fill_figures(session, scenario, seed)
    console.print(
        f"\nHow {len(scenario.labels) + len(month.tickets):,} tickets were handled since {month.start:%d %b}, "
        f"{len(month.tickets):,} of them before the week: [bold]groundswell kpis --by vendor[/bold]"
    )
    _publish(console, session, scenario, folder / "digests")
    url = session.engine.url.render_as_string(hide_password=True)
    console.print(f"\nTo look at it: [bold]groundswell serve --database {url}[/bold]")
    return 0


def _session(settings: Settings, folder: Path, database: str | None) -> Session:
    file = folder / "demo.db"
    if database is None:
        for path in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
    # What is made up must not reach people: an ownership file may name channels that do.
    own = settings.alerts.ownership if not settings.channels else None
    alerts = settings.alerts.model_copy(update={"ownership": own or OWNERSHIP})
    write_files(folder)
    figures = settings.figures.model_copy(
        update={
            "service_levels": settings.figures.service_levels or folder / "service-levels.toml",
            "costs": settings.figures.costs or folder / "costs.toml",
            "targets": settings.figures.targets or folder / "targets.toml",
        }
    )
    if own is None:
        # Commands that open the demo's database later have the audiences of its alerts.
        (folder / "ownership.toml").write_bytes(OWNERSHIP.read_bytes())
    engine = open_database(database or f"sqlite:///{file}")
    upgrade(engine)
    return Session(settings.model_copy(update={"alerts": alerts, "figures": figures, "channels": {}}), engine)


def _compare(console: Console, session: Session, scenario: Scenario) -> None:
    with reading(session.engine) as connection:
        themes = list_themes(connection, members=True)
        spikes, alerts = list_spikes(connection), list_alerts(connection)
    compared, left = compare(scenario, themes, spikes, alerts)
    report(console, themes, spikes, compared, left)


def _publish(console: Console, session: Session, scenario: Scenario, folder: Path) -> None:
    ownership = ownership_of(session.settings)
    window = DigestWindow(scenario.launch_day, scenario.launch_day + timedelta(days=1))
    published = publish_digests(session.engine, ownership, window, folder, session.settings.alerts)
    console.print("\n[bold]Digests of launch day[/bold]")
    for one in published:
        console.print(f"  {one.audience}: {one.path_html}", soft_wrap=True)
