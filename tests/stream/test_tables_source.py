"""Tables as sources: each row becomes events, by a mapping or without one."""

import gzip
import io
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.event import TicketEvent
from stream.errors import MappingInvalid, MappingNeeded, SourceEmpty, SourceNotText, SourceTruncated
from stream.opening import OpenOptions, open_source
from stream.raw import RefusalReason, RefusedEvent
from stream.tables.mapping import ColumnMapping
from stream.validation import admit

NOW = datetime(2026, 12, 24, tzinfo=UTC)
MAPPING = """
[columns]
subject = "Ticket"
time = "Created"
title = "Subject"
body = "Text"
channel = "Via"
region = "Country"
escalated = "Urgent"
tags = "Labels"

[constants]
source = "/export/old-desk"
business_line = "live"

[values]
region = { Brasil = "BR" }

[time]
format = "%d.%m.%Y %H:%M"
zone = "America/Sao_Paulo"
"""
HEADER = "Ticket,Created,Subject,Text,Via,Country,Urgent,Labels"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """Return the mapping file of an export."""
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING)
    return path


def write(tmp_path: Path, text: str | bytes) -> str:
    """Write a CSV file."""
    path = tmp_path / "tickets.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def opened(path: str, mapping: Path | None = None, stdin=None):
    """Open a file as the command line does, and close it after the test's block."""
    return closing(open_source(path, OpenOptions(mapping=mapping, stdin=stdin)))


def read(path: str, mapping: Path | None = None, stdin=None) -> list:
    """Events and refusals of a file."""
    with opened(path, mapping, stdin) as source:
        return [admit(raw, NOW) for raw in source.records()]


def test_a_mapped_row(tmp_path, mapping):
    """Columns, constants, replaced values, the format and zone of times, flags and lists become an event."""
    row = '77,20.11.2026 08:30,Cobrado,"Duas vezes, ""de novo""\nhoje",In App,Brasil,yes,"a; b"'
    (event,) = read(write(tmp_path, f"{HEADER}\n{row}\n"), mapping)
    assert isinstance(event, TicketEvent)
    assert (event.subject, event.source, event.id) == ("77", "/export/old-desk", "77:ticket.created")
    assert event.time == datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
    assert (event.data.title, event.data.body) == ("Cobrado", 'Duas vezes, "de novo"\nhoje')
    assert (event.data.channel, event.data.region, event.data.business_line) == ("in_app", "BR", "live")
    assert event.data.escalated is True
    assert event.data.tags == ("a", "b")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_separators(tmp_path, mark):
    """The separator is found in the header; fields in quotes may hold it, quotes and line ends."""
    body = f'one{mark} ""two""\nthree'
    text = (
        mark.join(["subject", "time", "body"]) + "\n" + mark.join(["T-1", "2026-11-20T08:00:00Z", f'"{body}"']) + "\n"
    )
    (event,) = read(write(tmp_path, text))
    assert event.data.body == f'one{mark} "two"\nthree'


def test_columns_named_like_fields_need_no_mapping(tmp_path):
    """A header of our own words is its own mapping; a byte-order mark and spaces do not matter."""
    path = write(tmp_path, "\ufeffsubject, time ,body,region\nT-1,2026-11-20T08:00:00Z,hello,US\n")
    (event,) = read(path)
    assert (event.subject, event.data.region) == ("T-1", "US")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",20.11.2026 08:30,a,b,Email,US,no,", "without a ticket's id in its column 'Ticket'"),
        ("1,,a,b,Email,US,no,", "without a time in its column 'Created'"),
        ("1,soon,a,b,Email,US,no,", "received the time 'soon'"),
        ("1,4242 4242 4242 4242,a,b,Email,US,no,", "[CARD]"),
    ],
)
def test_a_row_that_does_not_fit(tmp_path, mapping, row, says):
    """A bad row is refused with what came and what is valid, redacted; the rows around it go through."""
    good = "2,20.11.2026 08:30,a,b,Email,US,no,"
    first, refused, last = read(write(tmp_path, "\n".join([HEADER, good, row, good.replace("2,", "3,", 1)])), mapping)
    assert isinstance(refused, RefusedEvent)
    assert refused.reason is RefusalReason.UNMAPPED
    assert says in refused.detail
    assert "4242" not in refused.detail + refused.excerpt
    assert (first.subject, last.subject) == ("2", "3")


