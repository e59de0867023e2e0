"""JSON of nobody's system as a table, which a mapping or a guess reads."""

import io
import json

import pytest

from stream.files.json_table import JsonTable
from stream.files.opening import Content
from stream.files.table import TableReader
from stream.raw import RefusedEvent


def table(*values: object, text: str | None = None) -> JsonTable:
    """A table of JSON lines."""
    content = text if text is not None else "\n".join(map(json.dumps, values))
    return JsonTable(Content("-", stdin=io.BytesIO(content.encode())))


def test_keys_are_columns():
    """Nested keys are joined with a dot, lists of texts are repeated columns, and keys that come later are read, too."""
    nested = {"country": "BR", "more": {"deep": {"a": 1}}}
    late = {"no": 2, "late": True, "parts": [{"a": 1}]}
    reader: TableReader = table({"no": 1, "customer": nested, "labels": ["x", "", "y"]}, late)
    assert reader.columns == ["no", "customer.country", "customer.more.deep", "labels", "late", "parts"]
    assert reader.repeated == {"labels"}
    first, second = reader.rows()
    assert (first.number, second.number) == (1, 2)
    assert first.cells["customer.country"] == "BR"
    assert first.cells["customer.more.deep"] == '{"a": 1}'
    assert first.cells["labels"] == ["x", "y"]
    assert (second.cells["late"], second.cells["customer.country"]) == (True, None)
    assert reader.sample(1)[0]["no"] == 1
    assert reader.layout.container == "json"


@pytest.mark.parametrize("name", ["data", "items", "rows"])
def test_a_page_of_any_name(name):
    """A page is its objects, whatever the list is called; an object with an id of its own stays one row."""
    page = {name: [{"no": 1}, {"no": 2}], "total": 2, "next": None}
    assert [row.cells["no"] for row in table(page).rows()] == [1, 2]
    assert len(list(table({"id": 7, **page}).rows())) == 1


def test_damaged_objects_are_refused_by_themselves():
    """What is no object costs one row, and the rows have numbers of their own."""
    rows = list(table(text='{"no": 1}\n{"no": \n{"no": 3}\n5\n').rows())
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert [isinstance(row.cells, RefusedEvent) for row in rows] == [False, True, False, True]
