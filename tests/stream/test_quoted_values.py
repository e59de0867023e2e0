"""What messages quote of an input holds no part of a card number: values, names of columns and times."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.redaction import listed, quoted
from stream.errors import MappingInvalid, MappingNeeded
from stream.opening import OpenOptions, guess_mapping, open_source
from stream.raw import Raw, RefusedEvent
from stream.tables.mapping import ColumnMapping
from stream.tables.times import TimeColumn, TimeRules, TimeUnreadable
from stream.validation import admit

CARD = "4111-1111-1111-1111"
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def assert_no_digits_of_a_card(message: str) -> None:
    """Fail where more than eight digits of the card are left in a row."""
    assert "411111111" not in re.sub(r"[\s-]", "", message)


@pytest.mark.parametrize("before", range(0, 70, 3))
def test_a_quoted_value_is_redacted_before_it_is_cut(before: int) -> None:
    """Wherever the cut is, no part of a card number is left."""
    assert_no_digits_of_a_card(quoted("x" * before + " " + CARD, 40))
    assert len(quoted("x" * 100, 40)) == 42


@pytest.mark.parametrize("before", range(0, 60, 3))
def test_a_refused_time_shows_no_part_of_a_card(before: int) -> None:
    """A time that cannot be read is quoted redacted, however much text is before the card number."""
    with pytest.raises(TimeUnreadable) as caught:
        TimeColumn(TimeRules()).read("x" * before + " " + CARD)
    assert_no_digits_of_a_card(str(caught.value))


@pytest.mark.parametrize(
    "number", [4111111111111111, "4111111111111111", 4222222222222, "2200000000000004", 4.111111111111111e15]
)
def test_a_card_number_is_no_time(number: object) -> None:
    """A card number in a column of times is not read as a count since 1970; real counts of all units are."""
    with pytest.raises(TimeUnreadable) as caught:
        TimeColumn(TimeRules()).read(number)
    assert "4111" not in str(caught.value)
    for real in ("1795000000", "1795000000000", "1795000000000000", "1795000000000000000"):
        assert TimeColumn(TimeRules()).read(real).year == 2026


def test_a_time_in_the_future_is_quoted_to_the_minute() -> None:
    """A number that was taken for a time cannot be computed from the refusal."""
    event = {
        "specversion": "1.0", "id": "1", "source": "/a", "type": "ticket.created", "subject": "1",
        "time": "2100-04-11T07:18:31.111111Z", "data": {"body": "text"},
    }  # fmt: skip
    refused = admit(Raw(1, event), NOW)
    assert isinstance(refused, RefusedEvent)
    assert "2100-04-11T07:18+00:00" in refused.detail
    assert "31.111" not in f"{refused.detail}{refused.excerpt}"


@pytest.mark.parametrize("before", range(10, 45, 5))
def test_a_refused_row_of_a_table_shows_no_part_of_a_card(tmp_path: Path, before: int) -> None:
    """Times and comments that do not fit are quoted redacted, in the detail and in the excerpt."""
    path = tmp_path / "jira.csv"
    path.write_text(
        "Issue key,Issue id,Summary,Created,Description,Comment\n"
        f"A-1,1,Refund,2026-10-01 08:00,Text,{'x' * before} {CARD}\nA-2,2,Refund,{'x' * before} {CARD},Text,\n"
    )
    source = open_source(str(path), OpenOptions())
    refused = [raw.content for raw in source.records() if isinstance(raw.content, RefusedEvent)]
    source.close()
    assert refused
    for one in refused:
        assert_no_digits_of_a_card(f"{one.detail} {one.excerpt}")


HEADER = "ticket_id,created_at,subject,description,4111111111111111,ana.lopez@example.com"


def test_names_of_columns_are_shown_redacted(tmp_path: Path) -> None:
    """Descriptions, guessed mappings and errors show no card number or address that is the name of a column."""
    path = tmp_path / "tickets.csv"
    path.write_text(f"{HEADER}\n" + "".join(f"{n},2026-10-01T08:0{n}:00Z,Refund,Text {n},a{n},b\n" for n in range(9)))
    source = open_source(str(path), OpenOptions())
    toml = guess_mapping(str(path), OpenOptions())
    said = [source.description(), toml]  # type: ignore[attr-defined]
    source.close()
    with pytest.raises(MappingInvalid) as caught:
        ColumnMapping(columns={"body": (CARD,)}).check(HEADER.split(","))
    said.append(str(caught.value))
    path.write_text(
        "subject,4111111111111111,ana.lopez@example.com,created_at\nLate,a,b,2026-10-01\nGone,c,d,2026-10-02\n"
    )
    with pytest.raises(MappingNeeded) as needed:
        open_source(str(path), OpenOptions())
    for one in [*said, str(needed.value)]:
        assert "[CARD]" in one
        assert "4111" not in one
        assert "ana.lopez" not in one
    mapping = ColumnMapping.parsed("guessed", tomllib.loads(toml))
    mapping.check(HEADER.split(","))
    assert mapping.columns["subject"] == ("ticket_id",)


def test_a_long_list_of_names_is_cut() -> None:
    """A message names twenty columns at most, and the number of the others."""
    assert listed(f"c{n}" for n in range(10_000)).endswith("c19 and 9,980 more")
    assert listed(["a", "b"]) == "a, b"
