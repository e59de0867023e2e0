"""Exports of ticket systems as tables: what each column is, and the events that come of each row.

`GROUNDSWELL_REGENERATE_GOLDEN=1` writes the events anew; the difference is then read before it is committed.
"""

import csv
import io
import json
import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream.connectors.contract import Connector
from stream.connectors.exports.jira import read_comment
from stream.connectors.exports.systems import GENERIC, SYSTEMS, system_of
from stream.opening import OpenOptions, guess_mapping, open_source
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.recognition.table import recognize_table
from stream.tables.mapping import ColumnMapping
from stream.validation import admit

FOLDER = Path(__file__).parent / "exports"
FILES = sorted(FOLDER.glob("*.csv"))
NOW = datetime(2026, 12, 24, tzinfo=UTC)
UNKNOWN_TO_FIELDS = {"X Corp (formerly Twitter)"}
"""Channels that the table passes on as they are; reading optional fields leniently keeps their tickets."""


def events_of(path: Path, mapping: Path | None = None) -> list[dict]:
    """The events and refusals of a file, as JSON holds them."""
    with closing(open_source(str(path), OpenOptions(mapping=mapping))) as source:
        found = [raw.content for raw in source.records()]
    return [
        {"refused": str(one.reason), "detail": one.detail}
        if isinstance(one, RefusedEvent)
        else json.loads(json.dumps(one))
        for one in found
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_export_gives_its_events_without_a_mapping(path):
    """Each export gives exactly the events that are written down with it."""
    found, golden = events_of(path), path.with_suffix(".json")
    if os.environ.get("GROUNDSWELL_REGENERATE_GOLDEN") == "1":
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    assert found == json.loads(golden.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_events_of_an_export_are_admitted(path):
    """What a table's rows become passes validation."""
    events = [one for one in events_of(path) if "refused" not in one]
    known = [one for one in events if one["data"].get("channel") not in UNKNOWN_TO_FIELDS]
    assert [one for one in (admit(Raw(0, event), NOW) for event in known) if isinstance(one, RefusedEvent)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_guessed_mapping_gives_the_same_events(path, tmp_path):
    """`--guess` writes a mapping that does with `--mapping` what was done without one."""
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(guess_mapping(str(path), OpenOptions()), encoding="utf-8")
    assert events_of(path, mapping) == events_of(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_address_or_telephone_number_is_kept(path):
    """Addresses and numbers of people are in no field but the requester, which is hashed, and in no id."""
    for event in events_of(path):
        kept = json.dumps({**event, "data": {**event.get("data", {}), "requester": ""}}, ensure_ascii=False)
        assert "@mail.example" not in kept
        assert "+1 415" not in kept
        assert "+46" not in kept
        assert "+34" not in kept


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("zendesk-export", "zendesk"), ("zendesk-view-de", "zendesk"), ("jira-cloud", "jira"), ("jira-server-de", "jira"),
        ("freshdesk", "freshdesk"), ("intercom-conversations", "intercom"), ("intercom-messages", "intercom"),
        ("salesforce-report", "salesforce"), ("salesforce-dataloader", "salesforce"), ("helpdesk-ja", "csv"),
        ("helpdesk-es", "csv"),
    ],
)  # fmt: skip
def test_the_system_is_recognised_by_its_header(name, system):
    """The columns say which system wrote the table; what no known system wrote is a table like any other."""
    text = (FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    header = next(csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ","))
    found, confidence = system_of(header)
    assert found.name == system
    assert confidence >= 0.6 or found is GENERIC


def test_a_short_header_is_of_no_system():
    """Names that every table has do not make it an export of one system."""
    assert system_of(["id", "subject", "description", "created_at"])[0] is GENERIC
    assert system_of(["Ticket", "Time", "Text"])[0] is GENERIC
    assert len({one.name for one in SYSTEMS}) == len(SYSTEMS)


def test_a_table_connector_is_a_connector(tmp_path):
    """What reads rows fulfils the contract of all connectors, and names its system."""
    with closing(open_source(str(FOLDER / "jira-cloud.csv"), OpenOptions())) as source:
        connector = source.recognized.connector()
    assert isinstance(connector, Connector)
    assert connector.name == "jira"
    assert list(connector.elements({"a": 1})) == [{"a": 1}]


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("12/Nov/26 3:40 PM;agent;asked for id", ("12/Nov/26 3:40 PM", "agent", "asked for id")),
        ("2026-11-12T15:40:00Z;5b10;one; two\nthree", ("2026-11-12T15:40:00Z", "5b10", "one; two\nthree")),
        ("a comment without any parts", None),
        ("", None),
    ],
)
def test_a_comment_of_jira_has_three_parts(cell, parts):
    """Time, author and text; the text keeps its semicolons and lines."""
    assert read_comment(cell) == parts


