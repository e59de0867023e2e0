from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from groundswell.errors import UsageError
from groundswell.failure import exit_code
from groundswell.reference import settings_page, walk
from groundswell.settings import Settings


def test_every_setting_says_what_it_does() -> None:
    """No setting is without a description."""
    assert [path for path, field in walk(Settings) if not field.description] == []


def test_the_settings_page_is_up_to_date(root: Path) -> None:
    """docs/reference/settings.md is what the settings say."""
    page = root / "docs" / "reference" / "settings.md"
    if os.environ.get("GROUNDSWELL_REGENERATE_GOLDEN") == "1":
        page.write_text(settings_page(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == settings_page()


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting of groundswell.toml holds unless the environment says otherwise."""
    (tmp_path / "groundswell.toml").write_text('[mining]\nlateness = "PT10M"\n[ingest]\nbatch = 7\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_MINING__LATENESS", "PT20M")
    settings = Settings()
    assert settings.mining.lateness == timedelta(minutes=20)
    assert settings.ingest.batch == 7


def test_a_name_that_is_no_setting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt table in groundswell.toml is named, not ignored."""
    (tmp_path / "groundswell.toml").write_text('[minning]\nlateness = "PT10M"\n')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValidationError, match="minning"):
        Settings()


def test_a_configuration_with_a_removed_engine_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`engine = "openvino"` of an earlier version says what to remove; `engine = "torch"` is what is computed anyway."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "groundswell.toml"
    file.write_text('[embedding]\nengine = "openvino"\n')
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert exit_code(refused.value) == 2
    sentence = capsys.readouterr().err
    assert "OpenVINO was removed; remove embedding.engine" in sentence
    assert sentence.count("\n") == 1
    file.write_text('[embedding]\nengine = "torch"\n')
    assert Settings().embedding.model == "minilm"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"[redaction\nx = 4111111111111111", "groundswell.toml is not TOML in UTF-8"),
        (b'x = "\xff"', "groundswell.toml is not TOML in UTF-8"),
    ],
)
def test_a_broken_settings_file_is_no_defect_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes, named: str
) -> None:
    """A file that is not TOML, or not UTF-8, is refused with one sentence that names it and quotes nothing of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "groundswell.toml").write_bytes(content)
    with pytest.raises(UsageError) as refused:
        Settings()
    assert exit_code(refused.value) == 2
    sentence = capsys.readouterr().err
    assert named in sentence
    assert "1111" not in sentence


@pytest.mark.parametrize("given", ["[4111111111111111", '["4111111111111111"]'])
def test_settings_of_redaction_are_refused_without_their_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    """What was typed into the wrong variable may be a card number: not even its beginning is quoted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_REDACTION__REGIONS", given)
    with pytest.raises((ValidationError, SettingsError)) as refused:
        Settings()
    assert exit_code(refused.value) == 2
    sentence = capsys.readouterr().err
    assert "wrong: " in sentence
    assert "4111" not in sentence
