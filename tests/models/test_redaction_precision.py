"""Texts without anything sensitive come back unchanged, whatever numbers they have."""

from __future__ import annotations

import pytest

from models.redaction import redact
from models.redaction.recognizers.hint_words import HintWords

KEPT = """
The fee was 0.00000123 BTC and the rate 1.08437, which is 12.5 % more
3.14159265358979 is no card, nor is -0.4111111111111111
I paid $1,299.00, then 1.299,00 EUR, then 1 299,00 zł, then ₹1,29,900.00 and ¥129900
Rp 1.250.000, 25.000₫, R$ 45.110,78, CHF 1'299.00, 1_000_000 coins
amounts: 12.00 13.50 19.99 24.99 100.00 250.00 1000.00 2500.00
| item | qty | price |\n| 1 | 2 | 3.00 |\n| 2 | 10 | 15.99 |
2026-11-29 06:56:01, 29.11.2026, 11/29/2026 6:56 PM, 20261129T065601Z, 29 Nov 2026, 2026年11月29日
received 2020-01-01T00:00Z, but what was mined reaches from 2026-11-13T15:40Z to 2026-11-20T15:40Z
open from 9:00 to 17:30, Mon-Fri, since 1998-2024, timer 00:12:33.512
order T-000123, invoice 2026/11/0042, INV-2026-1042, PO 45000123, case 00123456
user 1234567 wrote to agent 42, ticket #884213 and SKU 48-2291-B
tracking 1Z999AA10123456784 is late since 3 days
iPhone 14 Pro, SM-G991B, Redmi Note 12, Pixel 7a, iPad10,2, MacBookPro18,3
app 38.1.0 build 38100234 on Android 14, Chrome/120.0.6099.109, iOS 17.4.1, v2.10.0-rc.1
flight LH1234 from FRA, seat 12A, gate B42, 2 bags of 23 kg
error 5001, HTTP 404, error code 403112, 0x80070005, E-1042, exit code 137
I am at 52.520008, 13.404954 (52°31'12.0"N 13°24'18.0"E)
sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 does not match
commit 9fceb02d0ae598e95dc970b74767f19372d61af8, md5 9e107d9d372bb6826bd81d3542a419d6
event 6d92078a-8246-4ba4-ae5b-76104861e7dc came twice
https://shop.example.com/p/blue-shirt-42?color=red&size=10&utm_source=mail
https://www.example.com/watch?v=dQw4w9WgXcQ&t=120s and /item/1005004567.html
#BlackFriday2026 #100daysofcode, thanks @streamer_99 and @ana.maria
we won 3:2 (1:0, 6-4, 7-6), score 21:19, odds 2.35
24 of 48 parts, 1/2 cup, 3 x 4, 10-20 days, 99 times, 1st, 2nd, 100th
ratio 16:9, 1920x1080, 60 fps, 5 GHz, 512 GB, 220 V
the promo code SAVE20 and the coupon 482913 did not work
the zip code is 94107, country code 49, area code 415, postcode SW1A 1AA
decline code 51, response code 05, status code 4031, reason code 83
I forgot my password and the reset link expired after 15 minutes
my password is wrong although I changed it yesterday
no OTP came since 2024, I waited 10 minutes for the code
the verification code does not arrive
two-factor login fails with error 4031
I was charged twice: 49.99 on 11/20 and 49.99 on 11/21
1500 diamonds for 19.99, 3000 for 37.99, 12000 for 149.99
level 42, rank 1203, 5,000,000 points, 12k followers, 1.2M views
card ending in 1111, visa *4242, the last four are 0005
my card expires soon, is that the problem?
the token is not accepted and the session ended
bitcoin fell by 12 % and ethereum rose to 3500
my device is an iPhone 14 with 128 GB, the serial port is broken
temperature -12.5, pH 7.4, pi = 3.1415926535
section 4.1.2.3 of the terms, article 12(3), paragraph 5.1
Bestellung 4029-384756 vom 20.11.2026, Betrag 1.299,00 €
pedido 4029384756 del 20/11/2026 por 1.299,00 €
commande 402938475 du 20/11/2026, montant 1 299,00 €
заказ 402938 от 20.11.2026 на сумму 1 299,00 руб
订单402938，金额1299元，时间2026年11月20日
注文番号402938、金額は1,299円、2026年11月20日
""".strip().split("\n")


@pytest.mark.parametrize("text", [text.replace("\\n", "\n") for text in KEPT])
def test_what_analysts_read_is_kept(text: str) -> None:
    """Fractions, amounts, tables, times, ids, versions, models, hashes, links, names and scores are no secrets."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    "piece",
    [
        "code 1234 ",
        "password: ",
        "password is x ",
        "imei 35 ",
        "1.2.3.4 ",
        "a:b:",
        "0x",
        "ey",
        "Bearer ",
        "token=",
        "seed phrase ",
        "://a:",
    ],
)
def test_hostile_texts_of_secrets_end(piece: str) -> None:
    """Thousands of words and beginnings of secrets are walked in linear time, and redacting the result changes nothing."""
    once = redact(piece * (12_000 // len(piece))).text
    assert redact(once).text == once


def test_parts_of_ordinary_words_are_no_hints() -> None:
    """A word that only contains a hint does not make a text worth searching; the word itself does."""
    hints = HintWords(["pin", "tan", "exp", "код"])
    assert not hints.occur_in("express shipping is standard, happening outstanding")
    assert hints.occur_in("my pin is")
    assert hints.occur_in("sms-tan 1234")
    assert hints.occur_in("expires 12/27")
    assert hints.occur_in("мой код")


def test_no_hint_of_many_is_missed() -> None:
    """Each of many hints is found, wherever it is, and in a text with half a surrogate pair, too."""
    words = [f"{first}{second}word" for first in "abcdefgh" for second in "klmnopq"]
    hints = HintWords([*words, "pw"])
    assert all(hints.occur_in(f"some text {word} here") for word in [*words, "pw"])
    assert hints.occur_in("half a pair \ud83d, then akword")
    assert not hints.occur_in("nothing of them")
    assert not hints.occur_in("")
