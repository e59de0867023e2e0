"""Identities: ids of common systems stay as they are, and no card number is stored as one."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from models.event import TicketEvent
from models.redaction import holds_card
from stream.identity import Identities, is_replaced, plain_identity
from stream.optional_fields import FieldIssue, field_notes
from stream.raw import Raw
from stream.validation import admit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
IDENTITIES = Identities(b"k" * 32)
CARDS = {
    "visa": "4242424242424242", "mastercard": "5555555555554444", "mastercard-2": "2223003122003222",
    "amex": "378282246310005", "discover": "6011111111111117", "jcb": "3530111333300000", "unionpay": "6212345678901232",
    "unionpay-19": "6212345678900000003",
}  # fmt: skip


@pytest.fixture(scope="session")
def ids_cases(shared_data: Path) -> Path:
    """Return the folder of the case files over 100 kB."""
    folder = shared_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("The shared cases are missing: set GROUNDSWELL_SHARED_DATA to a folder next to them.")
    return folder


@pytest.mark.parametrize("name", ["eventid", "shopify13", "tweet18", "zendesk14"])
def test_ids_of_common_systems_stay(ids_cases, name):
    """A thousand consecutive ids of each system are a thousand tickets under their own ids."""
    for number, line in enumerate((ids_cases / f"26-ids-{name}.jsonl").read_bytes().splitlines()):
        sent = orjson.loads(line)
        event = admit(Raw(number, line), NOW, IDENTITIES)
        assert isinstance(event, TicketEvent)
        assert (event.id, event.subject) == (sent["id"], sent["subject"])


@pytest.mark.parametrize(
    "start",
    [
        5_000_000_000_000,
        36_000_000_000_000,
        38_520_000_000_000,
        40_234_500_000_012_345_6,
        1_790_000_000_000_000_000,
        612_345_678_901,
    ],
)
def test_consecutive_numbers_stay(start):
    """Of consecutive numbers of 12 to 14 and 18 or more digits a tenth passes the check digit; they stay ids."""
    numbers = [str(start + step) for step in range(500)]
    assert [IDENTITIES.storable(number) for number in numbers] == numbers


@pytest.mark.parametrize(
    "identity",
    [
        "T-1001", "PAY-1", "/zendesk/acme", "405-1234567-1234567", "<CAF+x7@mail.example.com>", "m1@example.com",
        "1234567890_9876543210", "2026-11-20T08:00:00Z", "5003t00001AbCdEAAV", "#1042", "1767225600000000",
        "5158:ticket.created", "zen:ticket:5158", "00000000-0000-4716-4716-446655440000",
    ],
)  # fmt: skip
def test_ids_of_other_forms_stay(identity):
    """Keys, order numbers, message ids and times are no card numbers."""
    assert IDENTITIES.storable(identity) == identity


@given(st.uuids())
def test_uuids_stay(value: UUID):
    """A UUID is never taken for a card number, whatever its digits."""
    assert IDENTITIES.storable(str(value)) == str(value)


@pytest.mark.parametrize("write", ["{}", "T-{}", "/shop/{}", "order{}x", "{}:ticket.created", "card {}"])
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_cards_are_replaced(card, write):
    """A card number in an identity is replaced by a keyed hash; the rest stays."""
    identity = IDENTITIES.storable(write.format(card))
    assert not holds_card(identity)
    assert is_replaced(identity)
    assert identity == write.format(IDENTITIES.storable(card))
    assert IDENTITIES.storable(identity) == identity


@pytest.mark.parametrize("mark", ["-", " ", ".", "_", "/", "\u00a0", "  "])
def test_printed_cards_are_replaced(mark):
    """The groups of a printed card number are found with any separator, and give the identity of the plain digits."""
    plain = IDENTITIES.storable("4111111111111111")
    assert IDENTITIES.storable(mark.join(["4111"] * 1 + ["1111"] * 3)) == plain
    assert IDENTITIES.storable(f"2026-4111{mark}1111{mark}1111{mark}1111") == f"2026-{plain}"
    assert IDENTITIES.storable(f"3782{mark}822463{mark}10005") == IDENTITIES.storable("378282246310005")


def test_equal_numbers_are_one_ticket():
    """One number is one identity with one key, and another one with another key: it cannot be looked up in a table."""
    assert IDENTITIES.storable("4242424242424242") == Identities(b"k" * 32).storable("4242424242424242")
    assert IDENTITIES.storable("4242424242424242") != Identities(b"j" * 32).storable("4242424242424242")
    assert IDENTITIES.storable("4242424242424242") != IDENTITIES.storable("5555555555554444")


def test_random_cards_of_sixteen_digits():
    """No card number of sixteen digits in an issuer's range gets through, however it is surrounded by letters."""
    rng = random.Random(7)
    for _ in range(500):
        digits = rng.choice(["4", "51", "55", "2221", "35", "62"])
        digits += "".join(rng.choice("0123456789") for _ in range(15 - len(digits)))
        number = digits + luhn.calc_check_digit(digits)
        if holds_card(number):
            assert number not in IDENTITIES.storable(f"a{number}b")


