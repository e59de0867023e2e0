"""What tickets and people wrote, in a terminal; options that no number or text may break; words in one place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from models.formats import harmless
from store.database import open_database, upgrade
from store.schema import decisions, themes, tickets
from tests.console.seed import seed
from tests.groundswell.front import Run, front_door

HOSTILE = "Pay\x1b[2J\x07ment\x9b31m \u202egnp.exe \x00".replace("\x00", "")
OBEYED = ["\x1b", "\x07", "\x9b", "\u202e", "\r"]
BEYOND = [str(2**31), str(2**63), str(10**30)]


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a seeded database whose texts try to command a terminal; to copy."""
    file = tmp_path_factory.mktemp("hostile") / "a.db"
    engine = open_database(f"sqlite:///{file}")
    upgrade(engine)
    seed(engine)
    with engine.begin() as connection:
        connection.execute(
            update(themes).where(themes.c.id == 1).values(name=HOSTILE, owner=HOSTILE, keywords=[HOSTILE])
        )
        connection.execute(update(tickets).values(title=f"{HOSTILE}\r\n"))
    engine.dispose()
    return file


@pytest.fixture
def seeded(hostile_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """Return a copy of that database."""
    copy = tmp_path / "a.db"
    copy.write_bytes(hostile_file.read_bytes())
    engine = open_database(f"sqlite:///{copy}")
    yield engine
    engine.dispose()


@pytest.fixture
def run(seeded: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on that database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDSWELL_DATABASE__URL", str(seeded.url))
    monkeypatch.setenv("NO_COLOR", "1")
    return front_door(monkeypatch, capfd)


@pytest.mark.parametrize(
    "command",
    [
        "themes list --all", "themes show 1", "themes history 1", "themes decisions", "alerts list", "spikes list",
        "themes merge 2 --into 1 --dry-run", "themes rename 2 Refunds --dry-run", "digest build",
    ],
)  # fmt: skip
def test_a_terminal_obeys_no_ticket(run: Run, command: str):
    """Escape sequences, bells and changes of direction in names and titles are printed as U+FFFD."""
    done = run(*command.split())
    assert not [mark for mark in OBEYED if mark in done.out + done.err]


def test_an_error_quotes_harmlessly(run: Run):
    """An error that quotes what was received prints no control characters either."""
    done = run("themes", "rename", "2", HOSTILE, "--dry-run")
    assert done.code == 1
    assert "control characters" in done.err
    assert "\x1b" not in done.err


@given(st.text(st.characters(categories=None), max_size=80))
def test_harmless_is_printable_once_and_for_all(text: str):
    """What is printed keeps its length, and holds neither controls nor halves of surrogate pairs."""
    shown = harmless(text)
    assert len(shown) == len(text)
    assert harmless(shown) == shown
    shown.encode()
    assert not set(shown) & {chr(n) for n in (*range(9), *range(11, 32), *range(127, 160))}


@pytest.mark.parametrize(
    "options",
    [
        ["--title", "a\x1b[31m"], ["--title", "  "], ["--title", "x" * 5_000], ["--title", "a", "--jira", "P" * 5_000],
        ["--title", "a", "--workaround", "say\x07so"], ["--title", "a", "--why", "because\x1b[0m"], ["--jira", "PAY-1"],
        ["--title", "a\u202eb"],
    ],
)  # fmt: skip
def test_a_known_issue_is_checked_like_in_the_console(run: Run, seeded: Engine, options: list[str]):
    """Blank, over-long and unprintable texts are wrong usage, and nothing is decided."""
    before = _decided(seeded)
    done = run("themes", "known-issue", "2", *options)
    assert done.code == 2
    assert _decided(seeded) == before


def test_a_known_issue_answers_with_what_is_stored(run: Run, seeded: Engine):
    """The answer names the theme that has the tickets and the title as it is stored: redacted."""
    with seeded.begin() as connection:
        connection.execute(update(themes).where(themes.c.id == 3).values(merged_into=2, state="merged"))
    done = run("themes", "known-issue", "3", "--title", "Card 4242 4242 4242 4242 declined")
    assert done.code == 0
    assert done.out.startswith("Theme 2 is flagged as the known issue 'Card [CARD] declined'")


def test_clearing_what_is_no_known_issue(run: Run):
    """A theme without a flag has none to take away; one that is flagged has, once: the decision takes effect at once."""
    done = run("themes", "known-issue", "2", "--clear")
    assert done.code == 1
    assert "not flagged as a known issue" in done.err
    assert run("themes", "known-issue", "2", "--title", "Late webhook").code == 0
    assert [run("themes", "known-issue", "2", "--clear").code for _ in range(2)] == [0, 1]


@pytest.mark.parametrize("number", BEYOND)
@pytest.mark.parametrize(
    "command",
    [
        "themes show {}", "themes history {}", "themes known-issue {} --clear", "themes rename {} a", "themes merge {} --into 1",
        "themes merge 1 --into {}", "themes pin T-1 --to {}", "themes move T-1 --to {}", "themes undo {}", "alerts why {}",
        "alerts ack {}", "alerts resolve {}", "spikes explain {}", "themes rebuild --switch {}", "themes rebuild --discard {}",
    ],
)  # fmt: skip
def test_a_number_of_none_is_wrong_usage(run: Run, command: str, number: str):
    """A number beyond the columns of both databases is wrong usage: one sentence, and no defect."""
    assert run(*command.format(number).split()).code == 2


def test_a_digest_of_the_future(run: Run):
    """A day after the newest ticket has no digest."""
    done = run("digest", "build", "--day", "2099-01-01")
    assert done.code == 2
    assert "the newest ticket is of" in done.err


def test_a_hostile_listing_is_still_json(run: Run):
    """For programs the names stay as they are, in JSON."""
    rows = json.loads(run("themes", "list", "--json").out)
    assert next(row for row in rows if row["id"] == 1)["name"] == HOSTILE


def _decided(engine: Engine) -> int:
    with engine.connect() as connection:
        return len(connection.execute(select(decisions.c.id)).all())
