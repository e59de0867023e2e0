"""`groundswell launches add|import|list` and `groundswell changes add|list`, as the one who plans uses them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select

from groundswell.errors import UsageError
from groundswell.planning import Draft, LateEmbedder, write_plans
from models.bucket import bucket_of
from models.embedding import HashingEmbedder
from models.times import rfc3339
from store import schema
from store.database import open_database, reading, upgrade
from store.listings import list_changes, list_launches
from store.plans import read_launches
from store.schema import events, launches
from stream.processing import Processor
from tests.groundswell.front import Run, front_door

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = {"start": "2026-11-27T00:00:00Z", "end": "2026-11-29T00:00:00Z"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to give commands to a database that does not exist yet."""
    for name, value in {"EMBEDDING__MODEL": "hashing", "DATA": str(tmp_path / "data")}.items():
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    monkeypatch.chdir(tmp_path)

    command = front_door(monkeypatch, capfd)
    return lambda *words: command(*words, "--database", f"sqlite:///{tmp_path / 'a.db'}")


def test_a_plan_is_added_revised_and_listed(run: Run):
    """What is left out of a revision stays; the same words again change nothing; texts are redacted."""
    words = ("launches", "add", "sale", "--kind", "sale", "--start", "2026-11-27", "--end", "2026-11-29T00:00:00Z")
    lines = ("--scope", "region=BR", "--theme", "3=4", "--about", "coins for me@example.com=2.5", "--all", "1.5")
    (made,) = json.loads(run(*words, *lines, "--json").out)
    assert made["state"] == "added"
    assert json.loads(run(*words, *lines, "--json").out)[0]["state"] == "unchanged"
    assert "revised" in run("launches", "add", "sale", "--tolerance", "0.2").out
    (row,) = json.loads(run("launches", "list", "--json").out)
    assert (row["kind"], row["tolerance"], row["scope"]) == ("sale", 0.2, {"region": "BR"})
    assert (row["start"], row["end"]) == ("2026-11-27T00:00:00Z", "2026-11-29T00:00:00Z")
    assert row["expected"] == [
        {"theme": 3, "lift": 4.0}, {"about": "coins for [EMAIL]", "lift": 2.5}, {"all": True, "lift": 1.5},
    ]  # fmt: skip
    shown = run("launches", "list").out
    assert "x4 theme 3, x2.5 about coins" in " ".join(shown.split())


def test_a_plan_like_a_past_one_takes_over_what_it_does_not_say(run: Run):
    """Kind, scope, tolerance and length come from the launch that it is like."""
    first = (
        "--kind",
        "sale",
        "--start",
        "2026-11-27",
        "--end",
        "2026-11-29",
        "--scope",
        "region=BR",
        "--tolerance",
        "0.5",
    )
    run("launches", "add", "sale", *first)
    (made,) = json.loads(run("launches", "add", "again", "--like", "sale=1.5", "--start", "2027-11-26", "--json").out)
    assert (made["kind"], made["scope"], made["tolerance"]) == ("sale", {"region": "BR"}, 0.5)
    assert made["end"] == "2027-11-28T00:00:00Z"
    assert made["expected"] == [{"like": "sale", "lift": 1.5}]


def test_a_launch_that_has_not_begun_has_a_review_without_figures(run: Run):
    """It says so; a launch that nobody planned is an error."""
    run("launches", "add", "sale", "--kind", "sale", "--start", "2026-11-27", "--end", "2026-11-29", "--all", "2")
    (row,) = json.loads(run("launches", "review", "sale", "--json").out)
    assert (row["state"], row["themes"], row["past"], row["reviewed"]) == ("planned", [], [], None)
    shown = run("launches", "review", "sale").out
    assert "sale (sale), 27 Nov 00:00 to 29 Nov 00:00 UTC, everywhere: planned." in shown
    done = run("launches", "review", "nothing")
    assert (done.code, done.out) == (1, "")
    assert "not on record" in done.err