def test_a_declared_form_stays():
    """An id whose form is declared in the settings is kept, whatever it looks like; others are not."""
    declared = Identities(b"k" * 32, [r"4242\d{12}"])
    assert declared.storable("4242424242424242") == "4242424242424242"
    assert declared.storable("4242424242424242x") != "4242424242424242x"


def test_a_sentence_keeps_no_address():
    """A sentence in a field of identities comes from a wrong mapping: addresses and telephone numbers in it are replaced."""
    identity = IDENTITIES.storable("Refund for ana@example.com +1 415 555 2671")
    assert identity.startswith("Refund for id-")
    assert "example.com" not in identity
    assert "2671" not in identity
    assert is_replaced(IDENTITIES.storable("+14155552671"))


@pytest.mark.parametrize(
    ("sent", "plain"),
    [
        (5158, "5158"), (5158.0, "5158"), (" T-1\r\n", "T-1"), ("\ufeffT-1", "T-1"), ("T\x001", "T\ufffd1"), ("T\x1b[2J", "T\ufffd[2J"),
        ("a\u202eb", "a\ufffdb"), ("a\nb", "a b"), ("\0", ""), ("日本-1", "日本-1"), (None, None), (["a"], ["a"]), (True, True),
    ],
)  # fmt: skip
def test_identities_as_sent(sent, plain):
    """Numbers become their digits; spaces around an identity and control characters in it do not reach the store."""
    assert plain_identity(sent) == plain


def test_a_merge_finds_its_ticket():
    """The ticket that another one was merged into has the identity that the ticket itself has, also where it is replaced."""
    sent = {
        "specversion": "1.0", "id": "e-1", "source": "/x", "type": "ticket.merged", "time": "2026-11-20T08:00:00Z",
        "subject": "T-1",
    }  # fmt: skip
    for number in ("38120000000037", "4242424242424242", 4242424242424242):
        event = admit(Raw(0, {**sent, "data": {"into": number}}), NOW, IDENTITIES)
        assert isinstance(event, TicketEvent)
        assert event.data.into == IDENTITIES.storable(str(number))


def test_a_replaced_ticket_is_reported():
    """A ticket whose id was replaced says so, so that a person can declare the form of the ids."""
    sent = {
        "specversion": "1.0", "id": "e-1", "source": "/x", "type": "ticket.created", "time": "2026-11-20T08:00:00Z",
        "subject": "4242424242424242", "data": {"body": "a"},
    }  # fmt: skip
    event = admit(Raw(0, sent), NOW, IDENTITIES)
    assert isinstance(event, TicketEvent)
    assert [note.issue for note in field_notes(event)] == [FieldIssue.LIKE_A_CARD]
