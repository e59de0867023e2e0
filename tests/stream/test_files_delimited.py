"""Delimited text as exports write it: every row is read with the right letters, or refused with its line."""

import csv
import gzip
import io
import re
from contextlib import suppress
from random import Random

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from stream.errors import EncodingUnknown, SourceError, SourceTruncated
from stream.files.container import Container, container_of
from stream.files.delimited import DelimitedTable
from stream.files.opening import Content
from stream.files.table import TableNote
from stream.files.tables import open_table
from stream.raw import RefusalReason, RefusedEvent
from stream.validation import MAX_BYTES

HEADER = "ticket,opened,title,text\n"
GERMAN = ["T1", "2026-11-01T08:00:00Z", "Erstattung", "Ich möchte mein Geld zurück"]
PRICE = ["T2", "2026-11-01T09:00:00Z", "Karte", "Karte abgelehnt – 5 €"]
TABLE = [["ticket", "opened", "title", "text"], GERMAN, PRICE]


def plain_rows(number: int, first: int = 0) -> str:
    """Rows of plain text."""
    return "".join(f"F{at},2026-11-01T{at % 24:02}:00:00Z,Hello,plain words\n" for at in range(first, first + number))


def text_of(mark: str = ",", end: str = "\n", table=TABLE) -> str:
    """Join a table without quotes."""
    return "".join(mark.join(row) + end for row in table)


def table_of(content: str | bytes, **options) -> DelimitedTable:
    """Open standard input that holds a text."""
    raw = content.encode() if isinstance(content, str) else content
    return DelimitedTable(Content("-", stdin=io.BytesIO(raw)), **options)


def read_rows(content: str | bytes, **options) -> list:
    """Cells of the rows, and refusals, in order."""
    return [row.cells for row in table_of(content, **options).rows()]


def values(content: str | bytes, **options) -> list[list]:
    """Values of the rows, where none is refused."""
    return [list(row.values()) for row in read_rows(content, **options)]


def refusals(content: str | bytes) -> list[tuple[int, RefusalReason]]:
    """Lines and reasons of the refused rows."""
    return [(row.number, row.cells.reason) for row in table_of(content).rows() if isinstance(row.cells, RefusedEvent)]


def rows_and_error(table) -> tuple[list[int], SourceTruncated]:
    """Numbers of the rows before the data ends early, and the error."""
    numbers: list[int] = []
    with pytest.raises(SourceTruncated) as caught:
        numbers.extend(row.number for row in table.rows())
    return numbers, caught.value


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\n\n" + text_of(), id="blank-lines-first"),
        pytest.param("sep=;\n" + text_of(";"), id="sep-line"),
        pytest.param('"sep=\\t"\n' + text_of("\t"), id="sep-line-of-a-tab"),
        pytest.param("sep=^\n" + text_of("^"), id="sep-line-of-a-rare-character"),
        pytest.param("List of tickets;;;\nof 01.11.2026;;;\n" + text_of(";"), id="title-rows"),
        pytest.param("List of tickets, made by Ana\n\n" + text_of(), id="a-title-with-a-comma"),
        pytest.param(text_of(";"), id="semicolon"),
        pytest.param(text_of("\t"), id="tab"),
        pytest.param(text_of("|"), id="bar"),
        pytest.param("\ufeff" + text_of("\t"), id="byte-order-mark"),
        pytest.param(text_of().encode("utf-16"), id="utf-16"),
        pytest.param(text_of().encode("utf-16-le"), id="utf-16-le-without-mark"),
        pytest.param(text_of().encode("utf-16-be"), id="utf-16-be-without-mark"),
        pytest.param(("\ufeff" + text_of()).encode("utf-16-be"), id="utf-16-be-with-mark"),
        pytest.param(text_of().encode("utf-32"), id="utf-32"),
        pytest.param(text_of().encode("cp1252"), id="cp1252"),
        pytest.param(text_of(end="\r"), id="cr-only"),
        pytest.param(text_of(end="\r\n"), id="crlf"),
        pytest.param(text_of(end=",\n"), id="trailing-separator"),
        pytest.param(text_of().replace("Z,", "Z,").replace("\n", ",\n").replace("text,", "text", 1), id="trailing-in-rows"),
        pytest.param(text_of() + "\n\n,,,\n", id="blank-rows-last"),
        pytest.param(text_of() + text_of(table=TABLE[:1]), id="header-again"),
        pytest.param(text_of() + "\ufeff" + text_of(table=TABLE[:1]), id="header-again-with-a-mark"),
        pytest.param(text_of() + "Total,,,2\n", id="totals-row"),
        pytest.param(text_of(";") + "Summe: 2;;;\n", id="totals-row-in-german"),
        pytest.param(text_of() + "\n(2 rows affected)\n", id="number-of-rows-last"),
        pytest.param(text_of() + '\n"Copyright (c) Example Inc."\n"Confidential"\n', id="notes-last"),
        pytest.param(text_of().removesuffix("\n"), id="no-line-end-last"),
        pytest.param("\0" + text_of(), id="nul-in-the-header"),
    ],
)  # fmt: skip
def test_one_table_in_many_dialects(content):
    """However a table is written, it has the same columns and rows, letter by letter."""
    table = table_of(content)
    assert list(table.columns) == TABLE[0]
    assert [list(row.cells.values()) for row in table.rows()] == [GERMAN, PRICE]