def test_a_change_keeps_its_time_when_its_words_are_mended(run: Run):
    """A change is made at a time; revising its title leaves that, `--at` moves it."""
    words = (
        "changes",
        "add",
        "r-1",
        "--kind",
        "release",
        "--scope",
        "app_version=5.2.0",
        "--at",
        "2026-11-19T08:00:00Z",
    )
    assert json.loads(run(*words, "--json").out)[0]["state"] == "added"
    assert json.loads(run(*words, "--json").out)[0]["state"] == "unchanged"
    assert json.loads(run("changes", "add", "r-1", "--title", "App 5.2.0", "--json").out)[0]["state"] == "revised"
    (row,) = json.loads(run("changes", "list", "--json").out)
    assert (row["title"], row["time"], row["scope"]) == ("App 5.2.0", "2026-11-19T08:00:00Z", {"app_version": "5.2.0"})
    run("changes", "add", "r-1", "--at", "2026-11-19T09:00:00Z")
    assert json.loads(run("changes", "list", "--json").out)[0]["time"] == "2026-11-19T09:00:00Z"


def test_a_calendar_is_imported_once(run: Run, tmp_path: Path):
    """A date is a complete day, `yearly_until` repeats it, rows of one id are one plan; the second import changes nothing."""
    (tmp_path / "days.csv").write_text(
        "id,title,kind,start,end,theme,lift,yearly_until\n"
        "new-year,New Year,holiday,2026-01-01,,,,2028\n"
        "sale,Sale,,2026-11-27,2026-11-29,3,4,\n"
        "sale,,,,,,1.5,\n"
    )
    made = json.loads(run("launches", "import", "days.csv", "--kind", "campaign", "--json").out)
    assert [(row["id"], row["state"], row["kind"]) for row in made] == [
        ("new-year-2026", "added", "holiday"), ("new-year-2027", "added", "holiday"), ("new-year-2028", "added", "holiday"),
        ("sale", "added", "campaign"),
    ]  # fmt: skip
    assert (made[1]["start"], made[1]["end"]) == ("2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z")
    assert made[3]["expected"] == [{"theme": 3, "lift": 4.0}, {"all": True, "lift": 1.5}]
    again = json.loads(run("launches", "import", "days.csv", "--kind", "campaign", "--json").out)
    assert {row["state"] for row in again} == {"unchanged"}
    # What `--json` printed is a file that can be imported.
    (tmp_path / "days.json").write_text(json.dumps(made))
    assert {row["state"] for row in json.loads(run("launches", "import", "days.json", "--json").out)} == {"unchanged"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("launches", "add", "x", "--start", "soon", "--end", "2026-11-29"),
            "received --start 'soon'; valid is a time",
        ),
        (("launches", "add", "x", "--start", "2026-11-29"), "data.end is missing"),
        (("launches", "add", "x", "--start", "2026-11-29", "--end", "2026-11-28"), "not after its start"),
        (("launches", "add", "x", "--theme", "four"), "valid is ID=LIFT"),
        (("launches", "add", "x", "--scope", "BR"), "valid is DIMENSION=VALUE"),
        (("launches", "add", "x", "--like", "y", "--start", "2026-11-29"), "no other launch on record"),
        (("changes", "add", "x"), "data.kind is missing"),
        (("launches", "import", "missing.csv"), "cannot be read as launches"),
        (("launches", "import", "bad.csv"), "row 3: received 'many' where a number belongs"),
        (("launches", "import", "late.jsonl"), "late.jsonl, line 1: data.end is missing"),
    ],
)
def test_what_does_not_fit(run: Run, tmp_path: Path, words: tuple[str, ...], says: str):
    """One sentence, exit code 2, and nothing is written."""
    (tmp_path / "bad.csv").write_text("id,start,end,lift\na,2026-11-27,2026-11-28,2\nb,2026-11-27,2026-11-28,many\n")
    (tmp_path / "late.jsonl").write_text('{"id": "a", "start": "2026-11-27T08:00:00Z"}\n')
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert json.loads(run("launches", "list", "--json").out) == []


