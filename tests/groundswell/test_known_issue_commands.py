"""`groundswell known-issues`, `themes archive|resolve` and `themes known-issue --issue`, as specialists and agents use them."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.groundswell.front import Done, Run, front_door
from tests.pipelines.counted_office import CountedOffice

QUIET = {1: 2, 2: 1, 3: 1}


class Desk(NamedTuple):
    """The command line on a database, and the office that mines it."""

    run: Run
    office: CountedOffice

    def json(self, *words: str) -> list[dict]:
        """Return what a command prints with `--json`."""
        done = self.run(*words, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    def refused(self, *words: str) -> str:
        """Return the sentence with which a command refuses."""
        done: Done = self.run(*words)
        assert done.code == 2, (done.out, done.err)
        return " ".join(done.err.split())


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, int]:
    """Return a database file of five quiet days, the hours that it was mined for and the number of its tickets."""
    file = tmp_path_factory.mktemp("mined") / "mined.db"
    office = CountedOffice(url=f"sqlite:///{file}").history(24 * 5, QUIET).mine(2, QUIET)
    office.engine.dispose()
    return file, office.hour, office.tickets


@pytest.fixture
def desk(
    mined: tuple[Path, int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    """Return a way to run commands on a copy of that database."""
    file, hour, tickets = mined
    shutil.copy(file, tmp_path / "a.db")
    url = f"sqlite:///{tmp_path / 'a.db'}"
    office = CountedOffice.opened(url, hour, tickets)
    for name, value in {"EMBEDDING__MODEL": "hashing", "DATA": str(tmp_path / "data"), "DATABASE__URL": url}.items():
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    monkeypatch.chdir(tmp_path)
    return Desk(front_door(monkeypatch, capfd), office)


def test_the_life_of_a_known_issue_by_commands(desk: Desk):
    """Created, joined, updated, shown, fixed, closed; each is pending until the next epoch."""
    Path("sop.txt").write_text("1. Ask for the order.\n2. Wait.", encoding="utf-8")
    [made] = desk.json(
        "known-issues", "create", "--theme", "1", "--theme", "2", "--title", "Payments fail", "--owner", "payments", "--sop",
        "@sop.txt", "--fix-version", "5.2.0", "--fix-expected", "2026-12-01T08:00Z", "--state", "identified", "--why", "seen twice",
    )  # fmt: skip
    number = str(made["known_issue"])
    [listed] = desk.json("known-issues", "list")
    assert (listed["id"], listed["state"], len(listed["pending"])) == (made["id"], "identified", 1)
    assert "Payments fail (pending)" in desk.run("known-issues", "list").out
    desk.office.mine(1, QUIET)
    assert desk.run("themes", "known-issue", "3", "--issue", number).code == 0
    desk.json("known-issues", "update", number, "--workaround", "Wait ten minutes.", "--owner", "")
    desk.office.mine(1, QUIET)
    [shown] = desk.json("known-issues", "show", number)
    assert [theme["id"] for theme in shown["themes"]] == [1, 2, 3]
    assert (shown["sop"], shown["workaround"], shown["owner"]) == (
        "1. Ask for the order.\n2. Wait.",
        "Wait ten minutes.",
        None,
    )
    assert shown["events"][0]["reason"] == "seen twice"
    assert shown["tickets"][0]["quote"]
    text = desk.run("known-issues", "show", number).out
    assert "Wait ten minutes." in text
    assert "(theme, 0.9" in text
    desk.json("known-issues", "fix", number, "--version", "5.2.0")
    desk.office.mine(1, QUIET)
    assert desk.json("known-issues", "list")[0]["state"] == "fixed"
    desk.json("known-issues", "update", number, "--state", "closed")
    desk.office.mine(1, QUIET)
    assert desk.json("known-issues", "list") == []
    assert desk.json("known-issues", "list", "--all")[0]["state"] == "closed"


def test_tickets_are_attached_and_detached_by_command(desk: Desk):
    """What a person decides holds, and the sentence of a wrong use names what was not found."""
    [made] = desk.json("known-issues", "create", "--theme", "1", "--title", "Payments fail")
    number = str(made["known_issue"])
    desk.office.mine(1, QUIET)
    first = desk.json("known-issues", "show", number)[0]["tickets"][0]["id"]
    desk.json("known-issues", "detach", number, first)
    desk.json("known-issues", "attach", number, "T-3")
    desk.office.mine(1)
    found = {one["id"]: one["how"] for one in desk.json("known-issues", "show", number)[0]["tickets"]}
    assert first not in found
    assert found["T-3"] == "person"
    assert "received T-999" in desk.refused("known-issues", "attach", number, "T-999")


def test_stale_known_issues_are_listed_with_their_reasons(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """A fix that is overdue, an owner that the ownership file does not have, and no ticket or update for long."""
    Path("owners.toml").write_text('[[audience]]\nname = "payments"\nmatch = { region = ["US"] }\n', encoding="utf-8")
    monkeypatch.setenv("GROUNDSWELL_ALERTS__OWNERSHIP", "owners.toml")
    monkeypatch.setenv("GROUNDSWELL_ALERTS__KNOWN_ISSUE_STALE_AFTER", "PT3H")
    desk.json(
        "known-issues",
        "create",
        "--theme",
        "1",
        "--title",
        "Old",
        "--owner",
        "nobody-here",
        "--fix-expected",
        "2026-11-01",
    )
    desk.json("known-issues", "create", "--theme", "2", "--title", "Fresh", "--owner", "payments")
    # What was opened just now has not been without tickets for long.
    assert not [
        one for row in desk.json("known-issues", "list", "--stale") for one in row["stale"] if "no_t" in one["reason"]
    ]
    desk.office.mine(1, QUIET)
    desk.office.mine(3, {2: 1, 3: 1})
    desk.json("known-issues", "update", "2", "--workaround", "Wait.")
    desk.office.mine(1, {2: 1, 3: 1})
    [stale] = desk.json("known-issues", "list", "--stale")
    assert [one["reason"] for one in stale["stale"]] == ["no_update", "fix_overdue", "no_tickets", "owner_gone"]
    assert "its owner nobody-here is no audience" in " ".join(desk.run("known-issues", "list", "--stale").out.split())


def test_a_theme_is_archived_and_resolved_by_command(desk: Desk):
    """Shown first, decided, and listed with who did it; the same again is refused with what is allowed."""
    assert "0 tickets would change their theme" in desk.run("themes", "archive", "2", "--dry-run").out
    [made] = desk.json("themes", "archive", "2", "--why", "noise")
    assert (made["kind"], made["state"]) == ("archive", "pending")
    desk.json("themes", "resolve", "3")
    desk.office.mine(1, QUIET)
    [shown] = desk.json("themes", "show", "2")
    assert shown["status"] == "archived"
    assert (shown["transitions"][-1]["to"], shown["transitions"][-1]["reason"]) == ("archived", "noise")
    assert "ongoing became archived by" in desk.run("themes", "show", "2").out
    done = desk.run("themes", "archive", "2", "--yes")
    assert done.code == 1
    assert "valid is a change to known or resolved" in done.err
    desk.json("themes", "undo", str(made["id"]))
    desk.office.mine(1, QUIET)
    assert desk.json("themes", "show", "2")[0]["status"] == "ongoing"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("known-issues", "create", "--theme", "1", "--title", " "), "received no title"),
        (("known-issues", "create", "--theme", "1", "--title", "x" * 201), "valid are up to 200"),
        (
            ("known-issues", "create", "--theme", "1", "--title", "x", "--state", "closed"),
            "valid for a new known issue are",
        ),
        (("known-issues", "create", "--theme", "1", "--title", "x", "--fix-expected", "soon"), "2026-11-20T14:05Z"),
        (("known-issues", "create", "--theme", "1", "--title", "x", "--sop", "@missing.txt"), "cannot be read"),
        (("known-issues", "fix", "1"), "pass one of --version VERSION and --at TIME"),
        (("known-issues", "fix", "1", "--version", "soon"), "valid is a form such as 38.1.0"),
        (("known-issues", "update", "1", "--state", "done"), "valid are investigating"),
        (("themes", "known-issue", "1", "--issue", "1", "--title", "x"), "pass one of --title TEXT"),
    ],
)
def test_wrong_uses_are_refused_with_one_sentence(desk: Desk, words: tuple[str, ...], sentence: str):
    """The sentence says what was received and what is valid."""
    assert sentence in desk.refused(*words)


def test_an_unknown_known_issue_is_said_in_a_sentence(desk: Desk):
    """Showing, updating, fixing and joining one that is not there fails with exit code 1."""
    for words in (
        ("show", "77"), ("update", "77", "--title", "x"), ("fix", "77", "--at", "2026-11-20"), ("attach", "77", "T-1"),
    ):  # fmt: skip
        done = desk.run("known-issues", *words)
        assert done.code == 1
        assert "received known issue 77, which does not exist" in " ".join(done.err.split())


def test_no_card_number_is_stored_or_printed(desk: Desk):
    """What is typed is redacted before it is stored, and refusals quote nothing."""
    done = desk.run(
        "known-issues", "create", "--theme", "1", "--title", "Card 4111 1111 1111 1111", "--why", "4111111111111111"
    )
    assert done.code == 0
    desk.office.mine(1, QUIET)
    assert "4111" not in desk.run("known-issues", "list", "--json").out + desk.run("themes", "decisions", "--json").out
    done = desk.run("known-issues", "update", "1", "--fix-version", "4111111111111111 ")
    assert "4111111111111111" not in done.err