def test_a_huge_field(tmp_path):
    """A field larger than an event may be is refused; rows before it went through."""
    text = "subject,time,body\nT-1,2026-11-20T08:00:00Z,a\nT-2,2026-11-20T08:00:00Z," + "x" * 3_000_000 + "\n"
    first, *refused = read(write(tmp_path, text))
    assert isinstance(first, TicketEvent)
    assert refused
    assert all(isinstance(one, RefusedEvent) and len(one.excerpt) <= 200 for one in refused)


@pytest.mark.parametrize(
    ("header", "says"),
    [("time,body", "the ticket's id"), ("subject,body", "the time"), ("subject,time", "the text")],
)
def test_a_column_that_is_missing(tmp_path, header, says):
    """Without ticket, time or text the file is refused entirely, with the columns that it has."""
    with pytest.raises(MappingNeeded, match=says) as caught:
        opened(write(tmp_path, f"{header}\n1,2026\n"))
    assert header.split(",")[0] in str(caught.value)


def test_a_column_that_the_mapping_only_imagines(tmp_path, mapping):
    """A mapping that names a column which is not there says which, and what there is."""
    with pytest.raises(MappingInvalid, match=r"'Urgent'.*it has Ticket"):
        opened(write(tmp_path, HEADER.replace("Urgent", "Hurry") + "\n"), mapping)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[columns", "not TOML"),
        ("[rows]\na = 'b'", "the table 'rows'"),
        ("[columns]\nsubjct = 'Ticket'", "the field 'subjct'"),
        ("columns = 'Ticket'", "valid is a table"),
        ("[columns]\nsubject = 5", "valid is a text"),
        ("[columns]\nregion = ['a', 'b']", "valid is a text"),
        ("[tags]\nseparator = 5", "valid is a text"),
        ("[time]\ndayfirst = 'yes'", "valid is true or false"),
        ("[time]\nzone_change = 'first'", '"earlier" or "later"'),
        ("[time]\nformat = 'dd.MM.yyyy'", "strptime formats such as"),
        ("[time]\nformat = '%d.%m.%Q'", "%Q"),
        ("[values]\nregion = 'BR'", "valid is a table of texts"),
        ("[time]\nzone = 'Mars/Olympus'", "IANA"),
        ("[time]\nzon = 'UTC'", "valid are zone, format"),
    ],
)
def test_a_mapping_that_is_none(tmp_path, text, says):
    """A broken mapping is refused by what is wrong in it."""
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises(MappingInvalid, match=says):
        ColumnMapping.read(path)


def test_compressed_and_standard_input(tmp_path):
    """Compressed files and standard input, compressed or not, are read alike; standard input stays open."""
    text = b"subject,time,body\nT-1,2026-11-20T08:00:00Z,a\n"
    assert len(read(write(tmp_path, gzip.compress(text)))) == 1
    for content in (text, gzip.compress(text)):
        stdin = io.BufferedReader(io.BytesIO(content))
        assert len(read("-", stdin=stdin)) == 1
        assert not stdin.closed