def test_a_late_byte_of_another_encoding():
    """The whole file decides on the encoding: the first letter outside of ASCII may come after megabytes."""
    late = (HEADER + plain_rows(120_000)).encode() + text_of(table=TABLE[1:]).encode("cp1252")
    assert len(late) > 5_000_000
    *_, first, last = values(late)
    assert [first, last] == [GERMAN, PRICE]


def test_a_late_byte_in_a_file(tmp_path):
    """The same from a file, which is read once before: the encoding that is reported is the right one."""
    path = tmp_path / "export.csv"
    path.write_bytes((HEADER + plain_rows(3000)).encode() + text_of(table=TABLE[1:]).encode("cp1252"))
    with Content(str(path)) as content:
        table = DelimitedTable(content)
        assert table.layout.encoding == "cp1252"
        assert list(list(table.rows())[-1].cells.values()) == PRICE
        assert table.read_share() == 1.0


def test_two_encodings_in_one_file():
    """Two exports joined, one in UTF-8 and one in cp1252: each line is read in its own encoding."""
    joined = text_of().encode() + text_of(table=TABLE[1:]).encode("cp1252")
    assert values(joined) == [GERMAN, PRICE, GERMAN, PRICE]


def test_a_damaged_character():
    """A byte that no encoding explains becomes U+FFFD and is counted; the rest of its line keeps its letters."""
    table = table_of(text_of().encode().replace("ü".encode(), b"\xc3"))
    assert next(row.cells["text"] for row in table.rows()) == "Ich möchte mein Geld zur\ufffdck"
    assert table.layout.notes[TableNote.UNDECODABLE] == 1


def test_an_encoding_that_is_asked_for():
    """An encoding that the user names wins over what is detected; an unknown one is refused with examples."""
    assert values(text_of().encode("mac_roman"), encoding="mac_roman") == [GERMAN, PRICE]
    assert values(text_of(), encoding="cp1252")[0][3] == "Ich mÃ¶chte mein Geld zurÃ¼ck"
    for name in ("klingon", "base64", "", "utf-8\0"):
        with pytest.raises(EncodingUnknown, match="utf-8, utf-16, cp1252"):
            table_of(text_of(), encoding=name)


def test_quoted_fields():
    """Quoted fields contain separators, line ends of all kinds and doubled quotes."""
    body = 'line one\n\nline "two", and\r\nthree\rfour'
    quoted = body.replace('"', '""')
    assert values(f'{HEADER}T1,x,y,"{quoted}"\nT2,x,y,z\n') == [["T1", "x", "y", body], ["T2", "x", "y", "z"]]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ('"he said \\"no\\", then left"', 'he said "no", then left'),
        ('"ends with \\"this\\""', 'ends with "this"'),
        ('"he said "no" and left"', 'he said "no" and left'),
        ('"he said\n"no"\nand left"', 'he said\n"no"\nand left'),
        ('"Great" product', '"Great" product'),
        ('5" screen', '5" screen'),
        ('"C:\\temp\\"', "C:\\temp\\"),
        ("one\rtwo", "one\rtwo"),
    ],
)
def test_quotes_that_are_not_doubled(row, text):
    """A field whose quotes can be meant in one way only is read so; the rows around it are not touched."""
    found = values(f"{HEADER}{plain_rows(3)}X,2026-11-01T00:00:00Z,y,{row}\n{plain_rows(30)}")
    assert [one[3] for one in found] == ["plain words"] * 3 + [text] + ["plain words"] * 30


