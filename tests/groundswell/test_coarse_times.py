"""An export that has only the dates of its tickets: no midnight is an alert, and a real rise is one."""

import csv
import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from tests.groundswell.front import front_door
from tests.groundswell.test_new_user import PROBLEMS

FIRST = date(2026, 9, 1)
DAYS = 40
RISE = 33
"""Day on which one problem has eight times its usual volume."""


def write_export(file: Path) -> None:
    """Write 40 days of three problems, five tickets each a day by chance, and one rise."""
    draw = Random(11)
    rows = []
    for day in range(DAYS):
        for problem, words in enumerate(PROBLEMS):
            usual = sum(draw.random() < 0.5 for _ in range(10))
            for _ in range(usual * 8 if (day, problem) == (RISE, 1) else usual):
                text = " ".join(word for word in words.split() if draw.random() > 0.15)
                rows.append([f"T-{len(rows):05}", f"{FIRST + timedelta(days=day):%Y-%m-%d}", text])
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([["ticket id", "created", "description"], *rows])


def test_dates_alone_give_the_rise_and_no_midnight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    """The summary says what can be watched; the day of the rise is alerted, and at most one other day of each week."""
    for name, value in {"EMBEDDING__MODEL": "hashing", "DATA": str(tmp_path / "data")}.items():
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    monkeypatch.chdir(tmp_path)
    run = front_door(monkeypatch, capfd)
    url = f"sqlite:///{tmp_path / 'a.db'}"
    write_export(tmp_path / "dates.csv")
    done = run("ingest", "dates.csv", "--database", url)
    assert done.code == 0, done.err
    assert "days" in done.err
    assert "not of hours" in done.err
    days = [one["opened_at"][:10] for one in json.loads(run("alerts", "list", "--json", "--database", url).out)]
    rise = FIRST + timedelta(days=RISE)
    assert f"{rise}" in days
    others = sorted(date.fromisoformat(one) for one in days if abs(date.fromisoformat(one) - rise).days > 1)
    assert all(later - earlier >= timedelta(days=7) for earlier, later in pairwise(others))