def test_revisions_on_both_databases(database_url: str):
    """Of two revisions at the same time the later one holds, plans without example texts load no model, each is an event."""
    engine = open_database(database_url)
    upgrade(engine)

    def write(subject: str, **data) -> str:
        processor = Processor(_Unloaded(), b"", lambda: NOW)
        return write_plans(engine, processor, [Draft("launch", subject, data)], NOW)[0].state

    assert write("sale", **WINDOW, kind="sale", title="Sale") == "added"
    assert write("sale", title="Big sale") == "revised"
    assert write("sale", title="Sale") == "revised"
    assert write("sale", title="Sale") == "unchanged"
    with reading(engine) as connection:
        assert [row["title"] for row in list_launches(connection)] == ["Sale"]
        assert connection.execute(select(func.count()).select_from(launches)).scalar_one() == 3
        assert connection.execute(select(func.count()).select_from(events)).scalar_one() == 3
        # The miner knows a revision from its own time on.
        assert [one.title for one in read_launches(connection, known_by=NOW + timedelta(seconds=1))] == ["Sale"]
        assert list_changes(connection) == []
    with pytest.raises(UsageError, match="known since"):
        write_plans(
            engine, Processor(HashingEmbedder(), b"", lambda: NOW),
            [Draft("launch", "sale", {"title": "Old"}, NOW - timedelta(days=1))], NOW,
        )  # fmt: skip
    engine.dispose()


class _Unloaded:
    @property
    def name(self) -> str:
        raise AssertionError("the model was loaded")

    @property
    def dimensions(self) -> int:
        raise AssertionError("the model was loaded")

    def embed(self, texts):
        raise AssertionError("the model was loaded")


def test_holidays_and_calendar_files_are_planned(run: Run, tmp_path: Path):
    """Both give launches; the same command again changes nothing; what is no country is wrong usage."""
    made = json.loads(run("launches", "holidays", "BR", "DE-BY", "--years", "2026", "--json").out)
    assert {row["state"] for row in made} == {"added"}
    assert {row["kind"] for row in made} == {"holiday"}
    again = json.loads(run("launches", "holidays", "BR", "DE-BY", "--years", "2026", "--json").out)
    assert {row["state"] for row in again} == {"unchanged"}
    assert run("launches", "holidays", "EMEA").code == 2
    assert run("launches", "holidays", "BR", "--years", "soon").code == 2
    file = tmp_path / "plans.ics"
    file.write_text(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Sale\r\nDTSTART;VALUE=DATE:20261127\r\nCATEGORIES:sale\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    (row,) = json.loads(run("launches", "import", str(file), "--json").out)
    assert (row["id"], row["kind"], row["end"]) == ("a", "sale", "2026-11-28T00:00:00Z")


def mine_little(engine: Engine, until: datetime) -> None:
    """Write what a mined database has: two regions, two themes, and how far it is."""
    with engine.begin() as connection:
        connection.execute(
            insert(schema.segments),
            [{"id": at, "key": key} for at, key in enumerate(("{}", '{"region":"BR"}', '{"region":"US"}'), start=1)],
        )
        theme = {
            "keywords": [], "state": "live", "status": "ongoing", "first_seen": until - timedelta(days=3), "last_seen": until,
            "born_epoch": 1, "named_size": 5,
        }  # fmt: skip
        named = ((3, "Coins are missing", 9), (4, "Refund not received", 5))
        connection.execute(
            insert(schema.themes), [{**theme, "id": number, "name": name, "size": size} for number, name, size in named]
        )
        connection.execute(
            insert(schema.miner),
            [{"name": "miner", "next_epoch": bucket_of(until), "first_epoch": bucket_of(until) - 900, "state": {}}],
        )


@pytest.fixture
def mined(run: Run, tmp_path: Path) -> datetime:
    """Mine a database until a week before the clock; return until when."""
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=7)
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    upgrade(engine)
    mine_little(engine, until)
    engine.dispose()
    return until