def test_backslashes_that_escape_nothing():
    """In a file that escapes quotes with backslashes, the other backslashes are a part of the text."""
    text = HEADER + 'T1,x,"C:\\temp\\new","he said \\"no\\", then left"\nT2,x,"a \\\\ b","\\"no\\" again"\n'
    assert [row[2:] for row in values(text)] == [
        ["C:\\temp\\new", 'he said "no", then left'],
        ["a \\ b", '"no" again'],
    ]


QUOTED = "".join(
    f'Q{at},2026-11-01T{at % 24:02}:00:00Z,"Hello, you","first\nsecond, of {at}\n\n"\n' for at in range(60)
)


@pytest.mark.parametrize(
    ("broken", "after"),
    [
        ('X,2026-11-01T08:00:00Z,Hi,"never closed\n', plain_rows(120)),
        ('X,2026-11-01T08:00:00Z,Hi,"never closed\n', QUOTED),
        ('X,2026-11-01T08:00:00Z,"Hi,never closed\n', QUOTED),
        ('X,2026-11-01T08:00:00Z,Hi,"never closed\nHello, you\n\nBye\n', plain_rows(120)),
        ('X,2026-11-01T08:00:00Z,Hi,"never closed\nHello, you\n\nBye\n', QUOTED),
        ('"X,2026-11-01T08:00:00Z,Hi,never closed\n', plain_rows(60)),
        ('X,2026-11-01T08:00:00Z,Hi,"never closed\n', plain_rows(60) + 'L9,2026-11-01T08:00:00Z,Hi,"\nlate"\n'),
        ('X,2026-11-01T08:00:00Z,Hi,"never closed\n', ""),
    ],
)
def test_a_quote_that_is_never_closed(broken, after):
    """The row is refused with its line, and no row after it is lost: the same rows are read as without it."""
    assert refusals(HEADER + plain_rows(5) + broken + after) == [(7, RefusalReason.UNCLOSED_QUOTE)]
    wanted = values(HEADER + plain_rows(5) + after)
    found = read_rows(HEADER + plain_rows(5) + broken + after)
    assert [list(row.values()) for row in found if not isinstance(row, RefusedEvent)] == wanted


def test_an_unclosed_quote_in_the_first_row():
    """A quote that never closes in the first row of all: 120 rows follow and are read."""
    found = refusals(f'{HEADER}T1,2026-11-01T08:00:00Z,Refund,"I never closed this\n{plain_rows(120)}')
    assert found == [(2, RefusalReason.UNCLOSED_QUOTE)]
    assert len(read_rows(f'{HEADER}T1,2026-11-01T08:00:00Z,Refund,"I never closed this\n{plain_rows(120)}')) == 121


LETTER = ["hello, I", "paid; twice", 'the "refund" card', "was | declined\n", "please help:", "\n\nBye", "5 euro"]


@pytest.mark.parametrize("seed", range(40))
def test_one_closing_quote_less(seed):
    """Take one closing quote out of a table of letters: no row but that one is lost, in any dialect."""
    rng = Random(seed)
    mark, quoting = rng.choice(",;\t|"), rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    rows = [
        [f"T{at}", "2026-11-01 08:00", " ".join(rng.choices(LETTER, k=rng.randrange(1, 20))), "open", 'It says "no"']
        for at in range(1000, 1060)
    ]
    parts = []
    for row in [["id", "opened", "text", "state", "title"], *rows]:
        file = io.StringIO(newline="")
        csv.writer(file, delimiter=mark, quoting=quoting).writerow(row)
        parts.append(file.getvalue())
    broken = rng.randrange(1, len(parts))
    closing = rng.choice([found.start() for found in re.finditer(f'"(?={re.escape(mark)}|\r)', parts[broken])])
    parts[broken] = parts[broken][:closing] + parts[broken][closing + 1 :]
    found = [list(row.values()) for row in read_rows("".join(parts)) if not isinstance(row, RefusedEvent)]
    assert [row for at, row in enumerate(rows, 1) if at != broken and row not in found] == []


