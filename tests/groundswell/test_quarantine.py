"""Ingesting what is partly unreadable: exit codes, the summary, and reading refused records again."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from groundswell.embedded import Phase, Summary
from groundswell.ingest_progress import PlainProgress
from groundswell.ingest_summary import IngestResult, note_sentences
from store.database import open_database, reading, upgrade
from store.quarantine import QuarantineTotal
from store.schema import quarantine, tickets
from stream.optional_fields import FieldIssue, FieldNote
from stream.processing import BatchOutcome
from tests.groundswell.front import Run, front_door

MAPPING = '[columns]\nsubject = "Ticket"\ntime = "Opened"\nbody = "Text"\n[time]\nformat = "{format}"\n'
CASES = Path(__file__).parents[1] / "stream" / "cases"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line in this process, in a folder and with a data folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDSWELL_EMBEDDING__MODEL", "hashing")
    monkeypatch.setenv("NO_COLOR", "1")
    return front_door(monkeypatch, capfd)


def event(number: int, **changed: object) -> dict[str, object]:
    """Make a ticket's creation."""
    return {
        "specversion": "1.0", "id": f"e-{number}", "source": "/desk", "type": "ticket.created",
        "time": f"2026-11-01T08:{number:02}:00Z", "subject": f"T-{number}", "data": {"body": f"paid {number} times"}, **changed,
    }  # fmt: skip


def lines(path: Path, *events: object) -> str:
    """Write a file of JSON lines."""
    path.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in events))
    return str(path)


def stored(tmp_path: Path) -> tuple[set[str], list[tuple[int, str]]]:
    """Return the tickets that are stored, and (position, reason) of what is in quarantine."""
    engine = open_database(f"sqlite:///{tmp_path / 'data' / 'groundswell.db'}")
    with reading(engine) as connection:
        found = set(connection.execute(select(tickets.c.id)).scalars())
        refused = connection.execute(select(quarantine.c.position, quarantine.c.reason).order_by(quarantine.c.position))
        rows = [(row.position, row.reason) for row in refused]
    engine.dispose()
    return found, rows


@pytest.mark.parametrize(
    ("good", "bad", "code", "says"),
    [
        (3, 0, 0, ""),
        (3, 3, 0, ""),
        (1, 2, 1, "more than half is in quarantine of a.jsonl (2 of 3 records)"),
        (0, 2, 1, "nothing could be read of a.jsonl"),
        (0, 0, 1, "no record was found in a.jsonl"),
    ],
)
def test_the_exit_code_says_how_much_was_read(run: Run, tmp_path: Path, good: int, bad: int, code: int, says: str):
    """0 where at least half of a file became events, else 1 and one sentence; so it is when the run is repeated."""
    path = lines(tmp_path / "a.jsonl", *(event(n) for n in range(good)), *["rubbish"] * bad, *[""] * 3)
    first, again = run("ingest", path), run("ingest", path)
    assert [first.code, again.code] == [code, code], first.err
    assert says in first.err
    assert says in again.err


def test_one_unreadable_file_among_good_ones_is_named(run: Run, tmp_path: Path):
    """A file of which nothing could be read makes the run a failure, also where the others are larger; what is good is stored."""
    good = lines(tmp_path / "good.jsonl", *(event(n) for n in range(20)))
    bad = lines(tmp_path / "bad.jsonl", "rubbish")
    done = run("ingest", good, bad)
    assert done.code == 1
    assert "nothing could be read of bad.jsonl" in done.err
    assert "good.jsonl" not in done.err
    assert len(stored(tmp_path)[0]) == 20


