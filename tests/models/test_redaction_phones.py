"""Telephone numbers of many countries are replaced however they are written, and other numbers are not."""

from __future__ import annotations

import pytest

from models.redaction import redact
from models.redaction.redactor import Redactor
from models.redaction.settings import RedactionSettings

NUMBERS = (
    "call me at 415-555-2671",
    "(415) 555-2671",
    "my number is (555) 123-4567",
    "+1 555 123 4567",
    "tel: 030 12345678",
    "Tel. 030/1234567",
    "Handy 0151-23456789",
    "meine Nummer ist 0176 1234567",
    "0151 23456789 anrufen",
    "06 12 34 56 78",
    "mon numero est le 0612345678",
    "+33 (0)6 12 34 56 78",
    "+49 (0) 151 23456789",
    "07911 123456",
    "07911123456",
    "020 7946 0018",
    "telefone (11) 91234-5678",
    "11 91234-5678",
    "whatsapp 11912345678",
    "my phone is 98765 43210",
    "call 9876543210",
    "mobile no: 9876543210",
    "फोन नंबर 9876543210",
    "मेरा मोबाइल 98765 43210 है",
    "ফোন ০১৭১২৩৪৫৬৭৮",
    "আমার মোবাইল নম্বর 01712345678",
    "电话：13800138000",
    "手机号是13800138000",
    "我的电话是138 0013 8000",
    "请拨打 010-62345678",
    "090-1234-5678",
    "電話番号は09012345678です",
    "携帯 080 1234 5678",
    "هاتفي ٠١٠٠١٢٣٤٥٦٧",
    "رقم الجوال 0501234567",
    "اتصل بي على 0501234567",
    "میرا نمبر 0300-1234567 ہے",
    "فون 03001234567",
    "nomor hp saya 081234567890",
    "0812-3456-7890",
    "WA 6281234567890",
    "https://wa.me/6281234567890",
    "https://wa.me/4915112345678?text=hi",
    "https://api.whatsapp.com/send?phone=4915112345678&text=x",
    "tel:+14155552671",
    "sms:4155552671",
    "мой телефон 8 912 345 67 89",
    "телефон 89123456789",
    "8 (912) 345-67-89",
    "+7 912 345-67-89",
    "звоните 8-912-345-67-89",
    "cep telefonum 0532 123 45 67",
    "0532 123 45 67",
    "GSM: 5321234567",
    "số điện thoại 0912345678",
    "sđt: 0912 345 678",
    "teléfono 612 34 56 78",
    "móvil: 612345678",
    "mi celular es 55 1234 5678",
    "+52 1 55 1234 5678",
    "cellulare 347 123 4567",
    "Telefoon 06-12345678",
    "call me at 0044 7911 123456",
    "011 44 7911 123456",
    "+44-7911-123456",
    "+44.7911.123456",
    "+1 (415) 555.2671 ext. 123",
    "(415) 555-2671 x99",
    '"phone": "4155552671"',
    "phone_number=4155552671&x=1",
    "phone,4155552671",
    "Phone number on the account: 4155552671",
    "Phone\n4155552671",
    "phone: 4 1 5 5 5 5 2 6 7 1",
    "phone 415 . 555 . 2671",
    "phone +4915112345678 or 0171 2345678",
    "tel 0171 2345678 / 0151 23456789",
    "9876543210 is my number",
    "9876543210 (mobile)",
    "9876543210 par call karo",
    "＋１ ４１５ ５５５ ２６７１",
    "tel٠١٥١٢٣٤٥٦٧٨٩",
    "text me on 4155552671",
    "contact: 9876543210",
    "reach me: 9876543210",
    "전화번호 010-1234-5678",
    "010-1234-5678",
    "โทร 081-234-5678",
    "טלפון 050-1234567",
    "phone 555-1234",
    "+62 812-3456-7890",
    "+91-98765-43210",
    "+91 98765 43210",
    "Mobile:+919876543210",
    "ph.9876543210",
    "ph#9876543210",
    "+234 803 123 4567",
    "0803 123 4567 call me",
    "hubungi 0812 3456 7890",
    "ligue para (21) 2345-6789",
    "fone: 21 2345-6789",
    "contact no.- 98765-43210",
    "whats app no 98765 43210",
    "hp 0812.3456.7890",
    "00 49 151 23456789",
    "(+49) 151 23456789",
    "+ 49 151 23456789",
    "kontakt: +48 601 234 567",
    "tel. 601 234 567",
    "tfno. 91 123 45 67",
    "tel no-0151-23456789",
    "text me at 06.12991227",
    "電話 03ー1234ー5678",
    "phone 4155552671 coins are missing",
    "số 0912345678",
)