def test_many_unclosed_quotes():
    """Each row whose quote is not closed is refused for itself, also where they follow each other."""
    broken = "".join(f'X{at},2026-11-01T08:00:00Z,Hi,"never\n' for at in range(40))
    assert len(refusals(HEADER + broken)) == 40
    assert len(refusals(HEADER + plain_rows(9) + broken + plain_rows(9))) == 40


def test_an_unclosed_quote_before_megabytes():
    """The search for the next row ends: the rows after an unclosed quote are read however many they are."""
    text = f'{HEADER}T1,2026-11-01T08:00:00Z,Refund,"I never closed this\n{plain_rows(60_000)}'
    rows = read_rows(text)
    assert len(rows) == 60_001
    assert [row.reason for row in rows if isinstance(row, RefusedEvent)] == [RefusalReason.UNCLOSED_QUOTE]


def test_a_quoted_field_of_many_lines():
    """A long letter is a field, also if its lines contain separators; nothing of it is taken for a row."""
    body = "\n".join(f"line {at}, with, some, commas" for at in range(900))
    found = values(f'{HEADER}{plain_rows(5)}X,2026-11-01T08:00:00Z,Hi,"{body}"\n{plain_rows(5)}')
    assert [row[3] for row in found] == ["plain words"] * 5 + [body] + ["plain words"] * 5


def test_a_table_inside_a_field():
    """Lines pasted from another table are no rows: their cells are not like those of this one."""
    body = "see:\na,b,c,d\nx,y,z,w"
    found = values(f'{HEADER}{plain_rows(5)}X,2026-11-01T08:00:00Z,Hi,"{body}"\n{plain_rows(5)}')
    assert [row[3] for row in found] == ["plain words"] * 5 + [body] + ["plain words"] * 5


@pytest.mark.parametrize(
    "field", ["x" * 3_000_000, '"' + "x" * 3_000_000 + '"', '"' + "some words\n" * 200_000 + '"'],
    ids=["a-line", "a-quoted-line", "many-lines"],
)  # fmt: skip
def test_a_field_larger_than_an_event(field):
    """It is refused as too large without being kept; the rows around it are read."""
    rows = read_rows(f"{HEADER}{plain_rows(5)}X,2026-11-01T08:00:00Z,Hi,{field}\n{plain_rows(5)}")
    refused = [row for row in rows if isinstance(row, RefusedEvent)]
    assert [one.reason for one in refused] == [RefusalReason.TOO_LARGE]
    assert len(refused[0].excerpt) <= 200
    assert len(rows) == 11
    assert len(field) > MAX_BYTES


def test_ragged_rows():
    """Empty surplus cells are dropped; missing ones at the end are empty; a filled surplus and most of a row missing are refused."""
    text = HEADER + "T1,a,b,c,,\nT2,a,b\nT3,a,b,c,d\nT4\nT5,a,b,c\n"
    assert values(HEADER + "T1,a,b,c,,\nT2,a,b\n") == [["T1", "a", "b", "c"], ["T2", "a", "b", ""]]
    assert refusals(text) == [(4, RefusalReason.UNMAPPED), (5, RefusalReason.UNMAPPED)]
    table = table_of(text)
    (refused,) = (row.cells for row in table.rows() if row.number == 4)
    assert "5 fields at line 4" in refused.detail
    assert table.layout.notes[TableNote.PADDED] == 1


def test_repeated_columns():
    """Columns of one name are one list of what is filled in them; the others are texts."""
    table = table_of("Key,Labels,Labels,Text,Labels\nA,x,,t,y\nB,,,u,\n")
    assert list(table.columns) == ["Key", "Labels", "Text"]
    assert table.repeated == {"Labels"}
    assert [row.cells for row in table.rows()] == [
        {"Key": "A", "Labels": ["x", "y"], "Text": "t"},
        {"Key": "B", "Labels": [], "Text": "u"},
    ]


