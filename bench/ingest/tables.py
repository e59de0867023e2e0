"""Write export files of any size for the benchmarks of reading."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

HEADER = ("Ticket ID", "Created at", "Subject", "Description", "Channel", "Country", "Tags", "Requester")
START = datetime(2026, 11, 1, tzinfo=UTC)
TEXT = (
    "the card was declined at the till and I was charged twice for one order please send my money back to account it does not work "
    "since the update möchte zurück größer señal refund gift coins transfer waiting days nobody answers how where why when"
)
WORDS = TEXT.split()


def write_export(path: Path, megabytes: int) -> int:
    """Write a comma-separated export of about so many megabytes; return its number of rows.

    A row has about 400 bytes. A third of the descriptions have several lines, quotes and separators, as in mail.
    """
    rng = Random(5)
    texts = [_text(rng) for _ in range(2000)]
    number = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        while number % 1000 or file.tell() < megabytes * 1_000_000:
            number += 1
            time = (START + timedelta(seconds=number)).isoformat()
            body = f"{texts[number % len(texts)]} {number}"
            writer.writerow(
                (number, time, body[:40].replace("\n", " "), body, "Email", "DE", "refund card", f"r{number % 9973}")
            )
    return number


def write_long_field(path: Path, megabytes: int) -> None:
    """Write an export in which one quoted description has so many megabytes of lines."""
    line = " ".join(WORDS[:20]) + "\n"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(HEADER) + "\n1,2026-11-01T00:00:00Z,ok,ok,Email,DE,,r1\n")
        file.write('2,2026-11-01T00:00:00Z,long,"')
        for _ in range(megabytes * 1_000_000 // len(line)):
            file.write(line)
        file.write('",Email,DE,,r2\n3,2026-11-01T00:00:00Z,ok,ok,Email,DE,,r3\n')


def _text(rng: Random) -> str:
    words = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(30, 70)))
    return words if rng.random() < 2 / 3 else f'Hello,\n\n{words[:100]} "no",\n{words[100:]}\n\nBye'