def test_the_summary_names_reasons_lines_and_values(run: Run, tmp_path: Path):
    """What was refused is said by reason with the line of an example; values that moved, with how often and what to do."""
    odd = [event(n, data={"body": f"paid {n} times", "channel": "mobile_sdk"}) for n in range(10, 14)]
    path = lines(
        tmp_path / "a.jsonl", *odd, event(20, data={"body": "a", "region": "x" * 300}), "rubbish", event(1, subject="")
    )
    done = run("ingest", path)
    assert done.code == 0
    assert "5 events stored (5 tickets)" in done.err
    assert "1 not JSON (`not_json`, for example record 6 of a.jsonl)" in done.err
    assert "`invalid_event`, for example record 7 of a.jsonl" in done.err
    assert "`channel` = `mobile_sdk`: 4 tickets; add it to `[values.channel]`." in done.err
    assert "`region` = a value that is too long: 1 ticket; the values are in `custom`." in done.err


def test_case_channels_from_the_command_line(run: Run, tmp_path: Path):
    """The case of odd channels, flags and ratings: 13 tickets, and the summary names the odd values."""
    done = run("ingest", str(CASES / "06-channel-enum.csv"), "--mapping", str(CASES / "06-channel-enum.toml"))
    assert done.code == 0
    assert len(stored(tmp_path)[0]) == 13
    assert "`channel` = `Mobile SDK`: 1 ticket; add it to `[values.channel]`." in done.err


def test_no_card_in_the_summary(run: Run, tmp_path: Path):
    """A card number as a ticket's id or as a value is neither stored nor printed; the ticket is kept and counted."""
    path = lines(
        tmp_path / "a.jsonl", event(1, subject="4242424242424242", data={"body": "a", "channel": "4242 4242 4242 4242"})
    )
    done = run("ingest", path)
    assert done.code == 0
    assert "4242" not in done.err
    assert "`channel` = `[CARD]`: 1 ticket" in done.err
    assert "1 ticket with an id that looks like a card number is stored under a keyed hash" in done.err
    assert [ticket.startswith("id-") for ticket in stored(tmp_path)[0]] == [True]


def test_a_mended_mapping_reads_what_was_refused(run: Run, tmp_path: Path):
    """Rows whose times did not fit are read again with the mended mapping and leave quarantine; the others are not read twice."""
    rows = [
        "Ticket,Opened,Text",
        "T-1,2026-11-01 08:00,a",
        "T-2,2026|11|01 08h01,b",
        "T-3,2026-11-01 08:02,c",
        "T-4,2026|11|01 08h03,d",
    ]
    path, mapping, mended = tmp_path / "a.csv", tmp_path / "m.toml", tmp_path / "n.toml"
    path.write_text("\n".join(rows) + "\n")
    mapping.write_text(MAPPING.format(format="%Y-%m-%d %H:%M"))
    mended.write_text(MAPPING.format(format="%Y|%m|%d %Hh%M"))
    assert run("ingest", str(path), "--mapping", str(mapping)).code == 0
    found, refused = stored(tmp_path)
    assert (found, [reason for _, reason in refused]) == ({"T-1", "T-3"}, ["unmapped_row"] * 2)
    assert run("quarantine", "retry").code == 1
    done = run("quarantine", "retry", "--mapping", str(mended))
    assert done.code == 0, done.err
    assert "a.csv: 2 records read and taken out of quarantine." in done.err
    assert stored(tmp_path) == ({"T-1", "T-2", "T-3", "T-4"}, [])
    assert "Nothing is quarantined." in run("quarantine", "retry").err


def test_what_is_still_refused_stays(run: Run, tmp_path: Path):
    """A record that is refused again keeps its row, and the sentence counts both."""
    rows = [
        "Ticket,Opened,Text",
        "T-1,2026|11|01 08h01,b",
        "T-2,tomorrow,c",
        "T-3,2026-11-01 08:01,c",
        "T-4,2026-11-01 08:02,c",
    ]
    path, mapping, mended = tmp_path / "a.csv", tmp_path / "m.toml", tmp_path / "n.toml"
    path.write_text("\n".join(rows) + "\n")
    mapping.write_text(MAPPING.format(format="%Y-%m-%d %H:%M"))
    mended.write_text(MAPPING.format(format="%Y|%m|%d %Hh%M"))
    run("ingest", str(path), "--mapping", str(mapping))
    done = run("quarantine", "retry", str(path), "--mapping", str(mended))
    assert done.code == 0
    assert "1 record read and taken out of quarantine; 1 record is still in quarantine." in done.err
    found, refused = stored(tmp_path)
    assert found == {"T-1", "T-3", "T-4"}
    assert [reason for _, reason in refused] == ["unmapped_row"]


