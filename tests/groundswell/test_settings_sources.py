"""What is wrong with `groundswell.toml` or the environment is one sentence, and nothing that is meant to set something is ignored."""

from pathlib import Path

import pytest

from groundswell.errors import UsageError
from groundswell.settings import Settings
from groundswell.settings_sources import OTHER_NAMES, check_environment
from tests.groundswell.front import Run, front_door


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Return the command line, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    return front_door(monkeypatch, capfd)


CONTENTS = {
    "broken": (
        b"x = [",
        "groundswell.toml is not TOML in UTF-8 (Invalid value (at end of document)); mend the line that it names",
    ),
    "twice": (b"[mining]\n[mining]\n", "groundswell.toml is not TOML in UTF-8 (Cannot declare ('mining',) twice"),
    "deep": (
        b"x = " + b"[" * 100_000,
        "groundswell.toml is not TOML in UTF-8 (it is nested too deeply); mend the line that it names",
    ),
    "digits": (b"x = " + b"1" * 9_000, "groundswell.toml is not TOML in UTF-8 (Exceeds the limit"),
    "mark": (
        b"\xef\xbb\xbf[console]\nport = 1\n",
        "groundswell.toml begins with a byte order mark, which TOML does not allow; save it as UTF-8 without one",
    ),
    "utf16": (b"\xff\xfe[\0c\0", "groundswell.toml is written in UTF-16; save it as UTF-8"),
    "latin1": (b'x = "caf\xe9"\n', "groundswell.toml is not TOML in UTF-8 ('utf-8' codec can't decode byte 0xe9"),
    "binary": (
        b"SQLite format 3\0\x10\0",
        "groundswell.toml is a binary file; settings are read from a TOML file of that name: rename it",
    ),
    "type": (
        b'[console]\nport = "x"\n',
        "the setting console.port is wrong: valid is a whole number; see groundswell.toml",
    ),
    "table": (b"console = 3\n", "the setting console is wrong: valid is a table, [console]; see groundswell.toml"),
    "unknown table": (
        b"[consol]\nport = 3\n",
        "the setting consol is wrong: there is none of this name (the nearest is console); see groundswell.toml",
    ),
    "unknown": (
        b"[console]\nprot = 3\n",
        "the setting console.prot is wrong: there is none of this name (the nearest is console.port); see groundswell.toml",
    ),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_broken_file_is_described(run: Run, tmp_path: Path, kind: str):
    """A settings file that cannot be used is wrong usage, described in one sentence that says what to do."""
    content, sentence = CONTENTS[kind]
    (tmp_path / "groundswell.toml").write_bytes(content)
    done = run("themes", "list")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"groundswell: {sentence}")
    assert done.err.count("\n") == 1


def test_an_empty_file_sets_nothing(run: Run, tmp_path: Path):
    """An empty settings file is as good as none."""
    (tmp_path / "groundswell.toml").touch()
    assert run("themes", "list").err.startswith("groundswell: there is no database at")


def test_a_folder_of_that_name_is_not_ignored(run: Run, tmp_path: Path):
    """A folder of that name is refused: whoever made it believes that its settings hold."""
    (tmp_path / "groundswell.toml").mkdir()
    done = run("themes", "list")
    assert done.code == 2
    assert done.err == (
        "groundswell: groundswell.toml is a folder; settings are read from a file of that name: rename the folder\n"
    )


def test_a_link_to_nothing_is_not_ignored(run: Run, tmp_path: Path):
    """A link to a file that is gone is refused."""
    (tmp_path / "groundswell.toml").symlink_to("gone.toml")
    assert run("themes", "list") == (
        2,
        "",
        "groundswell: groundswell.toml is a link to a file that does not exist; correct the link, or remove it\n",
    )


def test_an_unreadable_file_is_described(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file that this user may not read is wrong usage, no defect."""
    (tmp_path / "groundswell.toml").write_text("[console]\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # A test that runs as root may read everything.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        UsageError, match=r"^groundswell.toml cannot be read \(Permission denied\); give your user the right"
    ):
        Settings()


MISSPELT = {
    "GROUNDSWELL_DATABSE__URL": "GROUNDSWELL_DATABASE__URL",
    "GROUNDSWELL_CONSOLE_PORT": "GROUNDSWELL_CONSOLE__PORT",
    "groundswell_minning__lateness": "GROUNDSWELL_MINING__LATENESS",
    "GROUNDSWELL_DEBGU": "GROUNDSWELL_DEBUG",
    "GROUNDSWELL_DATA_": "GROUNDSWELL_DATA",
}


@pytest.mark.parametrize("name", MISSPELT)
def test_a_misspelt_variable_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch, name: str):
    """A variable that is nearly a setting is refused with the name of that setting."""
    monkeypatch.setenv(name, "x")
    done = run("themes", "list")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"groundswell: the environment sets {name}, which is no setting; did you mean {MISSPELT[name]}? "
        "Correct the name, or unset it\n"
    )


def test_a_variable_that_nothing_reads_is_mentioned(capsys: pytest.CaptureFixture[str]):
    """A variable that is like no setting may be meant for something else: it is mentioned, and the command runs."""
    check_environment({"GROUNDSWELL_HOME": "/srv"}, Settings)
    expected = "groundswell: the environment sets GROUNDSWELL_HOME, which is no setting, so nothing reads it\n"
    assert capsys.readouterr().err == expected


def test_known_variables_pass(capsys: pytest.CaptureFixture[str]):
    """Settings, variables of the program and its tests, and those that Kubernetes sets for a service of that name pass silently."""
    others = {
        "GROUNDSWELL_CONSOLE__PORT": "1", "groundswell_console__port": "1", "GROUNDSWELL_CHANNELS__CHAT__TOKEN": "x", "HOME": "/root",
        "GROUNDSWELL_MINING__SPIKES__TIMEZONE": "UTC", "GROUNDSWELL_SERVICE_HOST": "10.0.0.1", "GROUNDSWELL_SERVICE_PORT_HTTP": "80",
        "GROUNDSWELL_CONSOLE_PORT": "tcp://10.0.0.1:80", "GROUNDSWELL_CONSOLE_PORT_80_TCP_ADDR": "10.0.0.1",
    }  # fmt: skip
    check_environment(others | {f"GROUNDSWELL_{name}": "1" for name in OTHER_NAMES}, Settings)
    assert capsys.readouterr().err == ""


def test_a_value_that_is_no_text_is_described():
    """Bytes that are not UTF-8 are refused by name."""
    with pytest.raises(
        UsageError, match=r"^the value of GROUNDSWELL_DATA in the environment is not UTF-8; set it again"
    ):
        check_environment({"GROUNDSWELL_DATA": "\udcff"}, Settings)
