"""Files with a canary in every field of every format and system, in damaged records, headers, names of members and of sheets."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
from pyarrow import parquet

from models.event import TicketData
from tests.harness.canaries import Canaries, planted, replaced

STREAM = Path(__file__).parents[1] / "stream"
BEGIN = datetime(2026, 11, 20, 8, tzinfo=UTC)
_ID = re.compile(r"[A-Z]{1,5}-\d{1,4}|\d{4,}|[0-9A-Za-z]{18}")
TEXT = {"title": "a title", "body": "a text"}
SYSTEMS = ("zendesk", "jira", "freshdesk", "intercom", "chat")
DAMAGED = ("zendesk", "jira")
"""Systems whose payloads are also sent with one value after the other replaced; that they all share this code is enough for two."""


def write_files(folder: Path, canaries: Canaries) -> list[tuple[str, ...]]:
    """Write all files; returns for each what `groundswell ingest` is called with."""
    folder.mkdir()
    return [
        *_events(folder, canaries),
        *_payloads(folder, canaries),
        *_exports(folder, canaries),
        *_tables(folder, canaries),
        *_mail(folder, canaries),
        *_odd(folder, canaries),
    ]


def payloads(system: str) -> Iterator[Any]:
    """Yield the golden payloads of a system."""
    for path in sorted((STREAM / "golden" / system).glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))["payload"]


def event(number: int, type_: str = "ticket.created", /, **data: Any) -> dict[str, Any]:
    """Return an event of a ticket."""
    return {
        "specversion": "1.0", "id": f"e-{number}", "source": "/desk", "type": type_, "subject": f"T-{number}",
        "time": (BEGIN + timedelta(minutes=number)).isoformat(), "data": data,
    }  # fmt: skip


def events(plant: Callable[[str], str], card: Callable[[str], str]) -> Iterator[dict[str, Any]]:
    """Yield events of all types with a canary in each field, attribute and key; `card` plants bare card numbers."""
    for number in range(40):
        text = f"coins are missing after the purchase {plant('body')}"
        yield event(number, title=f"coins missing {plant('title')}", body=text, requester=plant("requester"))
    for at, name in enumerate(sorted(TicketData.model_fields)):
        yield event(100 + at, **{**TEXT, name: plant(f"data.{name}")})
        yield event(200 + at, **{**TEXT, name: [plant(f"data.{name}[]")]})
        yield event(300 + at, **{**TEXT, name: {plant("a key"): plant(f"data.{name}{{}}")}})
        yield event(400 + at, **{**TEXT, name: int(card(f"data.{name} as a number"))})
    for at, type_ in enumerate(
        ("comment.added", "ticket.merged", "csat.rated", "ticket.updated", "ticket.solved", "none")
    ):
        yield event(500 + at, type_, title=plant(type_), body=plant(type_), into=card("into"), csat=plant("csat"))
    for at, name in enumerate(("specversion", "id", "source", "type", "subject", "time", "data", "dataschema")):
        yield {**event(600 + at, **TEXT), name: card(f"the attribute {name}")}
        yield {**event(620 + at, **TEXT), name: int(card(f"the attribute {name} as a number"))}
        yield {**event(640 + at, **TEXT), name: plant(f"the attribute {name}, with words")}
    yield from plans(plant, card)


def plans(plant: Callable[[str], str], card: Callable[[str], str]) -> Iterator[dict[str, Any]]:
    """Yield launches and changes with canaries, whole and with one value after the other replaced."""
    window = {"start": (BEGIN + timedelta(days=1)).isoformat(), "end": (BEGIN + timedelta(days=2)).isoformat()}
    launch = {
        "kind": "sale", "title": f"a sale {plant('launch title')}", "scope": {"region": plant("scope")}, **window,
        "expected": [{"about": f"where is my coupon {plant('about')}", "lift": 2}, {"like": card("like"), "lift": 2}],
    }  # fmt: skip
    change = {"kind": "release", "title": f"38.2 {plant('change title')}", "url": f"https://example.org/{card('url')}"}
    for at, (type_, data) in enumerate((("launch.planned", launch), ("change.recorded", change))):
        yield event(700 + at, type_, **data)
        for number, one in enumerate(replaced(data, plant)):
            yield {**event(710 + 40 * at + number, type_), "data": one}


def damaged(canaries: Canaries) -> Iterator[bytes]:
    """Yield lines that are no events."""
    yield f"not json {canaries.plant('a bad line')}".encode()
    yield json.dumps(canaries.plant("a text")).encode()
    yield json.dumps([canaries.plant("a list")]).encode()
    yield canaries.card("a number").encode()
    yield json.dumps(event(900, body=f"cut {canaries.plant('a cut line')}")).encode()[:-3]
    yield json.dumps(event(901, body=f"latin {canaries.plant('latin-1')} é"), ensure_ascii=False).encode("latin-1")
    yield b"\xff\xfe\x80" + canaries.plant("bytes").encode()
    yield b'{"specversion": "1.0", "body": ' + canaries.card("an open object").encode()
    yield json.dumps({"card": {"number": canaries.plant("an unknown object")}}).encode()
    yield (b'{"a":' * 300) + canaries.card("a deep value").encode() + b"}" * 300
    yield json.dumps({canaries.plant("an unknown key"): 1}).encode()
    yield json.dumps(event(902, body=f"{canaries.plant('a large line')} " * 30_000)).encode()


def _events(folder: Path, canaries: Canaries) -> Iterator[tuple[str, ...]]:
    lines = [json.dumps(one).encode() for one in events(canaries.plant, canaries.card)]
    path = folder / "events.jsonl"
    path.write_bytes(b"\n".join([*lines, *damaged(canaries)]) + b"\n")
    yield (str(path),)


def _payloads(folder: Path, canaries: Canaries) -> Iterator[tuple[str, ...]]:
    for system in SYSTEMS:
        values = [planted(one, canaries.plant, system) for one in payloads(system)]
        if system in DAMAGED:
            chosen = sorted(payloads(system), key=lambda one: len(json.dumps(one)))[:: 14 if system == "jira" else 20]
            values += [one for payload in chosen for one in replaced(payload, canaries.plant, system)]
        path = folder / f"{system}.jsonl"
        path.write_text("\n".join(json.dumps(one) for one in values), encoding="utf-8")
        yield (str(path),)


def _exports(folder: Path, canaries: Canaries) -> Iterator[tuple[str, ...]]:
    for source in sorted((STREAM / "exports").glob("*.csv")):
        text = source.read_text(encoding="utf-8-sig")
        header, *rows = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text[:60] else ","))
        table = [[*header, f"Note {canaries.plant('a header')}"]]
        table += [[*(_with(cell, canaries, source.stem) for cell in row), canaries.plant("a cell")] for row in rows]
        # Each column once with nothing but a canary, in rows of their own.
        table += [[*_but(_renumbered(rows[0], at), at, canaries, header[at]), ""] for at in range(len(header))]
        path = folder / source.name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)
        yield (str(path),)


def _with(cell: str, canaries: Canaries, place: str) -> str:
    return f"{cell} {canaries.plant(place)}" if " " in cell and not cell[0].isdigit() else cell


def _renumbered(row: list[str], number: int) -> list[str]:
    """Return a row with other ids: rows of one id would be rows of one ticket."""
    return [f"{cell[:-3]}{number + 100}" if _ID.fullmatch(cell) else cell for cell in row]


def _but(row: list[str], at: int, canaries: Canaries, column: str) -> list[str]:
    return [*row[:at], canaries.plant(f"the column {column}"), *row[at + 1 :]]


def _rows(canaries: Canaries, number: int) -> list[list[str]]:
    header = [
        "Ticket",
        "Created",
        "Title",
        "Text",
        "Region",
        f"Card {canaries.plant('a header')}",
        canaries.card("a header"),
    ]
    return [header] + [
        [f"{canaries.card('an id') if row == 3 else f'G-{number}-{row}'}",
         canaries.plant("a time") if row == 4 else f"2026-11-20 09:{row:02}:00",
         f"refund is late {canaries.plant('a title')}", f"the refund is late {canaries.plant('a text')}",
         canaries.plant("a region") if row % 3 == 0 else "DE", canaries.plant("a cell"), canaries.card("a cell")]
        for row in range(12)
    ]  # fmt: skip


def _written(rows: list[list[str]], separator: str = ",") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows(rows)
    return file.getvalue()


def _tables(folder: Path, canaries: Canaries) -> Iterator[tuple[str, ...]]:
    text = _written(_rows(canaries, 1))
    preamble = f"Export of {canaries.plant('a title row')}\n\n"
    footer = f"Total,{canaries.plant('a footer')}\n" + f'"never closed {canaries.plant("an open quote")}\n'
    (folder / "table.csv").write_text(preamble + text + footer, encoding="utf-8")
    (folder / "table-16.csv").write_bytes(_written(_rows(canaries, 2), "\t").encode("utf-16"))
    (folder / "table.xlsx").write_bytes(_workbook(canaries))
    rows = _rows(canaries, 4)
    columns = {name: [row[at] for row in rows[1:]] for at, name in enumerate(rows[0])}
    parquet.write_table(pa.table(columns), folder / "table.parquet")
    with zipfile.ZipFile(folder / "table.zip", "w") as archive:
        archive.writestr(f"export {canaries.card('a member of a zip file')}.csv", _written(_rows(canaries, 5)))
    packed = gzip.compress(_written(_rows(canaries, 6)).encode())
    (folder / "cut.csv.gz").write_bytes(packed[: len(packed) * 2 // 3])
    for name in ("table.csv", "table-16.csv", "table.xlsx", "table.parquet", "table.zip", "cut.csv.gz"):
        yield (str(folder / name),)
    yield (str(folder / "table.csv"), "--guess")


def _workbook(canaries: Canaries) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = f"Sheet {canaries.card('the name of a sheet')}"
    for row in _rows(canaries, 3):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _mail(folder: Path, canaries: Canaries) -> Iterator[tuple[str, ...]]:
    golden = [path.read_text(encoding="utf-8") for path in sorted((STREAM / "golden" / "mail").glob("*.eml"))]
    names = ("From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References", "X-Note", "Date")
    messages = golden + [_message(canaries, number, names[number % len(names)]) for number in range(2 * len(names))]
    box = "".join(f"From sender Fri Nov 20 08:00:00 2026\n{one.rstrip()}\n\n" for one in messages)
    (folder / "inbox.mbox").write_text(box, encoding="utf-8")
    (folder / "one.eml").write_text(_message(canaries, 99, "Comments"), encoding="utf-8")
    yield from ((str(folder / "inbox.mbox"),), (str(folder / "one.eml"),))


def _message(canaries: Canaries, number: int, header: str) -> str:
    fields = {
        "From": "Ana <ana@example.com>", "To": "help@example.com", "Subject": f"coins {canaries.plant('a subject')}",
        "Message-ID": f"<m{number}@example.com>", "Date": f"Fri, 20 Nov 2026 10:{number % 60:02}:00 +0000",
        "MIME-Version": "1.0", "Content-Type": "multipart/mixed; boundary=b",
    }  # fmt: skip
    fields[header] = f"{fields.get(header, '')} {canaries.plant(f'the header {header}')}".strip()
    head = "\n".join(f"{name}: {value}" for name, value in fields.items())
    name, data = canaries.card("the name of an attachment"), canaries.plant("an attachment")
    return (
        f"{head}\n\n--b\nContent-Type: text/plain\n\nI wrote {canaries.plant('a message')}\n\n> you wrote "
        f"{canaries.plant('a quotation')}\n--b\nContent-Type: text/plain; name=card-{name}.txt\n"
        f"Content-Disposition: attachment; filename=card-{name}.txt\n\n{data}\n--b--\n"
    )


def _odd(folder: Path, canaries: Canaries) -> Iterator[tuple[str, ...]]:
    """Yield files that are not what they are called, and options that are wrong."""
    lines = "\n".join(
        json.dumps({"note": canaries.plant("JSON in a .csv file"), canaries.plant("a key"): 1}) for _ in range(3)
    )
    (folder / "json.csv").write_text(lines, encoding="utf-8")
    (folder / "text.txt").write_text(f"hello {canaries.plant('a text file')}\n", encoding="utf-8")
    (folder / "one-column.csv").write_text(
        f"{canaries.plant('a header')}\n{canaries.plant('a cell')}\n", encoding="utf-8"
    )
    (folder / "pretty.json").write_text(json.dumps({"card": canaries.plant("an object")}, indent=2), encoding="utf-8")
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04" + canaries.plant("a broken workbook").encode())
    (folder / "mapping.toml").write_text(
        f'[columns]\nsubject = "{canaries.plant("a mapping")}"\n[constants]\nregion = "{canaries.plant("a constant")}"\n',
        encoding="utf-8",
    )
    (folder / "broken.toml").write_text(f"[columns\n{canaries.plant('a broken mapping')}", encoding="utf-8")
    for name in ("json.csv", "text.txt", "one-column.csv", "pretty.json", "broken.xlsx"):
        yield (str(folder / name),)
        yield (str(folder / name), "--guess")
        yield (str(folder / name), "--format", "csv")
        yield (str(folder / name), "--format", "jsonl")
    yield (str(folder / "table.csv"), "--mapping", str(folder / "mapping.toml"))
    yield (str(folder / "table.csv"), "--mapping", str(folder / "broken.toml"))