def test_a_changed_or_missing_file_is_not_guessed_at(run: Run, tmp_path: Path):
    """Where the file is another one or gone, its lines mean nothing any more: the rows stay, and one sentence says what to do."""
    path = lines(tmp_path / "a.jsonl", event(1), event(2), "rubbish")
    run("ingest", path)
    lines(tmp_path / "a.jsonl", event(3), event(4), event(5))
    changed = run("quarantine", "retry")
    assert changed.code == 1
    assert "the file was changed since" in changed.err
    Path(path).unlink()
    assert "the file is gone" in run("quarantine", "retry").err
    assert stored(tmp_path) == ({"T-1", "T-2"}, [(3, "not_json")])


def test_an_ingest_of_the_mended_file_settles_its_rows(run: Run, tmp_path: Path):
    """A file that was mended and ingested again leaves nothing of its earlier errors in quarantine."""
    path = lines(tmp_path / "a.jsonl", event(1), "rubbish", event(3))
    run("ingest", path)
    lines(tmp_path / "a.jsonl", event(1), event(2), event(3))
    assert run("ingest", path).code == 0
    assert stored(tmp_path) == ({"T-1", "T-2", "T-3"}, [])


def test_records_of_topics_and_of_standard_input_are_left(run: Run, tmp_path: Path):
    """What did not come from a file cannot be read again from here, and for each it says what can be done."""
    url = f"sqlite:///{tmp_path / 'data' / 'groundswell.db'}"
    engine = open_database(url)
    upgrade(engine)
    with engine.begin() as connection:
        row = {"partition": 0, "reason": "not_json", "detail": "a", "excerpt": "b"}
        connection.execute(insert(quarantine), [
            {**row, "stream": "groundswell.tickets", "position": 7}, {**row, "stream": "stdin:abc", "position": 1},
        ])  # fmt: skip
    engine.dispose()
    done = run("quarantine", "retry")
    assert done.code == 1
    assert "groundswell.tickets: 1 record cannot be read again" in done.err
    assert "dead-letter topic" in done.err
    assert "standard input is gone" in done.err
    assert len(stored(tmp_path)[1]) == 2


def test_the_list_is_a_command_and_the_default(run: Run, tmp_path: Path):
    """`quarantine`, `quarantine list` and their options are the same."""
    run("ingest", lines(tmp_path / "a.jsonl", event(1), "rubbish"))
    plain = run("quarantine", "--json", "--limit", "5")
    assert plain.out == run("quarantine", "list", "--json", "--limit", "5").out
    assert [row["reason"] for row in json.loads(plain.out)] == ["not_json"]
    assert "not json" in run("quarantine").out


def test_plain_progress_every_few_seconds():
    """Where there is no terminal a line says phase, number, share and rate, at most every five seconds."""
    seconds, said = iter([0.0, 0.0, 2.0, 6.0, 7.0, 12.0, 13.0, 19.0]), []
    progress = PlainProgress(said.append, lambda: next(seconds), lambda: 0.25)
    summary = Summary()
    for lines_read in (0, 100, 600, 700, 1_200):
        summary.lines = lines_read
        progress(summary)
    summary.phase, summary.events, summary.ingested, summary.epochs = Phase.INGESTING, 1_000, 0, 0
    progress(summary)
    summary.ingested, summary.epochs = 300, 12
    progress(summary)
    assert said == [
        "groundswell: reading: 600 records, 25%, 100 a second\n",
        "groundswell: reading: 1,200 records, 25%, 100 a second\n",
        "groundswell: ingesting: 300 of 1,000 events, 30%, 50 a second, 12 epochs mined\n",
    ]


