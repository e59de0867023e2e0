"""A new user's first command: an export as the helpdesk wrote it, without a mapping, gives themes."""

import csv
import json
import mailbox
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from random import Random

import pytest

from tests.groundswell.front import Run, front_door

PROBLEMS = (
    "my card payment was declined at the checkout although money is there",
    "the refund for my cancelled order has still not arrived on my account",
    "gift coins are missing after the live stream purchase went through",
)
START = datetime(2026, 9, 1, 9, 2, 11, tzinfo=UTC)


def tickets() -> list[tuple[int, datetime, str, str]]:
    """Return 120 tickets of three problems over ten days: number, time, title, text."""
    draw = Random(7)
    found = []
    for number in range(120):
        words = PROBLEMS[number % 3].split()
        kept = [word for word in words if draw.random() > 0.15]
        time = START + timedelta(minutes=117 * number, seconds=7 * number)
        found.append((41_000 + number, time, " ".join(words[:4]), " ".join(kept)))
    return found


def zendesk_csv(path: Path) -> Path:
    """Write a ticket list, newest first."""
    header = [
        "Summation column",
        "Id",
        "Requester",
        "Requester email",
        "Subject",
        "Description",
        "Status",
        "Via",
        "Created at",
        "Tags",
    ]
    rows = [
        [
            1,
            number,
            "Ana Lee",
            f"a{number}@mail.example",
            title,
            text,
            "Open",
            "Web form",
            f"{time:%Y-%m-%d %H:%M}",
            "payments",
        ]
        for number, time, title, text in reversed(tickets())
    ]
    return _table(path / "tickets.csv", header, rows)


def zendesk_json(path: Path) -> Path:
    """Write one page of the incremental export, pretty-printed."""
    page = [
        {
            "id": number, "subject": title, "description": text, "created_at": f"{time:%Y-%m-%dT%H:%M:%SZ}",
            "updated_at": f"{time:%Y-%m-%dT%H:%M:%SZ}", "status": "open", "via": {"channel": "web"}, "tags": [],
        }
        for number, time, title, text in tickets()
    ]  # fmt: skip
    file = path / "tickets.json"
    file.write_text(json.dumps({"tickets": page, "end_of_stream": True}, indent=2))
    return file


def jira_csv(path: Path) -> Path:
    """Write the CSV of a search, with repeated columns."""
    header = ["Summary", "Issue key", "Issue id", "Issue Type", "Status", "Created", "Labels", "Labels", "Description"]
    rows = [
        [title, f"PAY-{number}", number, "Incident", "Open", f"{time:%d/%b/%y %I:%M %p}", "card", "ios", text]
        for number, time, title, text in tickets()
    ]
    return _table(path / "Jira.csv", header, rows)


def freshdesk_csv(path: Path) -> Path:
    """Write a ticket export."""
    header = [
        "Ticket ID",
        "Subject",
        "Status",
        "Priority",
        "Source",
        "Group",
        "Created time",
        "Tags",
        "Description",
        "Full name",
        "Email",
    ]
    rows = [
        [
            number,
            title,
            "Open",
            "Low",
            "Email",
            "Pay",
            f"{time:%Y-%m-%d %H:%M:%S}",
            "",
            text,
            "Ana Lee",
            f"a{number}@mail.example",
        ]
        for number, time, title, text in tickets()
    ]
    return _table(path / "freshdesk.csv", header, rows)


def mbox(path: Path) -> Path:
    """Write a mailbox."""
    file = path / "inbox.mbox"
    box = mailbox.mbox(file)
    for number, time, title, text in tickets():
        message = EmailMessage()
        message["From"] = f"Ana Lee <a{number}@mail.example>"
        message["To"] = "help@shop.example"
        message["Date"] = format_datetime(time)
        message["Message-ID"] = f"<{number}@mail.example>"
        message["Subject"] = title
        message.set_content(text)
        box.add(message)
    box.close()
    return file


def _table(file: Path, header: list[str], rows: list[list[object]]) -> Path:
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([header, *rows])
    return file


@pytest.mark.parametrize("write", [zendesk_csv, zendesk_json, jira_csv, freshdesk_csv, mbox])
def test_one_command_and_no_mapping_give_themes(
    write: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    """All 120 tickets are stored, and the three problems are themes of their own."""
    for name, value in {"EMBEDDING__MODEL": "hashing", "DATA": str(tmp_path / "data")}.items():
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    monkeypatch.chdir(tmp_path)
    run: Run = front_door(monkeypatch, capfd)
    url = f"sqlite:///{tmp_path / 'a.db'}"
    done = run("ingest", str(write(tmp_path)), "--database", url)
    assert done.code == 0, done.err
    assert "(120 tickets)" in done.err
    assert "quarantined" not in done.err
    themes = json.loads(run("themes", "list", "--members", "--json", "--database", url).out)
    largest = sorted((len(theme["tickets"]) for theme in themes), reverse=True)[:3]
    assert len(largest) == 3
    assert largest[-1] > 30