OTHERS = (
    "call me about order 4155552671",
    "order 415-555-2671 missing",
    "Order T-000123 of 2026-11-20 for $1,299.00 is still pending",
    "at 14:05:33 on 20.11.2026 I bought 1,000 coins, 3 times",
    "app 38.1.0 build 38100234 on 192.168.100.200",
    "error 5001 after 12 seconds, 1234567890",
    "paid 12345678 IDR",
    "phone bill was 1.200.000 IDR",
    "mobile app version 10.12.1345",
    "transaction 081234567890 failed",
    "ticket 9876543210",
    "pedido 11912345678",
    "user id 9876543210",
    "my order number is 9876543210",
    "order no. 9876543210",
    "numéro de commande 0612345678",
    "Bestellnummer 0151 23456789",
    "2026-11-20 14:05",
    "phone broken since 2026-11-20",
    "20.11.2026 1405",
    "uid 13800138000",
    "订单号 13800138000",
    "13800138000",
    "9876543210",
    "1234567890123",
    "timestamp 1764403200",
    "+100 coins",
    "+20 000 000 coins",
    "gift +1000000 views",
    "from 10000000 to 20000000",
    "1 2 3 4 5 6 7 8 9 10",
    "2024-2025 season 12",
    "room id 7312345678901234567",
    "phone model 1234567",
    "12 415 555 26 71 88",
    "rows 100 200 3000 400 5000",
    "score 10-20-30-40",
    "invoice 2026/11/0042",
    "0.123456789",
    "1.0123456789",
    "balance -0123456789.00",
    "call on 2026-11-20 at 14:00",
    "version 2.0.10.1234567",
    "+999 12345",
    "phone order 98765 43210",
    "I was charged 612 345 678 VND",
    "IMEI 356938035643809",
    "SKU 0151-23456789",
    "tracking 0044 7911 123456",
    "amount: 5551234567",
    "reference: 06 12 34 56 78",
    "SO-935572-95866024",
    "My SO-935572-95866024 is late",
    "NO-081234-567890",
    "031-0374502-0426910",
    "0417-7896-9579-8192 is the voucher",
    "0814/42485/340738",
)


@pytest.mark.parametrize("text", NUMBERS)
def test_a_telephone_number_is_replaced_in_every_writing(text: str) -> None:
    """No digit of the number is left, whatever the language, script, format or word near it."""
    redacted = redact(text)
    assert redacted.counts.get("PHONE", 0) >= 1, redacted.text
    left = redacted.text.replace("&x=1", "").replace("+1 5", "")
    assert not any(character.isdigit() for character in left), redacted.text


@pytest.mark.parametrize("text", OTHERS)
def test_a_number_of_something_else_is_no_telephone_number(text: str) -> None:
    """Orders, amounts, dates, versions, ids and bare numbers stay."""
    assert "PHONE" not in redact(text).counts


def test_a_number_that_passes_a_cards_check_is_a_phone_after_a_plus_or_in_a_link() -> None:
    """A telephone number is counted as one, even where its digits pass Luhn in an issuer's range."""
    assert redact("https://wa.me/6281234567893").text == "https://wa.me/[PHONE]"
    assert redact("phone: 4111 1111 1111 1111").text == "phone: [CARD]"
    assert redact("call me: 4111111111111111, or 0171 2345678").counts == {"CARD": 1, "PHONE": 1}


def test_placeholders_announce_nothing() -> None:
    """The placeholder of a number does not make a number of the next one that is none."""
    text = redact("phone 0151 23456789 1234567 coins").text
    assert text == "phone [PHONE] 1234567 coins"
    assert redact(text).text == text


def test_regions_are_a_setting() -> None:
    """National formats count in the regions that operators name; numbers with a country code count everywhere."""
    germany = Redactor(RedactionSettings(regions=("DE",)))
    assert germany.redact("0151-23456789 or (11) 91234-5678").text == "[PHONE] or (11) 91234-5678"
    assert germany.redact("+55 11 91234-5678").text == "[PHONE]"


@pytest.mark.parametrize("piece", ["1", "1 ", "+1 ", "0151 ", "01 ", "00 1 ", "(", "+", "phone ", "+491511 "])
def test_texts_of_a_megabyte_are_searched_for_phones(piece: str) -> None:
    """The search ends on long runs of what numbers begin with, and finds the number after them."""
    text = piece * (100_000 // len(piece)) + "x\n\nphone: 0151 23456789"
    assert redact(text).text.endswith("phone: [PHONE]")
