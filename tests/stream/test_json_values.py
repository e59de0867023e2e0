"""JSON in any arrangement: the same values come of it, damage costs one value, and memory is bounded."""

import io
import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.files import json_values
from stream.files.json_decode import NotJson, decode
from stream.files.json_values import json_records
from stream.raw import RefusalReason, RefusedEvent

TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=4)

ARRANGEMENTS = {
    "lines": lambda values: "\n".join(map(json.dumps, values)),
    "lines-with-windows-ends": lambda values: "\r\n".join(map(json.dumps, values)) + "\r\n",
    "blank-lines": lambda values: "\n\n \n".join(map(json.dumps, values)),
    "array": json.dumps,
    "pretty-array": lambda values: json.dumps(values, indent=2),
    "array-line-by-line": lambda values: "[\n" + ",\n".join(map(json.dumps, values)) + "\n]\n",
    "lines-with-commas": lambda values: ",\n".join(map(json.dumps, values)) + ",\n",
    "pretty-concatenated": lambda values: "\n".join(json.dumps(value, indent=1) for value in values),
    "concatenated": lambda values: "".join(map(json.dumps, values)),
    "text-sequence": lambda values: "".join(f"\x1e{json.dumps(value)}\n" for value in values),
    "unescaped": lambda values: "\n".join(json.dumps(value, ensure_ascii=False) for value in values),
}


def read(content: bytes, **options) -> list:
    """The values and refusals of bytes."""
    return [record.value for record in json_records(io.BytesIO(content), **options)]


