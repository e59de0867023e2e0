"""`groundswell kpis`: the figures of a period, of all tickets or by a dimension, from the command line."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from models.epochs import epoch_of
from store.database import open_database, upgrade
from store.schema import changes
from tests.groundswell.front import Run, front_door_in
from tests.pipelines.handling_desk import START, HandlingDesk

FIRST = epoch_of(START, 300.0)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on a database with three tickets of two regions, mined for a day."""
    url = f"sqlite:///{tmp_path / 'g.db'}"
    engine = open_database(url)
    upgrade(engine)
    desk = HandlingDesk(engine)
    desk.create("T-1", FIRST, region="BR")
    desk.create("T-2", FIRST, 30, region="BR")
    desk.create("T-3", FIRST, 60, region="[bold]IN")
    desk.add("T-1", "comment.added", FIRST, 10, author_role="bot")
    desk.add("T-1", "ticket.solved", FIRST, 60)
    desk.close(epoch_of(START + timedelta(days=1), 300.0))
    engine.dispose()
    return front_door_in(tmp_path, monkeypatch, capfd, url)


def test_figures_of_all_tickets(run: Run):
    """One row, with each metric's value, interval and number."""
    (row,) = json.loads(run("kpis", "--json").out)
    assert (row["by"], row["group"], row["to"]) == (None, None, "2026-11-21T08:00:00Z")
    assert row["created"] == {"value": 3.0, "low": None, "high": None, "number": 3, "waiting": 0}
    assert (row["resolved"]["value"], row["backlog_closing"]["value"]) == (1, 2)
    assert (row["first_reply_median"]["value"], row["first_reply_median"]["waiting"]) == (None, 2)


def test_figures_by_a_dimension_and_of_some_tickets(run: Run):
    """Groups are listed with the greatest first, and a filter leaves the others out."""
    rows = json.loads(run("kpis", "--by", "region", "--json").out)
    assert [(row["group"], row["created"]["value"]) for row in rows] == [("BR", 2), ("[bold]IN", 1)]
    assert [row["group"] for row in json.loads(run("kpis", "--by", "region", "--only", "region=BR", "--json").out)] == [
        "BR"
    ]
    shown = run("kpis", "--by", "region").out
    assert "[bold]IN" in shown
    assert "BR" in shown
    (by_theme,) = json.loads(run("kpis", "--by", "theme", "--only", "theme=7", "--json").out)
    assert (by_theme["by"], by_theme["group"]) == ("theme", 7)


def test_a_period_chooses_what_is_counted(run: Run):
    """Days are days in UTC, the end is exclusive."""
    (row,) = json.loads(run("kpis", "--from", "2026-11-20T08:30Z", "--to", "2026-11-21", "--json").out)
    assert row["created"]["value"] == 2
    assert (
        json.loads(
            run("kpis", "--by", "region", "--from", "2026-11-20T07:00Z", "--to", "2026-11-20T08:00Z", "--json").out
        )
        == []
    )


def test_the_sums_by_day_answer_faster(run: Run):
    """`--fast` reads whole days from the sums by day, and says so in each row; what they cannot answer is wrong usage."""
    day = ("--from", "2026-11-20", "--to", "2026-11-21")
    exact, fast = (json.loads(run("kpis", "--by", "region", *day, *how, "--json").out) for how in ((), ("--fast",)))
    assert [row["created"] for row in fast] == [row["created"] for row in exact]
    assert ([row.get("from_daily_sums") for row in fast], "backlog_age" in fast[0]) == ([True, True], False)
    assert "[bold]IN" in run("kpis", "--by", "region", "--fast", "--from", "2026-11-20").out
    said = run("kpis", "--by", "language", "--only", "region=BR", "--fast")
    assert (said.code, "leave out --fast" in said.err) == (2, True)


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("--by", "colour"), "received the dimension 'colour'; valid are business_line"),
    (("--only", "region"), "valid is DIMENSION=VALUE"),
    (("--only", "theme=coins"), "valid is its number"),
    (("--only", "theme=99999999999999999999"), "valid is its number"),
    (("--from", "yesterday"), "valid is a day such as"),
    (("--from", "0001-01-01"), "valid is one from 1970 to 2199"),
    (("--to", "8999-12-31"), "valid is one from 1970 to 2199"),
    (("--from", "2030-01-01"), "valid is a start before the end"),
])  # fmt: skip
def test_wrong_usage_is_said_in_one_sentence(run: Run, arguments: tuple[str, ...], sentence: str):
    """It exits with 2, and says what is valid."""
    said = run("kpis", *arguments)
    assert said.code == 2
    assert sentence in said.err


