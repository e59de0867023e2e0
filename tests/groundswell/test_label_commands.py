"""`groundswell labels`: drawing cases, and what files of labels say, from the command line."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from models.access import EVERYTHING, AccessScope
from models.epochs import epoch_of
from store.database import open_database, reading, upgrade
from store.labelling import read_candidates
from tests.groundswell.front import Run, front_door_in
from tests.pipelines.handling_desk import START, HandlingDesk

FIRST = epoch_of(START, 300.0)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on a database with twelve tickets of two themes, a third of them a vendor's."""
    url = f"sqlite:///{tmp_path / 'g.db'}"
    engine = open_database(url)
    upgrade(engine)
    desk = HandlingDesk(engine)
    for number in range(12):
        handler = {"handled_by": "vendor", "vendor": "acme"} if number % 3 == 0 else {"handled_by": "ai"}
        desk.create(f"T-{number:02}", FIRST, number, theme=4 + number % 2, **handler)
    desk.close(epoch_of(START + timedelta(days=1), 300.0))
    engine.dispose()
    return front_door_in(tmp_path, monkeypatch, capfd, url)


def write_labels(path: Path, question: str, values: dict[str, list[str]]) -> None:
    """Write a file of labels: the values that each labeller gave to the first tickets."""
    lines = [
        json.dumps({"ticket_id": f"T-{n:02}", "question": question, "value": value, "labeller": who,
                    "at": "2026-11-21T08:00:00Z", "seconds": 12.0})
        for who, given in values.items() for n, value in enumerate(given)
    ]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")


def test_an_audit_is_drawn_again_from_its_seed(run: Run):
    """The same seed draws the same cases, whose weights add up to the tickets."""
    first = json.loads(run("labels", "draw", "audit", "--size", "6", "--json").out)
    assert first == json.loads(run("labels", "draw", "audit", "--size", "6", "--json").out)
    assert sum(one["weight"] for one in first) == pytest.approx(12.0)


def test_labels_give_agreement_a_rating_and_the_accuracy_of_ai(run: Run, tmp_path: Path):
    """From a drawn audit and two labellers' files come agreement, precision with what to label next, and AI against persons."""
    cases = tmp_path / "cases.json"
    cases.write_text(run("labels", "draw", "audit", "--size", "12", "--json").out, encoding="utf-8")
    themes = ["4", "5"] * 6
    write_labels(tmp_path / "themes.jsonl", "theme", {"ana": themes, "ben": ["none", *themes[1:]]})
    alphas = json.loads(run("labels", "agreement", "themes.jsonl", "--json").out)
    assert alphas[0]["cases"] == 12
    assert 0.7 < alphas[0]["alpha"] < 1.0
    (report,) = json.loads(run("labels", "rating", "themes.jsonl", "--cases", "cases.json", "--json").out)
    assert [one["labelled"] for one in report["precision"]] == [11, 5, 6]
    assert [one["ticket_id"] for one in report["next_cases"]] == ["T-00"]
    write_labels(tmp_path / "right.jsonl", "resolution_correct", {"ana": ["yes", "no"] * 6})
    found = json.loads(run("labels", "accuracy", "right.jsonl", "--cases", "cases.json", "--json").out)
    assert [(one["theme_id"], one["ai"]["share"], one["human"]["share"]) for one in found] == [
        (None, 0.5, 0.5), (4, 1.0, 1.0), (5, 0.0, 0.0),
    ]  # fmt: skip
    assert "Score" in run("labels", "rating", "themes.jsonl", "--cases", "cases.json").out


def test_a_dispute_is_drawn_until_it_is_adjudicated(run: Run, tmp_path: Path):
    """The adjudicated value settles it, and is what labellers are compared with."""
    write_labels(tmp_path / "said.jsonl", "tone", {"ana": ["good", "poor"], "ben": ["poor", "poor"]})
    write_labels(tmp_path / "decided.jsonl", "tone", {"eva": ["good"]})
    disputed = json.loads(run("labels", "draw", "disputed", "--labels", "said.jsonl", "--json").out)
    assert [one["ticket_id"] for one in disputed] == ["T-00"]
    arguments = ("--labels", "said.jsonl", "--adjudicated", "decided.jsonl", "--json")
    assert json.loads(run("labels", "draw", "disputed", *arguments).out) == []
    compared = ("--adjudicated", "decided.jsonl", "--question", "tone", "--json")
    (found,) = json.loads(run("labels", "labellers", "said.jsonl", *compared).out)
    assert [(one["labeller"], one["latest"]) for one in found["drift"]] == [("ana", 1.0), ("ben", 0.0)]


def test_labels_are_converted_and_wrong_values_refused(run: Run, tmp_path: Path):
    """Labels go to Label Studio's form and back unchanged; a value that the question lacks is an error that names valid ones."""
    write_labels(tmp_path / "a.jsonl", "tone", {"ana": ["good"]})
    run("labels", "convert", "a.jsonl", "b.json")
    run("labels", "convert", "b.json", "c.csv")
    assert "T-00,tone,good,ana" in (tmp_path / "c.csv").read_text("utf-8")
    write_labels(tmp_path / "a.jsonl", "tone", {"ana": ["splendid"]})
    refused = run("labels", "convert", "a.jsonl", "b.json")
    assert refused.code != 0
    assert "poor, acceptable, good" in refused.err
    assert "resolution_correct" in run("labels", "sets").out


def test_odd_files_of_labels_are_read_or_refused_in_one_sentence(run: Run, tmp_path: Path):
    """A byte order mark is no part of the first label, and JSON that is nested without an end is a usage error."""
    write_labels(tmp_path / "a.jsonl", "tone", {"ana": ["good"]})
    (tmp_path / "marked.jsonl").write_text("\ufeff" + (tmp_path / "a.jsonl").read_text("utf-8"), "utf-8")
    assert "1 labels" in run("labels", "convert", "marked.jsonl", "b.jsonl").out
    nowhere = run("labels", "convert", "marked.jsonl", "missing/b.jsonl")
    assert nowhere.code == 2
    assert "a file in a folder that exists" in nowhere.err
    assert json.loads((tmp_path / "b.jsonl").read_text("utf-8"))["ticket_id"] == "T-00"
    for name in ("deep.json", "deep.jsonl"):
        (tmp_path / name).write_text("[" * 100_000)
        refused = run("labels", "convert", name, "c.csv")
        assert refused.code == 2
        assert "nested too deeply" in " ".join(refused.err.split())


def test_a_limited_scope_reads_its_tickets_only(run: Run, tmp_path: Path):
    """A vendor's labeller gets no ticket of others."""
    with reading(open_database(f"sqlite:///{tmp_path / 'g.db'}")) as connection:
        own = read_candidates(connection, AccessScope.of({"vendor": ["acme"]}))
        assert [one.ticket_id for one in own] == ["T-00", "T-03", "T-06", "T-09"]
        assert len(read_candidates(connection, EVERYTHING)) == 12