def test_notes_are_grouped_and_the_rest_is_counted():
    """Of a field with many odd values the most frequent are written out and the others counted together."""
    notes = Counter({FieldNote("channel", f"c{n}", FieldIssue.UNKNOWN_VALUE): n for n in range(1, 9)})
    said = note_sentences(notes)
    assert said[0] == "`channel` = `c8`: 8 tickets; add it to `[values.channel]`."
    assert said[-1] == "`channel` = 3 other values: 6 tickets; the values are in `custom`."
    assert len(said) == 6


def test_a_stopped_run_is_no_failure():
    """A run that was stopped says how to go on; what is not read yet is not missing."""
    refused = [QuarantineTotal("/a/b.csv", "not_json", 9, 1)]
    result = IngestResult(Summary(BatchOutcome(stored=1), events=2, stopped=True), refused, {"/a/b.csv": 1})
    assert result.failure() is None
    assert result.sentences()[0] == "Stopped; run the same command to go on."
    unread = IngestResult(Summary(BatchOutcome(), lines=512, stopped=True), [], {"/a/b.csv": 0})
    assert unread.failure() is None
    assert "begin again" in unread.sentences()[0]


def zendesk_page(path: Path, good: int, bad: int) -> str:
    """Write one page of Zendesk's tickets; the bad ones have no time and are spread among the good ones."""
    tickets_of = [
        {
            "id": n, "subject": f"Problem {n}", "raw_subject": "x", "description": f"It failed {n} times", "custom_fields": [],
            **({} if n * bad % (good + bad) < bad else {"created_at": f"2026-11-01T08:{n:02}:00Z"}),
        }
        for n in range(good + bad)
    ]  # fmt: skip
    path.write_text(json.dumps({"tickets": tickets_of}))
    return str(path)


@pytest.mark.parametrize(("good", "bad", "code"), [(20, 10, 0), (2, 28, 1), (5, 6, 1)])
def test_every_refused_element_of_a_page_is_kept(run: Run, tmp_path: Path, good: int, bad: int, code: int):
    """Stored and quarantined elements of a page together are all of it, also when it is read again; exit code 1 beyond half."""
    path = zendesk_page(tmp_path / "page.json", good, bad)
    for _ in range(2):
        done = run("ingest", path)
        found, refused = stored(tmp_path)
        assert (len(found), len(refused), done.code) == (good, bad, code)
    assert f"{bad} quarantined" in done.err


def test_mended_elements_of_a_page_leave_quarantine(run: Run, tmp_path: Path):
    """Where a page is exported again with fewer damaged elements, only these stay in quarantine."""
    path = zendesk_page(tmp_path / "page.json", 20, 10)
    run("ingest", path)
    retried = run("quarantine", "retry", path)
    assert len(stored(tmp_path)[1]) == 10, retried.err
    zendesk_page(tmp_path / "page.json", 26, 4)
    run("ingest", path)
    found, refused = stored(tmp_path)
    assert len(refused) == 4
    assert len(found) >= 26


def test_one_record_or_one_reason_is_read_again(run: Run, tmp_path: Path):
    """What was chosen is read again, and the rest stays as it was; the report is JSON for programs."""
    path = lines(tmp_path / "a.jsonl", event(1), "rubbish", event(3, time="yesterday"), event(4, time="never"))
    run("ingest", path)
    rows = json.loads(run("quarantine", "list", "--json").out)
    assert sorted(row["reason"] for row in rows) == ["invalid_event", "invalid_event", "not_json"]
    one = run("quarantine", "retry", "--record", str(rows[0]["id"]), "--json")
    (report,) = json.loads(one.out)
    assert (one.code, report["settled"], report["left"]) == (1, 0, 1)
    several = run("quarantine", "retry", "--reason", "invalid_event", "--json")
    assert json.loads(several.out)[0]["left"] == 2
    nothing = run("quarantine", "retry", "--reason", "no_such_reason")
    assert (nothing.code, "Nothing is quarantined" in nothing.err) == (0, True)
    assert len(stored(tmp_path)[1]) == 3
