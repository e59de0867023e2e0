"""Writings next to those that the scorecard draws: secrets in them go, what resembles them stays, and no fast path hides one."""

from __future__ import annotations

import random

import pytest

from models.redaction import is_ordinary, may_hold, redact, sensitive_spans

REMOVED = [
    ("Ｖisa 4111ー1111ー1111ー1111 です", "CARD"),
    ('{"part1": "4111", "part2": "1111", "part3": "1111", "part4": "1111"}', "CARD"),
    ("card1=4111&card2=1111&card3=1111&card4=1111", "CARD"),
    ("1. 4111\n2. 1111\n3. 1111\n4. 1111", "CARD"),
    ("<tr><td>1.</td><td>3782</td></tr><tr><td>2.</td><td>822463</td></tr><tr><td>3.</td><td>10005</td></tr>", "CARD"),
    ("my card is 4111\nAna> 1111\nAna> 1111\nAna> 1111", "CARD"),
    ("four one one one then one one one one then one one one one then one one one one", "CARD"),
    ("cztery jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden jeden", "CARD"),
    ("أربعة واحد واحد واحد واحد واحد واحد واحد واحد واحد واحد واحد واحد واحد واحد واحد", "CARD"),
    ("चार एक एक एक एक एक एक एक एक एक एक एक एक एक एक एक", "CARD"),
    ("4111 1111 1111 1111 (737)", "CVV"),
    ("4111 1111 1111 1111 c.v.v. 737", "CVV"),
    ("4111 1111 1111 1111 cvv no. 737", "CVV"),
    ("user=ana&password=correcthorse&x=1", "PASSWORD"),
    ("password (temporary): hunter2", "PASSWORD"),
    ("my mail is ana.silva=40example.com", "EMAIL"),
    ("write to ana.silva 'at' example 'dot' com", "EMAIL"),
    ("my mail is ana.silva@\nexample.com, thanks", "EMAIL"),
    ("my mail is ana.silva\n@example.com, thanks", "EMAIL"),
    ("my mail is ana.silva@example.\ncom, thanks", "EMAIL"),
    ("cédula: 153833", "NATIONAL_ID"),
    ("ssn 1234-5", "NATIONAL_ID"),
    ("National Insurance number: QQ 12 34 b6,C", "NATIONAL_ID"),
    ("my phone number 5462\n| 4719 please", "PHONE"),
    ("rib 12345-6", "ACCOUNT"),
    ("[CARD], back: 737", "CVV"),
    ("[CARD] [EXPIRY] on the back it says 737", "CVV"),
    ("4111 1111 1111 1111 | 415 on the back", "CVV"),
    ("[CARD]; die drei Ziffern auf der Rückseite: 115", "CVV"),
    ("[CARD], os 3 números do verso: 672", "CVV"),
    ("[CARD] код на обороте 671", "CVV"),
    ("[CARD]. 裏面の3桁 296", "CVV"),
    ("[CARD] 背面：679", "CVV"),
    ("[CARD] 뒷면 3자리 054", "CVV"),
    ("[CARD], 3 angka di belakang kartu 745", "CVV"),
    ("[CARD] security no 705", "CVV"),
    ("[CARD]\ntill 1231.", "EXPIRY"),
    ("[CARD], hết hạn 06/28", "EXPIRY"),
    ("PIN meiner Karte 0098", "PIN"),
    ("senha de 4 dígitos: 0480", "PIN"),
    ("pin → 4652", "PIN"),
    ("2849 is my pin - 12:30", "PIN"),
    ("amount 6011, 4713, 9587, 2747 was declined", "CARD"),
    ("price [4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", "CARD"),
    ("金额3782 then 822463 then 10005", "CARD"),
    ("退款到DE89 3704 0044 0532 0130 00", "IBAN"),
]  # fmt: skip

KEPT = [
    "NATIONAL_ID (recall 0.9900)", "NATIONAL_ID 400 1.0000 (0.990–1.000)", "SSN 0.98765", "tax id recall 0.98765432",
    "tax number 12345.67", "routing number 0.9912345", "PIN 0.95", "PIN recall 0.9912", "code 0.9912", "account balance 1,234.56",
    "routing failed 12 times", "CVV check took 350 ms", "the cvv was wrong 123 veces", "the card is valid for 12/24 months",
    "response code 05, RRN 612345678901, STAN 123456", "UTR 412345678901 not credited", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
    "Order 114-5829301-2245678 not delivered", "I got 500 back on my card", "[CARD], I want it back, 250 in all", "back office 5512",
    "Rückseite des Belegs 2026", "verso page 12", "spin 5000 times", "until 0830 nothing happened", "prices 6011, 4713, 9587, 2747",
    "CEP 01310-100 São Paulo", "Номер обращения 20261102-1234", "orders: 1. 4475\n2. 2105\n3. 1455\n4. 6615",
]  # fmt: skip

PIECES = (
    "card", "c/c", "ag", "pin", "cvv", "code", "ssn", "tel", "iban", "pwd", "id", "no", "acc", "rib", "upi", "ip", "cédula", "kimlik",
    "12", "123", "1234", "12345-6", "1234-5", "153833", "12 34 56", "23a1", "a", "B", " ", "-", "/", ":", ".", "08/29", "passport",
    "at", "dot", "mail", "com", "%", "9 %", "€", "₹", "£", "’", "…", "“", "five", "one", "two", "three",
    "+", "@", "=", "&", "\n| ", "HDFC0",
)  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), REMOVED)
def test_siblings_of_known_writings_are_removed(text: str, kind: str) -> None:
    """What a person can read is found in writings that are close to known ones."""
    assert kind in redact(text).counts


@pytest.mark.parametrize("text", KEPT)
def test_numbers_next_to_words_of_a_class_stay(text: str) -> None:
    """Fractions, amounts, durations, references of payments and counted numbers stay next to a word that names a class."""
    assert redact(text).text == text


def test_the_fast_path_hides_nothing_and_redaction_settles() -> None:
    """A text that is passed over has nothing to find, whatever its words and digits; redacting twice changes nothing."""
    rng = random.Random(15)
    passed = 0
    for _ in range(6000):
        text = "".join(rng.choice(PIECES) + rng.choice((" ", " ", "", "-", "/")) for _ in range(rng.randrange(1, 8)))
        if is_ordinary(text) or not may_hold(text):
            passed += 1
            assert sensitive_spans(text) == [], text
        elif rng.random() < 0.1:
            once = redact(text).text
            assert redact(once).text == once
    assert passed > 600
