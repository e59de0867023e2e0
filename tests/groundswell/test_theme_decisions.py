"""`groundswell themes rename|merge|split|pin|move|undo|decisions|history|rebuild`, as a specialist uses them."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import update

from pipelines.miner import Miner
from store.database import open_database
from store.schema import leases
from tests.groundswell.front import Done, Run, front_door
from tests.pipelines.chain import NOW
from tests.pipelines.office import RULES, Office, store_events
from tests.pipelines.story import START

DAYS = 5


class Desk(NamedTuple):
    """The command line on a database, and the office that mines it."""

    run: Run
    office: Office

    def json(self, *words: str) -> list[dict]:
        """What a command prints with `--json`."""
        done = self.run(*words, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file mined to the fifth day."""
    folder = tmp_path_factory.mktemp("learned")
    store_events(f"sqlite:///{folder / 'stored.db'}", folder)
    office = Office.copy(folder / "stored.db", folder / "mined.db").until(days=DAYS)
    office.restart()
    office.engine.dispose()
    return folder / "mined.db"


@pytest.fixture
def desk(learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Desk:
    """Return a way to run `groundswell themes` on a copy of the learned database."""
    shutil.copy(learned, tmp_path / "a.db")
    for name, value in {"EMBEDDING__MODEL": "hashing", "DATA": str(tmp_path / "data")}.items():
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    monkeypatch.chdir(tmp_path)

    command = front_door(monkeypatch, capfd)

    def run(*words: str) -> Done:
        return command("themes", *words, "--database", f"sqlite:///{tmp_path / 'a.db'}")

    return Desk(run, Office(open_database(f"sqlite:///{tmp_path / 'a.db'}")))


def test_a_merge_from_preview_to_history(desk: Desk):
    """Shown, refused above the cap, decided, pending, applied, undone; the history shows it."""
    one, other = map(str, desk.office.pair())
    shown = desk.run("merge", other, "--into", one, "--dry-run")
    assert shown.code == 0
    assert f"theme {other}: " in shown.out
    assert "for example T-" in shown.out
    assert desk.json("decisions") == []
    (preview,) = desk.json("merge", other, "--into", one, "--dry-run")
    over = desk.run("merge", other, "--into", one, "--yes", "--cap", "3")
    assert over.code == 1
    assert f"--cap {preview['tickets']}" in over.err
    done = desk.run("merge", other, "--into", one, "--yes", "--why", "same problem")
    assert "Decision 1 (merge)" in done.out
    assert "pending: merge" in desk.run("list").out
    desk.office.until(days=DAYS + 0.2)
    (row,) = desk.json("decisions")
    assert (row["state"], row["why"], row["kind"]) == ("applied", "same problem", "merge")
    assert f"theme {other} merged into {one}" in desk.run("history", other).out
    assert desk.json("show", one)[0]["lineage"]
    assert "arrived since" in desk.run("undo", "1", "--dry-run").out
    assert desk.run("undo", "1", "--yes").code == 0
    desk.office.until(days=DAYS + 0.4)
    assert [row["state"] for row in desk.json("decisions")] == ["undone", "applied"]
    assert f"theme {other} split off theme {one}: undone" in desk.run("history", one).out


def test_a_decision_takes_effect_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """Where nothing mines, the command applies what it decided; where a miner does, it says which, and the decision waits."""
    monkeypatch.setenv("GROUNDSWELL_MINING__EPOCH", "PT1H")
    with desk.office.engine.begin() as connection:
        # It was released at a time of the story, which is later than that of the command.
        connection.execute(update(leases).values(expires_at=START))
    one, other = desk.office.pair()
    assert "It took effect at once." in desk.run("merge", str(other), "--into", str(one), "--yes").out
    assert desk.office.theme(other).state == "merged"
    (undone,) = desk.json("undo", "1")
    assert (undone["state"], undone["effect"]) == ("applied", "It took effect at once.")
    assert desk.office.theme(other).state == "live"
    miner = Miner(desk.office.engine, RULES, lambda: NOW, "far:1")
    miner.hold()
    (renamed,) = desk.json("rename", str(one), "Money")
    assert renamed["state"] == "pending"
    assert "the miner at far:1 applies it within seconds" in renamed["effect"]


def test_the_other_decisions(desk: Desk, tmp_path: Path):
    """Rename, split by tickets, file, text and suggestion, pin, and move to a theme or to none."""
    one, other = desk.office.pair()
    tickets = sorted(desk.office.members(one))
    (tmp_path / "ids.txt").write_text("\n".join(tickets[:4]) + "\n")
    assert desk.json("rename", str(other), "Money back")[0]["payload"] == {"name": "Money back"}
    by_name = desk.json("split", str(one), "--tickets", ",".join(tickets[:4]), "--dry-run")
    assert desk.json("split", str(one), "--tickets", "@ids.txt", "--dry-run") == by_name
    assert desk.json("split", str(one), "--like", "wallet balance", "--dry-run")[0]["notes"]
    assert desk.json("split", str(one), "--by-suggestion", "--name", "Half")[0]["payload"]["name"] == "Half"
    (pinned,) = desk.json("pin", *tickets[:2], "--to", str(other))
    assert (pinned["kind"], pinned["tickets"], pinned["state"]) == ("pin", 2, "pending")
    assert desk.json("move", tickets[5], "--to", "none")[0]["theme_id"] == 0
    assert desk.json("move", tickets[6], "--to", str(other))[0]["theme_id"] == other
    assert [row["kind"] for row in desk.json("decisions", "--pending")] == ["rename", "split", "pin", "move", "move"]
    assert "Money back" in desk.run("list").out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("split", "1"), 2, "pass one of --tickets, --like and --by-suggestion"),
        (("move", "T-00001", "--to", "nowhere"), 2, "valid are the number of a theme, and none"),
        (("move", "T-x", "--to", "none", "--yes"), 1, "ticket T-x has not been mined"),
        (("merge", "1", "--into", "999", "--yes"), 1, "theme 999, which does not exist"),
        (("rename", "1", " ", "--yes"), 1, "valid are 1 to 200"),
        (("undo", "99", "--yes"), 1, "decision 99, which does not exist"),
        (("split", "1", "--tickets", "@missing.txt"), 2, "cannot be read"),
        (("rebuild", "--switch", "99"), 1, "rebuild 99, which does not exist"),
        (("rebuild", "--switch", "1", "--discard", "1"), 2, "at most one of"),
        (("rebuild", "--model", "nonsense"), 2, "embedding.model"),
    ],
)
def test_what_does_not_fit(desk: Desk, words, code, says):
    """One sentence that says what was received and what is valid; nothing is decided."""
    done = desk.run(*words)
    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert desk.json("decisions") == []


