"""The zone of the hours of the week: guessed once, kept for the database, and never in the way of what a person sets."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from groundswell.session import open_session
from groundswell.settings import Settings
from groundswell.time_zone import decide_zone
from tests.groundswell.front import front_door

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a database that does not exist yet."""
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{tmp_path / 'a.db'}"


def zone(url: str) -> str:
    """Return the zone that a command would use."""
    return open_session(url).settings.mining.spikes.timezone


def decide(url: str, regions: dict[str, int]) -> tuple[Settings, str | None]:
    """Decide the zone as the first ingest does."""
    session = open_session(url, create=True)
    return decide_zone(session.settings, session.engine, regions, NOW)


def test_the_first_guess_is_used_by_all_later_runs(url: str):
    """It is said in one sentence, once; other regions in a later file do not change it."""
    settings, sentence = decide(url, {"BR": 100})
    assert settings.mining.spikes.timezone == "America/Sao_Paulo"
    assert sentence is not None
    assert "America/Sao_Paulo" in sentence
    assert "100% of the tickets come from BR" in sentence
    assert decide(url, {"DE": 1_000})[1] is None
    assert zone(url) == "America/Sao_Paulo"


def test_utc_is_said_and_not_silent(url: str):
    """Where the regions say nothing, the sentence names UTC, the reason and the setting."""
    settings, sentence = decide(url, {})
    assert settings.mining.spikes.timezone == "UTC"
    assert sentence is not None
    assert "UTC" in sentence
    assert "mining.spikes.timezone" in sentence


def test_a_zone_that_is_set_wins(url: str, monkeypatch: pytest.MonkeyPatch):
    """Nothing is guessed then, and a guess of an earlier run does not count."""
    decide(url, {"BR": 100})
    monkeypatch.setenv("GROUNDSWELL_MINING__SPIKES__TIMEZONE", "Asia/Tokyo")
    settings, sentence = decide(url, {"BR": 100})
    assert (settings.mining.spikes.timezone, sentence) == ("Asia/Tokyo", None)


def test_ingest_guesses_and_says_it_once(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    """The first ingest names the zone in its summary; the next one uses it without a word."""
    monkeypatch.setenv("GROUNDSWELL_EMBEDDING__MODEL", "hashing")
    command = front_door(monkeypatch, capfd)
    for part in range(2):
        rows = [f"T-{part}-{n},2026-11-{part + 1:02}T{n % 24:02}:{n % 50:02}:07Z,Card declined,JP" for n in range(60)]
        file = tmp_path / f"{part}.csv"
        file.write_text("\n".join(["subject,time,title,region", *rows]))
        said = command("ingest", str(file), "--database", url).err
        assert ("Asia/Tokyo" in said) == (part == 0)
    assert zone(url) == "Asia/Tokyo"
