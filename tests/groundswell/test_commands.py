"""The command line as a person meets it: what it prints, what it says when something is wrong, and its exit codes."""

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from groundswell.commands.why import time_of
from groundswell.errors import UsageError
from models.decision_path import StageName
from store.database import open_database, reading, upgrade
from store.schema import audit, launches
from tests.console.seed import LAUNCH_ID, seed
from tests.groundswell.front import ENVIRONMENT, Done, Run, front_door_in
from tests.harness.children import Children
from tests.harness.pacing import PacedIngest
from tests.pipelines.chain import SHORT_CUT, short_story

LISTS = {
    "themes list": {
        "id", "name", "state", "status", "size", "first_seen", "last_seen", "keywords", "known_issue", "owner",
    },
    "spikes list": {
        "id", "theme_id", "theme_name", "segment", "start", "end", "detected_at", "observed", "expected", "ratio",
        "p_value", "q_value", "severity", "launch_id", "gate", "evidence", "causes",
    },
    "alerts list": {"id", "kind", "theme_id", "spike_id", "state", "audience", "opened_at", "reason"},
    "launches list": {"id", "kind", "title", "start", "end", "scope"},
    "changes list": {"id", "kind", "title", "time", "scope"},
}  # fmt: skip
EVENT = (
    b'{"specversion":"1.0","id":"%d","source":"/x","type":"ticket.created","time":"2026-11-01T08:00:00Z",'
    b'"subject":"T","data":{"body":"a"}}'
)
CAUSE = {"kind", "segment", "change_id", "contribution", "relative_risk", "interval", "score", "reason"}
COMMANDS = [
    "", "ingest", "themes", "themes list", "themes show", "themes known-issue", "spikes", "spikes list", "launches list",
    "launches add", "launches import", "launches review", "changes list", "changes add",
    "alerts", "alerts list", "alerts ack", "alerts resolve", "digest build", "digest publish", "db upgrade",
    "quarantine", "serve", "demo", "spikes explain", "backtest", "alerts why", "silences", "silences add", "silences list",
    "silences show", "silences expire",
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line in this process, in a folder and with a data folder of its own."""
    return front_door_in(tmp_path, monkeypatch, capfd)


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the short story."""
    path = tmp_path_factory.mktemp("stories") / "story.jsonl"
    path.write_bytes(b"".join(short_story().parts(SHORT_CUT)))
    return path


@pytest.fixture(scope="module")
def mined_url(stories: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a database that `groundswell ingest` made of the story; tests only read it."""
    folder = tmp_path_factory.mktemp("mined")
    url = f"sqlite:///{folder / 'a.db'}"
    done = child(folder, "ingest", str(stories), "--database", url)
    assert done.code == 0, done.err
    return url


def environment_of(folder: Path) -> dict[str, str]:
    """The environment of a command in a process of its own, with its data in a folder."""
    own = {"GROUNDSWELL_DATA": str(folder / "data"), "PYTHONPATH": str(Path(__file__).parents[2])}
    return {**os.environ, **ENVIRONMENT, **own}


def child(folder: Path, *arguments: str) -> Done:
    """Run the command line in a process of its own."""
    code = "import sys; from groundswell.cli import main; sys.argv[0] = 'groundswell'; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder, env=environment_of(folder), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def stored_events(database: Path) -> int:
    """How many events another process has stored in an SQLite file so far; none before it has made the tables."""
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute("SELECT count(*) FROM events").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


def listed(run: Run, url: str) -> list[str]:
    """What the three listings print."""
    arguments = (("themes", "list", "--members"), ("spikes", "list"), ("alerts", "list"))
    return [run(*words, "--json", "--database", url).out for words in arguments]


@pytest.mark.parametrize("command", COMMANDS)
def test_help(run: Run, command: str):
    """Every command says what it is for."""
    done = run(*command.split(), "--help")
    assert done.code == 0
    assert "Usage" in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest",), ("ingest", "--speed", "9", "a.jsonl"), ("ingest", "--format", "xml", "a.jsonl"), ("themes", "show"),
        ("themes", "show", "nine"), ("themes", "show", "0"), ("alerts", "ack", "-1"), ("spikes", "explode"),
        ("quarantine", "--limit", "0"), ("spikes", "explain"), ("spikes", "explain", "1", "--theme", "1"),
        ("spikes", "explain", "1", "--at", "2026-11-06"), ("spikes", "explain", "--theme", "1", "--at", "noon"),
        ("backtest", "--false-alerts-per-week", "0"), ("backtest", "--from", "2026-11-06", "--to", "2026-11-05"),
        ("backtest", "--from", "yesterday"),
    ],
)  # fmt: skip
def test_wrong_usage(run: Run, arguments):
    """A wrong flag, value or word is exit code 2, with what is wrong on stderr and nothing on stdout."""
    done = run(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err


@pytest.mark.parametrize(
    "command", ["themes list", "spikes list", "alerts list", "themes show 1", "quarantine", "digest build", "serve"]
)
def test_no_database_yet(run: Run, tmp_path: Path, command: str):
    """Before the first ingest each command says how to begin, and makes no file."""
    done = run(*command.split())
    assert done.code == 1
    assert "there is no database" in done.err
    assert "groundswell ingest" in done.err
    assert done.err.strip().count("\n") == 0
    assert list(tmp_path.rglob("*.db")) == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://ana:geheim@host/db", "valid are sqlite"),
        ("nonsense", "valid are sqlite"),
        ("postgresql+psycopg://ana:geheim@127.0.0.1:1/db", "does not answer"),
        ("sqlite:////proc/none/a.db", "/proc/none"),
    ],
)
@pytest.mark.parametrize("command", [("db", "upgrade"), ("themes", "list")])
def test_a_wrong_url(run: Run, url, says, command):
    """A URL of no database of ours, one where nobody answers and one that cannot be made: one sentence, no password."""
    done = run(*command, "--database", url)
    assert done.code == 1
    assert says in done.err
    assert "geheim" not in done.err
    assert done.err.strip().count("\n") == 0


def test_an_outdated_database(run: Run, tmp_path: Path):
    """A database without our tables says which command makes them, and that command does."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    (tmp_path / "a.db").touch()
    assert "db upgrade" in run("themes", "list", "--database", url).err
    assert run("db", "upgrade", "--database", url).code == 0
    done = run("themes", "list", "--json", "--database", url)
    assert (done.code, json.loads(done.out)) == (0, [])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is an image"),
        (None, "cannot be read"),
        (gzip.compress(b"\n".join(EVENT % n for n in range(5_000)))[:-1_000], "middle"),
    ],
    ids=["empty", "binary", "absent", "cut"],
)
def test_a_file_that_is_none(run: Run, tmp_path: Path, content, says):
    """An empty, a binary, an absent and a cut file: exit code 1 and one sentence that names the file."""
    path = tmp_path / "tickets.jsonl"
    if content is not None:
        path.write_bytes(content)
    done = run("ingest", str(path))
    assert done.code == 1
    assert says in done.err
    assert "tickets.jsonl" in done.err


