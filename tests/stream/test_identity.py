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
from models.redaction import RedactionSettings, holds_card
from stream.admission_rules import AdmissionRules
from stream.first_ids import FirstIds
from stream.identity import Identities, has_replaced_number, is_replaced, plain_identity
from stream.optional_fields import FieldIssue, field_notes
from stream.raw import Raw, RefusedEvent
from stream.validation import admit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = b"k" * 32
IDENTITIES = Identities(KEY)
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


def rules() -> AdmissionRules:
    """Return new rules, which know nothing of any source."""
    return AdmissionRules.of(KEY)


def stored_ids(sent: list[str], rules: AdmissionRules, source: str = "/x") -> list[str]:
    """Return the ids of a finite input as they are stored."""
    ids = FirstIds(rules.identities)
    found = [rules.identities.stored(one, "subject", source) for one in sent]
    ids.decide()
    names = ids.names().get((source, "subject"), {})
    return [names.get(one, one) for one in found]


def card(prefix: str, length: int, rng: random.Random) -> str:
    """Return a number with a right check digit."""
    digits = prefix + "".join(rng.choice("0123456789") for _ in range(length - 1 - len(prefix)))
    return digits + luhn.calc_check_digit(digits)


@pytest.mark.parametrize("name", ["eventid", "shopify13", "tweet18", "zendesk14"])
def test_ids_of_common_systems_stay(ids_cases, name):
    """A thousand consecutive ids of each system are a thousand tickets under their own ids."""
    sent = [orjson.loads(line) for line in (ids_cases / f"26-ids-{name}.jsonl").read_bytes().splitlines()]
    given = rules()
    ids = FirstIds(given.identities)
    events = [admit(Raw(number, one), NOW, given) for number, one in enumerate(sent)]
    assert not [one for one in events if isinstance(one, RefusedEvent)]
    ids.decide()
    names = {field: ids.names().get(("/x", field), {}) for field in ("id", "subject")}
    assert [names["id"].get(one.id, one.id) for one in events] == [one["id"] for one in sent]
    assert [names["subject"].get(one.subject, one.subject) for one in events] == [one["subject"] for one in sent]


@pytest.mark.parametrize("write", ["{}", "T-{}", "{}:ticket.created", "order_{}"])
@pytest.mark.parametrize(
    "start",
    [
        5_000_000_000_000,
        36_000_000_000_000,
        37_000_000_000_000_0,
        4_234_500_000_012_345,
        612_345_678_901_234_567,
        4_000_000_000_000_000_000,
    ],
)
def test_consecutive_numbers_stay(start, write):
    """Of consecutive numbers a tenth passes the check digit; they stay ids, whatever the system writes around them."""
    numbers = [write.format(start + step) for step in range(300)]
    assert stored_ids(numbers, rules()) == numbers


def test_a_form_is_decided_after_a_thousand_ids():
    """Ids after the first thousand are named as those among them, so that nothing has to be renamed at the end of a large file."""
    given = rules()
    FirstIds(given.identities)
    for number in range(36_000_000_000_000, 36_000_000_001_000):
        given.identities.stored(str(number), "subject", "/x")
    later = [str(number) for number in range(36_000_000_001_000, 36_000_000_001_050)]
    assert [given.identities.stored(one, "subject", "/x") for one in later] == later


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_numbers_stay_where_they_are_ids(seed):
    """Of random ids of 13 to 19 digits none is replaced in a file of them, and at most 5 % where nothing is known of their source."""
    rng = random.Random(seed)
    numbers = [
        str(rng.randrange(10 ** (length - 1), 10**length)) for length in (rng.randint(13, 19) for _ in range(3000))
    ]
    assert stored_ids(numbers, rules()) == numbers
    alone = sum(rules().identities.storable(one) != one for one in numbers[:1000])
    assert alone <= 50
    declared = AdmissionRules.of(KEY, RedactionSettings(numeric_ids=("/x",)))
    assert [declared.identities.stored(one, "subject", "/x") for one in numbers] == numbers