def test_files_that_are_no_csv(tmp_path):
    """An empty file, a picture and a cut compressed file are refused with their own errors."""
    with pytest.raises(SourceEmpty):
        opened(write(tmp_path, b""))
    with pytest.raises(SourceNotText):
        opened(write(tmp_path, b"\x89PNG\r\n\x1a\n\0\0"))
    rows = "".join(f"T-{n},2026-11-20T08:00:00Z,text {n * n}\n" for n in range(20_000))
    packed = gzip.compress(f"subject,time,body\n{rows}".encode())
    with pytest.raises(SourceTruncated):
        read(write(tmp_path, packed[: len(packed) // 2]))


@pytest.mark.parametrize("shift", range(4))
def test_characters_of_many_bytes_are_text(tmp_path, shift):
    """A file of Chinese text is text, wherever the first look at it ends."""
    rows = "".join(f"T-{n},2026-11-20T08:00:00Z,{'支付失败' * 40}\n" for n in range(30))
    assert len(read(write(tmp_path, f"subject,time,body{'x' * shift}\n".replace("bodyx", "body,x") + rows))) == 30


def test_a_fingerprint_is_of_file_and_mapping(tmp_path):
    """Another mapping of the same file is another content; the position of a record is its line."""
    path = write(tmp_path, "subject,time,body\n" + "".join(f"T-{n},2026-11-20T08:00:00Z,a\n" for n in range(6)))
    mapping = tmp_path / "constant.toml"
    mapping.write_text('[constants]\nregion = "US"\n')
    with opened(path) as source, opened(path, mapping) as other:
        assert [raw.position for raw in source.records()] == [2, 3, 4, 5, 6, 7]
        assert source.stream == other.stream
        assert source.fingerprint() != other.fingerprint()
    with opened(path) as again:
        assert again.fingerprint() == source.fingerprint()


@pytest.mark.parametrize(
    ("header", "hour"),
    [("Created at (America/New_York)", 17), ("Created at [Asia/Kolkata]", 7), ("Created at (local)", 13)],
)
def test_a_zone_in_the_header_of_a_column(tmp_path: Path, header: str, hour: int):
    """Times without a zone are in the one that their column's header names; what is no zone changes nothing."""
    path = tmp_path / "conversations.csv"
    path.write_text(
        f"Conversation ID,{header},Subject,Body\n"
        + "".join(f"{n}1450,2026-10-0{n} 13:29:00,Refund,Where is it\n" for n in range(1, 6))
    )
    with closing(open_source(str(path), OpenOptions())) as source:
        first = next(iter(source.records())).content
    assert isinstance(first, dict)
    assert datetime.fromisoformat(first["time"]).astimezone(UTC).hour == hour


def test_markup_of_a_jira_table_is_plain_text(tmp_path):
    """Headings, macros and emphasis of a description are read as in Jira's JSON."""
    path = tmp_path / "jira.csv"
    path.write_text(
        "Summary,Issue key,Issue id,Project key,Status,Created,Description\n"
        'A,PAY-1,1,PAY,Done,2026-10-01 10:00,"h2. Steps\n{code}x{code} *bold*"\n'
    )
    with closing(open_source(str(path), OpenOptions())) as source:
        (raw, *_) = source.records()
    assert raw.content["data"]["body"] == "Steps\nx bold"


def test_a_case_that_salesforce_deleted_is_deleted(tmp_path: Path):
    """The Data Loader exports deleted cases, too, with a column that says so: each has a tombstone, and the others have none."""
    path = tmp_path / "cases.csv"
    head = "ID,CASENUMBER,SUBJECT,DESCRIPTION,STATUS,ORIGIN,ISESCALATED,CREATEDDATE,LASTMODIFIEDDATE,ISDELETED"
    rows = [
        f"5003000000D8cu{n}AAB,0000{n},Refund,Where is my refund,New,Web,false,2026-10-0{n}T08:00:07.000Z,"
        f"2026-10-0{n}T09:00:00.000Z,{'true' if n == 2 else 'false'}"
        for n in range(1, 6)
    ]
    path.write_text("\n".join([head, *rows]))
    with closing(open_source(str(path), OpenOptions())) as source:
        events = [raw.content for raw in source.records()]
    assert [one["subject"] for one in events if one["type"] == "ticket.deleted"] == ["00002"]
    assert sum(one["type"] == "ticket.created" for one in events) == 5
