"""`groundswell labels queue`: drawing, listing and closing queues of the database from the command line."""

import json
from pathlib import Path

import pytest

from pipelines.labelling.case import next_case, save_labels
from store.database import open_database, upgrade
from tests.groundswell.front import Run, front_door_in
from tests.pipelines.labelling_desk import ANA, EVA, LabellingDesk


@pytest.fixture
def desk(tmp_path: Path) -> LabellingDesk:
    """Return a desk with twelve tickets."""
    engine = open_database(f"sqlite:///{tmp_path / 'g.db'}")
    upgrade(engine)
    return LabellingDesk(engine)


@pytest.fixture
def run(desk: LabellingDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on the desk's database."""
    return front_door_in(tmp_path, monkeypatch, capfd, str(desk.engine.url))


def test_a_queue_is_drawn_listed_and_closed(run: Run, desk: LabellingDesk):
    """What is listed is how far it is; a seed draws the same cases again; a closed queue shows what is disputed."""
    (queue,) = json.loads(
        run(
            "labels", "queue", "create", "listed", "--ticket", "T-00", "--question", "tone", "--seed", "3", "--json"
        ).out
    )
    assert (queue["id"], queue["questions"], queue["per_case"], queue["seed"]) == (1, ["tone"], 2, 3)
    for person, tone in ((ANA, "good"), (EVA, "poor")):
        case = desk.do(next_case, 1, person, desk.later()).case
        desk.do(save_labels, case.case_id, {"tone": tone}, person, desk.later())
    (listed,) = json.loads(run("labels", "queue", "list", "--open", "--json").out)
    assert (listed["cases"], listed["closed"], listed["left"]) == (1, 1, 0)
    assert "T-00" in run("labels", "queue", "disputes").out
    assert "closed now" in run("labels", "queue", "close", "1").out
    assert "closed before" in run("labels", "queue", "close", "1").out
    assert json.loads(run("labels", "queue", "list", "--open", "--json").out) == []
    assert "Listed cases" in run("labels", "queue", "list").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mood"], "valid are uncertain"), (["theme"], "number of its theme"), (["theme", "--theme", "77"], "does not exist"),
        (["audit", "--set", "moods"], "does not exist"), (["audit", "--from", "never"], "never"),
        (["audit", "--size", "20000"], "1 to"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_in_a_sentence(run: Run, arguments: list[str], said: str):
    """The exit code is that of a misuse, and nothing is stored."""
    done = run("labels", "queue", "create", *arguments)
    assert (done.code, said in done.err) == (2, True), done.err
    assert json.loads(run("labels", "queue", "list", "--json").out) == []


def test_stored_labels_are_read_exported_and_imported(run: Run, desk: LabellingDesk, tmp_path: Path):
    """Results show agreement and how labellers do; a file that was exported is imported as a closed queue."""
    run("labels", "queue", "create", "audit", "--size", "12", "--question", "theme", "--question", "tone")
    for person in (ANA, EVA):
        while (one := desk.do(next_case, 1, person, desk.later())) is not None:
            answers = {"theme": str(one.case.theme_id), "tone": "good" if person is ANA else "poor"}
            desk.do(save_labels, one.case.case_id, answers, person, desk.later(), seconds=5.0)
    shown = run("labels", "results", "--queue", "1").out
    assert all(one in shown for one in ("12 of 12", "Agreement", "12 disputed", "Precision"))
    (found,) = json.loads(run("labels", "results", "--queue", "1", "--next", "2", "--json").out)
    assert found["labelled"] == 12
    assert "Seconds per case" in run("labels", "results").out
    assert "48 labels written" in run("labels", "export", "all.csv").out
    assert "48 labels of 12 cases" in run("labels", "import", "all.csv").out
    (listed,) = json.loads(run("labels", "results", "--json").out)
    assert {one["labeller"] for one in listed["effort"]} == {None, "ana", "eva"}
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert run("labels", "import", "bad.csv").code == 2
    assert run("labels", "export", "labels.txt").code == 2
    assert run("labels", "results", "--queue", "77").code == 1


def test_without_labels_there_is_no_curve(run: Run):
    """Before there are labels the curve is empty, and the table says how many are needed."""
    assert json.loads(run("labels", "curve", "--json").out) == []
    done = run("labels", "curve")
    assert (done.code, "at least two themes need four labelled tickets each" in done.out) == (0, True)


def test_labellers_whom_nobody_knows_are_named(run: Run):
    """Where people sign in, a queue for somebody else is drawn with a warning; where nobody does, all names are taken."""
    drawn = ("labels", "queue", "create", "audit", "--size", "2", "--labeller", "nobody-here", "--labeller", "ana")
    assert run(*drawn).err == ""
    run("people", "invite", "ana", "--role", "labeller")
    warned = run(*drawn)
    assert (warned.code, "Nobody who may label is called nobody-here: add them" in warned.err) == (0, True)


def test_results_without_labels_say_what_is_missing(run: Run):
    """Where nothing is labelled, the results say so and how labels come."""
    assert "No label is stored yet" in run("labels", "results").out
