"""Files of JSON and mail are recognised by what they hold, and each record is an event or a refusal."""

import gzip
import io
import json
import os
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stream.files.opening import Content
from stream.raw import RefusedEvent
from stream.recognition.json_kinds import SURE, json_connector, json_kinds
from stream.record_source import JsonSource, MailSource
from stream.validation import admit

CASES = Path(__file__).parent / "cases"
GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 12, 24, tzinfo=UTC)
UNKNOWN = {
    "an_unknown_object", "api-v3-comments_page_without_issue", "export-v2-an_unknown_object", "export-v2-no_ticket_at_all",
    "export-v2-ticket_without_time", "export-v2-users_page",
}  # fmt: skip
"""Golden payloads that hold nothing by which their system could be seen."""


def source(path: Path, **options) -> JsonSource:
    """Open a file."""
    return JsonSource(Content(str(path)), **options)


def counted(opened: JsonSource | MailSource) -> Counter:
    """Count the records by the reason of their refusal or the type of their event."""
    admitted = (admit(raw, NOW) for raw in opened.records())
    found = Counter(one.reason.value if isinstance(one, RefusedEvent) else one.type.value for one in admitted)
    opened.close()
    return found


@pytest.mark.parametrize(
    ("name", "kind", "number"),
    [
        ("events-array.json", "cloudevents", 3),
        ("zendesk-page.jsonl", "zendesk", 5),
        ("zendesk-pretty.json", "zendesk", 5),
        ("zendesk-raw-lines.jsonl", "zendesk", 5),
    ],
)
def test_four_arrangements_of_json(name, kind, number):
    """An array, a page on one line, a pretty-printed page and raw tickets one per line: the tickets, whatever the file is called."""
    opened = source(CASES / name)
    assert opened.kind.name == kind
    assert opened.kind.confidence >= SURE
    assert kind in opened.description().lower()
    assert counted(opened) == {"ticket.created": number}


@pytest.mark.parametrize(
    "name", ["09-json-array", "09-zendesk-page", "09-zendesk-pretty", "09-zendesk-raw-lines", "24-partial"]
)
def test_the_cases_of_json(root, name):
    """The shared cases of JSON exports give their tickets, and nothing is refused."""
    expected = {"09-json-array": 3, "24-partial": 6}.get(name, 5)
    assert counted(source(shared_case(root, f"{name}.jsonl"))) == {"ticket.created": expected}


@pytest.mark.parametrize("system", ["zendesk", "jira", "freshdesk", "intercom"])
def test_golden_payloads_are_recognised(system):
    """Every payload of a system is recognised for sure by itself, but those that have nothing of it."""
    for path in sorted((GOLDEN / system).glob("*.json")):
        found = json_kinds([json.loads(path.read_text(encoding="utf-8"))["payload"]])
        if path.stem in UNKNOWN:
            assert not found or found[0].confidence < SURE or found[0].name == system
        else:
            assert (found[0].name, found[0].confidence >= SURE) == (system, True), path.stem
            assert json_connector(found[0].name).name == system


def test_chats_and_strangers():
    """A conversation is a chat; an object with the four fields that many systems have is not surely Zendesk's; the rest is nobody's."""
    (chat,) = json_kinds([{"id": 1, "messages": [{"role": "user", "text": "x"}]}])
    assert (chat.name, chat.confidence >= SURE) == ("chat", True)
    (maybe,) = json_kinds([{"id": 1, "subject": "x", "description": "y", "created_at": "2026-11-01T08:00:00Z"}])
    assert (maybe.name, maybe.confidence < SURE) == ("zendesk", True)
    assert json_kinds([{"a": 1}, 5, None, []]) == []
    assert json_kinds([]) == []


def test_a_page_that_is_longer_than_what_is_looked_at(tmp_path):
    """A page of thousands of tickets on one line is recognised by its first ones."""
    tickets = json.loads((CASES / "zendesk-page.jsonl").read_text())["tickets"]
    path = tmp_path / "export"
    path.write_text(
        json.dumps({"count": 5000, "tickets": [{**ticket, "id": n} for n in range(1000) for ticket in tickets]})
    )
    opened = source(path)
    assert opened.kind.name == "zendesk"
    assert counted(opened) == {"ticket.created": 5000}


