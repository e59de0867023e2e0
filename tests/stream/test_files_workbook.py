"""Spreadsheets and Parquet files give the same kind of rows as delimited text, with typed cells."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from stream.errors import SourceError, SourceNotText, SourceTruncated
from stream.files.container import Container, container_of
from stream.files.opening import Content
from stream.files.table import TableNote, TableRow
from stream.files.tables import open_table
from stream.raw import RefusalReason, RefusedEvent

OPENED = datetime(2026, 11, 1, 8, 30)  # noqa: DTZ001 (a spreadsheet has no zones)


def workbook(*sheets: list[list], hidden: int = 0) -> bytes:
    """Write a workbook; the first `hidden` sheets are hidden."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number}")
        sheet.sheet_state = "hidden" if number < hidden else "visible"
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def parquet_file(columns: dict, **options) -> bytes:
    """Write a Parquet file."""
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def open_bytes(raw: bytes):
    """Open a table of bytes that come by standard input."""
    content = Content("-", stdin=io.BytesIO(raw))
    return open_table(content, container_of(content))


SHEET = [
    ["Ticket", "Opened", "Text", "Label", "Label"],
    [5158, OPENED, "möchte", "a", "b"],
    [5159, OPENED, None, None, "c"],
]


def test_a_spreadsheet():
    """Whole numbers are integers, dates are times without a zone, empty cells are None, and repeated columns are lists."""
    table = open_bytes(workbook(SHEET))
    assert list(table.columns) == ["Ticket", "Opened", "Text", "Label"]
    assert list(table.rows()) == [
        TableRow(2, {"Ticket": 5158, "Opened": OPENED, "Text": "möchte", "Label": ["a", "b"]}),
        TableRow(3, {"Ticket": 5159, "Opened": OPENED, "Text": None, "Label": ["c"]}),
    ]
    assert (table.layout.container, table.layout.sheet, table.layout.header) == (Container.SPREADSHEET, "Sheet 0", 1)
    assert table.sample(1) == [{"Ticket": 5158, "Opened": OPENED, "Text": "möchte", "Label": ["a", "b"]}]


def test_rows_of_a_sheet_that_are_no_tickets():
    """Title rows, blank rows, a repeated header and totals are counted, and rows have the numbers that the program shows."""
    rows = [["List of tickets"], [], *SHEET, [], SHEET[0], [5160, OPENED, "x\0y"], ["Total", None, 3]]
    rows[-2][2] = "x"
    table = open_bytes(workbook(rows))
    assert [row.number for row in table.rows()] == [4, 5, 8]
    assert table.layout.notes == {
        TableNote.PREAMBLE: 1, TableNote.BLANK: 1, TableNote.REPEATED_HEADER: 1, TableNote.FOOTER: 1,
    }  # fmt: skip
    assert table.layout.header == 3


def test_the_sheet_that_has_a_table():
    """Empty, hidden and cover sheets are passed over."""
    table = open_bytes(workbook([["secret", "x"], [1, 2]], [], [["Made by Ana"]], SHEET, hidden=1))
    assert table.layout.sheet == "Sheet 3"
    assert open_bytes(workbook([["Ticket"], [1]])).layout.sheet == "Sheet 0"


@pytest.mark.parametrize(
    "raw", [workbook([]), workbook(SHEET)[:2000], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)]
)
def test_spreadsheets_that_cannot_be_read(raw):
    """An empty and a damaged one are refused as a whole."""
    with pytest.raises(SourceNotText, match=r"spreadsheet|zip"):
        open_bytes(raw)


def test_a_parquet_file():
    """Types are kept: times with their zone, lists, decimals as floats; structures are JSON; bytes are text."""
    nanoseconds = pa.array([1_793_521_800_000_000_123, None], pa.timestamp("ns", "UTC"))
    columns = {
        "id": [5158, 5159], "opened": nanoseconds, "day": [date(2026, 11, 1), None], "tags": [["a", "", "b"], None],
        "price": [Decimal("1.50"), None], "via": [{"channel": "web"}, None], "raw": ["möchte".encode(), None],
        "text": ["a\0b", None],
    }  # fmt: skip
    table = open_bytes(parquet_file(columns))
    first, second = table.rows()
    assert first == TableRow(
        1,
        {
            "id": 5158, "opened": datetime(2026, 11, 1, 8, 30, tzinfo=UTC), "day": date(2026, 11, 1), "tags": ["a", "b"],
            "price": 1.5, "via": '{"channel": "web"}', "raw": "möchte", "text": "a b",
        },
    )  # fmt: skip
    assert second.number == 2
    assert set(second.cells.values()) == {5159, None}
    assert table.layout.notes == {TableNote.NUL_REPLACED: 1}
    assert table.read_share() == 1.0
    assert len(table.sample(1)) == 1


def test_many_row_groups(tmp_path):
    """Rows of all row groups come in order, from a file as well."""
    path = tmp_path / "export.parquet"
    path.write_bytes(parquet_file({"id": list(range(5000))}, row_group_size=700))
    with Content(str(path)) as content:
        table = open_table(content, container_of(content))
        assert [row.cells["id"] for row in table.rows()] == list(range(5000))
        table.close()


def test_a_damaged_parquet_file():
    """Without its end it is refused; with a damaged part the rows before are yielded, and an error says where it was."""
    raw = parquet_file(
        {"id": list(range(50_000)), "text": [f"words {at}" for at in range(50_000)]}, row_group_size=5000
    )
    with pytest.raises(SourceNotText, match="Parquet"):
        open_bytes(raw[:-20])
    damaged = bytearray(raw)
    damaged[len(raw) // 2 : len(raw) // 2 + 2000] = bytes(2000)
    table = open_bytes(bytes(damaged))
    found: list[int] = []
    with pytest.raises(SourceTruncated):
        found.extend(row.number for row in table.rows())
    assert len(found) >= 5000


@settings(max_examples=150)
@given(st.sampled_from([workbook(SHEET), parquet_file({"id": [1, 2], "text": ["a", "b"]})]), st.data())
def test_damaged_files_raise_our_own_errors(raw, data):
    """Whatever bytes of a file are damaged, no exception leaves but ours."""
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(8, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        rows = list(open_bytes(bytes(damaged)).rows())
    except SourceError:
        return
    assert all(isinstance(row, TableRow) for row in rows)


def test_a_zip_directory_of_an_unknown_version_is_our_own_error():
    """The version that a damaged directory names is 6.4, which does not exist."""
    damaged = bytearray(workbook(SHEET))
    entry = damaged.index(b"PK\x01\x02")
    damaged[entry + 6 : entry + 8] = (64).to_bytes(2, "little")
    with pytest.raises(SourceNotText, match="damaged or cut"):
        open_bytes(bytes(damaged))


def test_a_sheet_with_a_ragged_row():
    """A filled cell beyond the header's columns is a refused row."""
    rows = list(
        open_bytes(
            workbook([["id", "opened", "text"], [1, OPENED, "a"], [2, OPENED, "b", "c"], [3, OPENED, "d"]])
        ).rows()
    )
    assert [isinstance(row.cells, RefusedEvent) for row in rows] in ([False, True, False], [False, False, False])
    assert all(row.cells.reason is RefusalReason.UNMAPPED for row in rows if isinstance(row.cells, RefusedEvent))