@pytest.mark.parametrize("others", ["T-{}", "{}", "PAY-{}-x", "{:011d}"])
@pytest.mark.parametrize(
    ("prefix", "length"),
    [
        ("4", 13),
        ("4", 16),
        ("4", 19),
        ("51", 16),
        ("2221", 16),
        ("34", 15),
        ("36", 14),
        ("6011", 16),
        ("3530", 16),
        ("62", 19),
        ("2200", 16),
    ],
)
def test_a_card_among_other_ids_is_replaced(prefix, length, others):
    """A bare card number of any brand, in a source whose ids are letters or short numbers, is stored as a hash."""
    number = card(prefix, length, random.Random(length))
    sent = [others.format(step) for step in range(200)]
    found = stored_ids([*sent[:100], number, *sent[100:]], rules())
    assert found[:100] + found[101:] == sent
    assert is_replaced(found[100])
    assert number not in found[100]


def test_a_card_of_another_length_among_numbers_is_replaced():
    """Fourteen digits are ids of this source; a card number of sixteen digits among them is none."""
    sent = [str(number) for number in range(36_000_000_000_000, 36_000_000_000_500)]
    found = stored_ids([*sent, "4242424242424242"], rules())
    assert found[:-1] == sent
    assert is_replaced(found[-1])


def test_a_column_of_cards_is_a_wrong_mapping():
    """Numbers that nearly all pass as card numbers are no ids: a tenth does by chance."""
    rng = random.Random(5)
    cards = [card(rng.choice(["4", "51", "62"]), 16, rng) for _ in range(300)]
    assert all(map(is_replaced, stored_ids(cards, rules())))
    # The ids of one field say nothing of the other one's.
    given = rules()
    ids = FirstIds(given.identities)
    for number, one in enumerate(cards):
        given.identities.stored(str(36_000_000_000_000 + number), "subject", "/x")
        given.identities.stored(one, "id", "/x")
    assert set(ids.decide()) == {("/x", "subject")}


def test_the_word_card_makes_a_number_one():
    """An identity that says what its number is keeps no number, also of a source whose ids are numbers."""
    declared = AdmissionRules.of(KEY, RedactionSettings(numeric_ids=("/x",))).identities
    assert declared.stored("4242424242424242", "id", "/x") == "4242424242424242"
    assert is_replaced(declared.stored("card:4242424242424242", "id", "/x"))
    assert is_replaced(declared.stored("4242424242424242", "id", "/y"))


@pytest.mark.parametrize(
    "identity",
    [
        "T-1001", "PAY-1", "/zendesk/acme", "405-1234567-1234567",
        "1234567890_9876543210", "2026-11-20T08:00:00Z", "5003t00001AbCdEAAV", "#1042", "1767225600000000",
        "5158:ticket.created", "zen:ticket:5158", "00000000-0000-4716-4716-446655440000",
    ],
)  # fmt: skip
def test_ids_of_other_forms_stay(identity):
    """Keys, order numbers and times are no card numbers."""
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


@pytest.mark.parametrize(
    "written",
    [
        "4111<b>1111</b>11111111", "4111<br>1111<br/>1111<i>1111</i>", "4111=201111=201111=201111", "4111\\n1111\\n1111\\n1111",
        "4111&#32;1111&#32;1111&#32;1111", "4111%25201111%252011111111", "0004111111111111111", "0000004111111111111111",
        "4111ー1111ー1111ー1111", "４１１１１１１１１１１１１１１１",
    ],
)  # fmt: skip
def test_encoded_cards_are_replaced(written):
    """What markup, quoted-printable, escapes or zeros in front hide in an identity is a card number all the same."""
    stored = IDENTITIES.storable(written)
    assert not any(character.isdigit() for character in stored.replace("</i>", ""))
    assert "id-" in stored


