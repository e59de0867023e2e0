"""Small exports of kinds that are read wrongly easily: what must come of each row."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.event import TicketEvent
from stream.opening import OpenOptions, open_source
from stream.raw import RefusalReason, RefusedEvent
from stream.validation import admit

CASES = Path(__file__).parent / "cases"
NOW = datetime(2026, 12, 24, tzinfo=UTC)


def contents(path: Path, *, mapped: bool = True) -> list:
    """The events and refusals of a file, with the mapping next to it."""
    mapping = path.with_suffix(".toml")
    with closing(
        open_source(str(path), OpenOptions(mapping=mapping if mapped and mapping.exists() else None))
    ) as source:
        return [raw.content for raw in source.records()]


def admitted(path: Path, *, mapped: bool = True) -> list:
    """The events of a file after validation, and the refusals."""
    mapping = path.with_suffix(".toml")
    with closing(
        open_source(str(path), OpenOptions(mapping=mapping if mapped and mapping.exists() else None))
    ) as source:
        return [admit(raw, NOW) for raw in source.records()]


@pytest.mark.parametrize(
    ("text", "form", "wanted"),
    [
        ("202611011230", None, "2026-11-01T11:30:00"), ("1735689600000", None, "2025-01-01T00:00:00"),
        ("20261101123000", None, "2026-11-01T11:30:00"), ("2026-11-01 24:00", None, "2026-11-01T23:00:00"),
        ("20261101T080000Z", None, "2026-11-01T08:00:00"), ("20261101", None, "2026-10-31T23:00:00"),
        ("2026-11-01", None, "2026-10-31T23:00:00"), ("2026-11-01 08:00 +0530", None, "2026-11-01T02:30:00"),
        ("1762000000000", "%s", "2025-11-01T12:26:40"), ("1762000000000", None, "2025-11-01T12:26:40"),
        ("1912010112300", None, RefusalReason.FUTURE), ("2026-11-01T08:00:00.123456789Z", None, "2026-11-01T08:00:00.123456"),
        ("2026110112", None, RefusalReason.UNMAPPED), ("1762000000", "%s", "2025-11-01T12:26:40"),
        ("1762000000", None, "2025-11-01T12:26:40"), ("01.11.2026 08:00:15", "%d.%m.%Y %H:%M", "2026-11-01T07:00:15"),
        ("1/11/2026 8:00", "%d/%m/%Y %H:%M", "2026-11-01T07:00:00"), ("2026/11/01 08:00", None, "2026-11-01T07:00:00"),
        ("11/28/2026 3:04 PM", "%m/%d/%Y %I:%M %p", "2026-11-28T14:04:00"),
        ("2026-11-01 08:00:00 UTC", "%Y-%m-%d %H:%M:%S %Z", "2026-11-01T08:00:00"),
        ("2026-11-01 08:00:00 UTC", None, "2026-11-01T08:00:00"), ("2026-W45-1", None, "2026-11-01T23:00:00"),
        ("2026", None, RefusalReason.UNMAPPED), ("2026-10-25 02:30", None, RefusalReason.AMBIGUOUS_TIME),
        ("2026-03-29 02:30", None, RefusalReason.AMBIGUOUS_TIME),
    ],
)  # fmt: skip
def test_a_time_in_a_table(tmp_path, text, form, wanted):
    """A row has the instant that a person reads, in the zone of the mapping, or is refused with its reason."""
    path = tmp_path / "times.csv"
    path.write_text(f'subject,time,title,body\nT1,"{text}",a,b\n')
    path.with_suffix(".toml").write_text('[time]\nzone = "Europe/Berlin"\n' + (f'format = "{form}"\n' if form else ""))
    (found,) = admitted(path)
    if isinstance(wanted, RefusalReason):
        assert isinstance(found, RefusedEvent)
        assert found.reason is wanted
    else:
        assert isinstance(found, TicketEvent)
        assert found.time == datetime.fromisoformat(wanted).replace(tzinfo=UTC)


@pytest.mark.parametrize("mapped", [True, False])
def test_jira_columns_that_repeat(mapped):
    """All labels are tags, and each comment is an event of its own."""
    created, *comments = contents(CASES / "03-jira.csv", mapped=mapped)
    assert created["data"]["tags"] == ["refund", "ios"]
    assert (created["subject"], created["time"]) == ("PAY-1", "2026-11-12T15:30:00+00:00")
    assert [(one["type"], one["data"]["body"]) for one in comments] == [
        ("comment.added", "asked for id"), ("comment.added", "here it is"),
    ]  # fmt: skip


@pytest.mark.parametrize("mapped", [True, False])
def test_jira_times_of_another_locale(mapped):
    """Names of months are read in German as well, whatever the format of the mapping says."""
    found = contents(CASES / "03-jira-locale.csv", mapped=mapped)
    assert [one["time"][:16] for one in found] == ["2026-10-12T15:30", "2026-05-12T15:30", "2026-11-12T15:30"]


@pytest.mark.parametrize("mapped", [True, False])
def test_a_subject_next_to_an_id_is_the_title(mapped):
    """Four tickets by their ids; no address or telephone number is in any id; tags are separated by spaces."""
    found = contents(CASES / "05-zendesk-flat.csv", mapped=mapped)
    assert [one["subject"] for one in found] == ["9001", "9002", "9003", "9004"]
    assert [one["id"] for one in found] == [f"{one}:ticket.created" for one in ("9001", "9002", "9003", "9004")]
    assert found[0]["data"]["title"] == "Refund request"
    assert found[0]["data"]["tags"] == ["vip", "refund", "ios"]


@pytest.mark.parametrize("mapped", [True, False])
def test_values_of_optional_fields_refuse_no_row(mapped):
    """Thirteen tickets; known values are ours, ratings are events, unknown values are passed on as they came."""
    found = contents(CASES / "06-channel-enum.csv", mapped=mapped)
    tickets = [one for one in found if one["type"] == "ticket.created"]
    assert [one["subject"] for one in tickets] == [f"T{number}" for number in range(13)]
    assert {one["subject"]: one["data"]["csat"] for one in found if one["type"] == "ticket.rated"} == {
        "T1": 5, "T2": 4, "T3": 3, "T10": 5,
    }  # fmt: skip
    channels = {one["subject"]: one["data"]["channel"] for one in tickets}
    assert (channels["T2"], channels["T8"]) == ("social", "web_form")
    assert (channels["T4"], channels["T5"], channels["T6"]) == ("WhatsApp", "Mobile SDK", "Any channel")
    escalated = {one["subject"]: one["data"].get("escalated") for one in tickets}
    assert (escalated["T3"], escalated["T0"], escalated["T8"], escalated["T9"]) == (True, False, None, "x")
    assert {one["subject"]: one["data"]["csat"] for one in tickets if "csat" in one["data"]} == {
        "T11": "0",
        "T12": "10",
    }


@pytest.mark.parametrize("mapped", [True, False])
def test_a_forwarded_ticket_of_a_desk(mapped):
    """The ticket's number, the time, the title and the whole text; a code is no channel."""
    (found,) = contents(CASES / "11-autotask.csv", mapped=mapped)
    assert found["subject"] == "T20261112.0083"
    assert found["data"]["title"] == "Fw: till 4"
    assert "The card reader at till 4 declines every Visa card." in found["data"]["body"]
    assert "channel" not in found["data"]
    assert found["data"]["requester"] == "30684490"


