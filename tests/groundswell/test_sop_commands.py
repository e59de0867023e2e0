"""`groundswell sops`: procedures from the command line, their versions, links, and the changes that they are."""

import json
from pathlib import Path

import pytest

from store.database import open_database, reading, upgrade
from store.plans import read_changes
from tests.alerts import launch_day
from tests.groundswell.front import Run, front_door

FILE = """---
title: Refund missing
owner: payments
review: 2020-01-31
themes: [1]
tree:
  start: sent
  nodes:
    sent: {ask: "Was it sent?", answers: {yes: wait, no: send}}
    wait: {outcome: Wait.}
    send: {outcome: Send it.}
---
Call 4242 4242 4242 4242 never.
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with themes."""
    file = tmp_path_factory.mktemp("sops") / "groundswell.db"
    engine = open_database(f"sqlite:///{file}")
    upgrade(engine)
    launch_day.seed(engine)
    engine.dispose()
    return file


@pytest.fixture
def run(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on a copy of that database, with a file of a procedure."""
    (tmp_path / "groundswell.db").write_bytes(made.read_bytes())
    (tmp_path / "refund-missing.md").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATABASE__URL", f"sqlite:///{tmp_path}/groundswell.db")
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDSWELL_EMBEDDING__MODEL", "hashing")
    return front_door(monkeypatch, capfd)


def edit(*changes: tuple[str, str]) -> None:
    """Change the file."""
    text = Path("refund-missing.md").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path("refund-missing.md").write_text(text)


def test_a_procedure_is_added_shown_and_revised(run: Run) -> None:
    """Each version is kept; what was typed is redacted before it is stored; the same file again changes nothing."""
    added = run("sops", "add", "refund-missing.md", "--note", "first")
    assert (added.out, added.err, added.code) == ("refund-missing: version 1, added.\n", "", 0)
    shown = run("sops", "show", "refund-missing").out
    assert (
        "Refund missing\nVersion 1 of refund-missing, owner payments, review on 2020-01-31.\nFor themes 1.\n" in shown
    )
    assert "Call [CARD] never." in shown
    assert "1. Was it sent?\n   - yes: go to step 2\n" in shown
    assert run("sops", "revise", "refund-missing", "refund-missing.md").out.endswith("version 1, unchanged.\n")
    edit(("never", "at once"))
    assert run("sops", "revise", "refund-missing", "refund-missing.md", "--note", "faster").out.endswith(
        "2, revised.\n"
    )
    rows = json.loads(run("sops", "history", "refund-missing", "--json").out)
    assert [(row["version"], row["note"]) for row in rows] == [(2, "faster"), (1, "first")]
    assert "-Call [CARD] never.\n+Call [CARD] at once." in run("sops", "diff", "refund-missing").out
    assert "say the same" in run("sops", "diff", "refund-missing", "2", "2").out
    (old,) = json.loads(run("sops", "show", "refund-missing", "--version", "1", "--json").out)
    assert (old["version"], old["body"]) == (1, "Call [CARD] never.")
    actions = [row["action"] for row in json.loads(run("audit", "list", "--json").out)]
    assert [one for one in actions if one.startswith("procedure")] == [
        "procedure revised", "procedure linked", "procedure added"
    ]  # fmt: skip


def test_a_version_is_a_change_of_its_themes(run: Run, tmp_path: Path) -> None:
    """A change of content is recorded once as a rule update of the procedure's themes, at the version's time; a review is none."""
    run("sops", "add", "refund-missing.md")
    edit(("never", "at once"))
    run("sops", "revise", "refund-missing", "refund-missing.md", "--note", "faster")
    edit(("2020-01-31", "2030-01-31"))
    assert run("sops", "revise", "refund-missing", "refund-missing.md").out.endswith("version 3, revised.\n")
    run("sops", "link", "refund-missing", "--theme", "2")
    history = json.loads(run("sops", "history", "refund-missing", "--json").out)
    rows = json.loads(run("changes", "list", "--json").out)
    found = [row for row in rows if row["id"].startswith("sop-")]
    assert [(row["id"], row["kind"], row["title"], row["themes"]) for row in found] == [
        ("sop-refund-missing-v1", "rule_update", "Procedure “Refund missing”, version 1", [1]),
        ("sop-refund-missing-v2", "rule_update", "Procedure “Refund missing”, version 2: faster", [1, 2]),
    ]
    assert found[1]["time"] == history[1]["at"]
    engine = open_database(f"sqlite:///{tmp_path}/groundswell.db")
    with reading(engine) as connection:
        about = {
            theme: {one.change_id for one in read_changes(connection, about=theme)} & {row["id"] for row in found}
            for theme in ((1,), (2,), (3,), ())
        }
    engine.dispose()
    assert about == {(1,): {row["id"] for row in found}, (2,): {"sop-refund-missing-v2"}, (3,): set(), (): set()}
    shown = run("changes", "list").out
    assert "themes 1, 2" in shown
    assert "everywhere" not in shown.partition("sop-refund-missing-v1")[2]


def test_a_name_with_a_card_number_is_refused_before_anything_is_stored(run: Run) -> None:
    """The name is stored as it is, so that it must not be a secret; nothing is left behind."""
    edit(("owner: payments", "owner: payments\nslug: refund-4111-1111-1111-1111"))
    refused = run("sops", "add", "refund-missing.md")
    assert refused.code == 2
    assert "card number" in refused.err
    assert "1111" not in refused.err
    assert json.loads(run("sops", "list", "--json").out) == []


def test_what_is_overdue_is_listed_first(run: Run) -> None:
    """`overdue` lists what is due on a day; the list begins with it."""
    run("sops", "add", "refund-missing.md")
    edit(("title:", "slug: a-new-one\ntitle:"), ("2020-01-31", "2099-01-31"), ("Refund missing", "Another"))
    run("sops", "add", "refund-missing.md")
    rows = json.loads(run("sops", "list", "--json").out)
    assert [(row["id"], row["overdue"]) for row in rows] == [("refund-missing", True), ("a-new-one", False)]
    assert [row["id"] for row in json.loads(run("sops", "overdue", "--json").out)] == ["refund-missing"]
    assert run("sops", "overdue", "--at", "2019-01-01").out == "No procedure is overdue for review.\n"
    assert "2020-01-31 (overdue)" in run("sops", "list").out
    assert run("sops", "overdue", "--at", "soon").code == 2


def test_links_are_made_and_taken_away(run: Run) -> None:
    """A procedure is for themes and known issues; unknown ones are refused."""
    run("sops", "add", "refund-missing.md", "--theme", "2")
    assert (
        "1 of 2 linked; it is for theme 1, theme 2, theme 3."
        in run("sops", "link", "refund-missing", "--theme", "2", "--theme", "3").out
    )
    assert "1 of 1 unlinked" in run("sops", "unlink", "refund-missing", "--theme", "1").out
    assert [row["id"] for row in json.loads(run("sops", "list", "--theme", "3", "--json").out)] == ["refund-missing"]
    assert json.loads(run("sops", "list", "--theme", "1", "--json").out) == []
    for words in (("--theme", "999"), ("--known-issue", "999"), ()):
        refused = run("sops", "link", "refund-missing", *words)
        assert refused.code in (1, 2)
        assert "received" in refused.err


def test_a_folder_is_imported_whole_or_not_at_all(run: Run) -> None:
    """All files of a folder are added or revised; given twice nothing changes; a wrong one refuses all."""
    folder = Path("procedures")
    folder.mkdir()
    (folder / "one.md").write_text(FILE)
    (folder / "two.md").write_text(FILE.replace("Refund", "Payout"))
    done = json.loads(run("sops", "import", "procedures", "--json").out)
    assert [(row["id"], row["state"]) for row in done] == [("one", "added"), ("two", "added")]
    (folder / "two.md").write_text(FILE.replace("Refund", "Payouts"))
    done = json.loads(run("sops", "import", "procedures", "--json").out)
    assert [(row["id"], row["version"], row["state"]) for row in done] == [
        ("one", 1, "unchanged"),
        ("two", 2, "revised"),
    ]
    (folder / "three.md").write_text(FILE.replace("[1]", "[999]"))
    (folder / "two.md").write_text(FILE.replace("Refund", "Other"))
    assert run("sops", "import", "procedures").code == 1
    assert [row["version"] for row in json.loads(run("sops", "list", "--json").out)] == [2, 1]
    missing = run("sops", "import", "nowhere")
    assert missing.code == 2
    assert "received 'nowhere', which is no folder" in missing.err


def test_a_file_is_checked_without_a_database(run: Run) -> None:
    """`check` shows the steps of a valid file, and says what is wrong with another."""
    assert (
        "refund-missing: “Refund missing” is valid.\n1. Was it sent?" in run("sops", "check", "refund-missing.md").out
    )
    edit(("no: send", "no: away"))
    refused = run("sops", "check", "refund-missing.md")
    assert (refused.code, refused.out) == (2, "")
    assert "refund-missing.md: node “sent” leads to “away”, which is missing: add it to `nodes`" in refused.err


def test_a_version_that_somebody_overtook_is_refused(run: Run) -> None:
    """A revision may say which version it is based on; a procedure that exists is not added again."""
    run("sops", "add", "refund-missing.md")
    assert "exists" in run("sops", "add", "refund-missing.md").err
    edit(("never", "at once"))
    assert run("sops", "revise", "refund-missing", "refund-missing.md", "--based-on", "1").code == 0
    edit(("at once", "soon"))
    assert (
        "version 2 is the newest" in run("sops", "revise", "refund-missing", "refund-missing.md", "--based-on", "1").err
    )
    for words in (
        ("show", "other"),
        ("show", "refund-missing", "--version", "9"),
        ("revise", "other", "refund-missing.md"),
    ):
        assert "does not exist" in run("sops", *words).err
