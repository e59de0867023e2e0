"""What the scorecard's development seeds showed as missed or lost stays found and kept."""

from __future__ import annotations

import pytest

from models.redaction import redact

CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Uzcard 8600 3045 1137 2040, Humo 9860 1411 9017 8238", "Uzcard [CARD], Humo [CARD]"),
        (f"कार्ड {CARD}, सुरक्षा कोड 542", "कार्ड [CARD], सुरक्षा कोड [CVV]"),
        (f"কার্ড {CARD} সিভিভি 542", "কার্ড [CARD] সিভিভি [CVV]"),
        (f"pan={CARD} security_code=273 Date=08/03/2024", "pan=[CARD] security_code=[CVV] Date=08/03/2024"),
        (f"Карта: {CARD} три цифры на обороте: 764.", "Карта: [CARD] три цифры на обороте: [CVV]."),
        (f"{CARD}/11/30/573 please", "[CARD]/[EXPIRY]/[CVV] please"),
        (f"{CARD}, 05, 29, 276\n", "[CARD], [EXPIRY], [CVV]\n"),
        (f"{CARD}\n05\n30\n276\n[05:25] ok", "[CARD]\n[EXPIRY]\n[CVV]\n[05:25] ok"),
        (f"{CARD} 01/25 509 से", "[CARD] [EXPIRY] [CVV] से"),
        (f"{CARD}\nमेयाद 12/26", "[CARD]\nमेयाद [EXPIRY]"),
        (f"{CARD}, মেয়াদ শেষ 06 31", "[CARD], মেয়াদ শেষ [EXPIRY]"),
        (f"{CARD}, समाप्ति तिथि 0926", "[CARD], समाप्ति तिथि [EXPIRY]"),
        (f"{CARD} kedaluwarsa 0329", "[CARD] kedaluwarsa [EXPIRY]"),
        (f"{CARD}。有效期至 10 27", "[CARD]。有效期至 [EXPIRY]"),
        (f"pan={CARD}&exp=06+%2F+33", "pan=[CARD]&exp=[EXPIRY]"),
        ("swiped &#x25;&#x42;4111111111111111^DOE/JOHN^2712101123?", "swiped [TRACK]"),
        ("track2;Time\n36342404124160=3003221853;02:55", "track2;Time\n[CARD][TRACK];02:55"),
        ("PIN saya 4851", "PIN saya [PIN]"),
        ("আমার পিন 0 7 3 1", "আমার পিন [PIN]"),
        ("PIN码：8680", "PIN码：[PIN]"),
        ("الرقم السري للبطاقة هو 95800", "الرقم السري للبطاقة هو [PIN]"),
        ("card;[CARD]\npin;9067\n", "card;[CARD]\npin;[PIN]\n"),
        (f"{CARD} | 8 9 3 | ok", "[CARD] | [CVV] | ok"),
        ("https://x.example/?pan=4111+1111+1111+1111&exp=12+/+29", "https://x.example/?pan=[CARD]&exp=[EXPIRY]"),
        ("pan=477924%C2%B77913453233043", "pan=[CARD]"),
        ("declined pin=031539 Time=10:12", "declined pin=[PIN] Time=10:12"),
    ],
)
def test_codes_and_dates_of_cards_are_found_in_the_ways_of_the_scorecard(text: str, wanted: str) -> None:
    """Words of other languages, glued values and labels of systems hide nothing; a parameter is no quoted-printable byte."""
    redacted = redact(text).text
    assert redacted == wanted
    assert redact(redacted).text == redacted


@pytest.mark.parametrize(
    "text",
    [
        "security code is missing, date 2026-06-03",
        "код безопасности не приходит. date 2026年5月21日",
        "the three digits are not accepted\\n\\u0645\\u0627",
        "my card expires soon, app 2.7.24",
        "my card expires soon. date 22/08/2026",
        "my card expires soon\\n\\u0427\\u0442",
        "I never got a PIN for order 470428",
        "[CARD];[EXPIRY];12/01/2025",
        "order 2026-82906 PIN [PIN]",
    ],
)
def test_what_only_mentions_a_code_is_kept(text: str) -> None:
    """Dates, versions, orders and JSON escapes after a word such as PIN are no codes."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("paid to sunil_21@ jupiteraxis by UPI", "paid to [UPI] by UPI"),
        ("payee=9199474318 @ ybl", "payee=[UPI]"),
        ("メールは user%shop[at]example.com です", "メールは [EMAIL] です"),
        ("from = ana at 1example.com\n", "from = [EMAIL]\n"),
        ("ईमेल: contact AT example DOT com", "ईमेल: [EMAIL]"),
        ("我的邮箱是 ana&lt;at&gt;1example&lt;dot&gt;com", "我的邮箱是 [EMAIL]"),
        (
            "see https://x.example/?contact=support.team+at+example.com&a=1",
            "see https://x.example/?contact=[EMAIL]&a=1",
        ),
        ("mi teléfono es 011-15-2392-9415.", "mi teléfono es [PHONE]."),
        ("phone:\t021.207.43.16\n", "phone:\t[PHONE]\n"),
        ("phoneNumber;321 1217955\n", "phoneNumber;[PHONE]\n"),
        ("请拨打131 2350 9498", "请拨打[PHONE]"),
        ("The number on the front: 3566 0020 2036 0505", "The number on the front: [CARD]"),
        ("celular 912.361.040, ok", "celular [PHONE], ok"),
        ("मुझे 08123398729 पर कॉल करें", "मुझे [PHONE] पर कॉल करें"),
        ("rufen Sie mich unter 0781141461 an", "rufen Sie mich unter [PHONE] an"),
        ("Mi número de tarjeta es 4111 1111 1111 1111", "Mi número de tarjeta es [CARD]"),
        (
            "The page hangs on the last step. client 174.174.249.120 timed out",
            "The page hangs on the last step. client [IP] timed out",
        ),
        ("(glpat" + "-vugOTEspCWaHavOhCjRy)", "([TOKEN])"),
        ('Order="562182" OTP="104850"', 'Order="562182" OTP="[CODE]"'),
        ("Customer: OIB 70563419010", "Customer: OIB [NATIONAL_ID]"),
        ("UDID=3De5cfa792925fa4a339f598508bedad78505107e1 f=C3=BCr", "UDID=3D[DEVICE] f=C3=BCr"),
        ("request 740de891-844c-4c12-bb11-11191e4622a5 failed", "request 740de891-844c-4c12-bb11-11191e4622a5 failed"),
        ("commit bfd7dafa9c1c45889228578aaa22187e30917d7a", "commit bfd7dafa9c1c45889228578aaa22187e30917d7a"),
        ("file main@2x.png, app 10.27.6", "file main@2x.png, app 10.27.6"),
        ("package react@21.11.25. app 41.1", "package react@21.11.25. app 41.1"),
        ("20.12.2024 21:31:02 9413 585", "20.12.2024 21:31:02 9413 585"),
        ("10 coins @ paytm", "10 coins @ paytm"),
    ],
)
def test_contacts_are_found_in_the_ways_of_the_scorecard(text: str, wanted: str) -> None:
    """Disguises, spaced signs and labels of systems hide nothing; names of files and versions of packages are kept."""
    redacted = redact(text).text
    assert redacted == wanted
    assert redact(redacted).text == redacted