def test_a_rebuild_from_report_to_switch(desk: Desk):
    """Reported, listed, switched to as a pending decision; another one is discarded, and cannot be switched to then."""
    (report,) = desk.json("rebuild")
    assert {"id", "tickets", "changed", "share", "carried", "born", "merged", "split", "model"} <= set(report)
    assert report["state"] == "ready"
    assert "would change" in desk.run("rebuild", "--list").out
    assert desk.run("rebuild").code == 0
    assert desk.json("rebuild", "--discard", "2", "--why", "twice") == [{"id": 2, "state": "discarded"}]
    assert "is discarded" in desk.run("rebuild", "--switch", "2").err
    assert desk.json("rebuild", "--switch", "1")[0]["state"] == "asked"
    desk.office.until(days=DAYS + 0.1)
    assert [row["state"] for row in desk.json("rebuild", "--list")] == ["switched", "discarded"]


def test_decisions_are_carried_to_another_database(desk: Desk, tmp_path: Path):
    """What `--json` printed is loaded into a database without decisions, each due in the epoch that applied it."""
    one, _ = desk.office.pair()
    desk.json("rename", str(one), "Kept")
    desk.office.until(days=DAYS + 0.1)
    listed = desk.run("decisions", "--json").out
    (tmp_path / "decisions.json").write_text(listed)
    assert "holds none" in desk.run("decisions", "--load", "decisions.json").err
    (tmp_path / "broken.json").write_text("{}]")
    assert desk.run("decisions", "--load", "broken.json").code == 2