def test_a_mapping_of_mail(run: Run, tmp_path: Path):
    """What has no columns takes no mapping, and has none to guess."""
    (tmp_path / "a.eml").write_text(
        "From: a@mail.example\nSubject: Refund\nDate: Sun, 1 Nov 2026 08:00:00 +0000\n\nWhere is it?\n"
    )
    for arguments in (("--mapping", "m.toml"), ("--guess",)):
        done = run("ingest", "a.eml", *arguments)
        assert done.code == 1
        assert "has no columns" in done.err


def test_a_table_is_guessed_and_asked_for(run: Run, tmp_path: Path):
    """`--guess` prints a mapping as TOML; a table that is not sure is refused with its candidates, and stores nothing."""
    (tmp_path / "sure.csv").write_text(
        "Ticket ID,Created,Subject\n1,2026-11-01 08:00,Refund\n2,2026-11-01 08:05,Card\n"
    )
    done = run("ingest", "--guess", "sure.csv")
    assert (done.code, done.err) == (0, "")
    assert tomllib.loads(done.out)["columns"] == {"subject": "Ticket ID", "time": "Created", "title": "Subject"}
    (tmp_path / "unsure.csv").write_text("aa,bb,cc\nK-1,Z-1,2026-11-01 08:00\nK-2,Z-2,2026-11-01 08:05\n")
    done = run("ingest", "unsure.csv")
    assert done.code == 1
    assert "('aa' or 'bb')" in done.err
    assert "groundswell ingest --guess unsure.csv" in done.err
    assert done.err.strip().count("\n") == 0
    assert list(tmp_path.rglob("*.db")) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--zone", "Mars/Olympus"), "IANA"),
        (("--format", "xml"), "jsonl, json, csv"),
        (("--encoding", "klingon"), "text encodings"),
    ],
)
def test_options_of_reading_that_are_not_valid(run: Run, tmp_path: Path, arguments, says):
    """A zone, a format or an encoding that there is not is refused with what is valid."""
    (tmp_path / "a.csv").write_text("Ticket ID,Created,Subject\n1,2026-11-01 08:00,Refund\n")
    done = run("ingest", "a.csv", *arguments)
    assert done.code in (1, 2)
    assert says in done.err
    assert "Traceback" not in done.err