def test_unknown_names_are_refused_with_the_nearest(run: Run, mined: datetime):
    """A misspelt dimension, value or theme is exit code 2 with what was meant; `--allow-unknown` is for values that will exist."""
    window = ("--start", f"{mined + timedelta(days=1):%Y-%m-%d}", "--end", f"{mined + timedelta(days=2):%Y-%m-%d}")
    for words, says in (
        (("--scope", "regoin=BR"), "which is none that a scope can have; the nearest is region"),
        (("--scope", "region=BRA"), "which no ticket has had; the nearest is BR; --allow-unknown accepts"),
        (("--theme", "12=4"), "the largest are #3 Coins are missing or #4 Refund not received"),
        (("--theme", "Coins are mising=4"), "the nearest is #3 Coins are missing"),
        (("--theme", "coins=4", "--scope", "region=br"), "the nearest is BR"),
    ):
        done = run("launches", "add", "sale", *window, *words)
        assert (done.code, done.out) == (2, "")
        assert says in done.err
    assert json.loads(run("launches", "list", "--json").out) == []
    (made,) = json.loads(
        run(
            "launches",
            "add",
            "sale",
            *window,
            "--scope",
            "region=MX",
            "--theme",
            "coins=4",
            "--allow-unknown",
            "--json",
        ).out
    )
    assert made["expected"] == [{"theme": 3, "lift": 4.0}]
    assert made["scope"] == {"region": "MX"}


def test_a_plan_on_data_that_lag_is_known_in_event_time(run: Run, mined: datetime, tmp_path: Path):
    """The data are a week old: the plan is known to the next epoch, and what is mined already is warned of."""
    start, end = mined - timedelta(hours=2), mined + timedelta(hours=4)
    done = run("launches", "add", "sale", "--start", start.isoformat(), "--end", end.isoformat(), "--all", "2")
    assert "This plan takes effect only from" in " ".join(done.out.split())
    with reading(open_database(f"sqlite:///{tmp_path / 'a.db'}")) as connection:
        assert connection.execute(select(launches.c.time)).scalar() == mined
        assert [one.launch_id for one in read_launches(connection, known_by=mined + timedelta(minutes=5))] == ["sale"]
    done = run("launches", "add", "old", "--start", f"{mined - timedelta(days=2):%Y-%m-%d}", "--end", start.isoformat())
    assert "This plan can no longer take effect" in " ".join(done.out.split())


def test_a_text_that_the_model_does_not_read_is_warned_of(run: Run, mined: datetime, monkeypatch: pytest.MonkeyPatch):
    """The plan is on record, and the command says that the line is matched with no ticket."""
    monkeypatch.setattr(LateEmbedder, "languages_read", lambda _: frozenset({"en"}))
    start, end = mined + timedelta(days=1), mined + timedelta(days=2)
    words = ("launches", "add", "sale", "--start", start.isoformat(), "--end", end.isoformat())
    done = run(*words, "--about", "Las monedas no aparecen en mi saldo=4")
    assert "is on record" in done.out
    assert "Line 1 is in Spanish, which the embedding model does not read" in " ".join(done.out.split())


def test_a_launch_is_cancelled_or_ended_and_planned_again(run: Run, mined: datetime):
    """One that has not begun disappears from the plans, one that runs ends where the data are; a new revision restores it."""
    start, end = mined + timedelta(days=1), mined + timedelta(days=2)
    words = ("launches", "add", "sale", "--start", start.isoformat(), "--end", end.isoformat())
    run(*words)
    assert "is cancelled" in run("launches", "cancel", "sale").out
    assert json.loads(run("launches", "list", "--json").out) == []
    done = run("launches", "cancel", "sale")
    assert (done.code, "cancelled already" in done.err) == (2, True)
    assert "revised" in run(*words).out
    assert len(json.loads(run("launches", "list", "--json").out)) == 1
    run("launches", "add", "night", "--start", (mined - timedelta(hours=3)).isoformat(), "--end", end.isoformat())
    assert json.loads(run("launches", "cancel", "night", "--json").out)[0]["end"] == rfc3339(mined)
    assert "is over" in run("launches", "cancel", "night").err
    assert "not on record" in run("launches", "cancel", "none").err