@pytest.mark.parametrize(
    ("text", "columns", "first"),
    [
        ('"Ticket, ID";"Opened ""at""";Text\n1;2026-11-01;"a;b"\n', ["Ticket, ID", 'Opened "at"', "Text"], "1"),
        ('"Ticket\nID",Opened\n1,2026-11-01\n', ["Ticket ID", "Opened"], "1"),
        (",id,opened\n0,T1,2026-11-01\n1,T2,2026-11-01\n", ["column 1", "id", "opened"], "0"),
        ("id,opened,x\n1,T1,2026-11-01,y\n2,T2,2026-11-01,y\n", ["column 1", "id", "opened", "x"], "1"),
        ("id;amount\n" + "".join(f"T{at};{at},50\n" for at in range(9)), ["id", "amount"], "T0"),
        ("text\nhello\nhow, are you\nbye\n", ["text"], "hello"),
        ('id, opened, text\nT1, 2026-11-01, "a, b"\nT2, 2026-11-01, "c"\n', ["id", "opened", "text"], "T1"),
        ("'id','text'\n'T1','a, b'\n'T2','c'\n", ["id", "text"], "T1"),
        ("Report,Open,,\nFrom,2026-11-01,,\n" + text_of(), TABLE[0], "T1"),
        (HEADER + "--,--,--,--\n" + text_of(table=TABLE[1:]), TABLE[0], "T1"),
    ],
)
def test_headers(text, columns, first):
    """Quotes, line breaks and missing names in headers, title rows above and rules below: columns have the names that people see."""
    table = table_of(text)
    assert list(table.columns) == columns
    assert next(iter(table.rows())).cells[columns[0]] == first


def test_notes_count_what_is_left_out():
    """Nothing is left out silently: each kind of change is counted in the layout."""
    text = "Title\n" + text_of() + "\n" + HEADER + 'T3,a,b\0,"x"y"\nT4,a,b\nTotal,,,3\n'
    table = table_of(text)
    assert [row.number for row in table.rows()] == [3, 4, 7, 8]
    assert table.layout.notes == {
        TableNote.PREAMBLE: 1, TableNote.BLANK: 1, TableNote.REPEATED_HEADER: 1, TableNote.NUL_REPLACED: 1,
        TableNote.REPAIRED_QUOTES: 1, TableNote.PADDED: 1, TableNote.FOOTER: 1,
    }  # fmt: skip
    assert (table.layout.header, table.layout.separator) == (2, ",")


def test_a_row_that_sums_nothing():
    """A ticket is no totals row because of its words, and a totals row inside the table is a row."""
    rows = [["Total", "2026-11-01T08:00:00Z", "Refund", "I was charged the total twice"]]
    assert values(text_of(table=[*TABLE, *rows])) == [GERMAN, PRICE, *rows]
    assert len(values(HEADER + "Total,,,2\n" + plain_rows(2))) == 3


def test_a_last_line_that_is_still_written():
    """It is a row; with `complete_lines_only` it is left for the next run, as is a row whose quoted field is still open."""
    cut = HEADER + plain_rows(2) + "F9,2026-11-01T09:00:00Z,Hello,half a wo"
    assert len(values(cut)) == 3
    assert len(values(cut, complete_lines_only=True)) == 2
    still_open = HEADER + plain_rows(2) + 'F9,2026-11-01T09:00:00Z,Hello,"first line\nsecond line\n'
    assert len(values(still_open, complete_lines_only=True)) == 2
    # An unclosed quote with rows after it does not make them wait.
    rows = read_rows(still_open + plain_rows(3), complete_lines_only=True)
    assert [isinstance(row, RefusedEvent) for row in rows] == [False, False, True, False, False, False]