def test_bad_records_are_counted_and_shown(run: Run, tmp_path: Path, stories: Path):
    """Bad lines go to quarantine, the rest goes through; how many of which kind is said, and `quarantine` shows each, redacted."""
    good = stories.read_bytes().splitlines()[:20]
    bad = [
        b'{"id": ',
        b"[5]",
        good[0].replace(b"ticket.created", b"ticket.lost"),
        b'{"card": "4242 4242 4242 4242'.ljust(1_100_000, b"x"),
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([*good[:10], *bad, *good[10:]]))
    done = run("ingest", "a.jsonl")
    assert done.code == 0
    assert "20 events stored" in done.err
    assert "4 quarantined" in done.err
    rows = json.loads(run("quarantine", "--json").out)
    assert sorted(row["reason"] for row in rows) == ["not_json", "not_json", "not_json", "unknown_type"]
    assert "4242" not in json.dumps(rows)


@pytest.mark.parametrize("command", LISTS)
def test_json_is_one_array_and_nothing_else(run: Run, mined_url: str, command: str):
    """A listing in JSON is one array on stdout, nothing on stderr, with the promised keys and times in UTC."""
    done = run(*command.split(), "--json", "--database", mined_url)
    rows = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert rows
    assert all(LISTS[command] <= row.keys() for row in rows)
    for row in rows:
        assert all(cause.keys() >= CAUSE for cause in row.get("causes", ()))
        for name in ("first_seen", "start", "end", "detected_at", "opened_at", "time"):
            assert row.get(name) is None or datetime.fromisoformat(row[name]).utcoffset() == timedelta(0)


@pytest.mark.parametrize("command", [*LISTS, "themes list --all", "themes show 1", "quarantine"])
def test_tables_for_people(run: Run, mined_url: str, command: str):
    """Without --json a listing is a table, or a sentence."""
    done = run(*command.split(), "--database", mined_url)
    assert (done.code, done.err) == (0, "")
    assert done.out.strip()
    assert not done.out.startswith("[")


def test_members(run: Run, mined_url: str):
    """`--members` adds the ids of each theme's tickets, and leaves the other keys as they are."""
    plain, full = (
        json.loads(run("themes", "list", "--json", *more, "--database", mined_url).out) for more in ((), ("--members",))
    )
    assert all(len(row["tickets"]) == row["size"] for row in full)
    assert [{name: value for name, value in row.items() if name != "tickets"} for row in full] == plain


@pytest.mark.parametrize(
    "command", ["themes show 999", "alerts ack 999", "alerts resolve 999", "themes known-issue 999 --title a"]
)
def test_an_unknown_number(run: Run, mined_url: str, command: str):
    """A theme or alert that does not exist: exit code 1, and which command shows those that do."""
    done = run(*command.split(), "--database", mined_url)
    assert done.code == 1
    assert "999, which does not exist; `groundswell" in done.err


def test_flag_and_take_back(run: Run, tmp_path: Path, stories: Path):
    """A theme is flagged at once, the flag is taken back, each leaves an audit row; both or neither is wrong usage."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    assert run("ingest", str(stories), "--database", url).code == 0
    theme = str(json.loads(run("spikes", "list", "--json", "--database", url).out)[0]["theme_id"] or 1)
    flag = ("themes", "known-issue", theme, "--database", url)
    assert "It took effect at once." in run(*flag, "--title", "Late webhook", "--jira", "PAY-1").out
    (row,) = [
        one for one in json.loads(run("themes", "list", "--json", "--database", url).out) if str(one["id"]) == theme
    ]
    found = row["known_issue"]
    assert (found["title"], found["jira"], found["issue"], found["state"]) == (
        "Late webhook",
        "PAY-1",
        1,
        "investigating",
    )
    assert "pending" not in found
    assert "PAY-1" in run("themes", "show", theme, "--database", url).out
    assert run(*flag, "--clear").code == 0
    assert run(*flag).code == run(*flag, "--title", "a", "--clear").code == 2
    engine = open_database(url)
    with reading(engine) as connection:
        assert len(connection.execute(select(audit.c.actor)).all()) == 2
    engine.dispose()


def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(
    run: Run, mined_url: str, stories: Path, tmp_path: Path, children: Children
):
    """SIGINT in the middle: exit code 130 and a word about going on; the next run ends in the listings of a clean one."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    piped = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    ingest = PacedIngest(children, ["-", "--database", url], cwd=tmp_path, env=environment_of(tmp_path), **piped)
    with ingest.process.stdin as pipe:
        pipe.write(stories.read_bytes())
    ingest.arrive()
    while not stored_events(tmp_path / "a.db"):
        ingest.go()
        ingest.arrive()
    ingest.process.send_signal(signal.SIGINT)
    ingest.release()
    ingest.process.stdin = None
    _, err = ingest.process.communicate()
    stopped = Done(ingest.process.returncode, "", err.decode())
    assert stopped.code == 130, stopped.err
    assert "Stopped" in stopped.err
    assert "Traceback" not in stopped.err
    assert listed(run, url) != listed(run, mined_url)
    again = run("ingest", str(stories), "--database", url)
    assert again.code == 0
    assert "left out: stored before" in again.err
    assert listed(run, url) == listed(run, mined_url)


