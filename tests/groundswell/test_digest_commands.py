"""`groundswell digest build` and `publish`: kinds, formats, audiences, windows, and a sentence for each wrong use."""

import csv
import io
import json

import pytest

from groundswell.cli import main
from store.database import open_database, upgrade
from tests.alerts import launch_day


@pytest.fixture
def digest(sqlite_url, tmp_path, monkeypatch, capsys):
    """Run `groundswell digest` on the launch day; returns the exit code, what was printed, and the error."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    engine.dispose()
    launch_day.read_owners(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_ALERTS__OWNERSHIP", str(tmp_path / "ownership.toml"))
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["groundswell", "digest", *arguments, "--database", sqlite_url])
        with pytest.raises(SystemExit) as ended:
            main()
        done = capsys.readouterr()
        return ended.value.code or 0, done.out, done.err

    return run


def test_a_digest_is_printed_in_each_format(digest):
    """Markdown of all audiences, and HTML, Slack blocks and numbers of one."""
    code, text, _ = digest("build")
    assert code == 0
    assert text.count("\n# ") + text.startswith("# ") == 4
    assert digest("build", "--audience", "brazil", "--format", "html")[1].startswith("<!doctype html>")
    message = json.loads(digest("build", "--audience", "brazil", "--format", "slack")[1])
    assert "(T-1002)" in json.dumps(message["blocks"])
    rows = list(csv.DictReader(io.StringIO(digest("build", "--audience", "brazil", "--format", "csv")[1])))
    assert rows[0]["observed"] == "47"


def test_windows_and_kinds(digest):
    """A week, two times, and a launch up to its last full hour are windows."""
    assert digest("build", "--audience", "brazil", "--kind", "weekly", "--day", "2026-11-20")[1].startswith(
        "# brazil: Week from Monday, 16 November 2026 to Sunday, 22 November 2026"
    )
    window = "2026-11-20T12:00Z/2026-11-20T18:00:00+02:00"
    assert digest("build", "--audience", "brazil", "--window", window)[1].startswith(
        "# brazil: Fri 20 Nov, 12:00 to 16:00"
    )
    launch = digest("build", "--audience", "everyone", "--kind", "launch-day")[1]
    assert launch.startswith("# everyone: Fri 20 Nov, 17:00 to ")
    assert digest("build", "--audience", "everyone", "--kind", "launch_day", "--launch", "L-1")[1] == launch


def test_publishing_in_formats(digest, tmp_path):
    """Only the audience that is asked for is published, and its files are named."""
    code, text, _ = digest("publish", "--audience", "brazil", "--format", "csv", "--format", "slack", "--folder", "out")
    assert (code, text) == (0, "brazil: out/2026-11-20/brazil.md and brazil.html, brazil.slack.json, brazil.csv\n")
    assert sorted(path.name for path in (tmp_path / "out" / "2026-11-20").iterdir()) == [
        "brazil.csv", "brazil.html", "brazil.md", "brazil.slack.json",
    ]  # fmt: skip
    code, text, _ = digest("publish", "--audience", "brazil", "--folder", "out", "--json")
    assert (code, json.loads(text)) == (
        0, [{"audience": "brazil", "files": ["out/2026-11-20/brazil.md", "out/2026-11-20/brazil.html"]}],
    )  # fmt: skip


def test_a_file_is_written(digest, tmp_path):
    """With --output the digest is in a file."""
    assert digest("build", "--audience", "brazil", "--output", "brazil.md")[0] == 0
    assert (tmp_path / "brazil.md").read_text(encoding="utf-8").startswith("# brazil: Friday, 20 November 2026")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("build --format docx", "received the format 'docx'; valid are md, html, slack, pdf, csv"),
        ("publish --format docx", "received the format 'docx'"),
        ("build --format html", "received the format html for 4 audiences; name one by --audience: live-payments"),
        ("build --format pdf --audience brazil", "name one by --output"),
        ("build --audience nobody", "received the audience 'nobody'; valid are live-payments, brazil"),
        ("publish --audience nobody", "received the audience 'nobody'"),
        ("build --kind monthly", "received the kind 'monthly'; valid are daily, weekly, launch-day"),
        ("build --window today", "valid are two times with a zone and a slash between"),
        ("build --window 2026-11-20T12:00Z/2026-11-20T08:00Z", "the earlier one first"),
        ("build --window 2026-11-20T08:00/2026-11-20T12:00", "two times with a zone"),
        ("build --window 2026-11-20T08:00Z/2026-11-20T12:00Z --day 2026-11-20", "received both --day and --window"),
        ("build --day yesterday", "valid is YYYY-MM-DD"),
        ("build --day 9999-12-31", "received the day '9999-12-31'; valid are days from 1971-01-04 to 8999-12-31"),
        ("build --kind weekly --day 9999-12-31", "valid are days from 1971-01-04"),
        ("build --kind review --day 0001-01-01", "valid are days from 1971-01-04"),
        ("publish --day 0001-01-01", "valid are days from 1971-01-04"),
        ("build --window 0001-01-01T00:00Z/2026-11-20T00:00Z", "valid are days from 1971-01-04"),
        ("build --window 2026-11-20T00:00Z/9999-12-31T00:00Z", "valid are days from 1971-01-04"),
        ("build --day 2099-01-01", "the newest ticket is of 2026-11-20"),
        ("build --kind launch-day --launch L-9", "received the launch 'L-9', which is not on record"),
        ("build --kind launch-day --day 2026-11-20", "name it by --launch"),
        ("build --launch L-1", "received --launch with --kind daily"),
    ],
)
def test_wrong_use_is_answered_by_a_sentence(digest, arguments, sentence):
    """Each wrong option is named, with what is valid."""
    code, text, error = digest(*arguments.split())
    assert (code, text) == (2, "")
    assert sentence in " ".join(error.split())


def test_a_review_that_cannot_be_built_is_explained(digest, tmp_path):
    """Building fails with the reason and writes no file; publishing says the reason, and that nothing was published."""
    asked = ["--audience", "live-payments", "--kind", "review"]
    sentence = "there is no review, since no ticket is mined; `groundswell ingest FILE` first"
    code, text, error = digest("build", *asked, "--format", "pdf", "--output", "none.pdf")
    assert (code, text) == (1, "")
    assert sentence in " ".join(error.split())
    assert not (tmp_path / "none.pdf").exists()
    code, text, _ = digest("publish", *asked)
    assert (code, text.startswith(f"Nothing was published: {sentence}")) == (0, True)


def test_a_review_of_an_empty_database_is_explained(sqlite_url, monkeypatch, capsys):
    """Without a ticket, the sentence says so."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    engine.dispose()
    monkeypatch.setattr(
        "sys.argv",
        ["groundswell", "digest", "build", "--kind", "review", "--day", "2026-11-20", "--database", sqlite_url],
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "there is no review, since no ticket is mined" in " ".join(capsys.readouterr().err.split())