def test_a_database_without_a_mined_ticket_has_no_figures(run: Run, tmp_path: Path):
    """It says what to do."""
    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(engine)
    engine.dispose()
    said = run("kpis", "--database", f"sqlite:///{tmp_path / 'empty.db'}")
    assert said.code == 2
    assert "groundswell ingest" in said.err


def test_promises_are_printed_by_policy_and_what_is_due_soon_is_listed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A ticket that was solved in time kept its promise; the others are due, with the time that is left."""
    file = tmp_path / "sla.toml"
    file.write_text('[[policy]]\nname = "all"\ntargets = { resolution = "1d" }\n', encoding="utf-8")
    monkeypatch.setenv("GROUNDSWELL_FIGURES__SERVICE_LEVELS", str(file))
    (row,) = json.loads(run("kpis", "sla", "--json").out)
    assert (row["policy"], row["target"], row["kept"], row["missed"]) == ("all", "resolution", 1, 0)
    assert "100.0%" in run("kpis", "sla", "--by", "region").out
    due = json.loads(run("kpis", "at-risk", "--within", "2h", "--json").out)
    assert [(one["ticket_id"], one["seconds_left"]) for one in due] == [("T-2", 1800), ("T-3", 3600)]
    assert "30 min" in run("kpis", "at-risk", "--within", "45m").out
    assert run("kpis", "at-risk", "--within", "soon").code == 2
    file.write_text("[[policy]]\n", encoding="utf-8")
    refused = run("kpis", "sla")
    assert refused.code == 1
    assert "policy.0.name" in refused.err


def test_groups_are_compared_on_the_same_mix(run: Run):
    """`kpis compare` prints the report of two regions as JSON and as a table with sentences; a wrong reference is a usage error."""
    (report,) = json.loads(run("kpis", "compare", "escalated", "--by", "region", "--json").out)
    assert (report["outcome"], report["measure"], report["by"]) == ("escalated", "rate", "region")
    assert {group["group"]: group["tickets"] for group in report["groups"]} == {"BR": 2, "[bold]IN": 1}
    assert {group["verdict"] for group in report["groups"]} == {"not_compared"}
    shown = run("kpis", "compare", "resolution", "--by", "region").out
    assert "[bold]IN is not compared. It has 1 tickets; a comparison needs 30." in shown
    assert "No tickets of this period have this outcome." in run("kpis", "compare", "satisfied").out
    assert run("kpis", "compare", "escalated", "--reference", "nobody").code == 2


def test_a_change_is_evaluated_or_the_command_says_what_is_needed(tmp_path: Path, run: Run):
    """`kpis change` prints the effect and its assumptions; with too few themes, a time or a wrong day it is a usage error."""
    refused = run("kpis", "change", "escalated", "--theme", "7", "--at", "2026-11-21")
    assert refused.code == 2
    assert "Of the themes that the change concerns, 0 have tickets in at least 3 days" in " ".join(refused.err.split())
    for arguments, missing in (("--at 2026-11-21", "--theme"), ("--theme 7", "--at")):
        wanting = run("kpis", "change", "escalated", *arguments.split())
        assert (wanting.code, f"received neither --change nor {missing}" in " ".join(wanting.err.split())) == (2, True)
    assert run("kpis", "change", "resolution", "--theme", "7", "--at", "2026-11-21").code == 2
    for day in ("soon", "0001-01-02"):
        wrong = run("kpis", "change", "escalated", "--theme", "7", "--at", day)
        assert wrong.code == 2
        assert f"received --at '{day}'; valid is a day such as" in " ".join(wrong.err.split())
    engine = open_database(f"sqlite:///{tmp_path / 'g.db'}")
    desk = HandlingDesk(engine)
    desk.number, last = 1000, epoch_of(START + timedelta(days=8), 300.0)
    for theme in range(1, 9):
        for day in range(8):
            for ticket in range(3):
                name = f"D-{theme}-{day}-{ticket}"
                desk.create(name, last, 1440 * day + theme, theme=theme)
                if ticket == (theme + day) % 3 or (theme < 5 and day > 3 and ticket < 2):
                    desk.add(name, "ticket.escalated", last, 1440 * day + theme + 5)
    desk.close(epoch_of(START + timedelta(days=9), 300.0))
    engine.dispose()
    themes = [part for theme in range(1, 5) for part in ("--theme", str(theme))]
    controls = [part for theme in range(5, 9) for part in ("--control", str(theme))]
    (row,) = json.loads(run("kpis", "change", "escalated", *themes, *controls, "--at", "2026-11-24", "--json").out)
    assert row["value"] == pytest.approx(row["treated_means"][1] - row["expected"])
    assert row["value"] > 0.2
    assert len(row["checks"]) == 4
    shown = run("kpis", "change", "escalated", *themes, *controls, "--at", "2026-11-24").out
    assert "Parallel trends" in shown
    _recorded_change(tmp_path, run, controls, row["value"])


def _recorded_change(tmp_path: Path, run: Run, controls: list[str], effect: float) -> None:
    """A recorded change has its themes, day and scope; one that began at midnight gives the effect of the same day that was typed."""
    record = {
        "source": "/sop",
        "id": "e-1",
        "kind": "rule_update",
        "title": "Procedure “Refunds”, version 2",
        "scope": {},
    }
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    engine = open_database(f"sqlite:///{tmp_path / 'g.db'}")
    with engine.begin() as connection:
        connection.execute(insert(changes), [
            {**record, "subject": "sop-refunds-v2", "time": midnight, "themes": [1, 2, 3, 4]},
            {**record, "subject": "at-noon", "time": midnight + timedelta(hours=12), "themes": [1, 2, 3, 4]},
            {**record, "subject": "of-none", "time": midnight, "scope": {"region": "IN", "app_version": "38.1"}, "themes": None},
        ])  # fmt: skip
    engine.dispose()
    (row,) = json.loads(run("kpis", "change", "escalated", "--change", "sop-refunds-v2", *controls, "--json").out)
    assert (row["change"], row["title"], row["value"]) == ("sop-refunds-v2", record["title"], pytest.approx(effect))
    shown = " ".join(run("kpis", "change", "escalated", "--change", "at-noon", *controls).out.split())
    assert "Procedure “Refunds”, version 2 (at-noon), 2026-11-24 12:00 UTC. Its first day is left out" in shown
    refused = run("kpis", "change", "escalated", "--change", "of-none", *controls)
    assert (refused.code, "names no themes; add --theme" in " ".join(refused.err.split())) == (2, True)
    themes = [part for theme in range(1, 5) for part in ("--theme", str(theme))]
    limited = run("kpis", "change", "escalated", "--change", "of-none", *themes, *controls)
    assert "recorded for app_version 38.1 alone" in " ".join(limited.out.split())
    unknown = run("kpis", "change", "escalated", "--change", "nobody")
    assert (unknown.code, "groundswell changes list" in " ".join(unknown.err.split())) == (2, True)
    assert run("kpis", "change", "escalated", "--change", "at-noon", "--at", "2026-11-24").code == 2


def test_times_in_business_hours_and_costs(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A schedule of the service levels measures times; the file of costs adds the cost per resolution."""
    levels, costs = tmp_path / "sla.toml", tmp_path / "costs.toml"
    levels.write_text(
        '[[schedule]]\nname = "late"\nzone = "UTC"\nhours = { mon-sun = "08:45-17:00" }\n'
        '[[policy]]\nname = "all"\ntargets = { resolution = "1d" }\n',
        encoding="utf-8",
    )
    costs.write_text('currency = "EUR"\n[handler.ai]\nper_ticket = 0.5\nper_reply = 0.25\n', encoding="utf-8")
    monkeypatch.setenv("GROUNDSWELL_FIGURES__SERVICE_LEVELS", str(levels))
    monkeypatch.setenv("GROUNDSWELL_FIGURES__COSTS", str(costs))
    only = ("kpis", "--to", "2026-11-20T08:30Z", "--json")
    (calendar,), (business,) = (json.loads(run(*only, *extra).out) for extra in ((), ("--schedule", "late")))
    assert (calendar["full_resolution_median"]["value"], business["full_resolution_median"]["value"]) == (3600, 900)
    (row,) = json.loads(run("kpis", "--json").out)
    assert row["cost_per_resolution"]["value"] == 0.75
    shown = run("kpis").out
    assert "cost" in shown
    assert "0.75" in shown
    assert "2026-11-14 08:00 to 2026-11-21 08:00 UTC" in " ".join(shown.split())
    refused = run("kpis", "--schedule", "early")
    assert refused.code == 2
    assert "known are late" in refused.err