def test_ingest_twice(run: Run, tmp_path: Path, stories: Path, mined_url: str):
    """The second run of a file says that it stored nothing, and the listings are the same bytes."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    for _ in range(2):
        done = run("ingest", str(stories), "--database", url)
    assert "0 events stored (0 tickets)" in done.err
    assert listed(run, url) == listed(run, mined_url)


def test_the_environment_names_the_database(run: Run, monkeypatch: pytest.MonkeyPatch, mined_url: str):
    """`GROUNDSWELL_DATABASE__URL` names the database, and `--database` wins over it."""
    monkeypatch.setenv("GROUNDSWELL_DATABASE__URL", mined_url)
    assert json.loads(run("themes", "list", "--json").out)
    assert run("themes", "list", "--database", "nonsense").code == 1


def test_a_wrong_setting(run: Run, monkeypatch: pytest.MonkeyPatch):
    """A setting that cannot be is wrong usage, and is named."""
    monkeypatch.setenv("GROUNDSWELL_MINING__EPOCH", "PT7M")
    done = run("db", "upgrade")
    assert done.code == 2
    assert "mining" in done.err


def test_a_spike_is_explained(run: Run, mined_url: str):
    """The reason of a spike and of a quiet hour is printed in sentences and as one JSON array."""
    spike = json.loads(run("spikes", "list", "--json", "--database", mined_url).out)[0]
    ran = run("spikes", "explain", str(spike["id"]), "--database", mined_url)
    assert ran.code == 0
    assert "signalled at" in ran.out
    (answer,) = json.loads(run("spikes", "explain", str(spike["id"]), "--json", "--database", mined_url).out)
    assert (answer["verdict"], answer["exact"], answer["spike_id"]) == ("signal", True, spike["id"])
    asked = ("--theme", "1", "--at", "2026-11-05T03:00Z", "--segment", "region=US", "--json", "--database", mined_url)
    (quiet,) = json.loads(run("spikes", "explain", *asked).out)
    assert not quiet["signal"]
    assert "did not signal at 2026-11-05 03:00 UTC" in quiet["sentences"][0]


def test_an_alert_says_why(run: Run, mined_url: str):
    """An alert of a spike is explained by its reason and the test behind it; one that does not exist is named."""
    alerts = json.loads(run("alerts", "list", "--json", "--database", mined_url).out)
    alert = next(one for one in alerts if one["spike_id"])
    ran = run("alerts", "why", str(alert["id"]), "--database", mined_url)
    assert ran.code == 0
    assert alert["reason"] in ran.out
    assert "signalled at" in ran.out
    (answer,) = json.loads(run("alerts", "why", str(alert["id"]), "--json", "--database", mined_url).out)
    assert answer["why"]["spike_id"] == alert["spike_id"]
    stages = list(dict.fromkeys(one["stage"] for one in answer["stages"]))
    assert stages == [stage.value for stage in StageName]
    assert all(one["reason"] for one in answer["stages"])
    assert {one["passed"] for one in answer["stages"]} <= {True, None}
    assert run("alerts", "why", "999", "--database", mined_url).code == 1


def test_what_became_of_a_theme_is_told_for_any_time(run: Run, mined_url: str):
    """When an alert was decided its signal is shown with all stages; where nothing was a signal, what the detector saw."""
    alerts = json.loads(run("alerts", "list", "--json", "--database", mined_url).out)
    alert = next(one for one in alerts if one["spike_id"])
    theme, at = str(alert["theme_id"]), alert["opened_at"]
    (then,) = json.loads(run("alerts", "why", "--theme", theme, "--at", at, "--json", "--database", mined_url).out)
    assert alert["id"] in [one["alert_id"] for one in then["signals"]]
    assert all(len(one["stages"]) >= len(StageName) for one in then["signals"])
    spike = next(one for one in json.loads(run("spikes", "list", "--json", "--database", mined_url).out))
    before = (datetime.fromisoformat(spike["start"]) - timedelta(days=1)).isoformat()
    ran = run("alerts", "why", "--theme", str(spike["theme_id"]), "--at", before, "--database", mined_url)
    assert ran.code == 0
    assert "Nothing was a signal at this time." in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--theme", "999"), 1, "received theme 999"),
        (("999",), 1, "received spike 999"),
        (("--theme", "1", "--at", "2020-01-01"), 1, "give a time between them"),
        (("--theme", "1", "--segment", "colour=red"), 2, "no counts are kept"),
        (("--theme", "1", "--segment", "region"), 2, "valid is a form such as region=US"),
        (("--theme", "1", "--segment", "region=XX"), 1, "no ticket has had"),
    ],
)
def test_what_cannot_be_explained(run: Run, mined_url: str, arguments, code, sentence):
    """Unknown themes, spikes, times and segments are refused in one sentence, with nothing on stdout."""
    done = run("spikes", "explain", *arguments, "--database", mined_url)
    assert (done.code, done.out) == (code, "")
    assert sentence in done.err


@pytest.mark.parametrize("command", [("spikes", "explain", "--theme", "0"), ("backtest",)])
def test_nothing_was_mined(run: Run, tmp_path: Path, command):
    """Without a database, and with an empty one, the past is refused in one sentence."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    assert "there is no database" in run(*command, "--database", url).err
    assert run("db", "upgrade", "--database", url).code == 0
    done = run(*command, "--database", url)
    assert (done.code, done.out) == (1, "")
    assert "nothing was mined" in done.err