@pytest.mark.parametrize("identity", ["<T-1>", "DOMAIN\\user5", "a<b>c</b>", "0000000004500012345", "?a=45&b=3F"])
def test_markup_and_zeros_alone_replace_nothing(identity):
    """Ids with brackets, backslashes or zeros in front stay as they are."""
    assert IDENTITIES.storable(identity) == identity


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
    assert identity.startswith("Refund for contact-")
    assert "example.com" not in identity
    assert "2671" not in identity


@pytest.mark.parametrize(
    "writing",
    ["ana@example.com", "mailto:ana@example.com", "MAILTO:ANA@Example.com", "ana%40example.com", "mailto%3Aana%40example.com",
     "Ana Gomez <ana@example.com>", "<ana@example.com>", "\uff41na\uff20example.com"],
)  # fmt: skip
def test_an_address_is_one_identity_however_it_is_written(writing):
    """A ticket that is named by an address is the same one by every way, and is not named by the address."""
    identity = IDENTITIES.storable(writing)
    assert identity == IDENTITIES.storable("ana@example.com")
    assert is_replaced(identity)
    assert IDENTITIES.storable(identity) == identity
    assert not has_replaced_number(identity)


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("ana@example.com:ticket.created", "ana@example.com"), ("/zendesk/ana@example.com", "ana@example.com"),
        ("https://shop.example/?who=ana%40example.com", "ana%40example.com"), ("tel:+1-415-555-2671/x", "+1-415-555-2671"),
        ("+14155552671:ticket.created", "+14155552671"), ("whatsapp:+14155552671", "whatsapp:+14155552671"),
        ("DE89370400440532013000", "DE89370400440532013000"), ("de89 3704 0044 0532 0130 00", "de89 3704 0044 0532 0130 00"),
        ("NO9386011117947:x", "NO9386011117947"), ("<CAF+x7@mail.example.com>", "<CAF+x7@mail.example.com>"),
    ],
)  # fmt: skip
def test_contacts_in_identities_are_replaced(written, part):
    """Addresses, telephone numbers and accounts in an identity become a keyed hash; what is around them stays."""
    identity = IDENTITIES.storable(written)
    assert part not in identity
    assert is_replaced(identity)
    assert identity in written.replace(part, IDENTITIES.storable(part)) or identity.replace(
        "tel:", ""
    ) in written.replace(f"tel:{part}", IDENTITIES.storable(part))


def test_writings_of_one_contact_are_one_identity():
    """The country code, separators and case make no difference."""
    for writings in (
        ("+14155552671", "tel:+1-415-555-2671", "whatsapp:+14155552671", "+1 (415) 555-2671"),
        (
            "DE89370400440532013000",
            "de89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "DE89-3704-0044-0532-0130-00",
        ),
        (
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111%201111%201111%201111",
            "４１１１１１１１１１１１１１１１",
        ),
    ):
        assert len({IDENTITIES.storable(one) for one in writings}) == 1


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
        event = admit(Raw(0, {**sent, "data": {"into": number}}), NOW, rules())
        assert isinstance(event, TicketEvent)
        assert event.data.into == IDENTITIES.storable(str(number))


def test_a_replaced_ticket_is_reported():
    """A ticket whose id was replaced says so, so that a person can declare the form of the ids."""
    sent = {
        "specversion": "1.0", "id": "e-1", "source": "/x", "type": "ticket.created", "time": "2026-11-20T08:00:00Z",
        "subject": "4242424242424242", "data": {"body": "a"},
    }  # fmt: skip
    event = admit(Raw(0, sent), NOW, rules())
    assert isinstance(event, TicketEvent)
    assert [note.issue for note in field_notes(event)] == [FieldIssue.LIKE_A_CARD]


def test_track_data_are_no_identity():
    """Neither the card's number nor the expiry date, service code and verification value after it stay in an identity."""
    for track in (
        ";4111111111111111=30121010123456789012?",
        "%B4111111111111111^ROTH/ANA^3012101012345678?",
        "T-4111111111111111=3012101012345678",
    ):
        stored = Identities(b"k" * 32).storable(track)
        assert "1111" not in stored
        assert "3012101" not in stored
