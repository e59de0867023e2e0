"""Mail as a source: messages of any encoding, threads in any order, machines' header fields."""

import gzip
import io
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.redaction import redact
from stream.connectors.payloads import mail_raws
from stream.files.mail_message import mail_payload
from stream.files.mailbox import mailbox_records
from stream.raw import Raw, RefusedEvent
from stream.validation import admit

NOW = datetime(2026, 12, 24, tzinfo=UTC)


def message(number: int = 1, body: str = "My coins are missing.", **headers: str) -> bytes:
    """A message from Ana to the support's address."""
    fields = {
        "From": "Ana <Ana@Example.com>", "To": "support@shop.example", "Subject": "Coins", "Message-ID": f"<m{number}@mail.example>",
        "Date": f"Sun, 8 Nov 2026 10:{number:02d}:00 +0100", **{name.replace("_", "-"): value for name, value in headers.items()},
    }  # fmt: skip
    return ("".join(f"{name}: {value}\r\n" for name, value in fields.items()) + f"\r\n{body}\r\n").encode()


def mbox(*messages: bytes) -> bytes:
    """The messages as a mailbox."""
    quoted = (one.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ") for one in messages)
    return b"".join(b"From ana@example.com Sun Nov  8 10:00:00 2026\n" + one + b"\n" for one in quoted)


def events(content: bytes, *, twice: bool = True) -> list:
    """The events and refusals of a mailbox."""
    return [raw.content for raw in mail_raws(lambda: io.BytesIO(content), twice=twice)]


def test_a_message_is_a_ticket():
    """Subject, text, sender, time and channel of a message; nothing of an address is in its identity."""
    (event,) = events(message())
    assert (event["type"], event["time"]) == ("ticket.created", "2026-11-08T09:01:00+00:00")
    assert event["data"]["title"] == "Coins"
    assert event["data"]["body"].strip() == "My coins are missing."
    assert (event["data"]["requester"], event["data"]["channel"]) == ("ana@example.com", "email")
    assert redact(event["id"] + event["subject"]).text == event["id"] + event["subject"]
    assert not isinstance(admit(Raw(1, event), NOW), RefusedEvent)


def test_the_same_message_twice_is_one_event():
    """A message in two folders, or in two exports, has the same identity; without a Message-ID its content identifies it."""
    one, again = events(mbox(message(), message()))
    assert (one["id"], one["subject"]) == (again["id"], again["subject"])
    bare = message().replace(b"Message-ID: <m1@mail.example>\r\n", b"")
    assert len({event["subject"] for event in events(mbox(bare, bare, bare.replace(b"coins", b"gifts")))}) == 2


@given(st.permutations(range(4)))
def test_answers_are_comments_in_any_order(order):
    """An answer belongs to the ticket of its thread's first message, whatever the order of the mailbox; its author is known."""
    thread = [
        message(1),
        message(2, "Which order?", From="support@shop.example", To="ana@example.com", In_Reply_To="<m1@mail.example>"),
        message(3, "Order 17.", References="<m1@mail.example> <m2@mail.example>", In_Reply_To="<m2@mail.example>"),
        message(4, "Another problem."),
    ]
    found = {event["time"][14:16]: event for event in events(mbox(*(thread[place] for place in order)))}
    first, question, answer, other = (found[minute] for minute in ("01", "02", "03", "04"))
    assert [one["type"] for one in (first, question, answer, other)] == [
        "ticket.created", "comment.added", "comment.added", "ticket.created",
    ]  # fmt: skip
    assert first["subject"] == question["subject"] == answer["subject"] != other["subject"]
    assert (question["data"]["author_role"], answer["data"]["author_role"]) == ("agent", "requester")


def test_an_answer_to_an_unknown_message_is_a_ticket():
    """A customer who answers a notice that is not in the mailbox writes a ticket."""
    (event,) = events(message(In_Reply_To="<notice@shop.example>"))
    assert event["type"] == "ticket.created"


def test_threads_that_answer_each_other_in_a_circle():
    """Damaged references that form a circle end, and lose no message."""
    found = events(mbox(message(1, In_Reply_To="<m2@mail.example>"), message(2, In_Reply_To="<m1@mail.example>")))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Auto_Submitted": "auto-replied"}, {"auto_submitted": "auto-replied"}),
        ({"Precedence": "bulk", "List_Id": "<news.shop.example>"}, {"precedence": "bulk", "list_id": "<news.shop.example>"}),
        ({"Return_Path": "<>"}, {"return_path_empty": True}),
        ({"Return_Path": "<ana@example.com>"}, {}),
        ({"X_Auto_Response_Suppress": "All"}, {"x_auto_response_suppress": "All"}),
        ({"X_Autoreply": "yes"}, {"x_autoreply": True}),
        ({"Content_Type": 'multipart/report; report-type=delivery-status; boundary="b"'}, {"content_type_report": "delivery-status"}),
    ],
)  # fmt: skip
def test_machines_are_passed_on(headers, expected):
    """The header fields by which machines say what they are reach the event, for the classification of demand."""
    (event,) = events(message(**headers))
    assert event["data"].get("mail", {}) == expected


