"""What writes and previews plans of the console, as `groundswell serve` composes it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from groundswell.plan_desk import SOURCE, ConsolePlanningDesk
from groundswell.session import open_session
from pipelines.launches.planning import PlanDraft, PlanRefused
from store.database import reading
from store.plans import newest_revision

PLAN = {
    "kind": "sale",
    "title": "Sale",
    "start": "2026-11-27T08:00:00Z",
    "end": "2026-11-27T20:00:00Z",
    "expected": [{"all": True, "lift": 2}],
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConsolePlanningDesk:
    """Return the desk of an empty database."""
    for name, value in {"EMBEDDING__MODEL": "hashing", "DATA": str(tmp_path / "data")}.items():
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    monkeypatch.chdir(tmp_path)
    return ConsolePlanningDesk(open_session(f"sqlite:///{tmp_path / 'a.db'}", create=True))


def test_a_plan_is_written_by_the_path_of_the_command_line(desk: ConsolePlanningDesk, tmp_path: Path):
    """It is an event with a source of its own; written again it is unchanged, and changed it is a revision."""
    assert desk.write(PlanDraft(launch_id="sale", data=PLAN)) == "added"
    assert desk.write(PlanDraft(launch_id="sale", data=PLAN)) == "unchanged"
    assert desk.write(PlanDraft(launch_id="sale", data={**PLAN, "title": "Sales"})) == "revised"
    with reading(open_session(f"sqlite:///{tmp_path / 'a.db'}").engine) as connection:
        row = newest_revision(connection, "launch", "sale", None)
    assert row is not None
    assert (row.source, row.title) == (SOURCE, "Sales")


def test_what_cannot_be_written_or_embedded_is_refused(desk: ConsolePlanningDesk):
    """The console shows the sentence: a time that was revised meanwhile, and a text before anything was mined."""
    desk.write(PlanDraft(launch_id="sale", data=PLAN))
    early = datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(PlanRefused, match="give a later time"):
        desk.write(PlanDraft(launch_id="sale", data={**PLAN, "title": "Sales"}, known_since=early))
    with pytest.raises(PlanRefused, match="no ticket has been mined yet"):
        desk.embed("coins")