def reasons(content: bytes, **options) -> list:
    """What became of each value: the value, or why it was refused."""
    return [value.reason if isinstance(value, RefusedEvent) else value for value in read(content, **options)]


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@settings(max_examples=40)
@given(values=st.lists(OBJECTS, max_size=6), block=st.sampled_from([1, 7, 64, 262_144]))
def test_every_arrangement_gives_the_same_values(arrangement, values, block):
    """One per line, in an array, pretty-printed or concatenated, and cut into blocks anywhere: the objects are read in order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_values, "BLOCK", block)
        assert read(ARRANGEMENTS[arrangement](values).encode()) == values


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_json_in_other_encodings(encoding):
    """A byte-order mark, UTF-16 and a named encoding: the letters are the right ones."""
    content = '{"a": "Größe"}\n[{"b": "é"}]'.encode(encoding)
    assert read(content, encoding=encoding) == [{"a": "Größe"}, {"b": "é"}]


@settings(max_examples=40)
@given(values=st.lists(OBJECTS, min_size=1, max_size=6), place=st.integers(0, 5), cut=st.floats(0, 1))
def test_a_damaged_line_costs_one_value(values, place, cut):
    """A line that is cut anywhere is refused with its line; all others are read."""
    lines = [json.dumps(value).encode() for value in values]
    place %= len(lines)
    damaged = json.dumps({"id": "17", "tags": [{"a": "b"}, []], "text": "some words"}).encode()
    damaged = damaged[: 1 + int(cut * (len(damaged) - 2))]
    found = read(b"\n".join([*lines[:place], damaged, *lines[place:]]))
    assert [value for value in found if not isinstance(value, RefusedEvent)] == values
    (refused,) = (value for value in found if isinstance(value, RefusedEvent))
    assert refused.reason is RefusalReason.NOT_JSON
    assert f"line {place + 1} " in refused.detail


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[{"a":1},{"b": },{"c":3}]', [{"a": 1}, "not_json", {"c": 3}]),
        (b'{\n "t": [\n  {\n   "a": "x\n  }\n ]\n}\n{\n "t": 2\n}\n', ["not_json", {"t": 2}]),
        (b'{"tickets": [\n{"id":1},\n{"id":2}\n]}\n{"z":1}', [{"tickets": [{"id": 1}, {"id": 2}]}, {"z": 1}]),
        (b'hello\n{"a":1}\n}\n{"b":2}', ["not_json", {"a": 1}, "not_json", {"b": 2}]),
        (b'[1, "x", {"a":1}]', ["not_json", "not_json", {"a": 1}]),
        (b'[{"a":1},', [{"a": 1}, "not_json"]),
        (b"{'a': 1}\n{\"b\":2}", ["not_json", {"b": 2}]),
        (b'{"a":NaN,"b":-Infinity}', [{"a": None, "b": None}]),
        (b'{"a":"\\ud83d"}\n{"b":"\\ud83d\\ude00"}', [{"a": "\ufffd"}, {"b": "😀"}]),
        (b'{"c":"\xe4"}\n{"d":"\xc3\xa4"}\n{"e":"\xc3\xa4\xc3\xb6\xff"}', [{"c": "ä"}, {"d": "ä"}, {"e": "äö\ufffd"}]),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000 + b'\n{"b":2}', ["not_json", {"b": 2}]),
        (b'{"a":"x\ty"}\n{"b":"\xed\xa0\xbd\xed\xb8\x80"}', [{"a": "x\ty"}, {"b": "😀"}]),
        (b'{"id":123456789012345678901234567890}', [{"id": "123456789012345678901234567890"}]),
        (b"\x00\x00", ["not_json"]),
        (b"", []),
        (b" \n\n", []),
    ],
)
def test_damage_of_each_kind(content, expected):
    """What is no JSON object is refused by itself, and what can be read in one way only is read."""
    assert reasons(content) == expected


def test_a_value_that_is_still_being_written():
    """A last value without its end is refused, or left for the next run; one that is complete is read without its line end."""
    content = b'{"a":1}\n{"b": {"c":'
    assert reasons(content) == [{"a": 1}, "not_json"]
    assert reasons(content, complete_lines_only=True) == [{"a": 1}]
    assert reasons(b'{"a":1}\n{"b":2}', complete_lines_only=True) == [{"a": 1}, {"b": 2}]
    assert reasons(b'{"a":1}\n{"b":}\n', complete_lines_only=True) == [{"a": 1}, "not_json"]


def test_a_page_that_is_larger_than_memory(monkeypatch):
    """The lists of a large page are read element by element, each with what the page said before; what follows is read, too."""
    monkeypatch.setattr(json_values, "WHOLE", 1000)
    monkeypatch.setattr(json_values, "BLOCK", 100)
    page = {"count": 3, "meta": {"a": [1]}, "tickets": [{"id": n, "text": "x" * 30} for n in range(40)], "end": True}
    found = read(json.dumps(page).encode() + b'\n{"tickets": [{"id": 99}], "more": [1, {"id": 100}]}\n')
    assert [value["tickets"][0]["id"] for value in found if "more" not in value] == [*range(40), 99]
    assert found[0] == {"count": 3, "meta": {"a": [1]}, "tickets": [page["tickets"][0]]}
    assert [value["more"][0] for value in found if "more" in value] == [1, {"id": 100}]


def test_a_large_page_that_is_cut(monkeypatch):
    """The elements before the damage are read, and the rest is refused once."""
    monkeypatch.setattr(json_values, "WHOLE", 1000)
    monkeypatch.setattr(json_values, "BLOCK", 100)
    content = json.dumps({"tickets": [{"id": n, "text": "x" * 30} for n in range(40)]}).encode()
    *found, last = read(content[:1900])
    assert [value["tickets"][0]["id"] for value in found] == list(range(len(found)))
    assert len(found) > 30
    assert isinstance(last, RefusedEvent)
    assert f"after {len(found)} elements" in last.detail


def test_a_value_without_end_is_passed_over(monkeypatch):
    """Garbage of any length does not fill the memory."""
    monkeypatch.setattr(json_values, "WHOLE", 1000)
    monkeypatch.setattr(json_values, "BLOCK", 100)
    found = reasons(b'{"a": "' + b"x" * 5000 + b'\n{"b":2}\n' + b"y" * 5000 + b'\n{"c":3}')
    assert [value for value in found if value != "not_json"] == [{"b": 2}, {"c": 3}]


def test_numbers_and_lines_ascend():
    """Each value has a number of its own, and the line on which it begins."""
    records = list(json_records(io.BytesIO(b'[{"a":1},{"b":2},\n\n{"c":\n3}]\nx\n{"d":4}')))
    assert [(record.number, record.line) for record in records] == [(1, 1), (2, 1), (3, 3), (4, 5), (5, 6)]
    assert all(one.number < other.number for one, other in pairwise(records))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    """No bytes raise anything, with or without waiting for the end."""
    for waits in (True, False):
        for value in read(content, complete_lines_only=waits):
            assert value is not Ellipsis


@pytest.mark.parametrize("content", [b"", b"{", b"nul", b"[1", b"[" * 5000, b'{"a":1}}', b"\xff"])
def test_what_is_no_value_is_refused_by_the_decoder(content):
    """The decoder raises its own error for what is no JSON."""
    with pytest.raises(NotJson):
        decode(content)