def test_compressed_data_that_ends_early(tmp_path):
    """The rows before the end are read; then one sentence says where it was."""
    path = tmp_path / "export.csv.gz"
    whole = gzip.compress((HEADER + "".join(f"{at},{hash(at * 7919)},x,{at**3}\n" for at in range(60_000))).encode())
    path.write_bytes(whole[: len(whole) // 2])
    with Content(str(path)) as content:
        found, error = rows_and_error(DelimitedTable(content))
    assert "ends in the middle" in str(error)
    assert found[:2] == [2, 3]
    assert len(found) > 1000


def test_a_sample_moves_nothing(tmp_path):
    """The sample is the first rows; rows begin at the beginning after it, again and again, and count once."""
    path = tmp_path / "export.csv"
    path.write_text("Title\n" + text_of())
    with Content(str(path)) as content:
        table = open_table(content, container_of(content))
        assert [list(row.values()) for row in table.sample(1)] == [GERMAN]
        for _ in range(2):
            assert [list(row.cells.values()) for row in table.rows()] == [GERMAN, PRICE]
        assert table.layout.notes == {TableNote.PREAMBLE: 1}


CELLS = st.text(
    st.one_of(st.sampled_from("ab1 ,;|\t\"'\n\r\\äé–€"), st.characters(codec="utf-8", exclude_characters="\0\ufeff")),
    max_size=12,
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def tables(draw) -> list[list[str]]:
    """A table of tickets whose other cells are any text."""
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6))
    ids = [f"{at + 7}" for at in range(len(rows))]
    return [["key", "opened", *(f"name {chr(97 + at)}" for at in range(width))]] + [
        [ticket, "2026-11-01T08:00:00Z", *row] for ticket, row in zip(ids, rows, strict=True)
    ]


@settings(max_examples=300)
@given(
    tables(), st.sampled_from(",;\t|"), ENDS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)  # fmt: skip
@example([["key", "opened", "name a"], ["7", "2026-11-01T08:00:00Z", '"']], ",", "\n", csv.QUOTE_MINIMAL, "utf-8")
def test_what_csv_writes_is_read_back(table, mark, end, quoting, encoding):
    """Any table that Python's `csv` writes, in any dialect and encoding of Unicode, is read back identically."""
    # Python does not quote the line end of another system, and the file is then ambiguous.
    bare = {"\r", "\n"} - set(end) if quoting == csv.QUOTE_MINIMAL else set()
    assume(not any(mark in cell for row in table for cell in row for mark in bare))
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=mark, lineterminator=end, quoting=quoting).writerows(table)
    assert values(file.getvalue().encode(encoding)) == table[1:]


@settings(max_examples=100)
@given(tables(), st.sampled_from(",;\t|"))
def test_what_csv_writes_with_backslashes_is_read_back(table, mark):
    """The same with quotes that are escaped with a backslash, where the text shows that they are."""
    table[1][2] = 'it says "no" here'
    file = io.StringIO(newline="")
    options = {
        "delimiter": mark,
        "lineterminator": "\n",
        "quoting": csv.QUOTE_ALL,
        "doublequote": False,
        "escapechar": "\\",
    }
    csv.writer(file, **options).writerows(table)
    assert values(file.getvalue()) == table[1:]


STARTS = [b"", b"id,opened,text\n1,2026-11-01,a\n", b"\xff\xfe", b"PK\x03\x04", b"PAR1"]


@settings(max_examples=200)
@given(st.binary(min_size=1, max_size=400), st.sampled_from(STARTS))
def test_any_bytes(content, start):
    """Of any bytes, what cannot be read is a refusal or one of our own errors; no other exception leaves the reader."""
    numbers: list[int] = []
    with suppress(SourceError):
        opened = Content("-", stdin=io.BytesIO(start + content))
        container = container_of(opened)
        assume(container in (Container.DELIMITED, Container.SPREADSHEET, Container.PARQUET))
        numbers.extend(row.number for row in open_table(opened, container).rows())
    assert numbers == sorted(set(numbers))


@settings(max_examples=200)
@given(st.text(st.sampled_from('ab,;\n\r"\\1 '), max_size=200))
def test_any_arrangement_of_quotes(text):
    """Any arrangement of quotes and separators: no exception, ascending lines, and the good row at the end is read."""
    rows = list(table_of(HEADER + plain_rows(3) + text + "\n" + plain_rows(6, first=90)).rows())
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
    assert next(iter(rows[-1].cells.values())) == "F95"