@pytest.mark.parametrize("mapped", [True, False])
def test_who_wrote_each_message(mapped):
    """A column of yes and no says who wrote; a mapping that names one of the two leaves the other to it."""
    found = admitted(CASES / "12-twcs-role.csv", mapped=mapped)
    assert [one.data.author_role for one in found] == ["requester", "agent", "requester"]
    assert found[0].time == datetime(2017, 10, 31, 22, 10, 47, tzinfo=UTC)


@pytest.mark.parametrize("name", ["22-UPPER.CSV", "22-tab.tsv"])
def test_endings_in_any_case(name):
    """What a file holds decides, not how its name ends."""
    found = contents(CASES / name)
    assert [one["subject"] for one in found] == ["T1", "T2"]
    assert found[0]["data"]["body"] == "Ich möchte mein Geld zurück"


def test_a_list_of_a_helpdesk_newest_first(shared_data):
    """A helpdesk's list is read without a mapping: every row is a ticket with its own attributes."""
    path = shared_data.parent / "cases" / "40-zendesk-newest-first.csv"
    if not path.exists():
        pytest.skip("The cases that are too large for the tests are missing.")
    found = contents(path)
    tickets = [one for one in found if one["type"] == "ticket.created"]
    assert len({one["subject"] for one in tickets}) == len(tickets) == 1200
    assert {one["data"].get("channel") for one in tickets} <= {
        "in_app",
        "im_chat",
        "web_form",
        "email",
        "api",
        "phone",
        "social",
    }
    assert tickets[0]["data"]["region"] == "JP"
    assert tickets[0]["data"]["tags"] == ["payments", "vip"]
    assert "@" not in str([one["data"].get("custom") for one in tickets])