def test_a_backtest_shows_what_would_have_changed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mined_url: str
):
    """Unchanged settings change nothing; another number does, of all or of one audience, and nothing is written."""
    before = listed(run, mined_url)
    done = run("backtest", "--database", mined_url)
    assert done.code == 0
    assert "Nothing would have changed" in done.out
    same = json.loads(run("backtest", "--json", "--database", mined_url).out)
    assert {one["fate"] for one in same} == {"same"}
    fewer = json.loads(run("backtest", "--false-alerts-per-week", "0.000001", "--json", "--database", mined_url).out)
    assert {"gone", "later"} & {one["fate"] for one in fewer}
    (tmp_path / "owners.toml").write_text('[[audience]]\nname = "app"\nmatch = { app_version = "5.2.0" }\n')
    monkeypatch.setenv("GROUNDSWELL_ALERTS__OWNERSHIP", str(tmp_path / "owners.toml"))
    strict = ("--audience", "app", "--false-alerts-per-week", "1e-250", "--json", "--database", mined_url)
    assert {one["gate"] for one in json.loads(run("backtest", *strict).out)} >= {"beyond_false_alert_budget"}
    assert run("backtest", "--audience", "nobody", "--database", mined_url).code == 2
    assert run("backtest", "--from", "2020-01-01", "--to", "2020-02-01", "--database", mined_url).code == 1
    assert listed(run, mined_url) == before


def test_a_launch_review_uses_the_configured_tolerance_coverage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """`launches review` reads `mining.spikes.tolerance_coverage`: another value changes the interval of the common lift."""
    engine = open_database(url := f"sqlite:///{tmp_path / 'launch.db'}")
    upgrade(engine)
    seed(engine)
    with engine.begin() as connection:
        connection.execute(
            update(launches).where(launches.c.subject == LAUNCH_ID).values(expected=[{"all": True, "lift": 3.0}])
        )
    engine.dispose()
    found = {}
    for coverage in ("0.5", "0.9"):
        monkeypatch.setenv("GROUNDSWELL_MINING__SPIKES__TOLERANCE_COVERAGE", coverage)
        done = run("launches", "review", LAUNCH_ID, "--json", "--database", url)
        found[coverage] = json.loads(done.out)[0]["common"]
    assert found["0.5"] != found["0.9"]


@pytest.mark.parametrize("time", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "yesterday"])
def test_a_time_that_cannot_be_read_is_wrong_usage(time: str):
    """A time beyond the calendar once it is in UTC is refused with the valid form, like one that is no time."""
    with pytest.raises(UsageError, match="valid is a form such as"):
        time_of(time)
