"""The data map lists what there is: every column that can hold text, each once, and none that does not exist."""

from collections import Counter

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, TypeDecorator

from groundswell_docs.data_map import data_map
from store.data_map import DATA_MAP, DataKind, ErasureWay, is_encrypted, readable_columns
from store.retention.kinds import RetentionKind
from store.retention.register import BLANK_TICKET
from store.schema import metadata

TEXTUAL = {DataKind.TEXT, DataKind.QUOTE}


def test_every_column_that_can_hold_text_is_listed_once():
    """A new text, JSON or binary column has to be classified; one that is removed has to leave the map."""
    listed = Counter(f"{held.table}.{name}" for held in DATA_MAP for name in held.columns)
    assert set(listed) == {f"{one.table.name}.{one.name}" for one in readable_columns()}
    assert set(listed.values()) == {1}
    assert {held.table for held in DATA_MAP} <= set(metadata.tables)


def test_what_holds_text_of_tickets_has_a_limit_and_goes_at_an_erasure():
    """No column with text or quotes is kept for ever or survives an erasure; deliveries wait seconds, not days."""
    assert {held.table for held in DATA_MAP if held.kind in TEXTUAL and held.retention is None} == {"inbox"}
    assert [held for held in DATA_MAP if held.kind in TEXTUAL and held.erasure is ErasureWay.KEPT] == []


def test_what_holds_text_of_tickets_can_be_encrypted():
    """Every column with text or quotes is one of those that keys encrypt."""
    held = [(one.table, name) for one in DATA_MAP if one.kind in TEXTUAL for name in one.columns]
    assert [place for place in held if not is_encrypted(*place)] == []


def test_every_limit_removes_something_and_every_class_is_used():
    """Each kind of retention, of data and of erasure is the one of some column."""
    assert {held.retention for held in DATA_MAP} == {None, *RetentionKind}
    assert {held.kind for held in DATA_MAP} == set(DataKind)
    assert {held.erasure for held in DATA_MAP} == set(ErasureWay)


def test_retention_blanks_what_the_map_says():
    """The columns that retention empties are those that the map lists under text, each by a value that it may have."""
    assert BLANK_TICKET == {"title": "", "body": "", "tags": None, "custom": None, "skeleton": None}


def test_a_column_of_a_type_of_its_own_is_found(monkeypatch):
    """A type that stores text in another form, such as encrypted, does not hide its column."""

    class Sealed(TypeDecorator):
        """Stores bytes in place of text."""

        impl = LargeBinary
        cache_ok = True

    other = MetaData()
    Table("t", other, Column("id", Integer, primary_key=True), Column("a", Sealed), Column("b", String(3)))
    monkeypatch.setattr("store.data_map.metadata", other)
    assert [one.name for one in readable_columns()] == ["a", "b"]


def test_the_page_shows_every_column():
    """The generated table has a row for each entry, and names its setting."""
    page = data_map()
    assert page.count("\n") == len(DATA_MAP) + 1
    assert "| `tickets` | `title`\\*, `body`\\*, `tags`\\*, `custom`\\* | ticket text |" in page
    assert all(f"`retention.{kind.value}`" in page for kind in RetentionKind)
