"""National ids of some forty countries are replaced as people write them; order numbers and dates are not."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from models.redaction import redact

IDS = (
    "my SSN is 123-45-6789",
    "123-45-6789",
    "social security number 123456789",
    "SSN: 123 45 6789",
    "ssn123-45-6789",
    "CPF 529.982.247-25",
    "529.982.247-25",
    "meu cpf é 52998224725",
    "cpf: 123.456.789-00",
    "CNPJ 11.222.333/0001-81",
    "11.222.333/0001-81",
    "Aadhaar 2341 2341 2346",
    "my aadhaar is 2341-2341-2346",
    "2341 2341 2346",
    "my aadhar number is 234123412346",
    "आधार संख्या 234123412346",
    "PAN ABCPE1234F",
    "ABCPE1234F",
    "my pan card no abcpe1234f",
    "NINO AB123456C",
    "AB 12 34 56 C",
    "national insurance number ab123456c",
    "DNI 12345678Z",
    "12345678Z",
    "12345678-Z",
    "NIE X1234567L",
    "X-1234567-L",
    "Steuer-ID 12 345 678 901",
    "Steueridentifikationsnummer 86095742719",
    "86 095 742 719",
    "codice fiscale RSSMRA85T10A562S",
    "RSS MRA 85T10 A562S",
    "rssmra85t10a562s",
    "CURP BOXW310820HNERXN09",
    "BOXW310820HNERXN09",
    "RFC GODE561231GR8",
    "11010519491231002X",
    "身份证号11010519491231002X",
    "身份证 110105194912310021",
    "주민등록번호 900101-1234567",
    "900101-1234567",
    "マイナンバー 1234 5678 9018",
    "個人番号は123456789018です",
    "TC kimlik no 10000000146",
    "TCKN: 12345678901",
    "PESEL 44051401359",
    "BSN 111222333",
    "personnummer 640823-3234",
    "19640823-3234",
    "S1234567D",
    "NRIC S1234567D",
    "SIN 130 692 544",
    "TFN 123 456 782",
    "RUT 12.345.678-5",
    "12.345.678-5",
    "mi RUT es 12345678-5",
    "DNI 12.345.678",
    "mi DNI es 12345678",
    "passport number X1234567",
    "Passport: 123456789",
    "passport no. AB 1234567",
    "my passport is C01X00T47",
    "pasaporte AAB123456",
    "Reisepass C01X00T47",
    "паспорт 4510 123456",
    "护照号 E12345678",
    "パスポート番号 TK1234567",
    "पासपोर्ट नंबर M1234567",
    "رقم الهوية 1012345678",
    "الرقم القومي 29001011234567",
    "Emirates ID 784-1990-1234567-1",
    "784-1990-1234567-1",
    "CNIC 35202-1234567-1",
    "35202-1234567-1",
    "NIK 3174051201900001",
    "nomor KTP 3174051201900001",
    "CCCD 001090012345",
    "NHS number 943 476 5919",
    "СНИЛС 112-233-445 95",
    "ИНН 500100732259",
    "driver's license D1234567",
    "driving licence MORGA753116SM9IJ",
    "RG 12.345.678-9",
    "numéro de sécurité sociale 1 85 05 78 006 084 91",
    "185057800608491",
    "AHV 756.9217.0769.85",
    "756.9217.0769.85",
    "NIF 123456789",
    "cédula 1710034065",
    "Fødselsnummer 01010112345",
    "A123456(3)",
    "voter id ABC1234567",
    "national id 12345678",
    "জাতীয় পরিচয়পত্র 1234567890",
    "my id card number is 12345678",
    "V-12.345.678",
)

OTHERS = (
    "order 123-4567890-1234567",
    "my id is 12345678",
    "user id 123456789",
    "order id 8501012345678",
    "ticket 12345678",
    "room 123456789",
    "2026-11-20",
    "20.11.2026",
    "12.345.678",
    "1 234 567",
    "paid 123 456 789 VND",
    "passport office since 2019",
    "order no 1234-5678-9013",
    "id: 7312345678901234567",
    "app version 12.345.678",
    "error 12345",
    "my passport expires 2027-05-01",
    "order AB123456789",
    "SKU ABC-123456",
    "flight AB1234",
    "order X1234567 was late",
    "coupon SUMMER2024A",
    "transaction 234123412346",
    "4155552671",
    "0151 23456789",
    "12:34:56",
    "case 1234567A",
)


@pytest.mark.parametrize("text", IDS)
def test_a_national_id_is_replaced_in_its_writings(text: str) -> None:
    """With its punctuation, its check digits or a word that announces it, a number goes whole."""
    redacted = redact(text)
    assert redacted.counts.get("NATIONAL_ID") == 1, redacted.text
    assert not any(character.isdigit() for character in redacted.text), redacted.text


@pytest.mark.parametrize("text", OTHERS)
def test_a_number_of_another_kind_is_no_national_id(text: str) -> None:
    """Orders, users, versions, amounts, dates and flights stay."""
    assert "NATIONAL_ID" not in redact(text).counts


def test_bare_digits_are_rarely_taken_for_national_ids() -> None:
    """Of random numbers of 6 to 20 digits in a sentence at most one in two hundred is one, whatever their length."""
    rng = random.Random("bare digits")
    taken: Counter[int] = Counter()
    for length in range(6, 21):
        for _ in range(200):
            text = f"order was {rng.randrange(10 ** (length - 1), 10**length)} ok"
            taken[length] += "NATIONAL_ID" in redact(text).counts
    assert max(taken.values()) <= 1


def test_a_check_for_numbers_of_another_length_is_no_defect() -> None:
    """Every announced number is answered, whatever rules its digits break."""
    for length in range(5, 24):
        for digit in "0189":
            redact(f"my passport or tax id or id card is {digit * length} and X{digit * length}A")


@pytest.mark.parametrize("piece", ["123-45-6789 ", "1 85 ", "passport 1", "1234 5678 ", "12345678Z ", "aa11 ", "1."])
def test_long_texts_are_searched_for_national_ids(piece: str) -> None:
    """The search ends on long runs of what ids begin with, and finds the id after them."""
    text = piece * (50_000 // len(piece)) + "\n\nmy CPF is 529.982.247-25"
    assert redact(text).text.endswith("my CPF is [NATIONAL_ID]")