def test_parts_and_encodings():
    """The plain part of a message is its text, quoted-printable and base64 are decoded, attachments are named and not read."""
    made = EmailMessage()
    made["From"], made["Subject"], made["Date"] = "ana@example.com", "Größe – falsch", "Sun, 8 Nov 2026 10:00:00 +0000"
    made.set_content("Die Größe ist falsch.\n", charset="iso-8859-1", cte="quoted-printable")
    made.add_alternative("<p>Die Größe ist <b>falsch</b>.</p>", subtype="html", cte="base64")
    made.add_attachment(b"%PDF secret", maintype="application", subtype="pdf", filename="Rechnung 1.pdf")
    (event,) = events(bytes(made))
    assert event["data"]["title"] == "Größe – falsch"
    assert event["data"]["body"].strip() == "Die Größe ist falsch."
    assert event["data"]["custom"] == {"attachments": ["Rechnung 1.pdf"]}
    assert "secret" not in repr(event)


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ({"Content_Type": "text/html; charset=utf-8"}, "<p>Only HTML</p>", "<p>Only HTML</p>"),
        ({"Content_Type": "text/plain; charset=x-unknown"}, "plain", "plain"),
        ({"Content_Type": "text/plain; charset=us-ascii"}, "Grüße", "Grüße"),
        ({"Content_Type": "text/plain; charset=base64"}, "plain", "plain"),
        ({"Content_Transfer_Encoding": "base64"}, "TXkgY29pbnM=", "My coins"),
        ({"Content_Transfer_Encoding": "quoted-printable"}, "caf=C3=A9 =\nau lait", "café au lait"),
        ({"Content_Type": "multipart/mixed"}, "no boundary", "no boundary"),
    ],
)
def test_damaged_declarations(headers, body, text):
    """Unknown and wrong charsets, a body of HTML alone, a container without boundary: the words are kept."""
    assert mail_payload(message(body=body, **headers))["body"].strip() == text


@pytest.mark.parametrize(
    ("date", "received", "expected"),
    [
        ("Sun, 8 Nov 2026 10:00:00 +0100", "by x; Sun, 8 Nov 2026 09:00:05 +0000", "2026-11-08T09:00:00+00:00"),
        ("Sun, 8 Nov 2026 10:00:00 -0000", "", "2026-11-08T10:00:00+00:00"),
        ("Sat, 1 Jan 2000 00:00:00 +0000", "by x; Sun, 8 Nov 2026 09:00:05 +0000", "2026-11-08T09:00:05+00:00"),
        ("soon", "by x;\r\n Sun, 8 Nov 2026 09:00:05 +0000 (UTC)", "2026-11-08T09:00:05+00:00"),
        ("soon", "", None),
    ],
)
def test_the_time_of_a_message(date, received, expected):
    """A sender's clock that is a day off, and a date that cannot be read, give way to the server's; without both it is refused."""
    headers = {"Date": date, **({"Received": received} if received else {})}
    (event,) = events(message(**headers))
    assert (
        event.detail.startswith("received a message without a date") if expected is None else event["time"] == expected
    )


def test_mailboxes_in_their_variants():
    """Lines that mbox has quoted lose one sign; words that begin with From begin no message; a message alone is one."""
    content = mbox(message(1, "From now on\r\n\r\nFrom what I see at 10:00:00 it is late\r\n>From here"), message(2))
    first, second = mailbox_records(io.BytesIO(content))
    assert b"\nFrom now on" in first.content
    assert b"\nFrom what I see" in first.content
    assert b"Message-ID: <m2" in second.content
    assert [record.number for record in mailbox_records(io.BytesIO(message()))] == [1]
    assert list(mailbox_records(io.BytesIO(b"\n \n"))) == []


def test_standard_input_is_read_once():
    """What can be read once only has its answers after their messages as comments."""
    content = gzip.decompress(gzip.compress(mbox(message(1), message(2, In_Reply_To="<m1@mail.example>"))))
    assert [event["type"] for event in events(content, twice=False)] == ["ticket.created", "comment.added"]


@given(
    st.lists(
        st.sampled_from(
            [
                b"From: ",
                b"a@b",
                b"\r\n",
                b"\n",
                b"Content-Type: multipart/mixed; boundary=x",
                b"--x",
                b"--x--",
                b"=?utf-8?q?",
                b"?=",
                b"Date: ",
                b"\xff",
                b"\x00",
                b"Subject:",
                b" ",
                b";",
                b"=",
                b'"',
                b"charset=",
                b"From x Nov 10:00:00 2026",
            ]
        ),
        max_size=30,
    )
)
def test_any_message_is_an_event_or_refused(parts):
    """No bytes of a message raise anything."""
    for one in events(b"".join(parts)):
        assert isinstance(one, RefusedEvent | dict)