def test_a_text_that_is_too_large_is_refused(tmp_path):
    """A large payload is read; a text in it that is larger than an event may be is refused with its size, and costs no other."""
    ticket = json.loads((CASES / "zendesk-page.jsonl").read_text())["tickets"][0]
    comments = [{"id": n, "body": "word " * 50_000, "created_at": "2026-11-02T08:00:00Z"} for n in range(6)]
    large = {**ticket, "id": 2, "description": "x" * 1_100_000}
    path = tmp_path / "large.jsonl"
    path.write_text("\n".join(map(json.dumps, [{**ticket, "comments": comments}, large, {**ticket, "id": 3}])))
    assert counted(source(path)) == {"ticket.created": 2, "comment.added": 6, "too_large": 1}


def test_one_damaged_ticket_of_a_page_costs_no_other(tmp_path):
    """A ticket without a time, and a value that is no object, are refused; their neighbours are read."""
    page = json.loads((CASES / "zendesk-page.jsonl").read_text())
    page["tickets"][1].pop("created_at")
    page["tickets"][2] = "5158"
    path = tmp_path / "page.json"
    path.write_text(json.dumps(page))
    assert counted(source(path)) == {"ticket.created": 3, "invalid_event": 2}


def test_a_last_line_that_is_still_being_written(tmp_path):
    """A cut last line is refused with its line, or waits for the next run; the lines before it are read both times."""
    content = (CASES / "zendesk-raw-lines.jsonl").read_bytes()
    path = tmp_path / "growing.jsonl"
    path.write_bytes(content[:-40])
    with closing(source(path)) as opened:
        refused = [raw.content for raw in opened.records() if isinstance(raw.content, RefusedEvent)]
    assert "line 5 " in refused[0].detail
    assert counted(source(path)) == {"ticket.created": 4, "not_json": 1}
    assert counted(source(path, complete_lines_only=True)) == {"ticket.created": 4}
    path.write_bytes(content)
    assert counted(source(path, complete_lines_only=True)) == {"ticket.created": 5}


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_packed_and_in_other_encodings(tmp_path, packed, encoding):
    """Compressed data and byte-order marks make no difference."""
    path = tmp_path / "tickets"
    path.write_bytes(packed((CASES / "zendesk-pretty.json").read_text().encode(encoding)))
    assert counted(source(path)) == {"ticket.created": 5}


def test_standard_input_of_json_and_mail():
    """Standard input is read once and like a file; its name is that of its content."""
    content = (CASES / "zendesk-page.jsonl").read_bytes()
    opened = JsonSource(Content("-", stdin=io.BytesIO(content)))
    assert opened.stream.startswith("stdin:")
    assert opened.fingerprint() is None
    assert counted(opened) == {"ticket.created": 5}
    message = b"From: a@example.com\nSubject: x\nDate: Sun, 8 Nov 2026 10:00:00 +0000\n\nhello\n"
    mail = MailSource(Content("-", stdin=io.BytesIO(message)))
    assert mail.stream.startswith("stdin:")
    assert mail.fingerprint() is None
    assert counted(mail) == {"ticket.created": 1}


def test_a_mailbox_file(tmp_path):
    """A mailbox is read with its threads; its digest changes with its content."""
    one = (
        b"From a@example.com Sun Nov  8 10:00:00 2026\nFrom: a@example.com\nMessage-ID: <%d@x>\nSubject: x\n%s"
        b"Date: Sun, 8 Nov 2026 10:00:00 +0000\n\nhello\n\n"
    )
    path = tmp_path / "inbox"
    path.write_bytes(one % (2, b"In-Reply-To: <1@x>\n") + one % (1, b""))
    opened = MailSource(Content(str(path)))
    before = opened.fingerprint()
    assert "mail" in opened.description()
    assert counted(opened) == {"ticket.created": 1, "comment.added": 1}
    path.write_bytes(one % (1, b""))
    with closing(MailSource(Content(str(path)))) as opened:
        assert opened.fingerprint() != before


def shared_case(root: Path, name: str) -> Path:
    """Return a file of the shared cases, or skip where they are absent."""
    data = (root / os.environ.get("GROUNDSWELL_SHARED_DATA", "../shared/data")).resolve()
    path = data.parent / "cases" / name
    if not path.is_file():
        pytest.skip("The shared cases are missing: set GROUNDSWELL_SHARED_DATA to the folder of data next to them.")
    return path