def test_a_comment_that_cannot_be_read_costs_only_itself():
    """The ticket and its other comments are read; the comment is refused with its row."""
    found = events_of(FOLDER / "jira-cloud.csv")
    refused = [one for one in found if "refused" in one]
    assert [one["refused"] for one in refused] == [RefusalReason.UNMAPPED]
    assert "time;author;text" in refused[0]["detail"]
    assert {one["subject"] for one in found if one.get("type") == "ticket.created"} == {"SUP-311", "SUP-312"}


HEADER = (
    "Ticket ID", "Created", "Subject", "Description", "Channel", "CSAT", "Tags", "Escalated", "Resolved", "Updated", "Status",
    "Comments", "inbound", "Other",
)  # fmt: skip
TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "9999-12-31T23:59:59-05:00",
        "0001-01-01",
        "2026-11-01 08:00",
        "12/Nov/26 3:40 PM;a;b",
        "Deleted",
        "Solved",
        "4/5",
        "[1, {",
        "n/a",
    ]
)
CELLS = st.one_of(
    TEXTS, st.none(), st.integers(), st.floats(), st.booleans(), st.datetimes(), st.dates(), st.times(), st.timedeltas(),
    st.lists(TEXTS, max_size=3),
)  # fmt: skip


@given(st.fixed_dictionaries(dict.fromkeys(HEADER, CELLS)), st.sampled_from(SYSTEMS))
@example(dict.fromkeys(HEADER, 10**5000), SYSTEMS[0])
@example(dict.fromkeys(HEADER, "9999-12-31T23:59:59-05:00"), SYSTEMS[1])
def test_any_row_gives_events_or_refusals(row, system):
    """Whatever the cells hold, a row is events with ids and times, or a refusal, and nothing is raised."""
    names = {**dict.fromkeys(HEADER), **row}
    mapping = ColumnMapping(columns={
        "subject": ("Ticket ID",), "time": ("Created",), "title": ("Subject",), "body": ("Description",), "comments": ("Comments",),
    })  # fmt: skip
    recognized = recognize_table("t.csv", HEADER, [], mapping, [])
    connector = type(recognized.connector())(system, recognized.mapping, [names])
    found = connector.events(names)
    for event in [found] if isinstance(found, RefusedEvent) else found:
        assert isinstance(event, RefusedEvent) or (
            event["id"] and event["subject"] and datetime.fromisoformat(event["time"]).tzinfo
        )
        admit(Raw(1, event), NOW)


@pytest.mark.parametrize("time", ["0001-01-01 00:00:00", "1970-01-01", "9999-12-31", "soon", ""])
def test_a_time_that_means_none_costs_no_ticket(tmp_path, time):
    """Placeholders in optional columns of times are no events, and the ticket is read."""
    path = tmp_path / "a.csv"
    path.write_text(
        f"Ticket ID,Created,Subject,Resolved at\n1,2026-11-01 08:00,Refund,{time}\n2,2026-11-01 08:05,Card,2026-11-02 08:00\n"
    )
    assert [(one["subject"], one["type"]) for one in events_of(path)] == [
        ("1", "ticket.created"), ("2", "ticket.created"), ("2", "ticket.solved"),
    ]  # fmt: skip
